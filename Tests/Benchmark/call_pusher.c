/*
 * call_pusher RUNNER LIBRARY COUNT: what a call of a pusher costs over its runner, and in the same process.
 *
 * Speaks the frames of Sources/RunnerProtocol: length, kind, call, payload; integers little-endian, as this machine's are. One call
 * at a time, so that it is the way there and back which is measured. Prints one line of JSON.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "keyturn_pusher.h"

enum { SECRET = 1, OPEN = 16, PUSH = 18, CONFINE = 23, LOADED = 32, OUTCOME = 34, CONFINED = 37 };

static void fail(const char *what) {
    fprintf(stderr, "call_pusher: %s: %s\n", what, strerror(errno));
    exit(1);
}

static double now_us(void) {
    struct timespec moment;
    clock_gettime(CLOCK_MONOTONIC, &moment);
    return moment.tv_sec * 1e6 + moment.tv_nsec / 1e3;
}

static unsigned char out[1 << 16];
static size_t filled;

static void put(const void *bytes, size_t count) { memcpy(out + filled, bytes, count); filled += count; }
static void put_number(int64_t number) { put(&number, 8); }
static void put_text(const char *text) { put_number((int64_t)strlen(text)); put(text, strlen(text)); }

/* A frame whose payload follows; `ended` fills its length in. */
static size_t begun(uint8_t kind, uint32_t call) {
    size_t start = filled;
    put("\0\0\0\0", 4);
    put(&kind, 1);
    put(&call, 4);
    return start;
}

static void ended(size_t start) {
    uint32_t length = (uint32_t)(filled - start - 9);
    memcpy(out + start, &length, 4);
}

static void send_all(int socket) {
    for (size_t sent = 0; sent < filled;) {
        ssize_t count = write(socket, out + sent, filled - sent);
        if (count <= 0) fail("write");
        sent += (size_t)count;
    }
    filled = 0;
}

static void read_all(int socket, unsigned char *bytes, size_t count) {
    for (size_t had = 0; had < count;) {
        ssize_t more = read(socket, bytes + had, count - had);
        if (more <= 0) fail("the runner closed");
        had += (size_t)more;
    }
}

/* The kind of the next frame, whose payload is passed over. */
static int read_frame(int socket) {
    unsigned char head[9], payload[1 << 16];
    uint32_t length;
    read_all(socket, head, 9);
    memcpy(&length, head, 4);
    if (length > sizeof payload) fail("a long frame");
    read_all(socket, payload, length);
    return head[4];
}

static int sealed(const char *path) {
    int file = open(path, O_RDONLY | O_CLOEXEC), memory = memfd_create("pusher", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    char bytes[1 << 16];
    ssize_t count;
    if (file < 0 || memory < 0) fail(path);
    while ((count = read(file, bytes, sizeof bytes)) > 0)
        if (write(memory, bytes, (size_t)count) != count) fail("memfd");
    close(file);
    if (fcntl(memory, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL)) fail("seal");
    return memory;
}

static int start(const char *runner, const char *library, pid_t *process) {
    int sockets[2], memory = sealed(library);
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets)) fail("socketpair");
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    int high = fcntl(sockets[1], F_DUPFD_CLOEXEC, 100), library_high = fcntl(memory, F_DUPFD_CLOEXEC, 100);
    posix_spawn_file_actions_adddup2(&actions, high, 3);
    posix_spawn_file_actions_adddup2(&actions, library_high, 4);
    char parent[16];
    snprintf(parent, sizeof parent, "%d", getpid());
    char *arguments[] = { (char *)runner, parent, NULL }, *environment[] = { "LANG=C.UTF-8", "SWIFT_BACKTRACE=enable=no", NULL };
    if (posix_spawn(process, runner, &actions, NULL, arguments, environment)) fail(runner);
    posix_spawn_file_actions_destroy(&actions);
    close(sockets[1]); close(memory); close(high); close(library_high);

    size_t frame = begun(CONFINE, 0);
    put_text(library);
    for (int number = 0; number < 5; number++) put_number(0); /* nothing granted, nothing done without */
    ended(frame);
    frame = begun(SECRET, 0); put("{}", 2); ended(frame);
    frame = begun(OPEN, 0); ended(frame);
    send_all(sockets[0]);
    if (read_frame(sockets[0]) != CONFINED || read_frame(sockets[0]) != LOADED || read_frame(sockets[0]) != OUTCOME) fail("the runner did not open the library");
    return sockets[0];
}

static int in_order(const void *left, const void *right) {
    double difference = *(const double *)left - *(const double *)right;
    return (difference > 0) - (difference < 0);
}

static double median(double *values, int count) {
    qsort(values, (size_t)count, sizeof *values, in_order);
    return values[count / 2];
}

int main(int count_of_arguments, char **arguments) {
    if (count_of_arguments != 4) return 64;
    const char *fields = "{\"access-key-id\":\"AWS_ACCESS_KEY_ID\",\"secret-access-key\":\"AWS_SECRET_ACCESS_KEY\"}";
    int count = atoi(arguments[3]), starts = 15;
    double *calls = calloc((size_t)count, sizeof *calls), begins[15];
    pid_t process = 0;
    int socket = -1;
    for (int number = 0; number < starts; number++) {
        if (socket >= 0) { kill(process, SIGKILL); waitpid(process, NULL, 0); close(socket); }
        double begin = now_us();
        socket = start(arguments[1], arguments[2], &process);
        begins[number] = now_us() - begin;
    }
    for (int number = 0; number < count; number++) {
        double begin = now_us();
        size_t frame = begun(SECRET, (uint32_t)number + 1);
        put("0123456789012345678901234567890123456789", 40);
        ended(frame);
        frame = begun(PUSH, (uint32_t)number + 1);
        put_text("empty:default"); put_text(fields); put_text("AKIAIOSFODNN7EXAMPLE"); put_number(5000);
        ended(frame);
        send_all(socket);
        while (read_frame(socket) != OUTCOME) {}
        calls[number] = now_us() - begin;
    }
    kill(process, SIGKILL);
    waitpid(process, NULL, 0);

    void *library = dlopen(arguments[2], RTLD_NOW);
    kt_pusher_entry_v1_function entry = library ? (kt_pusher_entry_v1_function)dlsym(library, KT_ENTRY_SYMBOL_V1) : NULL;
    const kt_pusher *pusher = entry ? entry(NULL) : NULL;
    if (!pusher) fail("dlopen");
    kt_target target = { sizeof target, 0, { "empty:default", 13 }, { fields, strlen(fields) } };
    kt_key_pair pair = { sizeof pair, 0, { "AKIAIOSFODNN7EXAMPLE", 20 }, { "0123456789012345678901234567890123456789", 40 } };
    kt_call call = { sizeof call, 0, NULL, NULL };
    double begin = now_us();
    long direct = 10000000;
    for (long number = 0; number < direct; number++)
        if (pusher->push(NULL, &call, &target, &pair) != KT_OK) fail("push");
    double per_call = (now_us() - begin) / (double)direct;
    printf("{\"start_ms\": %.2f, \"over_runner_us\": %.1f, \"direct_us\": %.4f, \"calls\": %d}\n",
           median(begins, starts) / 1e3, median(calls, count), per_call, count);
    return 0;
}
