/* Random structures that are nearly right: each builder writes one into the arena and says where.
 * What is nested (vectors, control messages, arrays of pointers) is built as well. */
#ifndef STRUCTURES_H
#define STRUCTURES_H
#include "values.h"
#include <linux/openat2.h>
#include <linux/sched.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>
#include <ucontext.h>

/* Room for a structure, filled with words; sometimes so that it ends where memory does. */
static unsigned char *room(unsigned bytes) {
  unsigned char *place = arena + (below(SCRATCH_BYTES - PAGE - bytes) & ~7u);
  if (one_in(16)) place = arena + SCRATCH_BYTES - PAGE - bytes;
  uint64_t *words = (uint64_t *)((uint64_t)place & ~7ul);
  for (unsigned i = 0; i < bytes / 8; i++) words[i] = one_in(2) ? 0 : word();
  return place;
}

/* Now and then one word of a structure that is otherwise right is wrong. */
static void *blemished(void *structure, unsigned bytes) {
  if (bytes >= 8 && one_in(4)) {
    uint64_t value = word();
    memcpy((char *)structure + (below(bytes) & ~7u) % (bytes - 7), &value, 8);
  }
  return structure;
}

static uint64_t buffer_and_length(uint64_t *length) {
  *length = one_in(6) ? length_value() : below(300);
  return one_in(6) ? pointer() : (uint64_t)(arena + below(SCRATCH_BYTES - PAGE - 300));
}

static void *vector(unsigned count) {
  if (count > 64) count = 64;
  struct iovec *list = (void *)room((count + 1) * sizeof *list);
  for (unsigned i = 0; i < count; i++) {
    uint64_t length;
    list[i].iov_base = (void *)buffer_and_length(&length);
    list[i].iov_len = length;
  }
  return blemished(list, count * sizeof *list);
}

static void *time_value(void) {
  struct timespec *time = (void *)room(32);
  for (int i = 0; i < 2; i++) {
    time[i].tv_sec = one_in(6) ? (long)edge_value() : 0;
    time[i].tv_nsec = one_in(6) ? (long)edge_value() : (long)below(3000000);
  }
  return blemished(time, 32);
}

static void *address_of_socket(unsigned *length) {
  struct sockaddr_un *address = (void *)room(sizeof *address);
  address->sun_family = one_in(12) ? (unsigned short)number_value() : AF_UNIX;
  memset(address->sun_path, 0, sizeof address->sun_path);
  if (one_in(2)) snprintf(address->sun_path, 16, "socket%u", below(3));
  else snprintf(address->sun_path + 1, 16, "name%u", below(4));
  *length = one_in(4) ? below(130) : 2 + below(20);
  return address;
}

static void *control_message(uint64_t *length) {
  struct cmsghdr *header = (void *)room(128);
  unsigned count = 1 + below(6);
  header->cmsg_len = CMSG_LEN(4 * count);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = one_in(4) ? (int)below(4) : SCM_RIGHTS;
  int *files = (int *)CMSG_DATA(header);
  for (unsigned i = 0; i < count; i++) files[i] = descriptor();
  if (header->cmsg_type == SCM_CREDENTIALS && one_in(2)) {
    int own[3] = {(int)syscall(SYS_getpid), (int)syscall(SYS_getuid), (int)syscall(SYS_getgid)};
    header->cmsg_len = CMSG_LEN(12);
    memcpy(files, own, 12);
  }
  *length = one_in(4) ? number_value() : header->cmsg_len;
  return blemished(header, 48);
}

static void *message(void) {
  struct msghdr *header = (void *)room(sizeof *header);
  unsigned length;
  uint64_t control_length = 0;
  memset(header, 0, sizeof *header);
  if (one_in(3)) header->msg_name = address_of_socket(&length), header->msg_namelen = length;
  header->msg_iovlen = below(5);
  header->msg_iov = vector((unsigned)header->msg_iovlen);
  if (one_in(2)) header->msg_control = control_message(&control_length);
  header->msg_controllen = control_length;
  return blemished(header, sizeof *header);
}

static void *messages(unsigned count) {
  if (count > 8) count = 8;
  struct mmsghdr *list = (void *)room((count + 1) * sizeof *list);
  for (unsigned i = 0; i < count; i++) {
    struct msghdr *one = message();
    list[i].msg_hdr = *one;
  }
  return list;
}

static void *clone_arguments(void) {
  struct clone_args *args = (void *)room(sizeof *args);
  memset(args, 0, sizeof *args);
  args->flags = flag_bits() | (one_in(2) ? CLONE_VM | CLONE_FS | CLONE_FILES : 0);
  args->exit_signal = one_in(4) ? number_value() : one_in(2) ? SIGCHLD : 0;
  args->pidfd = pointer();
  args->child_tid = pointer();
  args->parent_tid = pointer();
  args->tls = one_in(4) ? pointer() : 0;
  if (one_in(2)) args->stack = (uint64_t)arena, args->stack_size = below(9) * PAGE;
  if (one_in(8)) args->set_tid = pointer(), args->set_tid_size = number_value();
  return blemished(args, sizeof *args);
}

