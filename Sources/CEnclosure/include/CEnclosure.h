#pragma once
#include <stddef.h>
#include <stdint.h>

/*
 * The parts of the enclosure that cannot be Swift: a signal handler, which must not enter Swift's runtime, and system
 * calls for which glibc has no functions.
 */

/* Refused system calls that are remembered, one by one; the rest is only counted. */
#define KT_REFUSALS 64
#define KT_REFUSED_PATH 160

typedef struct kt_refusal {
    int number;                 /* of the system call */
    char path[KT_REFUSED_PATH]; /* of an open; empty otherwise */
} kt_refusal;

/*
 * Handles SIGSYS, which the filter raises: an open goes on with `cookie` as its sixth argument, by which the filter
 * lets it pass, so that Landlock decides on it, but not with flags on which Landlock has no say; newfstatat of a descriptor is
 * carried out as fstat, and of a path fails with EPERM; anything else fails with EPERM. What fails is remembered, but for
 * newfstatat, which runtimes try all the time.
 * Returns 0, or -1 with errno.
 */
int kt_trap_install(uint64_t cookie);

/* Copies the refusal of that index; 0: there is none (yet). */
int kt_trap_refusal(unsigned index, kt_refusal *refusal);

/* How many there were in all. */
unsigned kt_trap_count(void);

/* Landlock. The version of its ABI, or -1 with errno. */
int kt_landlock_version(void);
/* A ruleset that handles these rights; `size` is that of the attributes which the version knows. -1 with errno. */
int kt_landlock_create(uint64_t files, uint64_t network, uint64_t scopes, size_t size);
/* Allows rights beneath a path that is open as `descriptor`. */
int kt_landlock_allow(int ruleset, uint64_t rights, int descriptor);
int kt_landlock_enter(int ruleset);

int kt_no_new_privileges(void);
int kt_open_path(const char *path);
int kt_is_filter_available(void);

/* The walls that a process can have here, as a child of this one finds out by trying: a set of KT_WALL_…, or -1 with errno. */
#define KT_WALL_NO_NEW_PRIVILEGES 1
#define KT_WALL_SECCOMP 2
#define KT_WALL_LANDLOCK 4
#define KT_WALL_USER_NAMESPACES 8
#define KT_WALL_LIMITS 16
int kt_probe_walls(void);
