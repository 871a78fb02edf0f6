/*
 * A host of ABI version 1.0, as small as can be: every request is answered with one status.
 *
 * host LIBRARY CONFIGURATION TARGET STATUS: prints the outcomes of open, check, push and inspect.
 */
#include "keyturn_pusher.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint32_t status;
static int requests;

static kt_string text(const char *of) { return (kt_string){of, strlen(of)}; }

static const kt_http_response *send_one(const kt_call *call, const kt_http_request *request) {
    static const char body[] = "{\"message\":\"the old host says no\"}";
    static kt_header header;
    static kt_http_response response;
    header = (kt_header){text("content-type"), text("application/json")};
    response = (kt_http_response){.size = sizeof response, .status = status, .headers = &header, .header_count = 1,
                                  .body = {(const uint8_t *)body, sizeof body - 1}};
    if (!call || request->size < sizeof *request || request->url.length == 0) abort();
    requests++;
    return &response;
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
    static const kt_log logger = {sizeof logger, 0, write_line};
    static const kt_secret secret = {sizeof secret, 0, allocate, release, wipe};
    static const kt_clock clock = {sizeof clock, 0, now_ms, remaining_ms, cancelled, sleep_ms};
    const struct { const char *id; const void *table; } all[] = {
        {KT_SERVICE_HTTP_1, &http}, {KT_SERVICE_LOG_1, &logger}, {KT_SERVICE_SECRET_1, &secret}, {KT_SERVICE_CLOCK_1, &clock}};
    for (size_t index = 0; host && index < sizeof all / sizeof *all; index++)
        if (id.length == strlen(all[index].id) && memcmp(id.data, all[index].id, id.length) == 0) return all[index].table;
    return NULL;
}

static void report(const kt_call *call, const kt_report *report) {
    if (!call || report->size < sizeof *report) abort();
    printf("said %.*s\n", (int)report->message.length, report->message.data ? report->message.data : "");
}

int main(int count, char **arguments) {
    if (count != 5) return 64;
    static const kt_host host = {sizeof host, KT_ABI_MINOR, NULL, service};
    const kt_call call = {sizeof call, 0, NULL, report};
    const kt_target target = {sizeof target, 0, text("old:place"), text(arguments[3])};
    const kt_key_pair pair = {sizeof pair, 0, text("AKIAOLDHOST000000000"), text("an/old+secret/of/forty/characters/exactly")};
    status = (uint32_t)atoi(arguments[4]);
    void *library = dlopen(arguments[1], RTLD_NOW | RTLD_LOCAL);
    if (!library) return fprintf(stderr, "%s\n", dlerror()), 1;
    kt_pusher_entry_v1_function entry = (kt_pusher_entry_v1_function)dlsym(library, KT_ENTRY_SYMBOL_V1);
    const kt_pusher *table = entry ? entry(&host) : NULL;
    if (!table || table->size < sizeof *table) return fprintf(stderr, "no table of version 1.0\n"), 1;
    printf("id %.*s\n", (int)table->id.length, table->id.data);
    void *instance = NULL;
    kt_outcome outcome = table->open(&host, &call, text(arguments[2]), &instance);
    printf("open %d\n", outcome);
    if (outcome != KT_OK) return 0;
    printf("check %d\n", table->check(instance, &call, &target));
    printf("push %d\n", table->push(instance, &call, &target, &pair));
    if (table->inspect) printf("inspect %d\n", table->inspect(instance, &call, &target));
    printf("requests %d\n", requests);
    table->close(instance);
    return fflush(stdout), _Exit(0), 0;
}
