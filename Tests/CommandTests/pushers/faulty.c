/*
 * The example pusher with one fault, which is chosen when it is compiled: -DFAULT="\"name\"". Each is against one rule, for
 * the checks of `keyturn plugin test` to find. The example itself is included, with its entry function renamed.
 */
#define kt_pusher_entry_v1 kt_pusher_entry_v0
#include <pusher.c>
#undef kt_pusher_entry_v1

#include <fcntl.h>
#include <locale.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define IS(name) (strcmp(fault, name) == 0)
#define BEGINS(name) (strncmp(fault, name, sizeof(name) - 1) == 0)
#define FIFTY "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

/* The compiler is not to know it: it would warn of the very faults. */
static const char *volatile fault = FAULT;
static const kt_log *logger;
static const kt_clock *timer;
static char *token;
static const char *kept;
static int failed;
static atomic_int inside;

static void *linger(void *nothing) {
    sleep(30);
    return nothing;
}

/* What belongs to the whole process. */
static void disturb(void) {
    if (IS("signals")) signal(SIGUSR1, SIG_IGN);
    if (IS("handles-faults")) signal(SIGSEGV, SIG_IGN), signal(SIGURG, SIG_IGN);
    if (IS("working-directory") && chdir("/") != 0) abort();
    if (IS("environment")) setenv("FAULTY", "yes", 1);
    if (IS("locale")) setlocale(LC_ALL, "C.UTF-8");
    if (IS("umask")) umask(0);
    if (IS("descriptors") && dup(0) < 0) abort();
    if (IS("reads-files") && open("/etc/passwd", O_RDONLY) >= 0) abort();
    if (IS("output")) puts("all is well"), fflush(stdout);
    if (IS("reads-and-says") && open("/etc/passwd", O_RDONLY) >= 0) fputs("read /etc/passwd\n", stderr);
    if (IS("memory")) memset(malloc(8192), 1, 8192);
    pthread_t thread;
    if (IS("threads")) pthread_create(&thread, NULL, linger, NULL);
}

static const kt_http_response *ask(
    void *instance, const kt_call *call, const char *method, const char *url, const char *header, kt_bytes body) {
    const vault *self = instance;
    kt_header headers[] = {{KT_STRING("x-more"), {header, strlen(header)}}};
    kt_http_request request = {.size = sizeof request, .method = {method, strlen(method)}, .url = {url, strlen(url)},
                               .headers = headers, .header_count = 1, .body = body};
    return self->http->send(call, &request);
}

static void say(const kt_call *call, const char *text) { logger->write(call, KT_LOG_INFO, (kt_string){text, strlen(text)}); }

static void report(const kt_call *call, const char *message, const char *key_id) {
    kt_report more = {.size = sizeof more, .evidence = KT_EVIDENCE_ACKNOWLEDGED,
                      .message = {message, strlen(message)}, .key_id = {key_id, strlen(key_id)}};
    call->report(call, &more);
}

static void in_base64(const char *text, char *out) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (; text[0] && text[1] && text[2]; text += 3) {
        unsigned bits = (unsigned)(text[0] & 255) << 16 | (unsigned)(text[1] & 255) << 8 | (unsigned)(text[2] & 255);
        for (int shift = 18; shift >= 0; shift -= 6) *out++ = digits[bits >> shift & 63];
    }
    *out = 0;
}

