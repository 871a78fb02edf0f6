/*
 * landlock VERSION PROGRAM ARGUMENT...: runs a program on a kernel that says to have that version of Landlock. A program that keeps
 * to what a version has is then judged by the rules of that version.
 *
 * The question for the version goes to a second process, by seccomp's notifications, which answers it until the last process of
 * the program is gone.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <seccomp.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define CREATE_RULESET 444
#define CREATE_VERSION 1

union message {
    char room[CMSG_SPACE(sizeof(int))];
    struct cmsghdr header;
};

static void hand(int to, int descriptor) {
    union message control = {0};
    struct iovec text = {"x", 1};
    struct msghdr message = {.msg_iov = &text, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    control.header.cmsg_level = SOL_SOCKET;
    control.header.cmsg_type = SCM_RIGHTS;
    control.header.cmsg_len = CMSG_LEN(sizeof descriptor);
    *(int *)CMSG_DATA(&control.header) = descriptor;
    if (sendmsg(to, &message, 0) != 1) _exit(72);
}

static int take(int from) {
    union message control;
    char byte;
    struct iovec text = {&byte, 1};
    struct msghdr message = {.msg_iov = &text, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    if (recvmsg(from, &message, 0) != 1 || !CMSG_FIRSTHDR(&message)) _exit(73);
    return *(int *)CMSG_DATA(CMSG_FIRSTHDR(&message));
}

static void answer(int questions, int version) {
    for (;;) {
        struct pollfd entry = {.fd = questions, .events = POLLIN};
        if (poll(&entry, 1, -1) < 0 && errno != EINTR) _exit(74);
        if (entry.revents & (POLLHUP | POLLERR | POLLNVAL)) _exit(0);
        if (!(entry.revents & POLLIN)) continue;
        struct seccomp_notif question = {0};
        if (ioctl(questions, SECCOMP_IOCTL_NOTIF_RECV, &question)) continue;
        struct seccomp_notif_resp reply = {.id = question.id, .val = version};
        /* It fails where the process has gone in the meantime. */
        (void)ioctl(questions, SECCOMP_IOCTL_NOTIF_SEND, &reply);
    }
}

int main(int count, char **arguments) {
    int pair[2];
    if (count < 3 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair)) return 64;
    if (fork() == 0) {
        for (int descriptor = 0; descriptor < 3; descriptor++) close(descriptor);
        close(pair[0]);
        answer(take(pair[1]), atoi(arguments[1]));
    }
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    if (!filter || seccomp_rule_add(filter, SCMP_ACT_NOTIFY, CREATE_RULESET, 1, SCMP_A2(SCMP_CMP_EQ, CREATE_VERSION)) ||
        seccomp_load(filter))
        return 70;
    int questions = seccomp_notify_fd(filter);
    hand(pair[0], questions);
    close(questions);
    execv(arguments[2], arguments + 2);
    return 71;
}
