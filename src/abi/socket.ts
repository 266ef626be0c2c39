/**
 * Sockets of Linux/riscv64: numbers (include/linux/socket.h, uapi/asm-generic/socket.h,
 * uapi/linux/un.h) and the layouts of struct msghdr, mmsghdr, cmsghdr, ucred and sockaddr_un.
 * Numbers only.
 */

export const AF_UNSPEC = 0;
export const AF_UNIX = 1;
/** Families are below this number (AF_MAX). */
export const FAMILIES = 46;

export const SOCK_STREAM = 1;
export const SOCK_DGRAM = 2;
export const SOCK_RAW = 3;
export const SOCK_SEQPACKET = 5;
/** Types are below this number (SOCK_MAX). */
export const SOCKET_TYPES = 11;
export const SOCK_TYPE_MASK = 0xf;
export const SOCK_NONBLOCK = 0o4000;
export const SOCK_CLOEXEC = 0o2000000;

/** Longest backlog (net.core.somaxconn). */
export const BACKLOG_MAX = 4096;

/** struct sockaddr_un: sun_family u16, sun_path with at most this many bytes. */
export const SUN_PATH_OFFSET = 2;
export const SUN_PATH_BYTES = 108;
/** Longest address of any family that a call takes (struct sockaddr_storage). */
export const SOCKADDR_BYTES_MAX = 128;

export const SHUT_RD = 0;
export const SHUT_WR = 1;
export const SHUT_RDWR = 2;

/** Flags of send(2) and recv(2). */
export const MSG_OOB = 0x1;
export const MSG_PEEK = 0x2;
export const MSG_CTRUNC = 0x8;
export const MSG_TRUNC = 0x20;
export const MSG_DONTWAIT = 0x40;
export const MSG_WAITALL = 0x100;
export const MSG_ERRQUEUE = 0x2000;
export const MSG_NOSIGNAL = 0x4000;
export const MSG_WAITFORONE = 0x10000;
export const MSG_CMSG_CLOEXEC = 0x4000_0000;

/** struct msghdr: offsets of its fields. */
export const MSGHDR = Object.freeze({
  name: 0,
  nameLength: 8,
  vector: 16,
  vectorLength: 24,
  control: 32,
  controlLength: 40,
  flags: 48,
} as const);
export const MSGHDR_BYTES = 56;
/** struct mmsghdr: a msghdr, and msg_len u32. */
export const MMSGHDR_LENGTH_OFFSET = 56;
export const MMSGHDR_BYTES = 64;
/** sendmmsg and recvmmsg take at most so many (UIO_MAXIOV). */
export const MESSAGES_MAX = 1024;

/** struct cmsghdr: cmsg_len u64, cmsg_level i32, cmsg_type i32; the next is aligned to 8. */
export const CMSG_HEADER_BYTES = 16;
export const SCM_RIGHTS = 1;
export const SCM_CREDENTIALS = 2;
/** Most descriptors in one message (SCM_MAX_FD). */
export const RIGHTS_MAX = 253;
/** struct ucred: pid i32, uid u32, gid u32. */
export const UCRED_BYTES = 12;
/** Longest control of a message (net.core.optmem_max of old; ENOBUFS beyond). */
export const CONTROL_BYTES_MAX = 20480;

export const SOL_SOCKET = 1;
export const SO_DEBUG = 1;
export const SO_REUSEADDR = 2;
export const SO_TYPE = 3;
export const SO_ERROR = 4;
export const SO_DONTROUTE = 5;
export const SO_BROADCAST = 6;
export const SO_SNDBUF = 7;
export const SO_RCVBUF = 8;
export const SO_KEEPALIVE = 9;
export const SO_OOBINLINE = 10;
export const SO_PRIORITY = 12;
export const SO_LINGER = 13;
export const SO_REUSEPORT = 15;
export const SO_PASSCRED = 16;
export const SO_PEERCRED = 17;
export const SO_RCVLOWAT = 18;
export const SO_SNDLOWAT = 19;
export const SO_RCVTIMEO = 20;
export const SO_SNDTIMEO = 21;
export const SO_ACCEPTCONN = 30;
export const SO_SNDBUFFORCE = 32;
export const SO_RCVBUFFORCE = 33;
export const SO_PROTOCOL = 38;
export const SO_DOMAIN = 39;
export const SO_PEEK_OFF = 42;

/** Sizes of buffers (net.core.{w,r}mem_default and max; the least are SOCK_MIN_*BUF). */
export const BUFFER_BYTES = 212992;
export const SEND_BUFFER_BYTES_MIN = 4608;
export const RECEIVE_BUFFER_BYTES_MIN = 2304;

/** Magic number of statfs(2) on a socket. */
export const SOCKFS_MAGIC = 0x534f_434b;

/** Requests of ioctl(2): bytes in the queue to read (FIONREAD), bytes that were not read yet. */
export const SIOCINQ = 0x541b;
export const SIOCOUTQ = 0x5411;
