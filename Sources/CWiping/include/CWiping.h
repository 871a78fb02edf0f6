#pragma once

/*
 * Memory that is given back is overwritten first, whoever gives it back: Swift's runtime, libcurl, OpenSSL, expat, SQLite, and the
 * plugin in a runner. Copies of secrets that no code knows of do not outlive their block: buffers of requests and answers, arrays
 * that were copied on write, strings.
 *
 * Linking this replaces free, realloc and reallocarray of the whole process. The blocks come from the C library as before.
 */
