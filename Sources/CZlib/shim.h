#pragma once
#include <zlib.h>
/* inflateInit2 is a macro. 32: a gzip or zlib header, found out by itself; 15: the largest window. */
static inline int kt_inflate_begin(z_stream *stream) { return inflateInit2(stream, 15 + 32); }
