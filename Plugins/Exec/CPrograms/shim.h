#pragma once

/* What it takes to run a program, for the Glibc module does not exist in Embedded Swift. */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Macros and functions of variable arguments do not reach Swift. */
static inline int kt_errno(void) { return errno; }
static inline int kt_close_on_exec(int descriptor) { return fcntl(descriptor, F_SETFD, FD_CLOEXEC); }
