/*
 * keyturn_pusher.h - the pusher ABI, version 1.
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * A pusher is a shared library that writes AWS access key pairs into one kind of system. keyturn loads it with
 * dlopen in a process of its own, the runner, and calls it through this header, which is the whole interface: plain
 * C11 (and C++11), no other header than stdint and stddef.
 *
 * What happens
 *   1. The runner looks up KT_ENTRY_SYMBOL_V1 and calls it once. It returns the plugin's table, or NULL to refuse.
 *   2. It calls open() once with the configuration, and gets an instance.
 *   3. It calls check(), push(), inspect() and the extensions' functions on the instance, as often as there is work.
 *   4. It calls close() once, after the last call has returned, and ends KT_CLOSE_TIME_MS later at the latest. After a
 *      crash, or a call that does not end, close() is not called. The library is never unloaded.
 * None of it happens on the process's main thread.
 *
 * Rules for everything below
 *   - Every struct that crosses begins with `uint32_t size`, set by the side that fills it to sizeof its own version.
 *     Fields are only ever appended. The fields of a struct's first version are always there: its size is never below
 *     KT_MIN_SIZE_..., and a smaller one is not used. A later field is marked [since 1.N]; a reader uses it only if `size`
 *     covers it: KT_HAS(). What lies beyond the fields that a reader knows, it ignores. The three value types kt_string,
 *     kt_bytes and kt_header are frozen and have no size.
 *   - Zero means "not given" in every field that a plugin fills: set a struct to zero, then its size, then what there is
 *     to say. Reserved fields are 0, and are not read.
 *   - A number that is added later is marked [since 1.N], and is used only if abi_minor of the other side is N or more.
 *   - Strings are (pointer, length), UTF-8, and need not end with a NUL. A length of 0 may come with a NULL pointer.
 *   - What a function is given, it borrows until it returns. What a plugin gives to the host, the host copies before its
 *     function returns. Nothing is freed by the other side.
 *   - A plugin does not throw, panic or longjmp out of its functions, exit, fork, write to stdout or stderr, change
 *     signal handlers, the working directory, environment or locale, or keep a borrowed pointer.
 *   - Secrets (the secret access key, and configuration fields that the manifest lists under "secrets") go into
 *     requests and nowhere else: not into URLs, logs, messages or files.
 *   - Texts for people have no control characters, and no characters that are invisible or change the direction of
 *     writing.
 *
 * Threads: each function below has one of these tags
 *   [once]            The host calls it once, while no other function of the plugin runs.
 *   [parallel]        The host calls it on several threads at the same time, for different targets; one call after the
 *                     other where the manifest has "threads": "one".
 *   [any thread]      The plugin may call it on any thread, from the entry function on.
 *   [during a call]   The plugin may call it on any thread, until the function returns that was given the call.
 *   [call's thread]   The plugin may call it only on the thread that the call came on, until that function returns.
 *
 * Identifiers of services, found with kt_host.service(), and of extensions, found with kt_pusher.extension()
 *   kt.http/1     service     requests, sent by the host
 *   kt.log/1      service     lines for keyturn's log
 *   kt.secret/1   service     memory that is wiped
 *   kt.clock/1    service     time, and whether a call should end
 *   kt.aws/1      service     requests to AWS, signed by the host
 *   kt.find/1     extension   places that may hold a key: around a target, below a scope
 *   kt.*          all others are reserved
 *
 * Versions
 *   The major version is in the entry symbol; a library can export several. KT_ABI_MINOR is 0, and one more
 *   with each addition to major version 1. Each side gives its own: kt_host.abi_minor, kt_pusher.abi_minor. A side that
 *   meets a higher one goes on: the other does not use what it does not have.
 */
#ifndef KEYTURN_PUSHER_H
#define KEYTURN_PUSHER_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#define KT_STATIC_ASSERT(condition, text) static_assert(condition, text)
#else
#define KT_STATIC_ASSERT(condition, text) _Static_assert(condition, text)
#endif

#define KT_ABI_MAJOR 1
#define KT_ABI_MINOR 0
#define KT_ENTRY_SYMBOL_V1 "kt_pusher_entry_v1"

/* True if the struct that POINTER points to is large enough to hold FIELD of TYPE. Needed for fields with [since]. */
#define KT_HAS(TYPE, POINTER, FIELD) \
    ((POINTER)->size >= offsetof(TYPE, FIELD) + sizeof(((const TYPE *)0)->FIELD))

#if defined(__GNUC__)
#define KT_EXPORT __attribute__((visibility("default")))
#else
#define KT_EXPORT
#endif

/* ---- Limits: a later host may allow more, and never less --------------------------------------------------------- */

/* Texts, in bytes. What is longer is cut. */
#define KT_MAX_MESSAGE 1000    /* kt_report.message */
#define KT_MAX_KEY_ID 128      /* key_id */
#define KT_MAX_TIME_TEXT 64    /* changed_at */
#define KT_MAX_LOG_LINE 2000   /* kt_log.write */
#define KT_MAX_PLACE_NAME 300  /* kt_found_place.place, audience and state, kt_scope.name, kt_found_gap.part */

