#include "buffer.h"

#include <string.h>

static const char digits[] = "0123456789ABCDEF";

void append(buffer *to, const char *data, uint64_t length) {
    if (to->is_full || length > to->size - to->length) {
        to->is_full = true;
        return;
    }
    if (length > 0) memcpy(to->data + to->length, data, length);
    to->length += length;
}

void append_text(buffer *to, const char *text) { append(to, text, strlen(text)); }

void append_json(buffer *to, const char *data, uint64_t length) {
    append(to, "\"", 1);
    for (uint64_t index = 0; index < length; index++) {
        unsigned char byte = (unsigned char)data[index];
        if (byte < 0x20) {
            char escape[6] = {'\\', 'u', '0', '0', digits[byte >> 4], digits[byte & 15]};
            append(to, escape, sizeof escape);
        } else {
            if (byte == '"' || byte == '\\') append(to, "\\", 1);
            append(to, data + index, 1);
        }
    }
    append(to, "\"", 1);
}

void append_path(buffer *to, const char *text) {
    const char *start = text;
    for (; *text; text++) {
        unsigned char byte = (unsigned char)*text;
        bool is_letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
        /* A segment of dots would be a step up. */
        bool is_plain_dot = byte == '.' && text > start && text[-1] != '/' && text[-1] != '.';
        if (is_letter || (byte >= '0' && byte <= '9') || strchr("-_~/", byte) || is_plain_dot) {
            append(to, text, 1);
        } else {
            char escape[3] = {'%', digits[byte >> 4], digits[byte & 15]};
            append(to, escape, sizeof escape);
        }
    }
}
