/* A plugin of ABI version 1.0. It uses every service and every field that there was. */
#include "keyturn_pusher.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT(literal) {literal, sizeof(literal) - 1}

struct instance {
    const kt_http *http;
    const kt_log *log;
    const kt_secret *secret;
    const kt_clock *clock;
    char token[256];
    char endpoint[256];
};

/* The value of a text field, without escapes. */
static void field(kt_string json, const char *name, char *buffer, size_t size) {
    char text[4096], quoted[64];
    snprintf(text, sizeof text, "%.*s", (int)json.length, json.data);
    snprintf(quoted, sizeof quoted, "\"%s\":\"", name);
    const char *at = strstr(text, quoted);
    buffer[0] = 0;
    if (!at) return;
    at += strlen(quoted);
    /* JSON may write a slash with a backslash before it. */
    for (; *at && *at != '"' && size > 1; at++) {
        if (*at == '\\') continue;
        *buffer++ = *at, *buffer = 0, size--;
    }
}

static void tell(const kt_call *call, kt_evidence evidence, const char *message, kt_string key_id) {
    kt_report report = {.size = sizeof report, .evidence = evidence, .retry_after_ms = -1,
                        .message = {message, strlen(message)}, .key_id = key_id, .changed_at = TEXT("2026-11-22T10:00:00Z")};
    call->report(call, &report);
}

static kt_outcome opened(const kt_host *host, const kt_call *call, kt_string configuration, void **instance) {
    struct instance *self = calloc(1, sizeof *self);
    if (!self) return KT_INTERNAL;
    self->http = host->service(host, (kt_string)TEXT(KT_SERVICE_HTTP_1));
    self->log = host->service(host, (kt_string)TEXT(KT_SERVICE_LOG_1));
    self->secret = host->service(host, (kt_string)TEXT(KT_SERVICE_SECRET_1));
    self->clock = host->service(host, (kt_string)TEXT(KT_SERVICE_CLOCK_1));
    field(configuration, "token", self->token, sizeof self->token);
    field(configuration, "endpoint", self->endpoint, sizeof self->endpoint);
    *instance = self;
    if (self->http && self->log && self->secret && self->clock && self->token[0] && self->endpoint[0]) return KT_OK;
    tell(call, KT_EVIDENCE_NONE, "v1.0: a service or a field is missing", (kt_string){0});
    free(self);
    return KT_INVALID_CONFIG;
}

static void closed(void *instance) { free(instance); }

static kt_outcome ask(struct instance *self, const kt_call *call, const char *method, const kt_target *target, kt_bytes body) {
    char url[1024], place[256];
    field(target->fields, "place", place, sizeof place);
    snprintf(url, sizeof url, "%s/%s", self->endpoint, place);
    kt_header headers[] = {{TEXT("authorization"), {self->token, strlen(self->token)}}};
    kt_http_request request = {.size = sizeof request, .timeout_ms = 5000, .method = {method, strlen(method)},
                               .url = {url, strlen(url)}, .headers = headers, .header_count = 1, .body = body};
    const kt_http_response *response = self->http->send(call, &request);
    if (response->size < sizeof *response) return KT_INTERNAL;
    if (response->error == KT_HTTP_OK && response->status == 200) return KT_OK;
    return response->error == KT_HTTP_OK && response->status == 401 ? KT_UNAUTHORIZED : KT_RETRYABLE;
}

static kt_outcome check(void *instance, const kt_call *call, const kt_target *target) {
    (void)instance;
    tell(call, KT_EVIDENCE_NONE, "v1.0: it would work", (kt_string){0});
    return target->name.length > 0 ? KT_OK : KT_INTERNAL;
}

static kt_outcome push(void *instance, const kt_call *call, const kt_target *target, const kt_key_pair *pair) {
    struct instance *self = instance;
    if (self->clock->remaining_ms(call) <= 0 || self->clock->now_ms() <= 0 || self->clock->cancelled(call)) return KT_INTERNAL;
    if (self->clock->sleep_ms(call, 1) != 0) return KT_CANCELLED;
    uint64_t length = pair->access_key_id.length + 1 + pair->secret_access_key.length;
    char *body = self->secret->allocate(length);
    if (!body) return KT_INTERNAL;
    memcpy(body, pair->access_key_id.data, pair->access_key_id.length);
    body[pair->access_key_id.length] = ':';
    memcpy(body + pair->access_key_id.length + 1, pair->secret_access_key.data, pair->secret_access_key.length);
    kt_outcome outcome = ask(self, call, "PUT", target, (kt_bytes){(uint8_t *)body, length});
    self->secret->wipe(body, length);
    self->secret->release(body, length);
    self->log->write(call, KT_LOG_INFO, (kt_string)TEXT("v1.0: asked"));
    tell(call, KT_EVIDENCE_READ_BACK, "v1.0: written", pair->access_key_id);
    return outcome;
}

static const kt_pusher table = {
    .size = sizeof table, .abi_minor = KT_ABI_MINOR, .id = TEXT("frozen"), .version = TEXT("1.0.0"),
    .summary = TEXT("A plugin of ABI version 1.0"), .manifest = TEXT(MANIFEST), .open = opened, .close = closed,
    .check = check, .push = push,
};

const kt_pusher *kt_pusher_entry_v1(const kt_host *host) {
    return host->size >= sizeof *host ? &table : NULL;
}
