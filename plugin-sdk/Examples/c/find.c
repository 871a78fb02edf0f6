#include "find.h"

#include <string.h>

#include "buffer.h"
#include "vault.h"

/* A call may make 256 requests, and each secret takes one. */
enum { MOST_SECRETS = 200, FIELDS_SIZE = KT_MAX_PLACE_FIELDS, KEY_ID_LENGTH = 20 };

static const char key_id_name[] = "AWS_ACCESS_KEY_ID", secret_name[] = "AWS_SECRET_ACCESS_KEY";

static bool is_key_id(const char *text) {
    return strlen(text) == KEY_ID_LENGTH && strncmp(text, "AKIA", 4) == 0 &&
           strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == KEY_ID_LENGTH;
}

static void append_member(buffer *to, const char *name, const char *text) {
    append_text(to, to->length == 0 ? "{" : ",");
    append_json(to, name, strlen(name));
    append_text(to, ":");
    append_json(to, text, strlen(text));
}

/* One place: a field with a key ID, and the one with the secret access key; each name may be NULL. */
static void report_place(const kt_call *call, const place *at, const char *id, const char *key_id, const char *secret) {
    char fields_text[FIELDS_SIZE], names_text[FIELDS_SIZE];
    buffer fields = {.data = fields_text, .size = sizeof fields_text}, names = {.data = names_text, .size = sizeof names_text};
    append_member(&fields, "path", at->path);
    append_member(&fields, "mount", at->mount);
    if (id) append_member(&fields, "access-key-id", id);
    if (secret) append_member(&fields, "secret-access-key", secret);
    append_text(&fields, "}");
    append_text(&names, "[");
    if (id) append_json(&names, id, strlen(id));
    if (id && secret) append_text(&names, ",");
    if (secret) append_json(&names, secret, strlen(secret));
    append_text(&names, "]");
    if (fields.is_full || names.is_full) {
        finish(call, KT_UNSUPPORTED, KT_EVIDENCE_NONE, at, "a field's name is too long");
        return;
    }
    kt_found_place found = {.size = sizeof found, .place = {at->path, strlen(at->path)}, .fields = {fields_text, fields.length},
                            .names = {names_text, names.length}, .key_id = {key_id, strlen(key_id)}};
    at->found->place(call, &found);
}

/* Looks into one secret. Of its values nothing but the key IDs in them is reported. */
static kt_outcome look(const vault *self, const kt_call *call, const place *at) {
    json fields, name = {0}, value = {0}, secret;
    char id[NAME_SIZE], text[VALUE_SIZE];
    bool has_key = false;
    kt_outcome outcome = vault_fields(self, call, at, &fields);
    if (outcome != KT_OK || !fields.start) return outcome;
    bool has_secret = json_member(fields, secret_name, &secret);
    while (json_next(fields, &name, &value)) {
        if (!json_text(value, text, sizeof text) || !is_key_id(text) || !json_text(name, id, sizeof id)) continue;
        has_key = true;
        report_place(call, at, id, text, has_secret && strcmp(id, key_id_name) == 0 ? secret_name : NULL);
    }
    self->secret->wipe(text, sizeof text);
    if (has_secret && !has_key) report_place(call, at, NULL, "", secret_name);
    return KT_OK;
}

/* What a path has: secrets, which are looked into, and paths, about which the host asks in a call of their own. */
static kt_outcome below(void *instance, const kt_call *call, const kt_scope *scope, const kt_found *found) {
    const vault *self = instance;
    place at = {.mount = "secret"};
    json names, unnamed = {0}, name = {0};
    char text[NAME_SIZE];
    int secrets = 0;
    if (scope->name.length == 0 || scope->name.length >= PATH_SIZE)
        return finish(call, KT_INVALID_CONFIG, KT_EVIDENCE_NONE, NULL, "the scope's path is empty or too long");
    memcpy(at.path, scope->name.data, scope->name.length);
    kt_outcome outcome = vault_list(self, call, &at, &names);
    if (outcome != KT_OK) return outcome;
    at.found = found;
    while (names.start && json_next(names, &unnamed, &name)) {
        place next = at;
        size_t used = strlen(at.path);
        if (!json_text(name, text, sizeof text) || used + 1 + strlen(text) >= PATH_SIZE) {
            finish(call, KT_UNSUPPORTED, KT_EVIDENCE_NONE, &at, "a name in it is too long");
            continue;
        }
        next.path[used] = '/';
        strcpy(next.path + used + 1, text);
        size_t last = strlen(next.path) - 1;
        if (next.path[last] == '/') {
            kt_scope reported = {.size = sizeof reported, .name = {next.path, last}};
            found->scope(call, &reported);
        } else if (secrets++ < MOST_SECRETS && is_over(outcome = look(self, call, &next))) {
            return outcome;
        }
    }
    if (secrets > MOST_SECRETS)
        finish(call, KT_UNSUPPORTED, KT_EVIDENCE_NONE, &at, "a path of more than 200 secrets is not looked through to its end");
    return KT_OK;
}

static const kt_find find = {.size = sizeof find, .below = below};

const void *find_extension(kt_string id) {
    kt_string own = KT_STRING(KT_EXTENSION_FIND_1);
    return id.length == own.length && memcmp(id.data, own.data, own.length) == 0 ? &find : NULL;
}
