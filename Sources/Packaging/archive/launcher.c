/*
 * Starts a program of the archive with the archive's own C library, whatever the system has: PREFIX/bin/keyturn and
 * PREFIX/libexec/keyturn/NAME are this file, and the programs are PREFIX/lib/keyturn/programs/NAME. `bootstrap`, at the root of the zip
 * for AWS Lambda, is this file too: it starts `keyturn lambda`.
 *
 * It is static and uses no C library, so it runs on any kernel for x86-64. It finds the archive by its own place, which is
 * /proc/self/exe: the directory can be moved, and links to this file can be put anywhere. Nothing is put into the environment, since
 * programs that keyturn starts are the system's. The program finds its place in AT_EXECFN, where the dynamic linker puts it.
 */
#include <elf.h>
#include <linux/limits.h>
#include <stddef.h>
#include <sys/syscall.h>

#define LINKER "/lib/keyturn/libraries/ld-linux-x86-64.so.2"
#define ARGUMENTS_LIMIT 8192

static long call(long number, long first, long second, long third) {
    long result;
    __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(first), "S"(second), "d"(third) : "rcx", "r11", "memory");
    return result;
}

static size_t length(const char *text) {
    size_t count = 0;
    while (text[count]) count++;
    return count;
}

static void say(const char *text) { call(SYS_write, 2, (long)text, (long)length(text)); }

static _Noreturn void give_up(const char *what, const char *path) {
    say("keyturn: ");
    say(what);
    say(path);
    say("\n");
    for (;;) call(SYS_exit_group, 127, 0, 0);
}

/* Memory that the compiler asks for by these names. */
void *memcpy(void *to, const void *from, size_t count) {
    for (size_t at = 0; at < count; at++) ((char *)to)[at] = ((const char *)from)[at];
    return to;
}

void *memset(void *to, int byte, size_t count) {
    for (size_t at = 0; at < count; at++) ((volatile char *)to)[at] = (char)byte;
    return to;
}

static int equal(const char *one, const char *other) {
    while (*one && *one == *other) one++, other++;
    return *one == *other;
}

/* Takes the last component off; returns it. */
static const char *cut(char *path) {
    size_t at = length(path);
    while (at > 0 && path[at - 1] != '/') at--;
    if (at == 0) give_up("unexpected place: ", path);
    path[at - 1] = 0;
    return path + at;
}

static char *join(char *into, const char *first, const char *second, const char *third) {
    size_t at = 0;
    const char *parts[] = {first, second, third};
    for (int part = 0; part < 3; part++)
        for (const char *from = parts[part]; *from; from++) {
            if (at == PATH_MAX - 1) give_up("the path is too long: ", first);
            into[at++] = *from;
        }
    into[at] = 0;
    return into;
}

static const char *variable(char **environment, const char *name) {
    for (; *environment; environment++) {
        size_t at = 0;
        while (name[at] && (*environment)[at] == name[at]) at++;
        if (!name[at] && (*environment)[at] == '=') return *environment + at + 1;
    }
    return NULL;
}

static char self[PATH_MAX], linker[PATH_MAX], libraries[PATH_MAX], program[PATH_MAX], configuration[PATH_MAX];
static char *arguments[ARGUMENTS_LIMIT];

__attribute__((used)) static _Noreturn void launch(long *stack) {
    long count = stack[0];
    char **given = (char **)(stack + 1), **environment = given + count + 1;
    long size = call(SYS_readlink, (long)"/proc/self/exe", (long)self, sizeof self - 1);
    if (size <= 0) give_up("/proc is not mounted", "");
    self[size] = 0;
    if (count < 1 || count > ARGUMENTS_LIMIT - 16) give_up("too many arguments", "");

    const char *name = cut(self), *called = given[0];
    int is_function = equal(name, "bootstrap");
    if (!is_function) {
        const char *directory = cut(self);
        if (equal(directory, "keyturn")) cut(self);
        else if (!equal(directory, "bin")) give_up("unexpected place: ", self);
    }
    join(linker, self, LINKER, "");
    join(libraries, self, "/lib/keyturn/libraries", "");
    /* keyturn is called by another name to try a pusher. */
    int is_conformance = equal(name, "keyturn-conformance");
    if (is_conformance) called = "keyturn-conformance";
    join(program, self, "/lib/keyturn/programs/", is_function || is_conformance ? "keyturn" : name);

    size_t at = 0;
    arguments[at++] = linker;
    arguments[at++] = "--inhibit-cache";
    arguments[at++] = "--library-path";
    arguments[at++] = libraries;
    arguments[at++] = "--argv0";
    arguments[at++] = (char *)called;
    arguments[at++] = program;
    if (is_function) {
        arguments[at++] = "lambda";
        if (!variable(environment, "KEYTURN_CONFIG")) {
            arguments[at++] = "--config";
            arguments[at++] = join(configuration, self, "/keyturn.yaml", "");
        }
    }
    for (long index = 1; index < count; index++) arguments[at++] = given[index];
    arguments[at] = NULL;
    call(SYS_execve, (long)linker, (long)arguments, (long)environment);
    give_up("cannot start ", linker);
}

__asm__(".global _start\n_start:\n  mov %rsp, %rdi\n  and $-16, %rsp\n  call launch\n  hlt\n");
