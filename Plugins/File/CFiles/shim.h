#pragma once

/* What it takes to replace a file, for the Glibc module does not exist in Embedded Swift. */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* Macros and functions of variable arguments do not reach Swift. */
static inline int kt_errno(void) { return errno; }
static inline int kt_open_folder(const char *path) { return open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC); }
static inline int kt_open_to_read(int folder, const char *name) {
    return openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
}
static inline int kt_open_to_write(int folder, const char *name) {
    return openat(folder, name, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
}
static inline int kt_make(int folder, const char *name) {
    return openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
}
static inline int kt_is_regular(const struct stat *status) { return S_ISREG(status->st_mode); }
static inline int kt_is_link(const char *path) {
    struct stat status;
    return lstat(path, &status) == 0 && S_ISLNK(status.st_mode);
}
/* In a folder's descriptor, a lock is of the folder, whatever file in it is replaced. */
static inline int kt_try_lock(int folder) { return flock(folder, LOCK_EX | LOCK_NB); }
static inline int kt_is_same(const struct stat *left, const struct stat *right) {
    return left->st_dev == right->st_dev && left->st_ino == right->st_ino && left->st_size == right->st_size
        && left->st_mtim.tv_sec == right->st_mtim.tv_sec && left->st_mtim.tv_nsec == right->st_mtim.tv_nsec;
}
static inline void kt_clear_errno(void) { errno = 0; }
static inline int kt_is_folder(const struct stat *status) { return S_ISDIR(status->st_mode); }
static inline int kt_is_link_status(const struct stat *status) { return S_ISLNK(status->st_mode); }
static inline int kt_open_subfolder(int folder, const char *name) {
    return openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}
/* With a descriptor of its own: closing the list leaves the folder's open. */
static inline DIR *kt_list_folder(int folder) {
    int own = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (own < 0) return NULL;
    DIR *list = fdopendir(own);
    if (!list) close(own);
    return list;
}
