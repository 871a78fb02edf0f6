/*
 * lambda [--no-memory-files] PROGRAM ARGUMENT...: runs a program without what AWS Lambda refuses, as far as users have reported it: no
 * filter of its own, no no_new_privs, no Landlock, no user namespaces, no locked memory, 1,024 descriptors, and, with LAMBDA_ROOT, a root
 * that is read-only but for /tmp, as another user than root.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/seccomp.h>
#include <grp.h>
#include <sched.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

static void must(int result, const char *what) {
    if (result == 0) return;
    perror(what);
    _exit(70);
}

static void refuse(scmp_filter_ctx filter, int code, const char *name) {
    int number = seccomp_syscall_resolve_name(name);
    if (number >= 0) must(-seccomp_rule_add(filter, SCMP_ACT_ERRNO(code), number, 0), name);
}

/* LAMBDA_ROOT becomes a read-only root, LAMBDA_TMP its /tmp, and LAMBDA_UID the user. Without the first everything stays. */
static void enter_root(void) {
    const char *root = getenv("LAMBDA_ROOT"), *temporary = getenv("LAMBDA_TMP"), *user = getenv("LAMBDA_UID");
    if (!root || !temporary || !user) return;
    must(unshare(CLONE_NEWNS), "unshare");
    must(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), "private");
    must(mount(root, root, NULL, MS_BIND, NULL), "root");
    must(chdir(root), "root");
    must(mount("/proc", "proc", NULL, MS_BIND | MS_REC, NULL), "proc");
    must(mount("/dev", "dev", NULL, MS_BIND, NULL), "dev");
    must(mount(temporary, "tmp", NULL, MS_BIND, NULL), "tmp");
    must(mount(NULL, root, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL), "read-only");
    must(chroot(root), "chroot");
    must(chdir("/var/task"), "task");
    must(setgroups(0, NULL), "setgroups");
    must(setresgid(atoi(user), atoi(user), atoi(user)), "setresgid");
    must(setresuid(atoi(user), atoi(user), atoi(user)), "setresuid");
}

int main(int count, char **arguments) {
    int has_memory_files = 1, first = 1;
    if (count > 1 && !strcmp(arguments[1], "--no-memory-files")) has_memory_files = 0, first = 2;
    if (count <= first) return 64;
    struct rlimit descriptors = {1024, 1024}, locked = {0, 0};
    must(setrlimit(RLIMIT_NOFILE, &descriptors), "descriptors");
    must(setrlimit(RLIMIT_MEMLOCK, &locked), "locked memory");
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    if (!filter) return 70;
    refuse(filter, EPERM, "seccomp");
    refuse(filter, ENOSYS, "landlock_create_ruleset");
    refuse(filter, ENOSYS, "landlock_add_rule");
    refuse(filter, ENOSYS, "landlock_restrict_self");
    refuse(filter, EPERM, "unshare");
    refuse(filter, EPERM, "chroot");
    refuse(filter, EPERM, "ptrace");
    refuse(filter, ENOMEM, "mlock");
    refuse(filter, ENOMEM, "mlock2");
    if (!has_memory_files) refuse(filter, ENOSYS, "memfd_create");
    must(-seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(prctl), 1, SCMP_A0(SCMP_CMP_EQ, PR_SET_NO_NEW_PRIVS)), "prctl");
    must(-seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(prctl), 1, SCMP_A0(SCMP_CMP_EQ, PR_SET_SECCOMP)), "prctl");
    enter_root();
    /* As another user the filter takes no_new_privs, which the program cannot see: it can only ask for it, and is refused. */
    must(-seccomp_load(filter), "seccomp_load");
    execv(arguments[first], arguments + first);
    perror(arguments[first]);
    return 71;
}