static void give_away(void *instance, const kt_call *call, const kt_key_pair *pair) {
    char secret[256], text[2048];
    snprintf(secret, sizeof secret, "%.*s", (int)pair->secret_access_key.length, pair->secret_access_key.data);
    if (IS("secret-in-log")) say(call, secret);
    if (IS("token-in-log")) say(NULL, token);
    if (IS("secret-in-log-as-base64")) in_base64(secret, text), say(call, text);
    if (IS("secret-in-message")) report(call, secret, "");
    if (IS("secret-upper-case")) {
        for (char *at = strcpy(text, secret); *at; at++) *at = (char)(*at >= 'a' && *at <= 'z' ? *at - 32 : *at);
        say(call, text);
    }
    if (IS("secret-over-two-lines")) {
        snprintf(text, sizeof text, "%.14s", secret), say(call, text);
        say(call, secret + 14);
    }
    if (IS("half-a-secret")) snprintf(text, sizeof text, "ends at %.24s", secret), report(call, text, "");
    if (IS("token-as-key-id")) report(call, "well", token);
    snprintf(text, sizeof text, "https://vault.conformance.invalid/%s", token);
    if (IS("token-in-url")) ask(instance, call, "GET", text, "x", (kt_bytes){0});
    if (IS("echo-in-message")) {
        const kt_http_response *response = ask(instance, call, "PUT", "https://vault.conformance.invalid/", token, (kt_bytes){0});
        snprintf(text, sizeof text, "%.*s", (int)response->body.length, response->body.data ? (const char *)response->body.data : "");
        report(call, text, "");
    }
}

static kt_outcome bad_open(const kt_host *host, const kt_call *call, kt_string configuration, void **instance) {
    logger = host->service(host, KT_STRING(KT_SERVICE_LOG_1));
    if (IS("needs-log")) logger->write(call, KT_LOG_INFO, KT_STRING("opened"));
    timer = host->service(host, KT_STRING(KT_SERVICE_CLOCK_1));
    if (IS("needs-clock") && timer->now_ms() == 0) return KT_INTERNAL;
    if (IS("needs-secret")) {
        const kt_secret *secret = host->service(host, KT_STRING(KT_SERVICE_SECRET_1));
        secret->release(secret->allocate(1), 1);
    }
    if (IS("needs-http") && ((const kt_http *)host->service(host, KT_STRING(KT_SERVICE_HTTP_1)))->size < 16) return KT_INTERNAL;
    if (IS("needs-aws") && ((const kt_aws *)host->service(host, KT_STRING(KT_SERVICE_AWS_1)))->size < 16) return KT_INTERNAL;
    if (IS("exact-host") && host->size != sizeof *host) return KT_INTERNAL;
    if (IS("refuses-all")) return KT_INVALID_CONFIG;
    if (IS("aborts-in-open")) abort();
    for (volatile int on = 1; IS("hangs-in-open") && on;) {}
    if (IS("fragile-configuration") && !strstr(strndup(configuration.data, configuration.length), "hvs.t0ken-of-conf")) abort();
    kt_outcome outcome = pusher_open(host, call, configuration, instance);
    if (IS("accepts-all") && outcome != KT_OK)
        outcome = pusher_open(host, call, KT_STRING("{\"token\":\"x\",\"endpoint\":\"https://vault.conformance.invalid\"}"), instance);
    if (outcome != KT_OK) return outcome;
    vault *self = *instance;
    token = self->token;
    if (IS("sends-in-open")) ask(self, call, "GET", "https://vault.conformance.invalid:8200/v1/sys/health", "x", (kt_bytes){0});
    if (IS("own-endpoint")) strcpy(self->endpoint, "https://vault.conformance.invalid:8200");
    return KT_OK;
}

static void bad_close(void *instance) {
    if (IS("aborts-in-close")) abort();
    if (IS("keeps-to-close") && kept) failed += kept[0];
    pusher_close(instance);
}

static kt_outcome bad_check(void *instance, const kt_call *call, const kt_target *target) {
    if (IS("writes-in-check"))
        ask(instance, call, "POST", "https://vault.conformance.invalid:8200/v1/secret/data/probe", "x", (kt_bytes){(const uint8_t *)"{\"data\":{}}", 11});
    if (IS("asks-nothing-in-check")) return KT_OK;
    kt_outcome outcome = pusher_check(instance, call, target);
    return IS("always-ok-in-check") ? KT_OK : outcome;
}

