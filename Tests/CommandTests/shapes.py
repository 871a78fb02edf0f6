"""What `--json` documents look like, exactly: every field, none more."""

import re

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
PHASES = {"idle", "creating", "verifying", "delivering", "overlap", "soak", "deleting"}
STATES = {"pending", "confirmed", "failed", "unknown", "skipped"}
EVIDENCE = {"read-back", "timestamp", "acknowledged", "last-four", "version", "used", None}
ROLES = {"current", "next", "previous", "unknown"}


def is_moment(text):
    return isinstance(text, str) and MOMENT.fullmatch(text) is not None


def check_status(document):
    assert set(document) == {"users"}
    for user in document["users"]:
        assert list(user) == sorted(user), "the fields are in one order"
        assert set(user) == {"user", "phase", "rotation", "keys", "deliveries", "next", "problem", "problem-code", "problem-since", "last-used",
                             "over-age", "leaks", "outage"}
        assert user["over-age"] is None or set(user["over-age"]) == {"key", "since"}
        assert (user["problem"] is None) == (user["problem-code"] is None)
        assert user["problem-since"] is None or is_moment(user["problem-since"])
        assert user["last-used"] is None or set(user["last-used"]) == {"at", "service", "region"}
        assert user["phase"] in PHASES and type(user["rotation"]) is int
        assert user["problem"] is None or isinstance(user["problem"], str)
        assert set(user["next"]) == {"action", "due"} and is_moment(user["next"]["due"])
        for key in user["keys"]:
            assert set(key) == {"id", "role", "status", "created"}
            assert key["role"] in ROLES and key["status"] in {"Active", "Inactive"} and is_moment(key["created"])
        for delivery in user["deliveries"]:
            if "holds" in delivery:
                holds = delivery.pop("holds")
                assert set(holds) == {"role", "key", "since", "drift"}
                assert holds["role"] in {"current", "next", "previous", "foreign", "nothing", "unreadable", "unknown"}
            assert set(delivery) == {"target", "state", "evidence", "attempts", "at", "detail", "may-be-torn", "looked-at", "drift", "plugin-version", "plugin-sha256"}
            assert delivery["looked-at"] is None or is_moment(delivery["looked-at"])
            assert delivery["state"] in STATES and delivery["evidence"] in EVIDENCE
            assert type(delivery["attempts"]) is int and type(delivery["may-be-torn"]) is bool
            assert not (delivery["may-be-torn"] and delivery["state"] == "confirmed")
            assert delivery["at"] is None or is_moment(delivery["at"])
            assert (delivery["evidence"] is None) == (delivery["state"] != "confirmed")


def check_history(document):
    assert set(document) == {"history", "has-older"}
    for line in document["history"]:
        assert {"id", "at", "rotation", "event", "hash"} <= set(line)
        assert is_moment(line["at"]) and re.fullmatch("[0-9a-f]{64}", line["hash"])
        assert {"command", "host", "uid"} <= set(line["by"])
