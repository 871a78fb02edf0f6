#pragma once

#if !__has_include(<jansson.h>)
#error "PusherKit reads JSON with Jansson: install libjansson-dev (Debian and Ubuntu)"
#endif

#include <jansson.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

/* What is freed may be part of a token, so it is overwritten first. */
static inline void kt_json_free(void *memory) {
    if (!memory) return;
    explicit_bzero(memory, malloc_usable_size(memory));
    free(memory);
}

/* To be called once, before anything else of Jansson. Without a seed it would look for one in /dev/urandom, which a
   sandboxed process cannot open, and then take the time, which whoever chooses the names in an object can guess. */
static inline void kt_json_set_up(void) {
    json_set_alloc_funcs(malloc, kt_json_free);
    size_t seed = 0;
    if (getrandom(&seed, sizeof seed, 0) == (ssize_t)sizeof seed) json_object_seed(seed);
}

/* The text of a value, to be freed with kt_json_free; NULL where there is no memory. Members keep their order, and numbers their value. */
static inline char *kt_json_text(const json_t *value) { return json_dumps(value, JSON_COMPACT | JSON_REAL_PRECISION(17)); }