/* Texts, in bytes. What is longer is refused. */
#define KT_MAX_ID 64                /* kt_pusher.id */
#define KT_MAX_SUMMARY 400          /* kt_pusher.summary */
#define KT_MAX_MANIFEST 1048576     /* 1 MiB: kt_pusher.manifest */
#define KT_MAX_PLACE_FIELDS 4096    /* kt_found_place.fields and names, kt_scope.fields: place or scope is left out */

/* Requests. What is beyond is answered with KT_HTTP_REFUSED. */
#define KT_MAX_URL 8192                 /* bytes */
#define KT_MAX_HEADERS 64               /* header fields of one request */
#define KT_MAX_HEADER_NAME 256          /* bytes */
#define KT_MAX_HEADER_BYTES 65536       /* 64 KiB: all names and values of one request, and 8 bytes for each field */
#define KT_MAX_REQUEST_BODY 1048576     /* 1 MiB */
#define KT_MAX_REQUESTS 256             /* of one call */
#define KT_MAX_REQUEST_BYTES 8388608    /* 8 MiB: bodies, header fields and URLs of one call's requests */
#define KT_MAX_REQUESTS_AT_ONCE 4       /* of one call, unanswered. send() waits, so a good plugin has one */

/* Requests of kt.aws/1, which count among the others, too. What is beyond is answered with KT_HTTP_REFUSED. */
#define KT_MAX_AWS_OPERATION 128        /* bytes */
#define KT_MAX_AWS_REGION 32            /* bytes */
#define KT_MAX_AWS_BODY 262144          /* 256 KiB */

/* Answers. What is larger is given as KT_HTTP_TOO_LARGE. */
#define KT_MAX_RESPONSE_BODY 4194304    /* 4 MiB */
#define KT_MAX_RESPONSE_HEADERS 128     /* header fields */
#define KT_MAX_RESPONSE_HEADER_BYTES 24576 /* 24 KiB */

/* Times, in milliseconds. */
#define KT_OPEN_TIME_MS 15000           /* for loading the library and open(). Then the process is ended */
#define KT_CLOSE_TIME_MS 2000           /* for close(). Then the process is ended */
#define KT_CANCEL_TIME_MS 2000          /* for a call that was cancelled, or is out of time. Then the process is ended */
#define KT_REQUEST_TIME_MS 30000        /* for a request whose timeout_ms is 0 */
#define KT_MAX_REQUEST_TIME_MS 120000   /* a longer timeout_ms counts as this */
#define KT_MAX_RETRY_AFTER_MS 3600000   /* 1 h: a longer retry_after_ms counts as this */
#define KT_MAX_SLEEP_MS 3600000         /* 1 h: sleep_ms() returns then */

/* Calls, places and the process. */
#define KT_MAX_CALLS 80                 /* of one instance, at the same time */
#define KT_MAX_PLACES 500               /* of one around() or below(): more are left out */
#define KT_MAX_SCOPES 20000             /* of one below(): more are left out */
#define KT_MAX_GAPS 100                 /* of one below(): more are left out */
#define KT_MAX_SECRET_MEMORY 16777216   /* 16 MiB: kt_secret.allocate() gives NULL for more at once */
#define KT_MAX_MEMORY 536870912         /* 512 MiB: allocations fail */
#define KT_MAX_DESCRIPTORS 64           /* open descriptors: opening fails */
#define KT_MAX_THREADS 256              /* the process is ended */
#define KT_OPEN_STACK 8388608           /* 8 MiB: the stack of the thread of the entry function, open() and close() */
#define KT_CALL_STACK 1048576           /* 1 MiB: the stack of the thread of any other call */

/* The size of each struct in the first version that has it: no side gives a smaller one. */
#define KT_MIN_SIZE_REPORT 64
#define KT_MIN_SIZE_CALL 24
#define KT_MIN_SIZE_TARGET 40
#define KT_MIN_SIZE_KEY_PAIR 40
#define KT_MIN_SIZE_HOST 24
#define KT_MIN_SIZE_HTTP_REQUEST 72
#define KT_MIN_SIZE_HTTP_RESPONSE 64
#define KT_MIN_SIZE_HTTP 16
#define KT_MIN_SIZE_AWS_REQUEST 56
#define KT_MIN_SIZE_AWS 16
#define KT_MIN_SIZE_LOG 16
#define KT_MIN_SIZE_SECRET 32
#define KT_MIN_SIZE_CLOCK 40
#define KT_MIN_SIZE_PUSHER 120
#define KT_MIN_SIZE_FOUND_PLACE 128
#define KT_MIN_SIZE_FIND 24
#define KT_MIN_SIZE_SCOPE 40
#define KT_MIN_SIZE_FOUND_GAP 40
#define KT_MIN_SIZE_FOUND 32

/* ---- Values (frozen) ------------------------------------------------------------------------------------------ */

/* UTF-8 text. */
typedef struct kt_string {
    const char *data; /* may be NULL if length is 0; not NUL-terminated */
    uint64_t length;  /* in bytes */
} kt_string;

