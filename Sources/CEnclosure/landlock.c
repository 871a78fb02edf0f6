#define _GNU_SOURCE
#include "CEnclosure.h"

#include <fcntl.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* linux/landlock.h grows with each version of the kernel; what is used of it here is frozen. */
struct ruleset_attributes {
    uint64_t files, network, scopes;
};

struct path_attributes {
    uint64_t rights;
    int32_t descriptor;
} __attribute__((packed));

#define CREATE_VERSION 1u
#define RULE_PATH_BENEATH 1

/* The same numbers on every architecture. */
#define LANDLOCK_CREATE_RULESET 444
#define LANDLOCK_ADD_RULE 445
#define LANDLOCK_RESTRICT_SELF 446

int kt_landlock_version(void) { return (int)syscall(LANDLOCK_CREATE_RULESET, NULL, 0, CREATE_VERSION); }

int kt_landlock_create(uint64_t files, uint64_t network, uint64_t scopes, size_t size) {
    struct ruleset_attributes attributes = {files, network, scopes};
    return (int)syscall(LANDLOCK_CREATE_RULESET, &attributes, size, 0u);
}

int kt_landlock_allow(int ruleset, uint64_t rights, int descriptor) {
    struct path_attributes attributes = {rights, descriptor};
    return (int)syscall(LANDLOCK_ADD_RULE, ruleset, RULE_PATH_BENEATH, &attributes, 0u);
}

int kt_landlock_enter(int ruleset) { return (int)syscall(LANDLOCK_RESTRICT_SELF, ruleset, 0u); }

int kt_no_new_privileges(void) { return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); }

int kt_open_path(const char *path) { return open(path, O_PATH | O_CLOEXEC); }

int kt_is_filter_available(void) {
    uint32_t action = SECCOMP_RET_TRAP;
    return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}
