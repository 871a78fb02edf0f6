/* Between C and Go: what cgo cannot say. Go cannot call a C function pointer, nor hold a static C table. */
#ifndef TABLE_H
#define TABLE_H

#include "keyturn_pusher.h"

/* The host's service of that id; NULL: it has none. */
const void *find_service(const kt_host *host, const char *id);

/* The host's functions. */
const kt_http_response *send_request(const kt_http *http, const kt_call *call, const kt_http_request *request);
void report_outcome(const kt_call *call, const kt_report *report);
void report_place(const kt_found *found, const kt_call *call, const kt_found_place *place);
void report_scope(const kt_found *found, const kt_call *call, const kt_scope *scope);
void report_gap(const kt_found *found, const kt_call *call, const kt_found_gap *gap);
void *take_secret(const kt_secret *secret, uint64_t length);
void release_secret(const kt_secret *secret, void *memory, uint64_t length);

/* A handle of Go's as the instance that the host keeps. */
static inline void keep_handle(void **instance, uintptr_t handle) { *instance = (void *)handle; }

#endif