/* A string literal as a kt_string: KT_STRING as an expression, KT_STRING_INIT in an initializer, also of a static. */
#define KT_STRING_INIT(LITERAL) {"" LITERAL, sizeof(LITERAL) - 1}
#ifdef __cplusplus
#define KT_STRING(LITERAL) (kt_string KT_STRING_INIT(LITERAL))
#else
#define KT_STRING(LITERAL) ((kt_string)KT_STRING_INIT(LITERAL))
#endif

/* Bytes. */
typedef struct kt_bytes {
    const uint8_t *data; /* may be NULL if length is 0 */
    uint64_t length;
} kt_bytes;

/* One HTTP header field. */
typedef struct kt_header {
    kt_string name;
    kt_string value;
} kt_header;

/* ---- Outcomes ------------------------------------------------------------------------------------------------- */

/*
 * How open(), check(), push(), inspect(), around() and below() end. Any other number, or a call that does not return
 * (crash, hang), makes the delivery `unknown`, which never retires a key.
 */
typedef int32_t kt_outcome;

#define KT_OK ((kt_outcome)0)             /* push: the target holds the pair. Others: done */
#define KT_UNCHANGED ((kt_outcome)1)      /* push: the target held exactly this pair already */
#define KT_RETRYABLE ((kt_outcome)2)      /* a passing fault (5xx, connection lost): push again later */
#define KT_RATE_LIMITED ((kt_outcome)3)   /* the service asks for a pause: kt_report.retry_after_ms says how long */
#define KT_UNAUTHORIZED ((kt_outcome)4)   /* the token is refused or lacks a permission */
#define KT_NOT_FOUND ((kt_outcome)5)      /* the target does not exist, or the token may not see it */
#define KT_CONFLICT ((kt_outcome)6)       /* the target is in a state that a person must settle */
#define KT_INVALID_CONFIG ((kt_outcome)7) /* the configuration or the target's fields cannot work */
#define KT_CANCELLED ((kt_outcome)8)      /* the host asked the call to end, and it did */
#define KT_TIMED_OUT ((kt_outcome)9)      /* no answer in time; whether it was written is not known */
#define KT_UNSUPPORTED ((kt_outcome)10)   /* this pusher cannot do that here */
#define KT_INTERNAL ((kt_outcome)11)      /* a fault in the plugin itself */

/*
 * How a push was confirmed. The host compares it with the answers that it saw during the call, and counts what they do
 * not show as ACKNOWLEDGED. Any other number makes the delivery `unknown`.
 */
typedef int32_t kt_evidence;

#define KT_EVIDENCE_NONE ((kt_evidence)0)         /* not given: counts as ACKNOWLEDGED */
#define KT_EVIDENCE_READ_BACK ((kt_evidence)1)    /* the key ID was read from the target and is equal */
#define KT_EVIDENCE_TIMESTAMP ((kt_evidence)2)    /* the service shows a newer time of writing */
#define KT_EVIDENCE_ACKNOWLEDGED ((kt_evidence)3) /* the service said yes; nothing can be read */
/*
 * Only the last four characters of the key ID can be read: they are equal after the write, and were different before
 * it. Both have to be read in the same call.
 */
#define KT_EVIDENCE_LAST_FOUR ((kt_evidence)4)
/* The store shows the version that this call wrote as the current one. */
#define KT_EVIDENCE_VERSION ((kt_evidence)5)
/* Reserved for proofs from outside (a job was seen using the key). A push never says it: the delivery is `unknown`. */
#define KT_EVIDENCE_USED ((kt_evidence)6)

/* ---- What the host gives to a call ---------------------------------------------------------------------------- */

/* More about the outcome of a call than its number. Given to kt_call.report; every field is optional. */
typedef struct kt_report {
    uint32_t size;
    kt_evidence evidence;   /* push with KT_OK or KT_UNCHANGED */
    int64_t retry_after_ms; /* KT_RATE_LIMITED: milliseconds to wait. 0 or less: the service gave no time */
    kt_string message;      /* one line for the operator: what was written, or what failed and what to do */
    /*
     * inspect: the access key ID that the target holds; empty: not readable. Where the service shows only its end: an
     * asterisk and at least the last four characters, "*MPLE", which the host compares with the keys that it knows.
     */
    kt_string key_id;
    kt_string changed_at;   /* when the target was last written, RFC 3339; empty: not known */
} kt_report;

/* One call of open, check, push, inspect, around or below. Valid until the plugin's function returns. */
typedef struct kt_call kt_call;
struct kt_call {
    uint32_t size;
    uint32_t reserved;
    void *context; /* the host's; not to be touched */
    /*
     * Adds a report to the outcome. Once a call: a second report replaces the first. [call's thread]
     */
    void (*report)(const kt_call *call, const kt_report *report);
};

