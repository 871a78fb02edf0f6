/*
 * System calls that are harmless with some arguments and an attack with others. Each counts what it got; the words of what it did
 * get are in the result.
 */
#include <linux/sched.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>

/* Of headers that cannot be included together with those of the C library, or that are younger. */
#define NOTIFY_CREATE 0x00000004
#define PROT_GROWS_DOWN 0x01000000
#define UNSHARE_TABLE 2
#define HW_POISON 100

static char argument_got[256];
static int argument_count;

#define TRY(what, got) \
    do { \
        errno = 0; \
        if (got) { \
            argument_count++; \
            strncat(argument_got, " " what, sizeof argument_got - strlen(argument_got) - 1); \
        } \
    } while (0)

static void arguments_begin(void) { argument_count = 0, argument_got[0] = 0; }

static void arguments_end(const char *about) {
    if (argument_count) RESULT("got %d of %s:%s", argument_count, about, argument_got);
    else RESULT("%s: nothing", about);
}

/* A signal to the host when bytes come, by each way that there is to ask for one. */
static void attack_signals(void) {
    int parent = getppid(), on = 1;
    arguments_begin();
    TRY("F_SETOWN", fcntl(3, F_SETOWN, parent) == 0);
    struct f_owner_ex owner = {F_OWNER_PID, parent};
    TRY("F_SETOWN_EX", fcntl(3, F_SETOWN_EX, &owner) == 0);
    TRY("F_SETSIG", fcntl(3, F_SETSIG, SIGKILL) == 0);
    TRY("O_ASYNC", fcntl(3, F_SETFL, fcntl(3, F_GETFL) | O_ASYNC) == 0);
    TRY("FIOASYNC", ioctl(3, FIOASYNC, &on) == 0);
    TRY("FIOSETOWN", ioctl(3, 0x8901, &parent) == 0);
    TRY("SIOCSPGRP", ioctl(3, 0x8902, &parent) == 0);
    TRY("F_SETLEASE", fcntl(4, F_SETLEASE, F_RDLCK) == 0);
    TRY("F_NOTIFY", fcntl(4, F_NOTIFY, NOTIFY_CREATE) == 0);
    TRY("non-blocking", fcntl(3, F_SETFL, fcntl(3, F_GETFL)) != 0);
    arguments_end("signals");
}

/* Memory that is not counted as the process's. */
static void attack_uncounted(void) {
    extern void *__libc_stack_end;
    size_t large = (size_t)1 << 30, page = 4096;
    int flags = MAP_PRIVATE | MAP_ANONYMOUS, rw = PROT_READ | PROT_WRITE;
    char *stack = (char *)((uintptr_t)__libc_stack_end & ~(page - 1));
    arguments_begin();
    TRY("MAP_GROWSDOWN", mmap(NULL, large, rw, flags | MAP_GROWSDOWN, -1, 0) != MAP_FAILED);
    TRY("MAP_SHARED", mmap(NULL, page, rw, MAP_SHARED | MAP_ANONYMOUS, -1, 0) != MAP_FAILED);
    TRY("MAP_HUGETLB", mmap(NULL, 2 << 20, rw, flags | MAP_HUGETLB | MAP_NORESERVE, -1, 0) != MAP_FAILED);
    TRY("mremap", mremap(stack, page, large, MREMAP_MAYMOVE) != MAP_FAILED);
    TRY("PROT_GROWSDOWN", mprotect(stack, page, rw | PROT_GROWS_DOWN) == 0);
    TRY("HWPOISON", madvise(stack - page, page, HW_POISON) == 0 || errno == EBUSY);
    int pair[2];
    TRY("no pipe", pipe(pair) != 0);
    TRY("F_SETPIPE_SZ", fcntl(pair[0], F_SETPIPE_SZ, 1 << 20) > 0);
    TRY("O_NOTIFICATION_PIPE", pipe2(pair, O_EXCL) == 0 || errno == ENOPKG);
    struct rlimit { uint64_t soft, hard; } limit = {8, 8};
    TRY("prlimit", syscall(SYS_prlimit64, getppid(), 7, &limit, NULL) == 0);
    arguments_end("uncounted memory");
}

/* Threads that do not share everything, and so have limits of their own. */
static void attack_tables(void) {
    const unsigned long thread = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM;
    static char stack[4096];
    arguments_begin();
    unsigned long wrong[] = {
        thread & ~CLONE_FILES, thread & ~CLONE_FS, (thread & ~CLONE_THREAD) | SIGCHLD, thread | CLONE_UNTRACED,
        thread | CLONE_PTRACE, thread | CLONE_NEWUSER, thread | CLONE_IO, CLONE_VM | CLONE_VFORK | SIGCHLD};
    for (size_t at = 0; at < sizeof wrong / sizeof *wrong; at++) {
        /* No child gets as far as to use the stack: it would end at once. */
        long child = syscall(SYS_clone, wrong[at], stack + sizeof stack - 64, NULL, NULL, 0);
        if (child == 0) syscall(SYS_exit, 0);
        TRY("clone", child > 0);
    }
    struct clone_args arguments = {.flags = thread & ~CLONE_FILES, .stack = (uintptr_t)stack, .stack_size = sizeof stack};
    TRY("clone3", syscall(SYS_clone3, &arguments, sizeof arguments) >= 0 || errno != ENOSYS);
    TRY("unshare", syscall(SYS_unshare, CLONE_FILES) == 0);
    TRY("close_range", syscall(SYS_close_range, 900, 901, UNSHARE_TABLE) == 0);
    TRY("no close_range", syscall(SYS_close_range, 900, 901, 0) != 0);
    TRY("dumpable", prctl(PR_SET_DUMPABLE, 1) == 0);
    TRY("no death signal", prctl(PR_SET_PDEATHSIG, 0) == 0);
    arguments_end("tables");
}

