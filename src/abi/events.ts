/**
 * Files of events of Linux (include/uapi/linux/eventpoll.h, eventfd.h, timerfd.h, signalfd.h,
 * pidfd.h). Numbers and layouts only.
 */
export const EPOLL_CLOEXEC = 0x8_0000;
export const EPOLL_CTL_ADD = 1;
export const EPOLL_CTL_DEL = 2;
export const EPOLL_CTL_MOD = 3;

/** Beside POLL*: what an epoll registration can say. */
export const EPOLLMSG = 0x400;
export const EPOLLRDHUP = 0x2000;
export const EPOLLEXCLUSIVE = 0x1000_0000;
export const EPOLLWAKEUP = 0x2000_0000;
export const EPOLLONESHOT = 0x4000_0000;
export const EPOLLET = 0x8000_0000;

/** struct epoll_event on riscv64: events u32, padding, data u64. */
export const EPOLL_EVENT_BYTES = 16;
/** How many epoll files may be nested in each other, the outermost and innermost counted. */
export const EPOLL_NESTING_MAX = 5;

export const EFD_SEMAPHORE = 1;
export const EFD_NONBLOCK = 0x800;
export const EFD_CLOEXEC = 0x8_0000;

export const TFD_NONBLOCK = 0x800;
export const TFD_CLOEXEC = 0x8_0000;
export const TFD_TIMER_ABSTIME = 1;
export const TFD_TIMER_CANCEL_ON_SET = 2;

export const SFD_NONBLOCK = 0x800;
export const SFD_CLOEXEC = 0x8_0000;
export const SIGNALFD_SIGINFO_BYTES = 128;

export const PIDFD_NONBLOCK = 0x800;

/** statfs's type of the anonymous inodes. */
export const ANON_INODE_FS_MAGIC = 0x0904_1934;