/* Where to push to. */
typedef struct kt_target {
    uint32_t size;
    uint32_t reserved;
    kt_string name; /* as people see it: "travis:acme/app" */
    /*
     * The target's fields as a JSON object, already checked against the manifest's schema, and always with the
     * names of the two variables: {"repository":"acme/app","access-key-id":"AWS_ACCESS_KEY_ID",
     * "secret-access-key":"AWS_SECRET_ACCESS_KEY"}
     */
    kt_string fields;
} kt_target;

/*
 * The pair to push. Wiped by the host when push() returns. A credential of more than two values is more fields at the
 * end: the host pushes one only with a plugin whose abi_minor has them, for any other would leave a part of it out.
 */
typedef struct kt_key_pair {
    uint32_t size;
    uint32_t reserved;
    kt_string access_key_id;
    kt_string secret_access_key;
} kt_key_pair;

/* ---- The host ------------------------------------------------------------------------------------------------- */

/* What the entry function is given. Valid as long as the library is loaded. */
typedef struct kt_host kt_host;
struct kt_host {
    uint32_t size;
    uint32_t abi_minor; /* the KT_ABI_MINOR that the host was built with */
    void *context;      /* the host's; not to be touched */
    /*
     * The service of that identifier, or NULL where the host has none. The result points to the service's struct
     * (below), valid as long as the library is loaded. [any thread]
     */
    const void *(*service)(const kt_host *host, kt_string id);
};

/* ---- Service kt.http/1: requests sent by the host ------------------------------------------------------------- */

#define KT_SERVICE_HTTP_1 "kt.http/1"

/* Why there is no response. Any other number: as KT_HTTP_LOST. */
typedef int32_t kt_http_error;

#define KT_HTTP_OK ((kt_http_error)0)           /* there is a response, whatever its status */
#define KT_HTTP_REFUSED ((kt_http_error)1)      /* the host does not send it: host not granted, malformed, too many */
#define KT_HTTP_UNREACHABLE ((kt_http_error)2)  /* no connection: the request was not sent */
#define KT_HTTP_LOST ((kt_http_error)3)         /* sent, at least in part, and no whole answer came */
#define KT_HTTP_TIMED_OUT ((kt_http_error)4)    /* no whole answer within the time */
#define KT_HTTP_TOO_LARGE ((kt_http_error)5)    /* the answer is larger than the limits above */
#define KT_HTTP_CANCELLED ((kt_http_error)6)    /* the call was cancelled; the request may have been carried out */
#define KT_HTTP_TLS ((kt_http_error)7)          /* the server's certificate cannot be trusted */

/*
 * One request. The host writes the framing, and refuses (KT_HTTP_REFUSED) what it cannot send as it was asked for:
 *   - The URL is absolute, https (http to loopback addresses only), of printable ASCII, without credentials and
 *     fragment. Redirects are not followed.
 *   - GET and HEAD have no body.
 *   - Header fields: names are tokens (RFC 9110), values have no control characters but tabs. Not the plugin's to set:
 *     host, content-length, transfer-encoding, connection, keep-alive, proxy-*, te, trailer, upgrade, expect,
 *     http2-settings, forwarded, x-forwarded-*, and the fields that override a method or a URL; also with underscores in
 *     place of dashes.
 */
typedef struct kt_http_request {
    uint32_t size;
    uint32_t timeout_ms; /* 0: KT_REQUEST_TIME_MS. The call's deadline always holds */
    kt_string method;    /* GET, HEAD, POST, PUT, PATCH, DELETE */
    kt_string url;
    const kt_header *headers;
    uint64_t header_count;
    kt_bytes body;
} kt_http_request;

/* One response. The host's; valid until the function returns that was given the call. */
typedef struct kt_http_response {
    uint32_t size;
    kt_http_error error;
    uint32_t status; /* 0 where there is no response */
    uint32_t reserved;
    const kt_header *headers; /* names in lower case; values as text, not NUL-terminated */
    uint64_t header_count;
    kt_bytes body;        /* not NUL-terminated */
    kt_string error_text; /* one sentence where error is not KT_HTTP_OK; fit for a message */
} kt_http_response;

typedef struct kt_http {
    uint32_t size;
    uint32_t reserved;
    /*
     * Sends one request and waits for the answer. Never NULL. The host verifies TLS, uses proxies, reuses connections,
     * and sends only to hosts that the operator granted. Connections are the pusher's own. Once the call should end, and
     * in open(), nothing is sent: the answer is KT_HTTP_CANCELLED or KT_HTTP_REFUSED. [call's thread]
     */
    const kt_http_response *(*send)(const kt_call *call, const kt_http_request *request);
} kt_http;

/* ---- Service kt.log/1 ------------------------------------------------------------------------------------------ */

#define KT_SERVICE_LOG_1 "kt.log/1"

/* How much a line matters. Any other number: as KT_LOG_INFO. */
#define KT_LOG_DEBUG ((int32_t)0)
#define KT_LOG_INFO ((int32_t)1)
#define KT_LOG_WARNING ((int32_t)2)
#define KT_LOG_ERROR ((int32_t)3)