static void *open_how(void) {
  struct open_how *how = (void *)room(64);
  memset(how, 0, 64);
  how->flags = one_in(2) ? O_RDWR | O_CREAT : flag_bits();
  how->mode = one_in(4) ? number_value() : how->flags & O_CREAT ? 0644 : 0;
  how->resolve = one_in(2) ? 0 : below(64);
  return blemished(how, 32);
}

static void *signal_event(void) {
  struct sigevent *event = (void *)room(sizeof *event);
  memset(event, 0, sizeof *event);
  event->sigev_notify = one_in(2) ? SIGEV_NONE : (int)below(5);
  event->sigev_signo = one_in(4) ? (int)number_value() : SIGUSR1;
  event->_sigev_un._tid = process_id();
  event->sigev_value.sival_ptr = (void *)word();
  return event;
}

extern void caught(int, siginfo_t *, void *);
struct kernel_action {
  void (*handler)(int, siginfo_t *, void *);
  uint64_t flags, mask;
};

static void *signal_action(void) {
  struct kernel_action *action = (void *)room(sizeof *action);
  static const uint64_t handlers[] = {0, 1};
  action->handler = one_in(16)  ? (void *)pointer()
                    : one_in(2) ? caught
                                : (void *)PICK(handlers);
  action->flags = one_in(4) ? flag_bits() : SA_SIGINFO | (one_in(3) ? SA_ONSTACK : 0) |
                                                (one_in(3) ? SA_RESTART : 0) |
                                                (one_in(5) ? SA_NODEFER : 0);
  action->mask = one_in(3) ? next64() : 0;
  return action;
}

static void *poll_list(unsigned count) {
  struct pollfd *list = (void *)room(64 * sizeof *list);
  for (unsigned i = 0; i < 64 && i < count; i++) {
    list[i].fd = descriptor();
    list[i].events = (short)(one_in(2) ? POLLIN | POLLOUT : next64());
  }
  return list;
}

static void *epoll_event_value(void) {
  struct epoll_event *event = (void *)room(sizeof *event);
  event->events = one_in(2) ? EPOLLIN : (uint32_t)next64();
  event->data.u64 = next64();
  return event;
}

static void *file_lock(void) {
  struct flock *lock = (void *)room(sizeof *lock);
  memset(lock, 0, sizeof *lock);
  lock->l_type = (short)(one_in(6) ? number_value() : below(3));
  lock->l_whence = (short)(one_in(6) ? number_value() : below(3));
  lock->l_start = (long)(one_in(3) ? edge_value() : below(100));
  lock->l_len = (long)(one_in(3) ? edge_value() : below(100));
  return lock;
}

/* Strings for execve: argv and envp. */
static void *strings(void) {
  char **list = (void *)room(9 * sizeof *list);
  unsigned count = below(8);
  for (unsigned i = 0; i < count; i++) list[i] = one_in(8) ? (char *)pointer() : path_value();
  list[count] = one_in(12) ? (char *)pointer() : 0;
  return list;
}

static void *robust_list(void) {
  uint64_t *head = (void *)room(24);
  uint64_t *entry = (void *)room(16);
  entry[0] = one_in(2) ? (uint64_t)head : pointer();
  *(uint32_t *)(entry + 1) = (uint32_t)syscall(SYS_gettid) | (one_in(2) ? 0x80000000 : 0);
  head[0] = one_in(4) ? pointer() : (uint64_t)entry;
  head[1] = one_in(4) ? edge_value() : 8;
  head[2] = one_in(2) ? 0 : pointer();
  return head;
}

static void *futex_words(void) {
  struct {
    uint64_t value, address;
    uint32_t flags, reserved;
  } *list = (void *)room(8 * 24);
  for (int i = 0; i < 8; i++) {
    list[i].value = one_in(2) ? 0 : next64();
    list[i].address = one_in(4) ? pointer() : (uint64_t)(common + 4 * below(8));
    list[i].flags = one_in(4) ? (uint32_t)flag_bits() : 2 | (one_in(2) ? 128 : 0);
    list[i].reserved = one_in(12);
  }
  return list;
}

static void *identifier_pair(void) {
  uint32_t *header = (void *)room(24);
  header[0] = one_in(4) ? (uint32_t)number_value() : 0x20080522;
  header[1] = one_in(4) ? (uint32_t)process_id() : 0;
  return header;
}

static void *limits(void) {
  uint64_t *limit = (void *)room(16);
  limit[0] = number_value();
  limit[1] = one_in(2) ? ~(uint64_t)0 : number_value();
  return limit;
}

static void *scheduling(void) {
  uint32_t *attributes = (void *)room(64);
  memset(attributes, 0, 64);
  attributes[0] = one_in(3) ? (uint32_t)number_value() : 48;
  attributes[1] = below(8);
  attributes[4] = (uint32_t)number_value();
  attributes[5] = below(101);
  return attributes;
}

static void *file_handle(void) {
  uint32_t *handle = (void *)room(64);
  handle[0] = one_in(3) ? (uint32_t)number_value() : 12;
  handle[1] = one_in(3) ? (uint32_t)number_value() : 1;
  return handle;
}

static void *small_int(uint64_t value) {
  int *place = (void *)room(8);
  *place = (int)value;
  return place;
}
#endif
