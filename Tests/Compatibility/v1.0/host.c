/*
 * A host of ABI version 1.0, as small as can be: every request is answered with one status.
 *
 * host LIBRARY CONFIGURATION TARGET STATUS [SCOPE]: prints the outcomes of open, check, push and inspect, and of kt.find/1.
 */
#include "keyturn_pusher.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint32_t status;
static int requests, places, scopes, gaps;

static kt_string text(const char *of) { return (kt_string){of, strlen(of)}; }

static const kt_http_response *answer(void) {
    static const char body[] = "{\"message\":\"the old host says no\",\"__type\":\"AccessDeniedException\"}";
    static kt_header headers[2];
    static kt_http_response response;
    headers[0] = (kt_header){KT_STRING("content-type"), KT_STRING("application/json")};
    headers[1] = (kt_header){KT_STRING("x-amzn-errortype"), KT_STRING("AccessDeniedException")};
    response = (kt_http_response){.size = sizeof response, .status = status, .headers = headers, .header_count = 2,
                                  .body = {(const uint8_t *)body, sizeof body - 1}};
    requests++;
    return &response;
}

static const kt_http_response *send_one(const kt_call *call, const kt_http_request *request) {
    if (!call || request->size < KT_MIN_SIZE_HTTP_REQUEST || request->url.length == 0) abort();
    return answer();
}

static const kt_http_response *send_to_aws(const kt_call *call, const kt_aws_request *request) {
    if (!call || request->size < KT_MIN_SIZE_AWS_REQUEST || request->operation.length == 0) abort();
    return answer();
}

static void write_line(const kt_call *call, int32_t level, kt_string line) { (void)call, (void)level, (void)line; }
static void *allocate(uint64_t length) { return calloc(1, length ? length : 1); }
static void release(void *memory, uint64_t length) { (void)length, free(memory); }
static void wipe(void *memory, uint64_t length) { memset(memory, 0, length); }
static int64_t now_ms(void) { return 1795341600000; }
static int64_t remaining_ms(const kt_call *call) { return call ? 30000 : 0; }
static int32_t cancelled(const kt_call *call) { return call ? 0 : 1; }
static int32_t sleep_ms(const kt_call *call, int64_t milliseconds) { return call && milliseconds >= 0 ? 0 : 1; }

static const void *service(const kt_host *host, kt_string id) {
    static const kt_http http = {sizeof http, 0, send_one};
    static const kt_aws aws = {sizeof aws, 0, send_to_aws};
    static const kt_log logger = {sizeof logger, 0, write_line};
    static const kt_secret secret = {sizeof secret, 0, allocate, release, wipe};
    static const kt_clock clock = {sizeof clock, 0, now_ms, remaining_ms, cancelled, sleep_ms};
    const struct { const char *id; const void *table; } all[] = {
        {KT_SERVICE_HTTP_1, &http}, {KT_SERVICE_AWS_1, &aws}, {KT_SERVICE_LOG_1, &logger}, {KT_SERVICE_SECRET_1, &secret},
        {KT_SERVICE_CLOCK_1, &clock}};
    for (size_t index = 0; host && index < sizeof all / sizeof *all; index++)
        if (id.length == strlen(all[index].id) && memcmp(id.data, all[index].id, id.length) == 0) return all[index].table;
    return NULL;
}

static void report(const kt_call *call, const kt_report *report) {
    if (!call || report->size < KT_MIN_SIZE_REPORT) abort();
    printf("said %.*s\n", (int)report->message.length, report->message.data ? report->message.data : "");
}

static void found_place(const kt_call *call, const kt_found_place *place) {
    if (!call || place->size < KT_MIN_SIZE_FOUND_PLACE || place->place.length == 0) abort();
    printf("place %.*s\n", (int)place->place.length, place->place.data);
    places++;
}

static void found_scope(const kt_call *call, const kt_scope *scope) {
    if (!call || scope->size < KT_MIN_SIZE_SCOPE || scope->name.length == 0) abort();
    scopes++;
}

static void found_gap(const kt_call *call, const kt_found_gap *gap) {
    if (!call || gap->size < KT_MIN_SIZE_FOUND_GAP || gap->part.length == 0) abort();
    gaps++;
}

/* Looks around the target, and below the scope where there is one. */
static void look(const kt_pusher *table, void *instance, const kt_call *call, const kt_target *target, const char *below) {
    static const kt_found found = {sizeof found, 0, found_place, found_scope, found_gap};
    const kt_find *find = table->extension ? table->extension(KT_STRING(KT_EXTENSION_FIND_1)) : NULL;
    if (!find || find->size < KT_MIN_SIZE_FIND) return;
    if (find->around) printf("around %d\n", find->around(instance, call, target, &found));
    const kt_scope scope = {.size = sizeof scope, .name = text(below)};
    if (find->below && scope.name.length) printf("below %d\n", find->below(instance, call, &scope, &found));
    printf("places %d\nscopes %d\ngaps %d\n", places, scopes, gaps);
}

int main(int count, char **arguments) {
    if (count != 5 && count != 6) return 64;
    static const kt_host host = {sizeof host, KT_ABI_MINOR, NULL, service};
    const kt_call call = {sizeof call, 0, NULL, report};
    const kt_target target = {sizeof target, 0, text("old:place"), text(arguments[3])};
    const kt_key_pair pair = {sizeof pair, 0, text("AKIAOLDHOST000000000"), text("an/old+secret/of/forty/characters/exactly")};
    status = (uint32_t)atoi(arguments[4]);
    void *library = dlopen(arguments[1], RTLD_NOW | RTLD_LOCAL);
    if (!library) return fprintf(stderr, "%s\n", dlerror()), 1;
    kt_pusher_entry_v1_function entry = (kt_pusher_entry_v1_function)dlsym(library, KT_ENTRY_SYMBOL_V1);
    const kt_pusher *table = entry ? entry(&host) : NULL;
    if (!table || table->size < KT_MIN_SIZE_PUSHER) return fprintf(stderr, "no table of version 1.0\n"), 1;
    printf("id %.*s\n", (int)table->id.length, table->id.data);
    void *instance = NULL;
    kt_outcome outcome = table->open(&host, &call, text(arguments[2]), &instance);
    printf("open %d\n", outcome);
    if (outcome != KT_OK) return 0;
    printf("check %d\n", table->check(instance, &call, &target));
    printf("push %d\n", table->push(instance, &call, &target, &pair));
    if (table->inspect) printf("inspect %d\n", table->inspect(instance, &call, &target));
    look(table, instance, &call, &target, count == 6 ? arguments[5] : "");
    printf("requests %d\n", requests);
    table->close(instance);
    return fflush(stdout), _Exit(0), 0;
}
