#define _GNU_SOURCE
#include "CEnclosure.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#if !defined(__x86_64__) && !defined(__aarch64__)
#error "the runner's system call filter is written for x86-64 and arm64"
#endif

#ifndef SYS_SECCOMP
#define SYS_SECCOMP 1
#endif

static struct {
    atomic_int is_ready;
    kt_refusal refusal;
} slots[KT_REFUSALS];

static atomic_uint count;
static uint64_t cookie;

static void remember(int number, const char *path) {
    unsigned index = atomic_fetch_add(&count, 1);
    if (index >= KT_REFUSALS) return;
    kt_refusal *refusal = &slots[index].refusal;
    refusal->number = number;
    for (size_t at = 0; path && path[at] && at < KT_REFUSED_PATH - 1; at++) refusal->path[at] = path[at];
    atomic_store(&slots[index].is_ready, 1);
}

static void on_trap(int signal, siginfo_t *info, void *context) {
    (void)signal;
    if (info->si_code != SYS_SECCOMP) return;
    int saved = errno;
    mcontext_t *machine = &((ucontext_t *)context)->uc_mcontext;
#if defined(__x86_64__)
    long long *result = &machine->gregs[REG_RAX];
    long first = machine->gregs[REG_RDI], second = machine->gregs[REG_RSI], third = machine->gregs[REG_RDX],
         fourth = machine->gregs[REG_R10], sixth = machine->gregs[REG_R9];
#else
    unsigned long long *result = &machine->regs[0];
    long first = machine->regs[0], second = machine->regs[1], third = machine->regs[2], fourth = machine->regs[3],
         sixth = machine->regs[5];
#endif
    if (info->si_syscall == SYS_openat && sixth == (long)cookie) {
        /* The handler's own, with flags that the filter does not let pass. */
        *result = -EPERM;
    } else if (info->si_syscall == SYS_newfstatat) {
        /* fstat() of the C library; the filter allows the call itself only where files are granted. */
        int is_empty = !second || !*(const char *)second;
        long done = is_empty && (fourth & AT_EMPTY_PATH) ? syscall(SYS_fstat, first, third) : -1;
        *result = !is_empty || !(fourth & AT_EMPTY_PATH) ? -EPERM : done < 0 ? -errno : done;
    } else if (info->si_syscall == SYS_openat) {
        long opened = syscall(SYS_openat, first, second, third, fourth, 0L, cookie);
        /* A path that the kernel has read is there to be read. The filter refuses before that. */
        int is_read = !(third & (O_PATH | O_TRUNC));
        if (opened < 0 && (errno == EACCES || errno == EPERM)) remember(SYS_openat, is_read ? (const char *)second : NULL);
        *result = opened < 0 ? -errno : opened;
    } else {
        remember(info->si_syscall, NULL);
        *result = -EPERM;
    }
    errno = saved;
}

int kt_trap_install(uint64_t chosen) {
    struct sigaction action = {.sa_sigaction = on_trap, .sa_flags = SA_SIGINFO | SA_NODEFER | SA_RESTART};
    sigemptyset(&action.sa_mask);
    cookie = chosen;
    return sigaction(SIGSYS, &action, NULL);
}

int kt_trap_refusal(unsigned index, kt_refusal *refusal) {
    if (index >= KT_REFUSALS || !atomic_load(&slots[index].is_ready)) return 0;
    *refusal = slots[index].refusal;
    return 1;
}

unsigned kt_trap_count(void) { return atomic_load(&count); }
