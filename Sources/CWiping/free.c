#define _GNU_SOURCE
#include "CWiping.h"

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

/* The C library's own, by the names under which it has them for those who replace the others. */
extern void __libc_free(void *memory);

/* AddressSanitizer's, where it is preloaded to try a pusher: all blocks are its own then, and it keeps them itself once they are freed. */
extern void __interceptor_free(void *memory) __attribute__((weak));
extern void *__interceptor_realloc(void *memory, size_t size) __attribute__((weak));

void free(void *memory) {
    if (__interceptor_free) {
        __interceptor_free(memory);
        return;
    }
    if (!memory) return;
    explicit_bzero(memory, malloc_usable_size(memory));
    __libc_free(memory);
}

/* The C library's would leave the former block as it is when it moves. */
void *realloc(void *memory, size_t size) {
    if (__interceptor_realloc) return __interceptor_realloc(memory, size);
    if (!memory) return malloc(size);
    if (!size) {
        free(memory);
        return NULL;
    }
    size_t there = malloc_usable_size(memory);
    /* A block that is not half empty stays. */
    if (size <= there && size >= there / 2) return memory;
    void *moved = malloc(size);
    if (!moved) return size <= there ? memory : NULL;
    memcpy(moved, memory, size < there ? size : there);
    free(memory);
    return moved;
}

void *reallocarray(void *memory, size_t count, size_t size) {
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) {
        errno = ENOMEM;
        return NULL;
    }
    return realloc(memory, bytes);
}
