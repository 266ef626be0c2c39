/* The arguments of one random call: by the kinds that the system's own table gives, and for calls
 * with structures, requests or commands of their own, something nearly right. */
#ifndef ARGUMENTS_H
#define ARGUMENTS_H
#include "structures.h"

/* A row of the file of calls: number, how often, and a letter per argument. */
typedef struct {
  uint16_t number;
  uint8_t weight, count;
  char kinds[6];
  char unused[6];
} Row;

static uint64_t argument(char kind) {
  uint64_t length;
  switch (kind) {
    case 'd':
      return (uint64_t)(int64_t)descriptor();
    case 'f':
      return flag_bits();
    case 'm':
      return one_in(4) ? number_value() : 0666;
    case 's':
      return length_value();
    case 'p':
      return (uint64_t)path_value();
    case 'a':
    case 'r':
      return one_in(5) ? pointer() : (uint64_t)room(64);
    case 'b':
      return buffer_and_length(&length);
    default:
      return number_value();
  }
}

static const uint32_t terminal_requests[] = {
    0x5401,     0x5402,     0x5403,     0x5404,     0x5405,     0x5406,     0x5409,     0x540a,
    0x540b,     0x540c,     0x540d,     0x540e,     0x540f,     0x5410,     0x5411,     0x5412,
    0x5413,     0x5414,     0x541b,     0x5420,     0x5421,     0x5422,     0x5423,     0x5424,
    0x5427,     0x5428,     0x5429,     0x5437,     0x5441,     0x5450,     0x5451,     0x5452,
    0x80045430, 0x40045431, 0x80045432, 0x40045436, 0x80045438, 0x80045439, 0x80045440, 0x802c542a,
    0x402c542b, 0x80086601, 0x40086602, 2};

static const int machine_sockets[] = {1, 1, 1, 1, 2, 10, 16, 0};

/* Files, memory and what is mapped. */
static void shape_data(int number, uint64_t *a) {
  switch (number) {
    case SYS_readv:
    case SYS_writev:
    case SYS_preadv:
    case SYS_pwritev:
    case SYS_preadv2:
    case SYS_pwritev2:
    case SYS_vmsplice:
      a[2] = one_in(8) ? edge_value() : below(9);
      a[1] = (uint64_t)vector((unsigned)a[2]);
      if (number != SYS_vmsplice && one_in(2)) a[3] = one_in(2) ? below(5000) : (uint64_t)-1;
      a[4] = 0;
      if (one_in(2)) a[5] = below(32);
      break;
    case SYS_process_vm_readv:
    case SYS_process_vm_writev:
      a[0] = (uint64_t)process_id();
      a[2] = below(6), a[4] = below(6), a[5] = one_in(8);
      a[1] = (uint64_t)vector((unsigned)a[2]), a[3] = (uint64_t)vector((unsigned)a[4]);
      break;
    case SYS_mmap:
      a[0] = one_in(2) ? 0 : pointer() & (one_in(6) ? ~0ul : ~4095ul);
      a[1] = one_in(6) ? length_value() : (1 + below(16)) * PAGE;
      a[2] = below(8);
      a[3] = one_in(5) ? flag_bits() : (1 + below(2)) | (one_in(2) ? 32 : 0) | (one_in(4) ? 16 : 0);
      a[5] = one_in(4) ? number_value() : below(4) * PAGE;
      break;
    case SYS_munmap:
    case SYS_mprotect:
    case SYS_mremap:
    case SYS_madvise:
    case SYS_msync:
    case SYS_mlock:
    case SYS_mincore:
    case SYS_remap_file_pages:
      a[0] = (one_in(6) ? pointer() : (uint64_t)(one_in(2) ? common : hole) + below(40) * PAGE) &
             (one_in(8) ? ~0ul : ~4095ul);
      a[1] = one_in(6) ? length_value() : (1 + below(8)) * PAGE;
      if (number == SYS_mremap) a[2] = one_in(6) ? length_value() : (1 + below(16)) * PAGE;
      if (number == SYS_mremap) a[3] = below(8);
      if (number == SYS_mprotect || number == SYS_msync) a[2] = below(8);
      if (number == SYS_madvise) a[2] = one_in(8) ? number_value() : below(24);
      break;
    case SYS_brk:
      a[0] = one_in(2) ? 0 : (uint64_t)sbrk(0) + length_value();
      break;
    case SYS_sendfile:
    case SYS_copy_file_range:
    case SYS_splice:
      if (one_in(2)) a[number == SYS_sendfile ? 2 : 1] = 0;
      if (one_in(2)) a[number == SYS_sendfile ? 2 : 3] = 0;
      if (one_in(2)) a[5] = 0;
      break;
    case SYS_fcntl:
      a[1] = one_in(3) ? 1024 + below(16) : below(40);
      if (one_in(3)) a[2] = (uint64_t)file_lock();
      else if (one_in(2)) a[2] = (uint64_t)descriptor();
      break;
    case SYS_ioctl:
      if (!one_in(8)) a[1] = PICK(terminal_requests);
      a[2] = one_in(3) ? number_value() : (uint64_t)room(64);
      break;
    case SYS_openat:
      if (one_in(2)) a[0] = (uint64_t)-100;
      a[2] = one_in(3) ? flag_bits() : (one_in(2) ? O_RDWR | O_CREAT : below(3)) | (one_in(2) ? O_NONBLOCK : 0);
      break;
    case SYS_openat2:
      a[2] = (uint64_t)open_how();
      a[3] = one_in(4) ? below(64) : 24;
      break;
    case SYS_utimensat:
      a[2] = (uint64_t)time_value();
      if (one_in(2)) a[3] = 0;
      break;
    case SYS_mount:
      a[2] = (uint64_t)PICK(((const char *[]){"tmpfs", "proc", "devpts", "devtmpfs", "bind", "x"}));
      if (one_in(2)) a[3] = 1u << below(25);
      break;
    case SYS_name_to_handle_at:
      a[2] = (uint64_t)file_handle();
      break;
    case SYS_open_by_handle_at:
      a[1] = (uint64_t)file_handle();
      break;
    case SYS_mknodat:
      a[2] = (below(16) << 12) | 0666;
      break;
  }
}

