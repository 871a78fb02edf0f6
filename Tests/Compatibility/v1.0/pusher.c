/* A plugin of ABI version 1.0. It uses every service, every function and every field that there was. */
#include "keyturn_pusher.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct instance {
    const kt_http *http;
    const kt_aws *aws;
    const kt_log *log;
    const kt_secret *secret;
    const kt_clock *clock;
    char token[256];
    char endpoint[256];
};

static kt_string text(const char *of) { return (kt_string){of, strlen(of)}; }

/* The value of a text field, without escapes. */
static void field(kt_string json, const char *name, char *buffer, size_t size) {
    char all[4096], quoted[64];
    snprintf(all, sizeof all, "%.*s", (int)json.length, json.data ? json.data : "");
    snprintf(quoted, sizeof quoted, "\"%s\":\"", name);
    const char *at = strstr(all, quoted);
    buffer[0] = 0;
    if (!at) return;
    at += strlen(quoted);
    /* JSON may write a slash with a backslash before it. */
    for (; *at && *at != '"' && size > 1; at++) {
        if (*at == '\\') continue;
        *buffer++ = *at, *buffer = 0, size--;
    }
}

static void report(const kt_call *call, kt_evidence evidence, const char *message, const char *key_id) {
    kt_report report = {.size = sizeof report, .evidence = evidence, .retry_after_ms = 0, .message = text(message),
                        .key_id = text(key_id), .changed_at = KT_STRING("2026-11-22T10:00:00Z")};
    call->report(call, &report);
}

static kt_outcome opened(const kt_host *host, const kt_call *call, kt_string configuration, void **instance) {
    struct instance *self = calloc(1, sizeof *self);
    if (!self) return KT_INTERNAL;
    self->http = host->service(host, KT_STRING(KT_SERVICE_HTTP_1));
    self->aws = host->service(host, KT_STRING(KT_SERVICE_AWS_1));
    self->log = host->service(host, KT_STRING(KT_SERVICE_LOG_1));
    self->secret = host->service(host, KT_STRING(KT_SERVICE_SECRET_1));
    self->clock = host->service(host, KT_STRING(KT_SERVICE_CLOCK_1));
    field(configuration, "token", self->token, sizeof self->token);
    field(configuration, "endpoint", self->endpoint, sizeof self->endpoint);
    *instance = self;
    if (self->http && self->aws && self->log && self->secret && self->clock && self->token[0] && self->endpoint[0]) return KT_OK;
    report(call, KT_EVIDENCE_NONE, "v1.0: a service or a field is missing", "");
    free(self);
    return KT_INVALID_CONFIG;
}

static void closed(void *instance) { free(instance); }

/* A request about a place: `body` is written, or without one `read-back/PLACE` is read, which the service repeats. */
static kt_outcome ask(struct instance *self, const kt_call *call, const char *place, kt_bytes body) {
    char url[1024];
    snprintf(url, sizeof url, "%s/%s%s", self->endpoint, body.length ? "" : "read-back/", place);
    kt_header headers[] = {{KT_STRING("authorization"), text(self->token)}};
    kt_http_request request = {.size = sizeof request, .timeout_ms = 5000, .url = text(url), .headers = headers,
                               .method = body.length ? KT_STRING("PUT") : KT_STRING("GET"), .header_count = 1, .body = body};
    const kt_http_response *response = self->http->send(call, &request);
    if (response->size < KT_MIN_SIZE_HTTP_RESPONSE) return KT_INTERNAL;
    if (response->error != KT_HTTP_OK) return response->error_text.length ? KT_RETRYABLE : KT_INTERNAL;
    if (response->status != 200) return response->status == 401 ? KT_UNAUTHORIZED : KT_RETRYABLE;
    uint64_t index = 0;
    while (index < response->header_count && response->headers[index].name.length != strlen("content-type")) index++;
    if (index == response->header_count || response->headers[index].value.length == 0) return KT_CONFLICT;
    if (body.length) return KT_OK;
    return response->body.length == strlen(place) && !memcmp(response->body.data, place, strlen(place)) ? KT_OK : KT_NOT_FOUND;
}

static kt_outcome ask_aws(struct instance *self, const kt_call *call) {
    static const char body[] = "{\"Name\":\"good\"}";
    kt_aws_request request = {.size = sizeof request, .timeout_ms = 5000, .operation = KT_STRING("ssm:GetParameter"),
                              .region = KT_STRING(""), .body = {(const uint8_t *)body, sizeof body - 1}};
    const kt_http_response *response = self->aws->send(call, &request);
    return response->error == KT_HTTP_OK && response->status == 200 && response->body.length > 0 ? KT_OK : KT_RETRYABLE;
}

static kt_outcome check(void *instance, const kt_call *call, const kt_target *target) {
    (void)instance;
    report(call, KT_EVIDENCE_NONE, "v1.0: it would work", "");
    return target->size >= KT_MIN_SIZE_TARGET && target->name.length > 0 ? KT_OK : KT_INTERNAL;
}

