/*
 * What a hostile pusher tries. Each attack says what it got: "got ..." where it succeeded, else why it did not. ARENA is
 * the directory of the test, which the library was compiled with.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>

#ifndef ARENA
#define ARENA "/tmp"
#endif

/* Of each thread: pushes run in parallel. */
static _Thread_local char attack_result[512];

#define RESULT(...) snprintf(attack_result, sizeof attack_result, __VA_ARGS__)

static void attack_read(const char *path) {
    char bytes[64];
    int descriptor = open(path, O_RDONLY);
    ssize_t count = descriptor < 0 ? -1 : read(descriptor, bytes, sizeof bytes);
    if (count > 0) RESULT("got %zd bytes of %s", count, path);
    else RESULT("%s: %s", path, strerror(errno));
}

static void attack_write(const char *path) {
    int descriptor = open(path, O_WRONLY | O_CREAT, 0644);
    if (descriptor >= 0 && write(descriptor, "x", 1) == 1) RESULT("got to write %s", path);
    else RESULT("%s: %s", path, strerror(errno));
}

static void attack_connect(const char *port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(atoi(port))};
    inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
    int descriptor = socket(AF_INET, SOCK_STREAM, 0);
    if (descriptor >= 0 && !connect(descriptor, (struct sockaddr *)&address, sizeof address)) RESULT("got connected");
    else RESULT("connect: %s", strerror(errno));
}

static void attack_exec(void) {
    char *arguments[] = {"sh", "-c", "echo > " ARENA "/executed", NULL};
    execv("/bin/sh", arguments);
    RESULT("exec: %s", strerror(errno));
}

static void attack_fork(void) {
    int count = 0;
    for (int attempt = 0; attempt < 1000; attempt++) {
        pid_t child = fork();
        if (child == 0) for (;;) pause();
        if (child > 0) count++;
    }
    if (count) RESULT("got %d processes", count);
    else RESULT("fork: %s", strerror(errno));
}

static void attack_memory(void) {
    long megabytes = 0;
    while (megabytes < 8192) {
        char *memory = malloc(1 << 20);
        if (!memory) break;
        memset(memory, 1, 1 << 20);
        megabytes++;
    }
    void *shared = mmap(NULL, 64 << 20, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    RESULT("took %ld MiB, shared %s", megabytes, shared == MAP_FAILED ? strerror(errno) : "got");
}

static void attack_descriptors(void) {
    int count = 0;
    while (count < 10000 && dup(0) >= 0) count++;
    RESULT("took %d descriptors", count);
    for (int number = 5; number < 10010; number++) close(number);
}

static void attack_parent(void) {
    char bytes[16];
    struct iovec here = {bytes, sizeof bytes}, there = {(void *)0x400000, sizeof bytes};
    int got = 0;
    got += ptrace(PTRACE_ATTACH, getppid(), 0, 0) == 0;
    got += process_vm_readv(getppid(), &here, 1, &there, 1, 0) > 0;
    got += kill(getppid(), SIGTERM) == 0;
    if (got) RESULT("got at the host: %d", got);
    else RESULT("the host: %s", strerror(errno));
}

static void attack_kernel(void) {
    int got = 0;
    got += syscall(SYS_bpf, 0, 0, 0) >= 0;
    got += syscall(SYS_keyctl, 0, -3, 1) >= 0;
    got += syscall(SYS_io_uring_setup, 8, attack_result) >= 0;
    got += syscall(SYS_mount, "none", ARENA, "tmpfs", 0, 0) >= 0;
    got += syscall(SYS_unshare, 0x10000000) >= 0;
    got += syscall(SYS_memfd_create, "x", 0) >= 0;
    if (got) RESULT("got %d things of the kernel", got);
    else RESULT("the kernel: %s", strerror(errno));
}

/* A frame that says it has 2 GB, one that ends in its middle, an answer to a call that no one made. */
static void attack_frame(const char *how) {
    unsigned char huge[] = {0, 0, 0, 128, 34, 1, 0, 0, 0, 'x'}, cut[] = {200, 0, 0, 0, 34, 1, 0, 0, 0, 'x'};
    if (write(3, !strcmp(how, "huge") ? huge : cut, sizeof huge) < 0) abort();
    if (!strcmp(how, "cut")) close(3);
    for (;;) pause();
}

#include "arguments.h"

static void attack(const char *what, const char *argument) {
    if (!strcmp(what, "read")) attack_read(argument);
    if (!strcmp(what, "write")) attack_write(argument);
    if (!strcmp(what, "parent-file")) {
        char path[128];
        snprintf(path, sizeof path, "/proc/%d/%s", (int)getppid(), argument);
        attack_read(path);
    }
    if (!strcmp(what, "connect")) attack_connect(argument);
    if (!strcmp(what, "exec")) attack_exec();
    if (!strcmp(what, "fork")) attack_fork();
    if (!strcmp(what, "memory")) attack_memory();
    if (!strcmp(what, "descriptors")) attack_descriptors();
    if (!strcmp(what, "parent")) attack_parent();
    if (!strcmp(what, "kernel")) attack_kernel();
    if (!strcmp(what, "frame")) attack_frame(argument);
    if (!strcmp(what, "signals")) attack_signals();
    if (!strcmp(what, "uncounted")) attack_uncounted();
    if (!strcmp(what, "tables")) attack_tables();
    if (!strcmp(what, "metadata")) attack_metadata(argument);
    if (!strcmp(what, "sockets")) attack_sockets();
    if (!strcmp(what, "change")) attack_change(argument);
    if (!strcmp(what, "threads")) attack_threads();
}
