/* Reads JSON in place: no copies, no allocation. */
#ifndef JSON_H
#define JSON_H

#include <stdbool.h>
#include <stddef.h>

/* One value within a text that json_parse() has checked. */
typedef struct json {
    const char *start;
    const char *end;
} json;

/* Checks that the text is one JSON value, nested no deeper than 32. */
bool json_parse(const char *text, size_t length, json *value);
/* The member of an object; false: it is not an object, or has none of that name. */
bool json_member(json object, const char *name, json *value);
/* The next member of an object, or element of an array, which has no name. `value` begins as {0}. False: there are no more. */
bool json_next(json list, json *name, json *value);
/* The first element of an array; false: it is none, or empty. */
bool json_first(json array, json *value);
/* Copies a string's text, ended with a NUL; false: it is not a string, does not fit, or has a NUL in it. */
bool json_text(json string, char *buffer, size_t size);
/* True for an array without elements. */
bool json_is_empty_array(json array);

#endif
