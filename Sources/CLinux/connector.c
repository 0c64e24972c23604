#define _GNU_SOURCE
#include "CLinux.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/cn_proc.h>
#include <linux/connector.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

// A message is a struct nlmsghdr, a struct cn_msg and a struct proc_event (linux/cn_proc.h).
enum {
    EVENT = NLMSG_HDRLEN + sizeof(struct cn_msg),
    WHAT = EVENT + offsetof(struct proc_event, what),
    DATA = EVENT + offsetof(struct proc_event, event_data),
};

/// Lets through what concerns whole processes: a program may start thousands of threads a second.
static int attach_filter(int socket) {
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, WHAT),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htonl(PROC_EVENT_NONE), 11, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htonl(PROC_EVENT_EXEC), 10, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htonl(PROC_EVENT_FORK), 1, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htonl(PROC_EVENT_EXIT), 4, 9),
        // Of a fork: the child's thread and process id.
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, DATA + 8),
        BPF_STMT(BPF_MISC | BPF_TAX, 0),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, DATA + 12),
        BPF_STMT(BPF_JMP | BPF_JA, 3),
        // Of an exit: the same of the thread that ended.
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, DATA),
        BPF_STMT(BPF_MISC | BPF_TAX, 0),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, DATA + 4),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_X, 0, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, 0xffffffff),
        BPF_STMT(BPF_RET | BPF_K, 0),
    };
    struct sock_fprog program = {sizeof code / sizeof *code, code};
    return setsockopt(socket, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
}

static int subscribe(int socket) {
    struct sockaddr_nl group = {.nl_family = AF_NETLINK, .nl_groups = CN_IDX_PROC};
    if (bind(socket, (struct sockaddr *)&group, sizeof group) != 0) return -1;
    enum proc_cn_mcast_op listen = PROC_CN_MCAST_LISTEN;
    char message[NLMSG_SPACE(sizeof(struct cn_msg) + sizeof listen)] = {0};
    struct nlmsghdr *header = (struct nlmsghdr *)message;
    struct cn_msg *body = NLMSG_DATA(header);
    header->nlmsg_len = NLMSG_LENGTH(sizeof *body + sizeof listen);
    header->nlmsg_type = NLMSG_DONE;
    body->id.idx = CN_IDX_PROC;
    body->id.val = CN_VAL_PROC;
    body->len = sizeof listen;
    memcpy(body->data, &listen, sizeof listen);
    return send(socket, message, header->nlmsg_len, 0) < 0 ? -1 : 0;
}

int cl_process_events_open(void) {
    int descriptor =
        socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_CONNECTOR);
    if (descriptor < 0) return -errno;
    // Some thousand events; without the privilege to have as many, fewer.
    int size = 4 << 20;
    if (setsockopt(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) != 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    char byte;
    // The kernel answers at once, and not at all where it will tell nothing (in a PID namespace).
    if (attach_filter(descriptor) != 0 || subscribe(descriptor) != 0 ||
        recv(descriptor, &byte, 1, MSG_PEEK | MSG_TRUNC) < 0) {
        int error = errno;
        close(descriptor);
        return -error;
    }
    return descriptor;
}

int cl_process_events_read(int descriptor, struct cl_process_event *events, int count) {
    enum { BATCH = 32, SIZE = 256 };
    char buffers[BATCH][SIZE] __attribute__((aligned(8)));
    struct iovec parts[BATCH];
    struct sockaddr_nl senders[BATCH];
    struct mmsghdr messages[BATCH];
    if (count > BATCH) count = BATCH;
    for (int i = 0; i < count; i++) {
        parts[i] = (struct iovec){buffers[i], SIZE};
        messages[i] = (struct mmsghdr){
            .msg_hdr = {.msg_iov = &parts[i], .msg_iovlen = 1, .msg_name = &senders[i],
                        .msg_namelen = sizeof senders[i]}};
    }
    int received = recvmmsg(descriptor, messages, (unsigned)count, MSG_DONTWAIT, NULL);
    if (received < 0) return errno == EAGAIN || errno == EINTR ? 0 : -errno;
    for (int i = 0; i < received; i++) {
        struct proc_event event = {0};
        size_t size = messages[i].msg_len;
        events[i] = (struct cl_process_event){CL_PROCESS_OTHER, 0, 0, 0};
        // Other processes may send here as well; the kernel is number 0.
        if (senders[i].nl_pid != 0 || size < DATA + 16 || size > SIZE) continue;
        // Another kernel's struct may be longer or shorter at its end.
        size -= EVENT;
        memcpy(&event, buffers[i] + EVENT, size < sizeof event ? size : sizeof event);
        events[i].time = event.timestamp_ns;
        switch (event.what) {
        case PROC_EVENT_FORK:
            events[i].kind = CL_PROCESS_BORN;
            events[i].pid = event.event_data.fork.child_tgid;
            events[i].parent = event.event_data.fork.parent_tgid;
            break;
        case PROC_EVENT_EXEC:
            events[i].kind = CL_PROCESS_EXECUTED;
            events[i].pid = event.event_data.exec.process_tgid;
            break;
        case PROC_EVENT_EXIT:
            events[i].kind = CL_PROCESS_ENDED;
            events[i].pid = event.event_data.exit.process_tgid;
            break;
        default: break;
        }
    }
    return received;
}