static kt_outcome bad_inspect(void *instance, const kt_call *call, const kt_target *target) {
    kt_outcome outcome = pusher_inspect(instance, call, target);
    if (IS("inspects-wrongly")) report(call, "read", "AKIASOMEBODYELSE0000");
    if (IS("zero-width-in-key-id")) report(call, "read", "AKIA\xe2\x80\x8b" "CONFORMANCE00001");
    return outcome;
}

/* Reads what it was lent in an earlier call, or beyond what it was lent in this one. */
static void borrow(const kt_target *target, const kt_key_pair *pair) {
    if (IS("keeps-a-pointer") && kept) failed += kept[0];
    kept = pair->secret_access_key.data;
    if (IS("reads-to-a-nul")) failed += (int)strlen(target->fields.data);
}

static kt_outcome more_requests(void *instance, const kt_call *call, const kt_target *target) {
    char url[16384];
    kt_bytes body = {(const uint8_t *)"{\"data\":{\"more\":\"x\"}}", 21};
    if (IS("ignores-a-write")) ask(instance, call, "POST", "https://vault.conformance.invalid:8200/v1/secret/data/more", "x", body);
    if (IS("asks-elsewhere")) ask(instance, call, "GET", "https://elsewhere.example.com/", "x", (kt_bytes){0});
    if (IS("bad-method")) ask(instance, call, "FETCH", "https://vault.conformance.invalid:8200/", "x", (kt_bytes){0});
    if (IS("get-with-body")) ask(instance, call, "GET", "https://vault.conformance.invalid:8200/", "x", body);
    if (IS("fragment")) ask(instance, call, "GET", "https://vault.conformance.invalid:8200/#x", "x", (kt_bytes){0});
    if (IS("own-framing")) {
        kt_header headers[] = {{KT_STRING("Content-Length"), KT_STRING("0")}};
        kt_http_request request = {.size = sizeof request, .method = KT_STRING("PUT"), .url = KT_STRING("https://vault.conformance.invalid:8200/v1/x"),
                                   .headers = headers, .header_count = 1};
        ((const vault *)instance)->http->send(call, &request);
    }
    if (IS("hidden-in-header")) ask(instance, call, "GET", "https://vault.conformance.invalid:8200/v1/x", "acme\xc2\xad/app", (kt_bytes){0});
    if (IS("hidden-in-body")) {
        kt_bytes hidden = {(const uint8_t *)"{\"data\":{\"more\":\"\xe2\x81\xa6x\"}}", 24};
        ask(instance, call, "POST", "https://vault.conformance.invalid:8200/v1/secret/data/more", "x", hidden);
    }
    if (IS("small-request")) {
        kt_http_request request = {.size = KT_MIN_SIZE_HTTP_REQUEST - 1, .method = KT_STRING("GET"),
                                   .url = KT_STRING("https://vault.conformance.invalid:8200/v1/x")};
        ((const vault *)instance)->http->send(call, &request);
    }
    if (IS("bad-header")) ask(instance, call, "GET", "https://vault.conformance.invalid:8200/", "a\r\nb: c", (kt_bytes){0});
    if (IS("plain-url")) {
        snprintf(url, sizeof url, "https://vault.conformance.invalid:8200/%.*s", (int)target->name.length, target->name.data);
        ask(instance, call, "GET", url, "x", (kt_bytes){0});
    }
    for (int tries = 0; IS("tries-for-ever") && tries < 300; tries++)
        if (ask(instance, call, "GET", "https://vault.conformance.invalid:8200/v1/x", "x", (kt_bytes){0})->status == 404) break;
    if (BEGINS("after-answer-")) {
        const kt_http_response *response = ask(instance, call, "GET", "https://vault.conformance.invalid:8200/v1/a/data/b", "x", (kt_bytes){0});
        if (IS("after-answer-follows") && response->status / 100 == 3)
            ask(instance, call, "GET", "https://elsewhere.conformance.invalid/take", "x", (kt_bytes){0});
        if (IS("after-answer-stays") && response->error != KT_HTTP_OK) sleep(4);
        if (IS("after-answer-sleeps") && response->status == 503) sleep(4);
        if (IS("after-answer-aborts") && (response->status % 100 > 4 || response->error > 7)) abort();
    }
    return KT_OK;
}

