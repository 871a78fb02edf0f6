#define _GNU_SOURCE
#include "CEnclosure.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* What is tried cannot be undone, so a child tries it. Between fork and _exit it makes system calls and nothing else. */
static int try_walls(void) {
    int found = 0;
    struct rlimit none = {0, 0};
    if (setrlimit(RLIMIT_CORE, &none) == 0) found |= KT_WALL_LIMITS;
    if (kt_no_new_privileges() == 0) found |= KT_WALL_NO_NEW_PRIVILEGES;
    if (kt_landlock_version() > 0) {
        int ruleset = kt_landlock_create((1 << 13) - 1, 0, 0, 8);
        if (ruleset >= 0 && kt_landlock_enter(ruleset) == 0) found |= KT_WALL_LANDLOCK;
    }
    if (syscall(SYS_unshare, CLONE_NEWUSER) == 0) found |= KT_WALL_USER_NAMESPACES;
    struct sock_filter all[] = {BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
    struct sock_fprog program = {1, all};
    if (kt_is_filter_available() && syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0)
        found |= KT_WALL_SECCOMP;
    return found;
}

int kt_probe_walls(void) {
    pid_t child = fork();
    if (child < 0) return -1;
    if (child == 0) _exit(try_walls());
    int status;
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR) return -1;
    if (WIFEXITED(status)) return WEXITSTATUS(status);
    errno = EPERM;
    return -1;
}