typedef struct kt_log {
    uint32_t size;
    uint32_t reserved;
    /*
     * One line; the host adds pusher and target. `call` may be NULL: the line belongs to no target. A call that has
     * ended is not to be given. [any thread]
     */
    void (*write)(const kt_call *call, int32_t level, kt_string line);
} kt_log;

/* ---- Service kt.secret/1: memory that is wiped ----------------------------------------------------------------- */

#define KT_SERVICE_SECRET_1 "kt.secret/1"

typedef struct kt_secret {
    uint32_t size;
    uint32_t reserved;
    /* Zeroed memory, kept out of swap where the system allows it; NULL if there is none. [any thread] */
    void *(*allocate)(uint64_t length);
    /* Wipes and frees what allocate() gave, with the same length. [any thread] */
    void (*release)(void *memory, uint64_t length);
    /* Overwrites memory of the plugin's own, in a way that the compiler does not remove. [any thread] */
    void (*wipe)(void *memory, uint64_t length);
} kt_secret;

/* ---- Service kt.clock/1 ---------------------------------------------------------------------------------------- */

#define KT_SERVICE_CLOCK_1 "kt.clock/1"

typedef struct kt_clock {
    uint32_t size;
    uint32_t reserved;
    /* Milliseconds since 1970-01-01T00:00:00Z. [any thread] */
    int64_t (*now_ms)(void);
    /* Milliseconds until the call's deadline, 0 when it has passed. [during a call] */
    int64_t (*remaining_ms)(const kt_call *call);
    /* 1 once the call should end: cancelled, or past its deadline; else 0. See push. [during a call] */
    int32_t (*cancelled)(const kt_call *call);
    /* Sleeps, and returns early, with 1, once the call should end; else 0. [call's thread] */
    int32_t (*sleep_ms)(const kt_call *call, int64_t milliseconds);
} kt_clock;

/* ---- Service kt.aws/1: requests to AWS, signed by the host ------------------------------------------------------ */

#define KT_SERVICE_AWS_1 "kt.aws/1"

/*
 * One request by AWS's JSON protocol. The plugin sees no credentials of AWS and names no endpoint: the host signs with the
 * identity that the operator has configured for this pusher, and chooses the endpoint by service and region. It refuses
 * (KT_HTTP_REFUSED) operations that the manifest does not list under "aws", or that were not granted, and other regions
 * than those of the target and of the pusher. Operations whose names begin with Get, Describe, List or BatchGet are taken
 * for reads, and sent again after a passing fault as AWS's SDKs do; all others are writes, and are sent again only where
 * AWS says that it did nothing (throttling).
 */
typedef struct kt_aws_request {
    uint32_t size;
    uint32_t timeout_ms; /* of all tries together. 0: KT_REQUEST_TIME_MS. The call's deadline always holds */
    kt_string operation; /* as in the manifest: "ssm:PutParameter" */
    kt_string region;    /* that of the target's field "region"; empty: that of the pusher's configuration */
    kt_bytes body;       /* a JSON object; empty: {} */
} kt_aws_request;

typedef struct kt_aws {
    uint32_t size;
    uint32_t reserved;
    /*
     * Sends one request and waits for the answer, as kt_http.send() does, by its rules and with its response. Never NULL.
     * Of the header fields there are at most `x-amzn-errortype`, the code of AWS's error without its namespace,
     * `x-amzn-requestid` and `retry-after`. The body of a 2xx is AWS's; that of an error is made by the host, whatever the
     * service's own looked like: {"__type": code, "message": text}. [call's thread]
     */
    const kt_http_response *(*send)(const kt_call *call, const kt_aws_request *request);
} kt_aws;

/* ---- The plugin ------------------------------------------------------------------------------------------------ */

/*
 * The plugin's table. Static: valid as long as the library is loaded.
 *
 * Cancellation. Every call has a deadline, which the operator sets, and may be stopped before it. From then on
 *   - send() sends nothing more: a request in flight is given up, and the answer is KT_HTTP_CANCELLED or
 *     KT_HTTP_TIMED_OUT;
 *   - kt_clock.cancelled() and kt_clock.sleep_ms() give 1;
 *   - the plugin returns within KT_CANCEL_TIME_MS, as KT_CANCELLED or KT_TIMED_OUT. Otherwise the process is ended, and
 *     with it every other call in it.
 * A plugin that waits only in send() and sleep_ms() needs nothing else. One that computes, or tries again by itself, asks
 * cancelled() in between. Cancelling undoes nothing: a later push finishes what was left half written.
 */