/* The usual ways to read a text that ends with a NUL, of texts that do not. */
static kt_outcome read_on(void *instance, const kt_call *call) {
    const kt_http_response *response = ask(instance, call, "GET", "https://vault.conformance.invalid:8200/v1/a/data/b", "x", (kt_bytes){0});
    if (IS("body-to-a-nul") && response->body.length > 0) failed += strstr((const char *)response->body.data, "errors") != NULL;
    for (uint64_t index = 0; IS("header-to-a-nul") && index < response->header_count; index++) {
        kt_header field = response->headers[index];
        if (field.name.length != 11 || memcmp(field.name.data, "retry-after", 11) != 0) continue;
        kt_report late = {.size = sizeof late, .retry_after_ms = 1000 * strtoll(field.value.data, NULL, 10), .message = KT_STRING("later")};
        return call->report(call, &late), KT_RATE_LIMITED;
    }
    return KT_OK;
}

static const kt_call *over;

/* The view of a call is memory of that call: what is asked for with it later belongs to no call. */
static void *come_late(void *instance) {
    usleep(50000);
    if (IS("sends-late")) ask(instance, over, "GET", "https://vault.conformance.invalid:8200/v1/late", "x", (kt_bytes){0});
    if (IS("reports-late")) over->report(over, &(kt_report){.size = sizeof(kt_report)});
    return NULL;
}

static kt_outcome bad_push(void *instance, const kt_call *call, const kt_target *target, const kt_key_pair *pair) {
    disturb();
    if (IS("crashes")) raise(SIGSEGV);
    if (IS("crashes-with-words")) fputs("the frobnicator is full\n", stderr), abort();
    if (IS("crashes-with-a-stack")) {
        for (int line = 1; line <= 40; line++) fprintf(stderr, "line %d\n", line);
        abort();
    }
    if (IS("exits")) exit(0);
    for (volatile int on = 1; IS("hangs") && on;) {}
    if (IS("rubbish")) return 4711;
    if (IS("never-well")) return KT_RETRYABLE;
    kt_evidence unseen = IS("unseen-key-id") ? KT_EVIDENCE_READ_BACK : IS("unseen-end") ? KT_EVIDENCE_LAST_FOUR : KT_EVIDENCE_NONE;
    if (unseen != KT_EVIDENCE_NONE) {
        kt_report more = {.size = sizeof more, .evidence = unseen, .message = KT_STRING("written, and never looked at")};
        kt_bytes body = {(const uint8_t *)"{\"data\":{\"more\":\"x\"}}", 21};
        ask(instance, call, "POST", "https://vault.conformance.invalid:8200/v1/secret/data/more", "x", body);
        return call->report(call, &more), KT_OK;
    }
    if (IS("bidi-in-message")) return report(call, "written to \xe2\x80\xae" "ppa/emca", ""), KT_RETRYABLE;
    if (IS("bidi-in-log")) say(call, "written to \xe2\x80\xae" "ppa/emca");
    if ((IS("header-to-a-nul") || IS("body-to-a-nul")) && read_on(instance, call) != KT_OK) return KT_RATE_LIMITED;
    if (IS("two-lines")) return report(call, "one\ntwo", ""), KT_RETRYABLE;
    if (IS("always-unchanged") && failed++) return KT_UNCHANGED;
    if (IS("one-mount-only") && memmem(target->fields.data, target->fields.length, "teams", 5)) return KT_NOT_FOUND;
    if (IS("no-quotes") && memchr(pair->secret_access_key.data, '"', pair->secret_access_key.length)) return KT_INVALID_CONFIG;
    if (IS("fragile-target") && !memmem(target->fields.data, target->fields.length, "ci/acme", 7)) abort();
    if (IS("one-at-a-time")) {
        if (atomic_fetch_add(&inside, 1) > 0) return atomic_fetch_sub(&inside, 1), KT_INTERNAL;
        usleep(2000);
        atomic_fetch_sub(&inside, 1);
    }
    borrow(target, pair);
    more_requests(instance, call, target);
    if (IS("gives-up-for-ever") && failed) return KT_OK;
    kt_outcome outcome = pusher_push(instance, call, target, pair);
    if (outcome != KT_OK && IS("gives-up-for-ever")) failed = 1;
    give_away(instance, call, pair);
    kt_report odd = {.size = IS("small-report") ? 8 : sizeof odd, .evidence = IS("evidence-used") ? KT_EVIDENCE_USED : 17};
    if (IS("small-report") || BEGINS("evidence-")) call->report(call, &odd);
    if (IS("no-retry-after") && outcome == KT_RATE_LIMITED) report(call, "slow down", "");
    if (IS("all-internal") && outcome > KT_UNCHANGED) return KT_INTERNAL;
    static kt_call copy;
    pthread_t thread;
    if (IS("sends-late") || IS("reports-late")) copy = *call, over = &copy, pthread_create(&thread, NULL, come_late, instance);
    static int pushes;
    if (IS("lies-in-the-end") && ++pushes > 50) return KT_OK;
    return IS("always-ok") ? KT_OK : outcome;
}

