// RE2 (Debian's libre2) behind a C interface. No logic: limits and words are Swift's.
#ifndef KEYTURN_CRE2_H
#define KEYTURN_CRE2_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// A compiled pattern. Any number of threads may match with it at the same time.
typedef struct kt_re2 kt_re2;

/// Compiles a pattern of UTF-8 text.
///
/// @param memory bytes that the compiled pattern and each matching may take.
/// @param reason is given RE2's words where the pattern does not compile, ended by a NUL.
/// @return NULL: it does not compile, or would take more memory.
kt_re2 *kt_re2_compile(const char *pattern, size_t length, int64_t memory, char *reason, size_t reason_size);

/// 1: the pattern is found in the text; 0: it is not. Takes time in proportion to the text's length.
int kt_re2_is_found(const kt_re2 *compiled, const char *text, size_t length);

void kt_re2_free(kt_re2 *compiled);

#ifdef __cplusplus
}
#endif
#endif
