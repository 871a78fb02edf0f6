#pragma once

/* What PusherKit needs of the C library, for the Glibc module does not exist in Embedded Swift. */

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "../../include/keyturn_pusher.h"

typedef struct {
    pthread_mutex_t mutex;
} kt_lock;

static inline void kt_lock_initialize(kt_lock *lock) { pthread_mutex_init(&lock->mutex, NULL); }
static inline void kt_lock_destroy(kt_lock *lock) { pthread_mutex_destroy(&lock->mutex); }
static inline void kt_lock_take(kt_lock *lock) { pthread_mutex_lock(&lock->mutex); }
static inline void kt_lock_give(kt_lock *lock) { pthread_mutex_unlock(&lock->mutex); }

/* Overwrites memory in a way that the compiler does not take out. */
static inline void kt_overwrite(void *memory, size_t length) { explicit_bzero(memory, length); }

/* Milliseconds since 1970, by the machine's clock. */
static inline int64_t kt_time(void) {
    struct timespec now = {0};
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Random bytes, to seed hashes with. The kernel gives up to 256 at once, whole. Where it gives none, they stay as they are. */
static inline void kt_random(void *memory, size_t length) {
    unsigned char *bytes = (unsigned char *)memory;
    for (size_t done = 0; done < length; done += 256) {
        size_t piece = length - done < 256 ? length - done : 256;
        if (getrandom(bytes + done, piece, 0) != (ssize_t)piece) return;
    }
}

/* Fields of the structs that the other side fills, each as a pointer, or NULL where the struct's `size` does not cover it: a
   struct is never read as a whole, for the other side's may be shorter than ours. Macros do not reach Swift, so there is
   a function for each field that PusherKit reads. */
#define KT_FIELD(TYPE, FIELD) \
    static inline const __typeof__(((TYPE *)0)->FIELD) *TYPE##_##FIELD(const TYPE *filled) { \
        return filled && KT_HAS(TYPE, filled, FIELD) ? &filled->FIELD : NULL; \
    }

KT_FIELD(kt_http_response, error)
KT_FIELD(kt_http_response, error_text)
KT_FIELD(kt_http_response, status)
KT_FIELD(kt_http_response, body)
KT_FIELD(kt_http_response, headers)
KT_FIELD(kt_http_response, header_count)
KT_FIELD(kt_key_pair, access_key_id)
KT_FIELD(kt_key_pair, secret_access_key)
KT_FIELD(kt_target, fields)
KT_FIELD(kt_scope, name)
KT_FIELD(kt_scope, fields)
KT_FIELD(kt_call, report)
KT_FIELD(kt_host, service)
KT_FIELD(kt_http, send)
KT_FIELD(kt_aws, send)
KT_FIELD(kt_log, write)
KT_FIELD(kt_clock, now_ms)
KT_FIELD(kt_clock, remaining_ms)
KT_FIELD(kt_clock, cancelled)
KT_FIELD(kt_clock, sleep_ms)

/* By other names: `kt_found_place` is a struct. */
#define KT_FOUND(FIELD) \
    static inline const __typeof__(((kt_found *)0)->FIELD) *kt_report_##FIELD(const kt_found *filled) { \
        return filled && KT_HAS(kt_found, filled, FIELD) ? &filled->FIELD : NULL; \
    }

KT_FOUND(place)
KT_FOUND(scope)
KT_FOUND(gap)

#undef KT_FOUND
#undef KT_FIELD
