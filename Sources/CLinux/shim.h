#pragma once
#include <string.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>

/* prctl is variadic and does not import. */
static inline int kt_die_with_parent(void) { return prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0); }
static inline int kt_name_thread(const char *name) { return prctl(PR_SET_NAME, name, 0, 0, 0); }
static inline int kt_set_not_dumpable(void) { return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); }

/* glibc 2.34 declares this for _GNU_SOURCE only, which would make its other types differ from Swift's own module. */
extern int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int from);
static inline int kt_spawn_close_from(posix_spawn_file_actions_t *actions, int first) {
    return posix_spawn_file_actions_addclosefrom_np(actions, first);
}

/* A pipe whose ends are not inherited. pipe2 is declared for _GNU_SOURCE only; see above. */
extern int pipe2(int ends[2], int flags);
static inline int kt_pipe(int *ends) { return pipe2(ends, O_CLOEXEC); }

/* The constants are an enum that does not import. */
static inline int kt_eventfd(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

/* fcntl is variadic and does not import. */
static inline int kt_close_on_exec(int descriptor) { return fcntl(descriptor, F_SETFD, FD_CLOEXEC); }
static inline int kt_duplicate(int descriptor, int lowest) { return fcntl(descriptor, F_DUPFD_CLOEXEC, lowest); }
static inline int kt_set_nonblocking(int descriptor) {
    return fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL, 0) | O_NONBLOCK);
}

/* memfd_create and the sealing commands of fcntl are for _GNU_SOURCE only. */
#include <sys/syscall.h>
#include <unistd.h>
extern long syscall(long number, ...);
static inline int kt_memory_file(void) {
    return (int)syscall(SYS_memfd_create, "pusher", 3u /* MFD_CLOEXEC | MFD_ALLOW_SEALING */);
}
static inline int kt_seal(int descriptor) {
    return fcntl(descriptor, 1033 /* F_ADD_SEALS */, 15 /* SEAL, SHRINK, GROW, WRITE */);
}

/* A descriptor that is readable once the process has ended; -1: Linux before 5.3. glibc 2.36 declares it, and not all that there is. */
static inline int kt_process_descriptor(pid_t process) { return (int)syscall(434 /* SYS_pidfd_open */, process, 0); }

/* The file that was started, as whoever loaded it has it. Not in Swift's own module. */
#include <sys/auxv.h>
static inline const char *kt_started_file(void) { return (const char *)getauxval(AT_EXECFN); }

/* Whether no one can write the file's system: as it is mounted here. */
#include <sys/statvfs.h>
static inline int kt_is_on_read_only_system(int descriptor) {
    struct statvfs system;
    return fstatvfs(descriptor, &system) == 0 && (system.f_flag & ST_RDONLY);
}

/* Not in Swift's own module. */
#include <sys/sendfile.h>
static inline ssize_t kt_sendfile(int to, int from, size_t count) { return sendfile(to, from, NULL, count); }

/* close_range is declared for _GNU_SOURCE only; see above. */
extern int close_range(unsigned int first, unsigned int last, int flags);
static inline int kt_close_from(unsigned int first) { return close_range(first, ~0U, 0); }
/* memmem is for _GNU_SOURCE only. Where bytes begin within others; NULL: nowhere. */
extern void *memmem(const void *all, size_t count, const void *wanted, size_t wanted_count);
static inline const void *kt_find(const void *all, size_t count, const void *wanted, size_t wanted_count) {
    return memmem(all, count, wanted, wanted_count);
}


/*
 * Gives back what a process that sleeps does not need: freed memory, and the pages of the program's files. Those are clean copies
 * of what the kernel keeps in its cache anyway, and come back from there one by one when they are used.
 */
#include <elf.h>
#include <malloc.h>
#include <sys/mman.h>
struct kt_loaded_object { uintptr_t address; const char *name; const Elf64_Phdr *segments; Elf64_Half count; };
extern int dl_iterate_phdr(int (*visit)(void *object, size_t size, void *data), void *data);
static inline int kt_release_object(void *object, size_t size, void *data) {
    (void)size; (void)data;
    const struct kt_loaded_object *loaded = object;
    for (Elf64_Half index = 0; index < loaded->count; index++) {
        const Elf64_Phdr *segment = loaded->segments + index;
        /* Never one that can be written: what was written there has no other copy. */
        if (segment->p_type != PT_LOAD || (segment->p_flags & PF_W)) continue;
        uintptr_t start = (loaded->address + segment->p_vaddr + 4095) & ~(uintptr_t)4095;
        uintptr_t end = (loaded->address + segment->p_vaddr + segment->p_memsz) & ~(uintptr_t)4095;
        if (start < end) madvise((void *)start, end - start, MADV_DONTNEED);
    }
    return 0;
}
static inline void kt_release_memory(void) {
    malloc_trim(0);
    dl_iterate_phdr(kt_release_object, 0);
}

/* renameat2 is for _GNU_SOURCE only. Two names change places at once; -1 where the file system cannot do that. */
static inline int kt_exchange(const char *one, const char *other) {
    return (int)syscall(SYS_renameat2, AT_FDCWD, one, AT_FDCWD, other, 2u /* RENAME_EXCHANGE */);
}
