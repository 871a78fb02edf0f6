/* A pusher that does nothing: what a call of it costs is the way there. */
#include "keyturn_pusher.h"

static kt_outcome open_pusher(const kt_host *host, const kt_call *call, kt_string configuration, void **instance) {
    (void)host; (void)call; (void)configuration;
    *instance = 0;
    return KT_OK;
}

static void close_pusher(void *instance) { (void)instance; }

static kt_outcome check(void *instance, const kt_call *call, const kt_target *target) {
    (void)instance; (void)call; (void)target;
    return KT_OK;
}

static kt_outcome push(void *instance, const kt_call *call, const kt_target *target, const kt_key_pair *pair) {
    (void)instance; (void)call; (void)target; (void)pair;
    return KT_OK;
}

static const kt_pusher table = {
    .size = sizeof table,
    .id = KT_STRING_INIT("empty"), .version = KT_STRING_INIT("1.0.0"), .summary = KT_STRING_INIT("Does nothing"),
    .manifest = KT_STRING_INIT("{\"id\":\"empty\",\"version\":\"1.0.0\",\"summary\":\"Does nothing\",\"abi\":{\"min\":1,\"max\":1},\"hosts\":[],"
                     "\"configuration\":{\"type\":\"object\"},\"target\":{\"type\":\"object\"}}"),
    .open = open_pusher, .close = close_pusher, .check = check, .push = push,
};

const kt_pusher *kt_pusher_entry_v1(const kt_host *host) {
    (void)host;
    return &table;
}