typedef struct kt_pusher {
    uint32_t size;
    uint32_t abi_minor; /* the KT_ABI_MINOR that the plugin was built with */
    kt_string id;       /* "travis-ci": lower case, digits and dashes; the same as in the manifest */
    kt_string version;  /* semantic version of the plugin */
    kt_string summary;  /* one line */
    kt_string manifest; /* the text of manifest.json */
    /*
     * Makes an instance from the configuration: the pusher's fields as a JSON object, secrets filled in. Writes the
     * instance to *instance. On any outcome but KT_OK there is no instance, and close() is not called. Sends nothing:
     * kt_http.send() answers KT_HTTP_REFUSED. [once], before any other call
     */
    kt_outcome (*open)(const kt_host *host, const kt_call *call, kt_string configuration, void **instance);
    /* Frees the instance, and ends every thread of the plugin. [once], after every other call has returned */
    void (*close)(void *instance);
    /*
     * Finds out whether a push to the target would work: token, permissions, target. Writes nothing to the service.
     * [parallel]
     */
    kt_outcome (*check)(void *instance, const kt_call *call, const kt_target *target);
    /*
     * Makes the target hold the pair. Pushing the same pair twice is harmless, and finishes what an earlier push left
     * half written. Returns KT_OK or KT_UNCHANGED only after the service has confirmed both parts. Does not try again by
     * itself: KT_RETRYABLE leaves that to the host. [parallel]
     */
    kt_outcome (*push)(void *instance, const kt_call *call, const kt_target *target, const kt_key_pair *pair);
    /*
     * Reads which key ID the target holds, and reports it in kt_report.key_id. Writes nothing. Optional: may be NULL.
     * [parallel]
     */
    kt_outcome (*inspect)(void *instance, const kt_call *call, const kt_target *target);
    /*
     * The extension of that identifier, NULL where the plugin has none. The result points to static memory. Optional:
     * may be NULL. [parallel]
     */
    const void *(*extension)(kt_string id);
} kt_pusher;

/* ---- Extension kt.find/1: places that may hold a key ------------------------------------------------------------- */

#define KT_EXTENSION_FIND_1 "kt.find/1"

/*
 * A place that may hold a key: two variables, or one value. around(): next to a target, in another scope, branch or
 * level, or of the other shape. Values are never given, only the access key IDs in them.
 */
typedef struct kt_found_place {
    uint32_t size;
    uint32_t reserved;
    kt_string place; /* as people see it, without the pusher's name: "acme/app (scope staging)" */
    /*
     * The fields of a target that would be this place, as a JSON object of strings, defaults included: the host
     * compares them with those of the targets that it has. below(): empty where no target can be this place.
     */
    kt_string fields;
    kt_string key_id;     /* the access key ID that the place holds; empty: not readable */
    kt_string changed_at; /* when it was last written, RFC 3339; empty: not known */
    /* The names of its variables, as a JSON list of strings: ["AWS_ACCESS_KEY_ID","AWS_SECRET_ACCESS_KEY"] */
    kt_string names;
    kt_string audience; /* who reads it, where a service keeps several kinds apart: "dependabot" */
    kt_string state;    /* why no job uses it, or why it cannot be written: "archived"; empty: in use */
    /*
     * Which place wins where one scope, or a scope and one below it, hold variables of one name for one audience: the one
     * with the higher level. 0: not known.
     */
    int32_t level;
    uint32_t reserved_2;
} kt_found_place;

/*
 * Where below() looks: an organization, a group, a repository. In the arguments of below() it is one that the operator
 * named, or one that an earlier below() of this plugin gave to `scope`.
 */
typedef struct kt_scope {
    uint32_t size;
    uint32_t reserved;
    kt_string name; /* as people see it and name it, without the pusher's name: "acme", "acme/app" */
    /*
     * What the plugin wants to know again when it is asked about a scope that it found, as a JSON object of strings, or
     * empty. Always empty for one that the operator named.
     */
    kt_string fields;
} kt_scope;

/* A part that was not seen: an empty list, one that may not be read and one that cannot be read are three things. */
typedef struct kt_found_gap {
    uint32_t size;
    /*
     * KT_UNAUTHORIZED and KT_NOT_FOUND: the token may not read it. KT_UNSUPPORTED: nothing can be asked there with such
     * a token or at such a service. Any other: it failed.
     */
    kt_outcome outcome;
    kt_string part;    /* "Codespaces secrets of acme/app" */
    kt_string message; /* what the service said, and what to do: a line of KT_MAX_MESSAGE bytes at most */
} kt_found_gap;

/* What around() and below() report to, as often as they find something. The host copies what it is given. */
typedef struct kt_found {
    uint32_t size;
    uint32_t reserved;
    /* A place around the target, or in this scope. [call's thread] */
    void (*place)(const kt_call *call, const kt_found_place *place);
    /* below(): a scope below this one, about which the host asks in a call of its own. [call's thread] */
    void (*scope)(const kt_call *call, const kt_scope *scope);
    /* A part that was not seen. [call's thread] */
    void (*gap)(const kt_call *call, const kt_found_gap *gap);
} kt_found;

/* Each of the functions may be NULL. */
typedef struct kt_find {
    uint32_t size;
    uint32_t reserved;
    /* Lists the places around the target, not the target itself. Writes nothing to the service. [parallel] */
    kt_outcome (*around)(void *instance, const kt_call *call, const kt_target *target, const kt_found *found);
    /*
     * Lists the places of the scope itself and the scopes below it, page after page, and reads each list once. Writes
     * nothing to the service. A part that cannot be read is reported, and the rest goes on; an outcome other than KT_OK
     * says that nothing of the scope was seen. [parallel]
     */
    kt_outcome (*below)(void *instance, const kt_call *call, const kt_scope *scope, const kt_found *found);
} kt_find;