/* Sockets, waiting, time. */
static void shape_waiting(int number, uint64_t *a) {
  unsigned length = 0;
  switch (number) {
    case SYS_socket:
    case SYS_socketpair:
      a[0] = (uint64_t)PICK(machine_sockets);
      a[1] = (1 + below(5)) | (one_in(2) ? O_NONBLOCK : 0);
      if (!one_in(4)) a[2] = 0;
      break;
    case SYS_bind:
    case SYS_connect:
      a[1] = (uint64_t)address_of_socket(&length), a[2] = length;
      break;
    case SYS_sendto:
      if (one_in(2)) a[4] = (uint64_t)address_of_socket(&length), a[5] = length;
      else a[4] = a[5] = 0;
      break;
    case SYS_accept:
    case SYS_accept4:
    case SYS_getsockname:
    case SYS_getpeername:
      a[2] = (uint64_t)small_int(one_in(3) ? number_value() : 110);
      break;
    case SYS_setsockopt:
    case SYS_getsockopt:
      if (!one_in(4)) a[1] = SOL_SOCKET;
      a[2] = one_in(8) ? number_value() : below(80);
      a[3] = one_in(3) ? (uint64_t)time_value() : (uint64_t)small_int(number_value());
      a[4] = number == SYS_getsockopt ? (uint64_t)small_int(number_value()) : below(24);
      break;
    case SYS_sendmsg:
    case SYS_recvmsg:
      a[1] = (uint64_t)message();
      break;
    case SYS_sendmmsg:
    case SYS_recvmmsg:
      a[2] = below(9), a[1] = (uint64_t)messages((unsigned)a[2]);
      a[4] = one_in(2) ? 0 : (uint64_t)time_value();
      break;
    case SYS_pselect6:
      a[0] = one_in(6) ? number_value() : below(70);
      for (int i = 1; i < 4; i++) a[i] = one_in(2) ? 0 : (uint64_t)room(128);
      a[4] = (uint64_t)time_value();
      if (one_in(2)) a[5] = 0;
      break;
    case SYS_ppoll:
      a[1] = one_in(6) ? number_value() : below(20);
      a[0] = (uint64_t)poll_list((unsigned)a[1]), a[2] = (uint64_t)time_value();
      a[3] = one_in(2) ? 0 : pointer(), a[4] = 8;
      break;
    case SYS_epoll_ctl:
      a[1] = 1 + below(3), a[3] = (uint64_t)epoll_event_value();
      break;
    case SYS_epoll_pwait:
    case SYS_epoll_pwait2:
      a[2] = one_in(4) ? number_value() : 1 + below(8);
      a[3] = number == SYS_epoll_pwait ? below(4) : (uint64_t)time_value();
      a[4] = one_in(2) ? 0 : pointer(), a[5] = 8;
      break;
    case SYS_nanosleep:
      a[0] = (uint64_t)time_value();
      break;
    case SYS_clock_nanosleep:
      a[0] = below(13), a[1] = one_in(3), a[2] = (uint64_t)time_value();
      break;
    case SYS_timerfd_create:
    case SYS_clock_gettime:
      a[0] = below(13);
      break;
    case SYS_timerfd_settime:
    case SYS_timer_settime:
      a[1] = below(4), a[2] = (uint64_t)time_value();
      if (number == SYS_timer_settime) a[0] = below(4);
      break;
    case SYS_timer_create:
      a[0] = below(13), a[1] = one_in(3) ? 0 : (uint64_t)signal_event();
      break;
    case SYS_setitimer:
      a[0] = below(4), a[1] = (uint64_t)time_value();
      break;
    case SYS_futex:
      a[0] = one_in(3) ? pointer() : (uint64_t)(common + 4 * below(8));
      a[1] = one_in(8) ? number_value() : below(14) | (one_in(2) ? 128 : 0) | (one_in(6) ? 256 : 0);
      if (one_in(2)) a[2] = below(4);
      a[3] = one_in(2) ? (uint64_t)time_value() : below(5);
      a[4] = one_in(3) ? pointer() : (uint64_t)(common + 4 * below(8));
      break;
    case SYS_futex_waitv:
      a[0] = (uint64_t)futex_words(), a[1] = one_in(6) ? number_value() : below(9);
      a[2] = one_in(8), a[3] = (uint64_t)time_value(), a[4] = below(3);
      break;
  }
}

