#include "CRE2.h"

#include <cstring>
#include <new>

#include <re2/re2.h>

struct kt_re2 {
    RE2 expression;
    kt_re2(const re2::StringPiece &pattern, const RE2::Options &options) : expression(pattern, options) {}
};

kt_re2 *kt_re2_compile(const char *pattern, size_t length, int64_t memory, char *reason, size_t reason_size) {
    RE2::Options options(RE2::Quiet);
    options.set_max_mem(memory);
    options.set_never_capture(true);
    kt_re2 *compiled = new (std::nothrow) kt_re2(re2::StringPiece(pattern, length), options);
    if (compiled && compiled->expression.ok()) return compiled;
    if (reason_size > 0) {
        const char *words = compiled ? compiled->expression.error().c_str() : "out of memory";
        strncpy(reason, words, reason_size - 1);
        reason[reason_size - 1] = 0;
    }
    delete compiled;
    return nullptr;
}

int kt_re2_is_found(const kt_re2 *compiled, const char *text, size_t length) {
    return RE2::PartialMatch(re2::StringPiece(text, length), compiled->expression);
}

void kt_re2_free(kt_re2 *compiled) { delete compiled; }
