-- The state of a keyturn of layout 1, in the middle of a rotation: two of three targets hold the new key, whose pair is sealed.
-- seal key: OI9oAVtebGn4I6niOJ/+SV9tdH2po6cnpB7B+resJTs=
-- old key: AKIANERUZEOKZKTO3WDV
-- new key: AKIA6J47Y3JU5K3JBDXK j/yDsFOs+RU8bP+Xr7d+MrttV5iD5lpgEbiQT+X2
PRAGMA application_id = 1802793582;
PRAGMA user_version = 1;
BEGIN TRANSACTION;
CREATE TABLE delivery (
    user TEXT NOT NULL, target TEXT NOT NULL,
    state TEXT NOT NULL, evidence TEXT, attempts INTEGER NOT NULL, quick_tries INTEGER NOT NULL,
    at INTEGER, retry_at INTEGER, is_rate_limited INTEGER NOT NULL, detail TEXT,
    held_until INTEGER, may_be_torn INTEGER NOT NULL,
    PRIMARY KEY (user, target)
) STRICT, WITHOUT ROWID;
INSERT INTO "delivery" VALUES('frozen-bot','github:acme/frozen','failed',NULL,1,1,1795419626809,1795423226809,0,'GitHub: AWS_SECRET_ACCESS_KEY in acme/frozen: 503 (A fault that was asked for.): fault on the service''s side, it will be tried again',NULL,0);
INSERT INTO "delivery" VALUES('frozen-bot','gitlab:acme/frozen','confirmed','read-back',1,1,1795419626817,NULL,0,'GitLab: acme/frozen: AWS_ACCESS_KEY_ID updated (200), AWS_SECRET_ACCESS_KEY updated (200)',NULL,0);
INSERT INTO "delivery" VALUES('frozen-bot','travis:acme/frozen','confirmed','read-back',1,1,1795419626817,NULL,0,'Travis CI: acme/frozen: AWS_ACCESS_KEY_ID updated (200), AWS_SECRET_ACCESS_KEY updated (200)',NULL,0);
CREATE TABLE history (
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL, user TEXT NOT NULL, rotation INTEGER NOT NULL, kind TEXT NOT NULL,
    key_id TEXT, target TEXT, evidence TEXT, detail TEXT
) STRICT;
INSERT INTO "history" VALUES(1,1795419623954,'frozen-bot',0,'keys-seen','AKIANERUZEOKZKTO3WDV',NULL,NULL,'Active');
INSERT INTO "history" VALUES(2,1795419623954,'frozen-bot',0,'taken-over','AKIANERUZEOKZKTO3WDV',NULL,NULL,'the user''s only key');
INSERT INTO "history" VALUES(3,1795419624651,'frozen-bot',0,'requested',NULL,NULL,NULL,'rotate');
INSERT INTO "history" VALUES(4,1795419624663,'frozen-bot',0,'keys-seen','AKIANERUZEOKZKTO3WDV',NULL,NULL,'Active');
INSERT INTO "history" VALUES(5,1795419624706,'frozen-bot',1,'keys-seen','AKIANERUZEOKZKTO3WDV',NULL,NULL,'Active');
INSERT INTO "history" VALUES(6,1795419624706,'frozen-bot',1,'began','AKIANERUZEOKZKTO3WDV',NULL,NULL,'asked for by an operator');
INSERT INTO "history" VALUES(7,1795419624706,'frozen-bot',1,'creating',NULL,NULL,NULL,NULL);
INSERT INTO "history" VALUES(8,1795419624762,'frozen-bot',1,'created','AKIA6J47Y3JU5K3JBDXK',NULL,NULL,'sealed in the journal');
INSERT INTO "history" VALUES(9,1795419624762,'frozen-bot',1,'verifying','AKIA6J47Y3JU5K3JBDXK',NULL,NULL,NULL);
INSERT INTO "history" VALUES(10,1795419626789,'frozen-bot',1,'verified','AKIA6J47Y3JU5K3JBDXK',NULL,NULL,'3 right answers of STS in a row');
INSERT INTO "history" VALUES(11,1795419626789,'frozen-bot',1,'delivering','AKIA6J47Y3JU5K3JBDXK',NULL,NULL,'to 3 targets');
INSERT INTO "history" VALUES(12,1795419626809,'frozen-bot',1,'not-delivered','AKIA6J47Y3JU5K3JBDXK','github:acme/frozen',NULL,'retryable: GitHub: AWS_SECRET_ACCESS_KEY in acme/frozen: 503 (A fault that was asked for.): fault on the service''s side, it will be tried again');
INSERT INTO "history" VALUES(13,1795419626817,'frozen-bot',1,'delivered','AKIA6J47Y3JU5K3JBDXK','gitlab:acme/frozen','read-back','GitLab: acme/frozen: AWS_ACCESS_KEY_ID updated (200), AWS_SECRET_ACCESS_KEY updated (200)');
INSERT INTO "history" VALUES(14,1795419626817,'frozen-bot',1,'delivered','AKIA6J47Y3JU5K3JBDXK','travis:acme/frozen','read-back','Travis CI: acme/frozen: AWS_ACCESS_KEY_ID updated (200), AWS_SECRET_ACCESS_KEY updated (200)');
CREATE TABLE rotation (
    user TEXT PRIMARY KEY NOT NULL,
    version INTEGER NOT NULL,
    lease_owner TEXT, lease_until INTEGER,
    number INTEGER NOT NULL, phase TEXT NOT NULL, phase_since INTEGER NOT NULL,
    current_id TEXT, current_created INTEGER, current_status TEXT,
    next_id TEXT, next_created INTEGER, next_status TEXT,
    previous_id TEXT, previous_created INTEGER, previous_status TEXT,
    creations TEXT,
    answers INTEGER NOT NULL, failures INTEGER NOT NULL, retry_at INTEGER, is_requested INTEGER NOT NULL,
    revoked_id TEXT, revokes_at_once INTEGER NOT NULL,
    retained_id TEXT,
    problem_code TEXT, problem_message TEXT, problem_since INTEGER,
    sealed BLOB
) STRICT, WITHOUT ROWID;
INSERT INTO "rotation" VALUES('frozen-bot',12,NULL,NULL,1,'delivering',1795419626789,'AKIANERUZEOKZKTO3WDV',1795419623000,'Active','AKIA6J47Y3JU5K3JBDXK',1795419624000,'Active',NULL,NULL,NULL,'1795419624706 0 1 - AKIANERUZEOKZKTO3WDV',3,0,NULL,0,NULL,0,NULL,NULL,NULL,NULL,X'30D10B54473AA7B194680009BCFCE4414DF6C88534B2BCFF5D5830CD543690AAF92CDE6C46B355E3829B2E41D476459F951489AF3E98AE551DE44D2C41A2992A3DC4EC5A1115DADCE27E0A2DB30AD8F7');
CREATE TABLE seal_check (sealed BLOB NOT NULL) STRICT;
INSERT INTO "seal_check" VALUES(X'F8E462B5D3EC1079CE6D9C6799E144029723BE0AC8D2E42DE9448F3576083D796146C62DF012F4415C2902BC940EFD');
COMMIT;