/* A find that is good but for the one fault. */
static kt_outcome bad_around(void *instance, const kt_call *call, const kt_target *target, const kt_found *found) {
    static char secret[] = "C0nf/0rm+Anc3/Secr3t+Key/xxxxxxxxxxxxxx1";
    static char backwards[sizeof secret];
    kt_found_place place = {.size = sizeof place, .place = KT_STRING("ci/acme/next"), .key_id = KT_STRING("AKIACONFORMANCE00001"),
                            .fields = KT_STRING("{\"path\":\"ci/acme/next\",\"mount\":\"secret\"}"),
                            .changed_at = KT_STRING("2026-11-22T10:00:00Z")};
    kt_bytes body = {(const uint8_t *)"{\"data\":{}}", 11};
    const char *url = "https://vault.conformance.invalid:8200/v1/secret/data/ci/acme/app";
    for (size_t at = 0; at < sizeof secret - 1; at++) backwards[at] = secret[sizeof secret - 2 - at];
    const kt_http_response *response =
        IS("find-writes") ? ask(instance, call, "POST", url, "x", body) : ask(instance, call, "GET", url, "x", (kt_bytes){0});
    if (IS("find-secret")) place.place = (kt_string){backwards, sizeof backwards - 1};
    if (IS("find-token")) place.changed_at = (kt_string){token, strlen(token)};
    if (IS("find-other-fields")) place.fields = KT_STRING("{\"path\":\"ci/acme/next\",\"branch\":\"main\"}");
    if (IS("find-no-fields")) place.fields = KT_STRING("[]");
    if (IS("find-long-field")) place.fields = KT_STRING("{\"path\":\"ci/acme/next\",\"mount\":\"" FIFTY FIFTY FIFTY FIFTY FIFTY "\"}");
    if (IS("find-missing-field")) place.fields = KT_STRING("{\"mount\":\"secret\"}");
    if (IS("find-itself")) place.fields = target->fields;
    if (IS("find-no-key-id")) place.key_id = KT_STRING("not a key");
    if (IS("find-no-time")) place.changed_at = KT_STRING("yesterday");
    if (IS("find-small-struct")) place.size = 8;
    bool is_there = response->body.length > 0 && memmem(response->body.data, response->body.length, "metadata", 8);
    if (is_there || IS("find-without-answer"))
        for (int count = 0; count < (IS("find-endless") ? 501 : 1); count++) found->place(call, &place);
    return KT_OK;
}

