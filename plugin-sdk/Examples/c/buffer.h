/* A text of bounded length that is built piece by piece. What no longer fits makes it unusable, never cut. */
#ifndef BUFFER_H
#define BUFFER_H

#include <stdbool.h>
#include <stdint.h>

typedef struct buffer {
    char *data;
    uint64_t size;
    uint64_t length;
    bool is_full;
} buffer;

void append(buffer *to, const char *data, uint64_t length);
void append_text(buffer *to, const char *text);
/* As a JSON string, with its quotation marks. */
void append_json(buffer *to, const char *data, uint64_t length);
/* As segments of a URL's path: everything is percent-encoded but letters, digits, "-_~", single dots and slashes. */
void append_path(buffer *to, const char *text);

#endif