/* ---- The entry point ------------------------------------------------------------------------------------------- */

/* The one function that a plugin exports. Returns NULL to refuse this host. [once] */
KT_EXPORT const kt_pusher *kt_pusher_entry_v1(const kt_host *host);
typedef const kt_pusher *(*kt_pusher_entry_v1_function)(const kt_host *host);

/* ---- The layout, checked: 64-bit platforms --------------------------------------------------------------------- */

KT_STATIC_ASSERT(sizeof(void *) == 8 && sizeof(size_t) == 8, "the pusher ABI is for 64-bit platforms");

#define KT_AT(TYPE, FIELD, OFFSET) KT_STATIC_ASSERT(offsetof(TYPE, FIELD) == (OFFSET), #TYPE "." #FIELD)
#define KT_SIZE(TYPE, SIZE) KT_STATIC_ASSERT(sizeof(TYPE) == (SIZE), #TYPE)

KT_AT(kt_string, data, 0);
KT_AT(kt_string, length, 8);
KT_SIZE(kt_string, 16);

KT_AT(kt_bytes, data, 0);
KT_AT(kt_bytes, length, 8);
KT_SIZE(kt_bytes, 16);

KT_AT(kt_header, name, 0);
KT_AT(kt_header, value, 16);
KT_SIZE(kt_header, 32);

KT_AT(kt_report, size, 0);
KT_AT(kt_report, evidence, 4);
KT_AT(kt_report, retry_after_ms, 8);
KT_AT(kt_report, message, 16);
KT_AT(kt_report, key_id, 32);
KT_AT(kt_report, changed_at, 48);
KT_SIZE(kt_report, 64);

KT_AT(kt_call, size, 0);
KT_AT(kt_call, reserved, 4);
KT_AT(kt_call, context, 8);
KT_AT(kt_call, report, 16);
KT_SIZE(kt_call, 24);

KT_AT(kt_target, size, 0);
KT_AT(kt_target, reserved, 4);
KT_AT(kt_target, name, 8);
KT_AT(kt_target, fields, 24);
KT_SIZE(kt_target, 40);

KT_AT(kt_key_pair, size, 0);
KT_AT(kt_key_pair, reserved, 4);
KT_AT(kt_key_pair, access_key_id, 8);
KT_AT(kt_key_pair, secret_access_key, 24);
KT_SIZE(kt_key_pair, 40);

KT_AT(kt_host, size, 0);
KT_AT(kt_host, abi_minor, 4);
KT_AT(kt_host, context, 8);
KT_AT(kt_host, service, 16);
KT_SIZE(kt_host, 24);

KT_AT(kt_http_request, size, 0);
KT_AT(kt_http_request, timeout_ms, 4);
KT_AT(kt_http_request, method, 8);
KT_AT(kt_http_request, url, 24);
KT_AT(kt_http_request, headers, 40);
KT_AT(kt_http_request, header_count, 48);
KT_AT(kt_http_request, body, 56);
KT_SIZE(kt_http_request, 72);

KT_AT(kt_http_response, size, 0);
KT_AT(kt_http_response, error, 4);
KT_AT(kt_http_response, status, 8);
KT_AT(kt_http_response, reserved, 12);
KT_AT(kt_http_response, headers, 16);
KT_AT(kt_http_response, header_count, 24);
KT_AT(kt_http_response, body, 32);
KT_AT(kt_http_response, error_text, 48);
KT_SIZE(kt_http_response, 64);

KT_AT(kt_http, size, 0);
KT_AT(kt_http, reserved, 4);
KT_AT(kt_http, send, 8);
KT_SIZE(kt_http, 16);

KT_AT(kt_aws_request, size, 0);
KT_AT(kt_aws_request, timeout_ms, 4);
KT_AT(kt_aws_request, operation, 8);
KT_AT(kt_aws_request, region, 24);
KT_AT(kt_aws_request, body, 40);
KT_SIZE(kt_aws_request, 56);

KT_AT(kt_aws, size, 0);
KT_AT(kt_aws, reserved, 4);
KT_AT(kt_aws, send, 8);
KT_SIZE(kt_aws, 16);

KT_AT(kt_log, size, 0);
KT_AT(kt_log, reserved, 4);
KT_AT(kt_log, write, 8);
KT_SIZE(kt_log, 16);

KT_AT(kt_secret, size, 0);
KT_AT(kt_secret, reserved, 4);
KT_AT(kt_secret, allocate, 8);
KT_AT(kt_secret, release, 16);
KT_AT(kt_secret, wipe, 24);
KT_SIZE(kt_secret, 32);

KT_AT(kt_clock, size, 0);
KT_AT(kt_clock, reserved, 4);
KT_AT(kt_clock, now_ms, 8);
KT_AT(kt_clock, remaining_ms, 16);
KT_AT(kt_clock, cancelled, 24);
KT_AT(kt_clock, sleep_ms, 32);
KT_SIZE(kt_clock, 40);

