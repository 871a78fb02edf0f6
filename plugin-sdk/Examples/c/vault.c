#include "vault.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"

enum { URL_SIZE = 8192, MESSAGE_SIZE = 1024, BODY_SIZE = 8192 };

bool is_over(kt_outcome outcome) {
    return outcome == KT_RATE_LIMITED || outcome == KT_CANCELLED || outcome == KT_TIMED_OUT;
}

static kt_outcome tell_more(const kt_call *call, kt_report *report, kt_outcome outcome, const place *at, const char *what) {
    char text[MESSAGE_SIZE];
    snprintf(text, sizeof text, "Vault: %.200s: %.600s", at ? at->path : "configuration", what);
    /* Messages are one line. */
    for (char *byte = text; *byte; byte++)
        if ((unsigned char)*byte < 0x20) *byte = ' ';
    report->message = (kt_string){text, strlen(text)};
    if (at && at->found && !is_over(outcome)) {
        kt_found_gap gap = {.size = sizeof gap, .outcome = outcome, .part = {at->path, strlen(at->path)}, .message = report->message};
        at->found->gap(call, &gap);
    } else {
        call->report(call, report);
    }
    return outcome;
}

kt_outcome finish(const kt_call *call, kt_outcome outcome, kt_evidence evidence, const place *at, const char *what) {
    kt_report report = {.size = sizeof report, .evidence = evidence};
    return tell_more(call, &report, outcome, at, what);
}

/* No answer: why, and whether trying again can help. */
static kt_outcome unanswered(const kt_call *call, const kt_http_response *response, const place *at) {
    char what[MESSAGE_SIZE];
    snprintf(what, sizeof what, "no answer (%.*s)", (int)(response->error_text.length < 300 ? response->error_text.length : 300),
             response->error_text.length ? response->error_text.data : "");
    kt_outcome outcome = KT_RETRYABLE;
    if (response->error == KT_HTTP_REFUSED) outcome = KT_INVALID_CONFIG;
    if (response->error == KT_HTTP_TIMED_OUT) outcome = KT_TIMED_OUT;
    if (response->error == KT_HTTP_CANCELLED) outcome = KT_CANCELLED;
    return finish(call, outcome, KT_EVIDENCE_NONE, at, what);
}

/* The time of a Retry-After field in seconds; 0: none is given. */
static int64_t retry_after_ms(const kt_http_response *response) {
    for (uint64_t index = 0; index < response->header_count; index++) {
        kt_header field = response->headers[index];
        if (field.name.length != 11 || memcmp(field.name.data, "retry-after", 11) != 0) continue;
        char digits[12] = "";
        if (field.value.length == 0 || field.value.length >= sizeof digits) return 0;
        memcpy(digits, field.value.data, field.value.length);
        if (strspn(digits, "0123456789") != field.value.length) return 0;
        int64_t asked = atoll(digits) * 1000;
        return asked < KT_MAX_RETRY_AFTER_MS ? asked : KT_MAX_RETRY_AFTER_MS;
    }
    return 0;
}

/* An answer that is not the hoped-for one. What Vault says in "errors" is reported; the rest of a body never is. */
static kt_outcome refused(const kt_call *call, const kt_http_response *response, const place *at) {
    json body, errors, first;
    char said[256] = "", what[MESSAGE_SIZE];
    if (json_parse((const char *)response->body.data, response->body.length, &body) && json_member(body, "errors", &errors) &&
        json_first(errors, &first))
        json_text(first, said, sizeof said);
    kt_report report = {.size = sizeof report};
    const char *advice = "a fault of the service";
    kt_outcome outcome = KT_RETRYABLE;
    uint32_t status = response->status;
    if (status == 401 || status == 403) outcome = KT_UNAUTHORIZED, advice = "the token must be allowed to read, create, update and patch this path";
    else if (status == 404) outcome = KT_NOT_FOUND, advice = "check mount, and that it is a key-value store of version 2";
    else if (status == 409 || status == 412) outcome = KT_CONFLICT, advice = "someone else writes this secret; run keyturn retry";
    else if (status == 429) outcome = KT_RATE_LIMITED, report.retry_after_ms = retry_after_ms(response), advice = "rate limit";
    else if (status >= 300 && status < 500) outcome = KT_INVALID_CONFIG, advice = "check endpoint, mount and path";
    else if (status >= 200 && status < 300) advice = "the answer is not understood, so it is not taken as a yes";
    snprintf(what, sizeof what, "%u%s%s%s: %s", status, *said ? " (" : "", said, *said ? ")" : "", advice);
    return tell_more(call, &report, outcome, at, what);
}