/* Which files there are, without opening one. */
static void attack_metadata(const char *path) {
    struct stat facts;
    char bytes[64];
    arguments_begin();
    TRY("stat", stat(path, &facts) == 0);
    TRY("lstat", lstat(path, &facts) == 0);
    TRY("newfstatat", syscall(SYS_newfstatat, AT_FDCWD, path, &facts, 0) == 0);
    TRY("newfstatat", syscall(SYS_newfstatat, 0, path, &facts, AT_EMPTY_PATH) == 0);
    TRY("SYS_stat", syscall(SYS_stat, path, &facts) == 0);
    TRY("statx", syscall(SYS_statx, AT_FDCWD, path, 0, 0x7ff, bytes) == 0 || errno == EFAULT);
    TRY("access", access(path, F_OK) == 0);
    TRY("faccessat2", faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0);
    TRY("readlink", readlink("/proc/self/exe", bytes, sizeof bytes) > 0);
    TRY("O_PATH", open(path, O_PATH) >= 0);
    TRY("chdir", chdir("/etc") == 0);
    TRY("no fstat", fstat(3, &facts) != 0 || !S_ISSOCK(facts.st_mode));
    arguments_end("metadata");
}

/* Changes to a file that may only be read. */
static void attack_change(const char *path) {
    int opened = open(path, O_RDONLY);
    arguments_begin();
    TRY("not open", opened < 0);
    TRY("O_TRUNC", open(path, O_RDONLY | O_TRUNC) >= 0);
    TRY("O_TRUNC, to write", open(path, O_WRONLY | O_TRUNC) >= 0);
    TRY("truncate", truncate(path, 0) == 0);
    TRY("ftruncate", ftruncate(opened, 0) == 0);
    TRY("fchmod", fchmod(opened, 0666) == 0);
    TRY("chmod", chmod(path, 0666) == 0);
    TRY("write", open(path, O_RDWR) >= 0);
    TRY("append", open(path, O_WRONLY | O_APPEND) >= 0);
    TRY("unlink", unlink(path) == 0);
    arguments_end("change");
}

/* Sockets that the grant `network` is not about. */
static void attack_sockets(void) {
    static const int families[][3] = {
        {AF_UNIX, SOCK_STREAM, 0}, {AF_NETLINK, SOCK_RAW, 0}, {AF_PACKET, SOCK_RAW, 0}, {40 /* AF_VSOCK */, SOCK_STREAM, 0},
        {AF_INET, SOCK_RAW, IPPROTO_ICMP}, {AF_INET, SOCK_DGRAM, IPPROTO_ICMP}, {AF_INET6, SOCK_RAW, 58},
        {AF_INET, SOCK_STREAM, 132}, {AF_INET, SOCK_STREAM, 262}, {AF_INET, SOCK_SEQPACKET, 132}, {38 /* AF_ALG */, SOCK_SEQPACKET, 0}};
    char got[64];
    int pair[2];
    arguments_begin();
    for (size_t at = 0; at < sizeof families / sizeof *families; at++) {
        int descriptor = socket(families[at][0], families[at][1], families[at][2]);
        snprintf(got, sizeof got, " %d/%d/%d", families[at][0], families[at][1], families[at][2]);
        if (descriptor >= 0) argument_count++, strcat(argument_got, got);
    }
    TRY("socketpair", socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    for (int family = 0; family < 2; family++) {
        int of[] = {AF_INET, AF_INET6};
        TRY("no TCP", socket(of[family], SOCK_STREAM | SOCK_CLOEXEC, 0) < 0 && errno != EAFNOSUPPORT);
        TRY("no UDP", socket(of[family], SOCK_DGRAM | SOCK_NONBLOCK, IPPROTO_UDP) < 0 && errno != EAFNOSUPPORT);
    }
    int own = socket(AF_INET, SOCK_STREAM, 0), on = 1, parent = getppid();
    TRY("no FIONBIO", ioctl(own, FIONBIO, &on) != 0);
    TRY("FIOASYNC", ioctl(own, FIOASYNC, &on) == 0);
    TRY("FIOSETOWN", ioctl(own, 0x8901, &parent) == 0);
    TRY("F_SETOWN", fcntl(own, F_SETOWN, parent) == 0);
    TRY("F_SETSIG", fcntl(own, F_SETSIG, SIGKILL) == 0);
    TRY("O_ASYNC", fcntl(own, F_SETFL, O_ASYNC) == 0);
    arguments_end("sockets");
}

static void *idle(void *nothing) {
    for (;;) pause();
    return nothing;
}

/* As many threads as there can be, until the end. */
static void attack_threads(void) {
    pthread_attr_t attributes;
    pthread_t thread;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 16 << 10);
    while (!pthread_create(&thread, &attributes, idle, NULL)) {}
    for (;;) pause();
}