/* Processes, signals, rights. */
static void shape_process(int number, uint64_t *a) {
  switch (number) {
    case SYS_clone:
      a[0] = one_in(2) ? SIGCHLD | (flag_bits() & ~0xfful) : flag_bits();
      a[1] = one_in(2) ? 0 : (uint64_t)arena_pointer() & ~15ul;
      break;
    case SYS_clone3:
      a[0] = (uint64_t)clone_arguments(), a[1] = one_in(4) ? below(200) : 88;
      break;
    case SYS_execve:
      a[1] = (uint64_t)strings(), a[2] = one_in(2) ? 0 : (uint64_t)strings();
      break;
    case SYS_execveat:
      a[2] = (uint64_t)strings(), a[3] = one_in(2) ? 0 : (uint64_t)strings();
      if (one_in(2)) a[4] = one_in(2) ? 0x1000 : 0;
      break;
    case SYS_kill:
    case SYS_tkill:
    case SYS_rt_sigqueueinfo:
      a[0] = (uint64_t)process_id(), a[1] = one_in(6) ? number_value() : below(66);
      if (allowed_process_base && (int)a[0] == -1) a[0] = 0;
      break;
    case SYS_tgkill:
    case SYS_rt_tgsigqueueinfo:
      a[0] = (uint64_t)process_id(), a[1] = (uint64_t)process_id(), a[2] = below(66);
      break;
    case SYS_rt_sigaction:
      a[0] = 1 + below(65), a[1] = one_in(6) ? 0 : (uint64_t)signal_action();
      if (one_in(2)) a[2] = 0;
      if (!one_in(8)) a[3] = 8;
      break;
    case SYS_rt_sigprocmask:
    case SYS_rt_sigtimedwait:
      if (!one_in(8)) a[3] = 8;
      if (number == SYS_rt_sigprocmask) a[0] = below(4);
      else a[2] = (uint64_t)time_value();
      break;
    case SYS_rt_sigsuspend:
    case SYS_rt_sigpending:
      a[1] = 8;
      break;
    case SYS_wait4:
      a[0] = (uint64_t)process_id(), a[2] = one_in(4) ? number_value() : 1 | below(16);
      break;
    case SYS_waitid:
      a[0] = below(5), a[1] = (uint64_t)process_id(), a[3] = below(16) | (one_in(2) ? 1 : 0);
      break;
    case SYS_set_robust_list:
      a[0] = (uint64_t)robust_list(), a[1] = one_in(6) ? number_value() : 24;
      break;
    case SYS_setpgid:
    case SYS_prlimit64:
    case SYS_get_robust_list:
    case SYS_sched_setparam:
    case SYS_sched_setscheduler:
    case SYS_sched_setaffinity:
    case SYS_kcmp:
    case SYS_pidfd_open:
      a[0] = (uint64_t)process_id();
      if (number == SYS_prlimit64) a[1] = below(17), a[2] = one_in(2) ? 0 : (uint64_t)limits();
      if (number == SYS_kcmp) a[1] = (uint64_t)process_id(), a[2] = below(9), a[3] = below(20);
      break;
    case SYS_setpriority:
    case SYS_ioprio_set:
      a[0] = below(4), a[1] = (uint64_t)process_id();
      break;
    case SYS_setrlimit:
      a[0] = below(17), a[1] = (uint64_t)limits();
      break;
    case SYS_sched_setattr:
      a[0] = (uint64_t)process_id(), a[1] = (uint64_t)scheduling(), a[2] = one_in(6);
      break;
    case SYS_capset:
    case SYS_capget:
      a[0] = (uint64_t)identifier_pair();
      break;
    case SYS_prctl:
      a[0] = one_in(8) ? number_value() : below(72);
      break;
    case SYS_sigaltstack:
      ((uint64_t *)(a[0] = (uint64_t)room(24)))[0] = (uint64_t)arena;
      ((uint64_t *)a[0])[1] = below(4);
      ((uint64_t *)a[0])[2] = one_in(3) ? number_value() : 4 * PAGE;
      break;
  }
}
#endif
