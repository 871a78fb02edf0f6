#include "json.h"

#include <stdint.h>
#include <string.h>

enum { DEPTH_LIMIT = 32, NAME_LIMIT = 256 };

static const char *skip_blanks(const char *at, const char *end) {
    while (at < end && (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r')) at++;
    return at;
}

static const char *skip_string(const char *at, const char *end) {
    if (at >= end || *at != '"') return NULL;
    for (at++; at < end; at++) {
        if (*at == '"') return at + 1;
        if ((unsigned char)*at < 0x20) return NULL;
        if (*at == '\\' && ++at >= end) return NULL;
    }
    return NULL;
}

static const char *skip_word(const char *at, const char *end) {
    const char *start = at;
    while (at < end && (strchr("+-.", *at) ? *at != 0 : (*at >= '0' && *at <= '9') || (*at >= 'a' && *at <= 'z') ||
                                                            *at == 'E'))
        at++;
    return at > start ? at : NULL;
}

/* The end of the value that begins at `at`; NULL: there is none. */
static const char *skip_value(const char *at, const char *end, int depth) {
    at = skip_blanks(at, end);
    if (at >= end || depth > DEPTH_LIMIT) return NULL;
    if (*at == '"') return skip_string(at, end);
    if (*at != '{' && *at != '[') return skip_word(at, end);
    const char closing = *at == '{' ? '}' : ']';
    at = skip_blanks(at + 1, end);
    if (at < end && *at == closing) return at + 1;
    for (;;) {
        if (closing == '}') {
            if (!(at = skip_string(skip_blanks(at, end), end))) return NULL;
            at = skip_blanks(at, end);
            if (at >= end || *at++ != ':') return NULL;
        }
        if (!(at = skip_value(at, end, depth + 1))) return NULL;
        at = skip_blanks(at, end);
        if (at < end && *at == closing) return at + 1;
        if (at >= end || *at++ != ',') return NULL;
    }
}

bool json_parse(const char *text, size_t length, json *value) {
    if (!text || length == 0) return false;
    const char *end = text + length, *start = skip_blanks(text, end), *last = skip_value(start, end, 0);
    if (!last || skip_blanks(last, end) != end) return false;
    *value = (json){start, last};
    return true;
}

bool json_next(json list, json *name, json *value) {
    if (list.start >= list.end || (*list.start != '{' && *list.start != '[')) return false;
    const char *at = skip_blanks(value->start ? value->end : list.start + 1, list.end);
    if (value->start && at < list.end && *at == ',') at = skip_blanks(at + 1, list.end);
    if (at >= list.end || *at == '}' || *at == ']') return false;
    if (*list.start == '{') {
        *name = (json){at, skip_string(at, list.end)};
        at = skip_blanks(skip_blanks(name->end, list.end) + 1, list.end);
    }
    *value = (json){at, skip_value(at, list.end, 0)};
    return true;
}

bool json_member(json object, const char *name, json *value) {
    json next = {0}, member = {0};
    char found[NAME_LIMIT];
    while (object.start < object.end && *object.start == '{' && json_next(object, &next, &member)) {
        if (!json_text(next, found, sizeof found) || strcmp(found, name) != 0) continue;
        *value = member;
        return true;
    }
    return false;
}

bool json_first(json array, json *value) {
    json name;
    *value = (json){0};
    return array.start < array.end && *array.start == '[' && json_next(array, &name, value);
}

bool json_is_empty_array(json array) {
    return array.start < array.end && *array.start == '[' && *skip_blanks(array.start + 1, array.end) == ']';
}

static bool read_hexadecimal(const char *at, const char *end, uint32_t *code) {
    if (end - at < 4) return false;
    *code = 0;
    for (int digit = 0; digit < 4; digit++, at++) {
        const char *place = *at ? strchr("0123456789abcdef0123456789ABCDEF", *at) : NULL;
        if (!place) return false;
        const char *digits = "0123456789abcdef0123456789ABCDEF";
        *code = *code << 4 | ((uint32_t)(strchr(digits, *at) - digits) & 15);
    }
    return true;
}

static size_t encode(uint32_t code, char out[4]) {
    if (code < 0x80) return out[0] = (char)code, 1;
    if (code < 0x800) return out[0] = (char)(0xC0 | code >> 6), out[1] = (char)(0x80 | (code & 63)), 2;
    if (code < 0x10000)
        return out[0] = (char)(0xE0 | code >> 12), out[1] = (char)(0x80 | (code >> 6 & 63)),
               out[2] = (char)(0x80 | (code & 63)), 3;
    return out[0] = (char)(0xF0 | code >> 18), out[1] = (char)(0x80 | (code >> 12 & 63)),
           out[2] = (char)(0x80 | (code >> 6 & 63)), out[3] = (char)(0x80 | (code & 63)), 4;
}

/* Decodes what follows a backslash, and gives where it ends; NULL: it is not an escape, or a NUL. */
static const char *unescape(const char *at, const char *end, char out[4], size_t *length) {
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    if (*at != 'u') {
        const char *place = *at ? strchr(from, *at) : NULL;
        if (!place) return NULL;
        out[0] = to[place - from];
        *length = 1;
        return at + 1;
    }
    uint32_t code, low;
    if (!read_hexadecimal(++at, end, &code) || code == 0) return NULL;
    at += 4;
    if (code >= 0xD800 && code < 0xDC00) {
        if (end - at < 6 || at[0] != '\\' || at[1] != 'u' || !read_hexadecimal(at + 2, end, &low)) return NULL;
        if (low < 0xDC00 || low > 0xDFFF) return NULL;
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
        at += 6;
    } else if (code >= 0xDC00 && code < 0xE000) {
        return NULL;
    }
    *length = encode(code, out);
    return at;
}

bool json_text(json string, char *buffer, size_t size) {
    if (string.end - string.start < 2 || *string.start != '"' || size == 0) return false;
    const char *at = string.start + 1, *end = string.end - 1;
    size_t used = 0;
    while (at < end) {
        char piece[4] = {*at};
        size_t length = 1;
        if (*at == '\\') {
            if (at + 1 >= end || !(at = unescape(at + 1, end, piece, &length))) return false;
        } else {
            at++;
        }
        if (used + length >= size) return false;
        memcpy(buffer + used, piece, length);
        used += length;
    }
    buffer[used] = 0;
    return true;
}
