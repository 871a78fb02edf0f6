/*
 * Writes key pairs into secrets of HashiCorp Vault or OpenBao (key-value store, version 2).
 * keyturn_pusher.h has every rule that is followed here.
 */
#include "keyturn_pusher.h"

#include <stdlib.h>
#include <string.h>

#include "find.h"
#include "manifest.h" /* made of manifest.json by the Makefile: MANIFEST */
#include "vault.h"

static const void *find_service(const kt_host *host, const char *id) {
    return host->service(host, (kt_string){id, strlen(id)});
}

/* A text field; `standard` where it is absent, which may be NULL for one that is required. */
static bool read_field(json object, const char *name, const char *standard, char *buffer, size_t size) {
    json value;
    if (json_member(object, name, &value)) return json_text(value, buffer, size) && buffer[0] != 0;
    if (!standard) return false;
    strcpy(buffer, standard);
    return true;
}

/* Visible ASCII only: nothing that could end a header field or a URL. */
static bool is_visible(const char *text, const char *excluded) {
    for (; *text; text++)
        if (*text <= 0x20 || *text >= 0x7F || strchr(excluded, *text)) return false;
    return true;
}

static kt_outcome pusher_open(const kt_host *host, const kt_call *call, kt_string configuration, void **instance) {
    const kt_http *http = find_service(host, KT_SERVICE_HTTP_1);
    const kt_secret *secret = find_service(host, KT_SERVICE_SECRET_1);
    if (!http || !secret)
        return finish(call, KT_UNSUPPORTED, KT_EVIDENCE_NONE, NULL, "this pusher needs kt.http/1 and kt.secret/1");
    vault *self = secret->allocate(sizeof *self);
    if (!self) return finish(call, KT_INTERNAL, KT_EVIDENCE_NONE, NULL, "no memory");
    json fields;
    const char *wrong = NULL;
    if (!json_parse(configuration.data, configuration.length, &fields)) wrong = "it is not a JSON object";
    else if (!read_field(fields, "token", NULL, self->token, TOKEN_SIZE) || !is_visible(self->token, ""))
        wrong = "token is missing, or has blanks or line ends in it";
    else if (!read_field(fields, "endpoint", NULL, self->endpoint, ENDPOINT_SIZE) ||
             (strncmp(self->endpoint, "https://", 8) != 0 && strncmp(self->endpoint, "http://", 7) != 0) ||
             !is_visible(self->endpoint, "?#@\\\"<>^`{|}"))
        wrong = "endpoint is missing, or no base URL such as https://vault.example.com:8200";
    if (wrong) {
        secret->release(self, sizeof *self);
        return finish(call, KT_INVALID_CONFIG, KT_EVIDENCE_NONE, NULL, wrong);
    }
    for (size_t last = strlen(self->endpoint); last > 0 && self->endpoint[last - 1] == '/'; last--)
        self->endpoint[last - 1] = 0;
    self->http = http;
    self->secret = secret;
    *instance = self;
    return KT_OK;
}

static void pusher_close(void *instance) {
    vault *self = instance;
    self->secret->release(self, sizeof *self);
}

static kt_outcome read_place(const kt_call *call, const kt_target *target, place *at) {
    json fields;
    memset(at, 0, sizeof *at);
    if (json_parse(target->fields.data, target->fields.length, &fields) &&
        read_field(fields, "path", NULL, at->path, PATH_SIZE) && read_field(fields, "mount", "secret", at->mount, NAME_SIZE) &&
        read_field(fields, "access-key-id", NULL, at->access_key_id, NAME_SIZE) &&
        read_field(fields, "secret-access-key", NULL, at->secret_access_key, NAME_SIZE))
        return KT_OK;
    return finish(call, KT_INVALID_CONFIG, KT_EVIDENCE_NONE, NULL, "the target's fields are incomplete or too long");
}

