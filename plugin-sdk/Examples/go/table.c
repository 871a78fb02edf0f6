/* The table that keyturn calls. Its functions are Go's: see pusher.go. */
#include "table.h"

#include <string.h>

#include "manifest.h" /* made of manifest.json by the Makefile: MANIFEST */

/* As cgo exports them. The instance is a number for Go, never a pointer: its collector stops the process at one that cannot be. */
extern kt_outcome goOpen(kt_host *host, kt_call *call, kt_string configuration, void **instance);
extern void goClose(uintptr_t instance);
extern kt_outcome goCheck(uintptr_t instance, kt_call *call, kt_target *target);
extern kt_outcome goPush(uintptr_t instance, kt_call *call, kt_target *target, kt_key_pair *pair);
extern kt_outcome goBelow(uintptr_t instance, kt_call *call, kt_scope *scope, kt_found *found);
extern kt_outcome goInspect(uintptr_t instance, kt_call *call, kt_target *target);

/* Go has no const: these take it away, and Go writes to none of it. */
static kt_outcome pusher_open(const kt_host *host, const kt_call *call, kt_string configuration, void **instance) {
    return goOpen((kt_host *)host, (kt_call *)call, configuration, instance);
}

static void pusher_close(void *instance) { goClose((uintptr_t)instance); }

static kt_outcome pusher_check(void *instance, const kt_call *call, const kt_target *target) {
    return goCheck((uintptr_t)instance, (kt_call *)call, (kt_target *)target);
}

static kt_outcome pusher_push(void *instance, const kt_call *call, const kt_target *target, const kt_key_pair *pair) {
    return goPush((uintptr_t)instance, (kt_call *)call, (kt_target *)target, (kt_key_pair *)pair);
}

static kt_outcome pusher_inspect(void *instance, const kt_call *call, const kt_target *target) {
    return goInspect((uintptr_t)instance, (kt_call *)call, (kt_target *)target);
}

static kt_outcome pusher_below(void *instance, const kt_call *call, const kt_scope *scope, const kt_found *found) {
    return goBelow((uintptr_t)instance, (kt_call *)call, (kt_scope *)scope, (kt_found *)found);
}

static const kt_find find = {.size = sizeof find, .below = pusher_below};

static const void *pusher_extension(kt_string id) {
    kt_string own = KT_STRING(KT_EXTENSION_FIND_1);
    return id.length == own.length && memcmp(id.data, own.data, own.length) == 0 ? &find : NULL;
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
    .extension = pusher_extension,
};

KT_EXPORT const kt_pusher *kt_pusher_entry_v1(const kt_host *host) {
    (void)host;
    return &table;
}

const void *find_service(const kt_host *host, const char *id) {
    return host->service(host, (kt_string){id, strlen(id)});
}

const kt_http_response *send_request(const kt_http *http, const kt_call *call, const kt_http_request *request) {
    return http->send(call, request);
}

void report_outcome(const kt_call *call, const kt_report *report) {
    call->report(call, report);
}

void report_place(const kt_found *found, const kt_call *call, const kt_found_place *place) { found->place(call, place); }

void report_scope(const kt_found *found, const kt_call *call, const kt_scope *scope) { found->scope(call, scope); }

void report_gap(const kt_found *found, const kt_call *call, const kt_found_gap *gap) { found->gap(call, gap); }

void *take_secret(const kt_secret *secret, uint64_t length) { return secret->allocate(length); }

void release_secret(const kt_secret *secret, void *memory, uint64_t length) { secret->release(memory, length); }
