/* The functions of libcurl's header that keyturn calls. libcurl, and the thirty libraries that it brings along, take most of the time and
   memory that a program needs to start: it is loaded when the first of them is called. Where it is not there the program ends with a
   sentence, as it would have at its start. */
#include "CCurl.h"
#include <dlfcn.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#define FUNCTIONS(F) \
    F(curl_easy_cleanup) F(curl_easy_getinfo) F(curl_easy_init) F(curl_easy_setopt) F(curl_easy_strerror) F(curl_free) F(curl_getdate) \
    F(curl_global_init) F(curl_multi_add_handle) F(curl_multi_cleanup) F(curl_multi_info_read) F(curl_multi_init) F(curl_multi_perform) \
    F(curl_multi_poll) F(curl_multi_remove_handle) F(curl_multi_setopt) F(curl_multi_wakeup) F(curl_slist_append) \
    F(curl_slist_free_all) F(curl_url) F(curl_url_cleanup) F(curl_url_get) F(curl_url_set) F(curl_version)

#define POINTER(name) __typeof__(&name) name;
static struct { FUNCTIONS(POINTER) } curl;

static void load(void) {
    void *library = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
#define FIND(name) \
    if (library != NULL && (curl.name = (__typeof__(&name))dlsym(library, #name)) == NULL) library = NULL;
    FUNCTIONS(FIND)
    if (library != NULL) return;
    const char *problem = dlerror();
    fprintf(stderr, "keyturn: libcurl cannot be used: %s; `apt install libcurl4` installs it\n", problem ? problem : "it is damaged");
    _exit(127);
}

static pthread_once_t once = PTHREAD_ONCE_INIT;
#define CALL(name) (pthread_once(&once, load), curl.name)

/* Each option takes one argument, a long, a pointer or a curl_off_t: all of them travel as a pointer does on x86-64. */
_Static_assert(sizeof(void *) == sizeof(long) && sizeof(long) == sizeof(curl_off_t), "arguments of one size");
#define HAND_ON(result, name, handle_type, option_type) \
    result name(handle_type handle, option_type option, ...) { \
        va_list arguments; \
        va_start(arguments, option); \
        void *argument = va_arg(arguments, void *); \
        va_end(arguments); \
        return CALL(name)(handle, option, argument); \
    }
HAND_ON(CURLcode, curl_easy_setopt, CURL *, CURLoption)
HAND_ON(CURLcode, curl_easy_getinfo, CURL *, CURLINFO)
HAND_ON(CURLMcode, curl_multi_setopt, CURLM *, CURLMoption)

void curl_easy_cleanup(CURL *handle) { CALL(curl_easy_cleanup)(handle); }
CURL *curl_easy_init(void) { return CALL(curl_easy_init)(); }
const char *curl_easy_strerror(CURLcode code) { return CALL(curl_easy_strerror)(code); }
void curl_free(void *memory) { CALL(curl_free)(memory); }
time_t curl_getdate(const char *text, const time_t *unused) { return CALL(curl_getdate)(text, unused); }
CURLcode curl_global_init(long flags) { return CALL(curl_global_init)(flags); }
CURLMcode curl_multi_add_handle(CURLM *multi, CURL *handle) { return CALL(curl_multi_add_handle)(multi, handle); }
CURLMcode curl_multi_cleanup(CURLM *multi) { return CALL(curl_multi_cleanup)(multi); }
CURLMsg *curl_multi_info_read(CURLM *multi, int *left) { return CALL(curl_multi_info_read)(multi, left); }
CURLM *curl_multi_init(void) { return CALL(curl_multi_init)(); }
CURLMcode curl_multi_perform(CURLM *multi, int *running) { return CALL(curl_multi_perform)(multi, running); }
CURLMcode curl_multi_poll(CURLM *multi, struct curl_waitfd extra[], unsigned int count, int milliseconds, int *ready) {
    return CALL(curl_multi_poll)(multi, extra, count, milliseconds, ready);
}
CURLMcode curl_multi_remove_handle(CURLM *multi, CURL *handle) { return CALL(curl_multi_remove_handle)(multi, handle); }
CURLMcode curl_multi_wakeup(CURLM *multi) { return CALL(curl_multi_wakeup)(multi); }
struct curl_slist *curl_slist_append(struct curl_slist *list, const char *text) { return CALL(curl_slist_append)(list, text); }
void curl_slist_free_all(struct curl_slist *list) { CALL(curl_slist_free_all)(list); }
char *curl_version(void) { return CALL(curl_version)(); }
CURLU *curl_url(void) { return CALL(curl_url)(); }
void curl_url_cleanup(CURLU *url) { CALL(curl_url_cleanup)(url); }
CURLUcode curl_url_get(CURLU *url, CURLUPart part, char **text, unsigned int flags) {
    return CALL(curl_url_get)(url, part, text, flags);
}
CURLUcode curl_url_set(CURLU *url, CURLUPart part, const char *text, unsigned int flags) {
    return CALL(curl_url_set)(url, part, text, flags);
}