static kt_outcome push(void *instance, const kt_call *call, const kt_target *target, const kt_key_pair *pair) {
    struct instance *self = instance;
    char place[256], what[64];
    field(target->fields, "place", place, sizeof place);
    field(target->fields, "do", what, sizeof what);
    if (self->clock->remaining_ms(call) <= 0 || self->clock->now_ms() <= 0 || self->clock->cancelled(call)) return KT_INTERNAL;
    if (self->clock->sleep_ms(call, 1) != 0) return KT_CANCELLED;
    if (pair->size < KT_MIN_SIZE_KEY_PAIR) return KT_INTERNAL;
    uint64_t length = pair->access_key_id.length + 1 + pair->secret_access_key.length;
    char *body = self->secret->allocate(length);
    if (!body) return KT_INTERNAL;
    memcpy(body, pair->access_key_id.data, pair->access_key_id.length);
    body[pair->access_key_id.length] = ':';
    memcpy(body + pair->access_key_id.length + 1, pair->secret_access_key.data, pair->secret_access_key.length);
    kt_outcome outcome = strcmp(what, "aws") ? KT_OK : ask_aws(self, call);
    if (outcome == KT_OK) outcome = ask(self, call, place, (kt_bytes){(uint8_t *)body, length});
    self->secret->wipe(body, length);
    self->secret->release(body, length);
    self->log->write(call, KT_LOG_WARNING, KT_STRING("v1.0: asked"));
    self->log->write(NULL, KT_LOG_DEBUG, KT_STRING("v1.0: a line without a call"));
    report(call, KT_EVIDENCE_READ_BACK, outcome == KT_OK ? "v1.0: written" : "v1.0: not written", "");
    return outcome;
}

static kt_outcome inspect(void *instance, const kt_call *call, const kt_target *target) {
    char place[256];
    field(target->fields, "place", place, sizeof place);
    kt_outcome outcome = ask(instance, call, place, (kt_bytes){0});
    report(call, KT_EVIDENCE_NONE, "v1.0: read", outcome == KT_OK ? "AKIAFROZEN0000000001" : "");
    return outcome;
}

/* Next to the target there is a place with the key ID that the target's field "do" has. */
static kt_outcome around(void *instance, const kt_call *call, const kt_target *target, const kt_found *found) {
    char key_id[64];
    field(target->fields, "do", key_id, sizeof key_id);
    kt_found_place place = {.size = sizeof place, .place = KT_STRING("next"), .fields = KT_STRING("{\"place\":\"next\"}"),
                            .key_id = text(key_id), .changed_at = KT_STRING("2026-11-22T10:00:00Z")};
    if (!instance || target->fields.length == 0 || found->size < KT_MIN_SIZE_FOUND) return KT_INTERNAL;
    found->place(call, &place);
    return KT_OK;
}

/* The operator's scope has a place and one scope below it, which has a part that is not seen. */
static kt_outcome below(void *instance, const kt_call *call, const kt_scope *scope, const kt_found *found) {
    char depth[8];
    field(scope->fields, "depth", depth, sizeof depth);
    if (!instance || scope->size < KT_MIN_SIZE_SCOPE || scope->name.length == 0 || found->size < KT_MIN_SIZE_FOUND) return KT_INTERNAL;
    if (depth[0]) {
        kt_found_gap gap = {.size = sizeof gap, .outcome = KT_UNAUTHORIZED, .part = KT_STRING("the old cellar"),
                            .message = KT_STRING("v1.0: the token may not see it")};
        found->gap(call, &gap);
        return KT_OK;
    }
    kt_found_place place = {.size = sizeof place, .place = KT_STRING("old/place"), .fields = KT_STRING("{\"place\":\"old\"}"),
                            .key_id = KT_STRING("AKIAFROZEN0000000003"), .changed_at = KT_STRING("2026-11-22T10:00:00Z"),
                            .names = KT_STRING("[\"OLD_ID\",\"OLD_SECRET\"]"), .audience = KT_STRING("deploy"),
                            .state = KT_STRING("archived"), .level = 3};
    kt_scope next = {.size = sizeof next, .name = KT_STRING("old/below"), .fields = KT_STRING("{\"depth\":\"1\"}")};
    found->place(call, &place);
    found->scope(call, &next);
    return KT_OK;
}

static const kt_find finder = {.size = sizeof finder, .around = around, .below = below};

static const void *extension(kt_string id) {
    kt_string find = KT_STRING(KT_EXTENSION_FIND_1);
    return id.length == find.length && !memcmp(id.data, find.data, id.length) ? &finder : NULL;
}

static const kt_pusher table = {
    .size = sizeof table, .abi_minor = KT_ABI_MINOR, .id = KT_STRING_INIT("frozen"), .version = KT_STRING_INIT("1.0.0"),
    .summary = KT_STRING_INIT("A plugin of ABI version 1.0"), .manifest = KT_STRING_INIT(MANIFEST), .open = opened,
    .close = closed, .check = check, .push = push, .inspect = inspect, .extension = extension,
};

const kt_pusher *kt_pusher_entry_v1(const kt_host *host) {
    return host->size >= KT_MIN_SIZE_HOST && host->service ? &table : NULL;
}