/* The same below a scope: one place in the operator's scope, and one scope below it without any. */
static kt_outcome bad_below(void *instance, const kt_call *call, const kt_scope *scope, const kt_found *found) {
    static int calls;
    kt_found_place place = {.size = sizeof place, .place = KT_STRING("ci/acme/next"), .names = KT_STRING("[\"KEY\"]"),
                            .fields = KT_STRING("{\"path\":\"ci/acme/next\",\"mount\":\"secret\"}")};
    kt_scope below = {.size = sizeof below, .name = KT_STRING("ci/acme"), .fields = KT_STRING("{\"depth\":\"1\"}")};
    kt_found_gap gap = {.size = sizeof gap, .outcome = IS("below-good-gap") ? KT_OK : KT_UNAUTHORIZED, .part = KT_STRING("ci")};
    kt_bytes body = {(const uint8_t *)"{\"data\":{}}", 11};
    const char *url = "https://vault.conformance.invalid:8200/v1/secret/data/ci/acme/app";
    char name[40];
    const kt_http_response *response =
        IS("below-writes") ? ask(instance, call, "POST", url, "x", body) : ask(instance, call, "GET", url, "x", (kt_bytes){0});
    if (IS("below-no-names")) place.names = KT_STRING("KEY");
    if (IS("below-other-fields")) place.fields = KT_STRING("{\"branch\":\"main\"}");
    if (IS("below-token")) below.fields = (kt_string){token, strlen(token)};
    if (IS("below-itself")) below = *scope;
    if (IS("below-no-part")) gap.part = KT_STRING("");
    if (IS("below-endless")) below.name = (kt_string){name, (uint64_t)snprintf(name, sizeof name, "ci/%d", calls++)};
    bool is_there = response->body.length > 0 && memmem(response->body.data, response->body.length, "metadata", 8);
    if (IS("below-good-gap") || IS("below-no-part") || (!is_there && !IS("below-silent"))) found->gap(call, &gap);
    if (!is_there && !IS("below-invents")) return KT_OK;
    if (scope->fields.length == 0) found->place(call, &place);
    if (scope->fields.length == 0 || IS("below-endless") || IS("below-itself")) found->scope(call, &below);
    return KT_OK;
}

static const kt_find finder = {.size = sizeof finder, .around = bad_around, .below = bad_below};

static const void *bad_extension(kt_string id) {
    if (BEGINS("find-") || BEGINS("below-")) return id.length == 9 && memcmp(id.data, KT_EXTENSION_FIND_1, 9) == 0 ? &finder : NULL;
    return IS("any-extension") ? id.data : NULL;
}

#ifdef MORE_EXPORTS
KT_EXPORT void vault_write_again(void) {}
#endif

KT_EXPORT const kt_pusher *kt_pusher_entry_v1(const kt_host *host) {
    static kt_pusher bad;
    if (IS("refuses-host")) return NULL;
    if (IS("writes-at-load")) puts("loaded"), fflush(stdout);
    bad = table;
    bad.open = bad_open, bad.close = bad_close, bad.check = bad_check, bad.push = bad_push, bad.inspect = bad_inspect;
    bad.extension = bad_extension;
    if (IS("tiny-table")) bad.size = 80;
    if (IS("huge-table")) bad.size = 1 << 30;
    if (IS("bad-id")) bad.id = KT_STRING("Vault KV");
    if (IS("bad-version")) bad.version = KT_STRING("one");
    if (IS("other-manifest")) bad.manifest = KT_STRING("{\"id\":\"vault-kv\"}");
    if (IS("no-inspect")) bad.inspect = NULL;
    (void)host;
    return &bad;
}
