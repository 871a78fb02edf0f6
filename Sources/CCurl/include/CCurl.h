#pragma once
/* Its checks of types are done by macros, which would hide the functions from Swift. */
#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>
#undef curl_easy_setopt
#undef curl_easy_getinfo
#undef curl_multi_setopt

/* curl's option functions are variadic, which Swift does not import: one typed wrapper for each kind of argument. */
static inline CURLcode kt_curl_set_long(CURL *handle, CURLoption option, long value) {
    return curl_easy_setopt(handle, option, value);
}
static inline CURLcode kt_curl_set_string(CURL *handle, CURLoption option, const char *value) {
    return curl_easy_setopt(handle, option, value);
}
static inline CURLcode kt_curl_set_pointer(CURL *handle, CURLoption option, void *value) {
    return curl_easy_setopt(handle, option, value);
}
typedef size_t (*kt_curl_data_function)(char *data, size_t size, size_t count, void *context);
static inline CURLcode kt_curl_set_data_function(CURL *handle, CURLoption option, kt_curl_data_function value) {
    return curl_easy_setopt(handle, option, value);
}
static inline CURLcode kt_curl_get_long(CURL *handle, CURLINFO info, long *value) {
    return curl_easy_getinfo(handle, info, value);
}
static inline CURLcode kt_curl_get_pointer(CURL *handle, CURLINFO info, void **value) {
    return curl_easy_getinfo(handle, info, value);
}
static inline CURLMcode kt_curl_multi_set_long(CURLM *multi, CURLMoption option, long value) {
    return curl_multi_setopt(multi, option, value);
}
static inline CURL *kt_curl_message_handle(const CURLMsg *message) { return message->easy_handle; }
static inline CURLcode kt_curl_message_result(const CURLMsg *message) { return message->data.result; }

/* Where a connection is about to be made to. Not CURL_SOCKET_BAD lets it be made with the socket that comes back. */
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
typedef int (*kt_curl_address_function)(const struct sockaddr *address, void *context);
typedef struct kt_curl_address_check {
    kt_curl_address_function allows;
    void *context;
} kt_curl_address_check;
static inline curl_socket_t kt_curl_open_socket(void *data, curlsocktype purpose, struct curl_sockaddr *address) {
    const kt_curl_address_check *check = (const kt_curl_address_check *)data;
    if (purpose == CURLSOCKTYPE_IPCXN && !check->allows(&address->addr, check->context)) return CURL_SOCKET_BAD;
    return socket(address->family, address->socktype, address->protocol);
}
static inline CURLcode kt_curl_check_addresses(CURL *handle, kt_curl_address_check *check) {
    CURLcode result = curl_easy_setopt(handle, CURLOPT_OPENSOCKETFUNCTION, kt_curl_open_socket);
    return result == CURLE_OK ? curl_easy_setopt(handle, CURLOPT_OPENSOCKETDATA, check) : result;
}

/* Is asked each time right before a request is sent, on a connection that is established. 0: it is not sent. libcurl sends a request again by
   itself where a kept connection turns out to be closed. */
typedef int (*kt_curl_sending_function)(void *context);
typedef struct kt_curl_sending_check {
    kt_curl_sending_function allows;
    void *context;
} kt_curl_sending_check;
static inline int kt_curl_before_sending(void *data, char *theirs, char *ours, int their_port, int our_port) {
    (void)theirs, (void)ours, (void)their_port, (void)our_port;
    const kt_curl_sending_check *check = (const kt_curl_sending_check *)data;
    return check->allows(check->context) ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT;
}
static inline CURLcode kt_curl_check_sendings(CURL *handle, kt_curl_sending_check *check) {
    CURLcode result = curl_easy_setopt(handle, CURLOPT_PREREQFUNCTION, kt_curl_before_sending);
    return result == CURLE_OK ? curl_easy_setopt(handle, CURLOPT_PREREQDATA, check) : result;
}