static const kt_http_response *send(
    const vault *self, const kt_call *call, const char *method, const char *part, const place *at, kt_bytes body) {
    char url[URL_SIZE];
    buffer to = {.data = url, .size = sizeof url};
    append_text(&to, self->endpoint);
    append_text(&to, "/v1/");
    append_path(&to, at->mount);
    append_text(&to, part);
    append_path(&to, at->path);
    if (strcmp(part, "/metadata/") == 0) append_text(&to, "?list=true");
    bool is_patch = strcmp(method, "PATCH") == 0;
    const kt_header headers[] = {
        {KT_STRING("X-Vault-Token"), {self->token, strlen(self->token)}},
        {KT_STRING("X-Vault-Request"), KT_STRING("true")},
        {KT_STRING("Content-Type"), is_patch ? KT_STRING("application/merge-patch+json") : KT_STRING("application/json")},
    };
    kt_http_request request = {
        .size = sizeof request, .method = {method, strlen(method)}, .url = {url, to.length}, .headers = headers,
        .header_count = sizeof headers / sizeof *headers, .body = body};
    return to.is_full ? NULL : self->http->send(call, &request);
}

/* Whether a 404 is about the secret alone: then Vault names no error. A mount that is not there is named. */
static bool is_missing_secret(const kt_http_response *response) {
    json body, errors, data;
    if (response->status != 404 || !json_parse((const char *)response->body.data, response->body.length, &body)) return false;
    return json_member(body, "data", &data) || (json_member(body, "errors", &errors) && json_is_empty_array(errors));
}

/* A member of what Vault answers in "data"; an empty value where there is no such secret or path. */
static kt_outcome get(
    const vault *self, const kt_call *call, const char *part, const place *at, const char *member, json *found) {
    *found = (json){0};
    const kt_http_response *response = send(self, call, "GET", part, at, (kt_bytes){0});
    if (!response) return finish(call, KT_INVALID_CONFIG, KT_EVIDENCE_NONE, at, "mount or path is too long");
    if (response->error != KT_HTTP_OK) return unanswered(call, response, at);
    if (is_missing_secret(response)) return KT_OK;
    json body, data;
    if (response->status != 200 || !json_parse((const char *)response->body.data, response->body.length, &body) ||
        !json_member(body, "data", &data) || !json_member(data, member, found))
        return refused(call, response, at);
    return KT_OK;
}

kt_outcome vault_fields(const vault *self, const kt_call *call, const place *at, json *fields) {
    return get(self, call, "/data/", at, "data", fields);
}

kt_outcome vault_list(const vault *self, const kt_call *call, const place *at, json *names) {
    return get(self, call, "/metadata/", at, "keys", names);
}

kt_outcome vault_read(const vault *self, const kt_call *call, const place *at, held *found) {
    memset(found, 0, sizeof *found);
    json fields, value;
    kt_outcome outcome = vault_fields(self, call, at, &fields);
    if (outcome != KT_OK || !fields.start) return outcome;
    found->exists = true;
    if (json_member(fields, at->access_key_id, &value)) json_text(value, found->access_key_id, VALUE_SIZE);
    if (json_member(fields, at->secret_access_key, &value)) json_text(value, found->secret_access_key, VALUE_SIZE);
    return KT_OK;
}

kt_outcome vault_write(const vault *self, const kt_call *call, const place *at, bool exists, const kt_key_pair *pair) {
    buffer body = {.data = self->secret->allocate(BODY_SIZE), .size = BODY_SIZE};
    if (!body.data) return finish(call, KT_INTERNAL, KT_EVIDENCE_NONE, at, "no memory for the request");
    append_text(&body, "{\"data\":{");
    append_json(&body, at->access_key_id, strlen(at->access_key_id));
    append_text(&body, ":");
    append_json(&body, pair->access_key_id.data, pair->access_key_id.length);
    append_text(&body, ",");
    append_json(&body, at->secret_access_key, strlen(at->secret_access_key));
    append_text(&body, ":");
    append_json(&body, pair->secret_access_key.data, pair->secret_access_key.length);
    append_text(&body, "}}");
    const kt_http_response *response =
        body.is_full ? NULL : send(self, call, exists ? "PATCH" : "POST", "/data/", at, (kt_bytes){(uint8_t *)body.data, body.length});
    self->secret->release(body.data, BODY_SIZE);
    if (!response) return finish(call, KT_INVALID_CONFIG, KT_EVIDENCE_NONE, at, "the pair or the target's fields are too long");
    if (response->error != KT_HTTP_OK) return unanswered(call, response, at);
    json answer, data, version;
    if (response->status != 200 || !json_parse((const char *)response->body.data, response->body.length, &answer) ||
        !json_member(answer, "data", &data) || !json_member(data, "version", &version))
        return refused(call, response, at);
    return KT_OK;
}