KT_AT(kt_pusher, size, 0);
KT_AT(kt_pusher, abi_minor, 4);
KT_AT(kt_pusher, id, 8);
KT_AT(kt_pusher, version, 24);
KT_AT(kt_pusher, summary, 40);
KT_AT(kt_pusher, manifest, 56);
KT_AT(kt_pusher, open, 72);
KT_AT(kt_pusher, close, 80);
KT_AT(kt_pusher, check, 88);
KT_AT(kt_pusher, push, 96);
KT_AT(kt_pusher, inspect, 104);
KT_AT(kt_pusher, extension, 112);
KT_SIZE(kt_pusher, 120);

KT_AT(kt_found_place, size, 0);
KT_AT(kt_found_place, reserved, 4);
KT_AT(kt_found_place, place, 8);
KT_AT(kt_found_place, fields, 24);
KT_AT(kt_found_place, key_id, 40);
KT_AT(kt_found_place, changed_at, 56);
KT_AT(kt_found_place, names, 72);
KT_AT(kt_found_place, audience, 88);
KT_AT(kt_found_place, state, 104);
KT_AT(kt_found_place, level, 120);
KT_AT(kt_found_place, reserved_2, 124);
KT_SIZE(kt_found_place, 128);

KT_AT(kt_scope, size, 0);
KT_AT(kt_scope, reserved, 4);
KT_AT(kt_scope, name, 8);
KT_AT(kt_scope, fields, 24);
KT_SIZE(kt_scope, 40);

KT_AT(kt_found_gap, size, 0);
KT_AT(kt_found_gap, outcome, 4);
KT_AT(kt_found_gap, part, 8);
KT_AT(kt_found_gap, message, 24);
KT_SIZE(kt_found_gap, 40);

KT_AT(kt_found, size, 0);
KT_AT(kt_found, reserved, 4);
KT_AT(kt_found, place, 8);
KT_AT(kt_found, scope, 16);
KT_AT(kt_found, gap, 24);
KT_SIZE(kt_found, 32);

KT_AT(kt_find, size, 0);
KT_AT(kt_find, reserved, 4);
KT_AT(kt_find, around, 8);
KT_AT(kt_find, below, 16);
KT_SIZE(kt_find, 24);

KT_STATIC_ASSERT(sizeof(kt_report) >= KT_MIN_SIZE_REPORT, "kt_report");
KT_STATIC_ASSERT(sizeof(kt_call) >= KT_MIN_SIZE_CALL, "kt_call");
KT_STATIC_ASSERT(sizeof(kt_target) >= KT_MIN_SIZE_TARGET, "kt_target");
KT_STATIC_ASSERT(sizeof(kt_key_pair) >= KT_MIN_SIZE_KEY_PAIR, "kt_key_pair");
KT_STATIC_ASSERT(sizeof(kt_host) >= KT_MIN_SIZE_HOST, "kt_host");
KT_STATIC_ASSERT(sizeof(kt_http_request) >= KT_MIN_SIZE_HTTP_REQUEST, "kt_http_request");
KT_STATIC_ASSERT(sizeof(kt_http_response) >= KT_MIN_SIZE_HTTP_RESPONSE, "kt_http_response");
KT_STATIC_ASSERT(sizeof(kt_http) >= KT_MIN_SIZE_HTTP, "kt_http");
KT_STATIC_ASSERT(sizeof(kt_aws_request) >= KT_MIN_SIZE_AWS_REQUEST, "kt_aws_request");
KT_STATIC_ASSERT(sizeof(kt_aws) >= KT_MIN_SIZE_AWS, "kt_aws");
KT_STATIC_ASSERT(sizeof(kt_log) >= KT_MIN_SIZE_LOG, "kt_log");
KT_STATIC_ASSERT(sizeof(kt_secret) >= KT_MIN_SIZE_SECRET, "kt_secret");
KT_STATIC_ASSERT(sizeof(kt_clock) >= KT_MIN_SIZE_CLOCK, "kt_clock");
KT_STATIC_ASSERT(sizeof(kt_pusher) >= KT_MIN_SIZE_PUSHER, "kt_pusher");
KT_STATIC_ASSERT(sizeof(kt_found_place) >= KT_MIN_SIZE_FOUND_PLACE, "kt_found_place");
KT_STATIC_ASSERT(sizeof(kt_find) >= KT_MIN_SIZE_FIND, "kt_find");
KT_STATIC_ASSERT(sizeof(kt_scope) >= KT_MIN_SIZE_SCOPE, "kt_scope");
KT_STATIC_ASSERT(sizeof(kt_found_gap) >= KT_MIN_SIZE_FOUND_GAP, "kt_found_gap");
KT_STATIC_ASSERT(sizeof(kt_found) >= KT_MIN_SIZE_FOUND, "kt_found");

#undef KT_AT
#undef KT_SIZE

#ifdef __cplusplus
}
#endif

#endif /* KEYTURN_PUSHER_H */