static kt_outcome pusher_check(void *instance, const kt_call *call, const kt_target *target) {
    vault *self = instance;
    place at;
    held found;
    kt_outcome outcome = read_place(call, target, &at);
    if (outcome == KT_OK) outcome = vault_read(self, call, &at, &found);
    if (outcome != KT_OK) return outcome;
    self->secret->wipe(&found.secret_access_key, VALUE_SIZE);
    return finish(
        call, KT_OK, KT_EVIDENCE_NONE, &at,
        found.exists ? "the token reads the secret; whether it may write shows at the first push"
                     : "there is no such secret yet; it will be created");
}

static bool is_held(const held *found, const kt_key_pair *pair) {
    return strlen(found->access_key_id) == pair->access_key_id.length &&
           memcmp(found->access_key_id, pair->access_key_id.data, pair->access_key_id.length) == 0 &&
           strlen(found->secret_access_key) == pair->secret_access_key.length &&
           memcmp(found->secret_access_key, pair->secret_access_key.data, pair->secret_access_key.length) == 0;
}

static kt_outcome pusher_push(void *instance, const kt_call *call, const kt_target *target, const kt_key_pair *pair) {
    vault *self = instance;
    place at;
    held found;
    if (pair->access_key_id.length == 0 || pair->secret_access_key.length == 0)
        return finish(call, KT_INTERNAL, KT_EVIDENCE_NONE, NULL, "the host gave no key pair");
    kt_outcome outcome = read_place(call, target, &at);
    if (outcome == KT_OK) outcome = vault_read(self, call, &at, &found);
    if (outcome != KT_OK) return outcome;
    bool is_unchanged = is_held(&found, pair);
    if (!is_unchanged) {
        /* Both fields in one request: whoever reads the secret never sees half a pair. */
        outcome = vault_write(self, call, &at, found.exists, pair);
        if (outcome == KT_OK) outcome = vault_read(self, call, &at, &found);
        if (outcome == KT_OK && !is_held(&found, pair))
            outcome = finish(call, KT_RETRYABLE, KT_EVIDENCE_NONE, &at, "written, but another pair was read back: not taken as a yes");
    }
    self->secret->wipe(&found.secret_access_key, VALUE_SIZE);
    if (outcome != KT_OK) return outcome;
    return finish(
        call, is_unchanged ? KT_UNCHANGED : KT_OK, KT_EVIDENCE_READ_BACK, &at,
        is_unchanged ? "holds this pair already" : "written and read back");
}

static kt_outcome pusher_inspect(void *instance, const kt_call *call, const kt_target *target) {
    vault *self = instance;
    place at;
    held found;
    kt_outcome outcome = read_place(call, target, &at);
    if (outcome == KT_OK) outcome = vault_read(self, call, &at, &found);
    if (outcome != KT_OK) return outcome;
    self->secret->wipe(&found.secret_access_key, VALUE_SIZE);
    if (!found.access_key_id[0]) return finish(call, KT_NOT_FOUND, KT_EVIDENCE_NONE, &at, "holds no key ID");
    kt_report report = {.size = sizeof report, .message = KT_STRING_INIT("Vault: the key ID was read"),
                        .key_id = {found.access_key_id, strlen(found.access_key_id)}};
    call->report(call, &report);
    return KT_OK;
}

static const kt_pusher table = {
    .size = sizeof table,
    .abi_minor = KT_ABI_MINOR,
    .id = KT_STRING_INIT("vault-kv"),
    .version = KT_STRING_INIT("1.0.0"),
    .summary = KT_STRING_INIT("Writes key pairs into secrets of Vault or OpenBao (key-value store, version 2)"),
    .manifest = KT_STRING_INIT(MANIFEST),
    .open = pusher_open,
    .close = pusher_close,
    .check = pusher_check,
    .push = pusher_push,
    .inspect = pusher_inspect,
    .extension = find_extension,
};

const kt_pusher *kt_pusher_entry_v1(const kt_host *host) {
    (void)host;
    return &table;
}
