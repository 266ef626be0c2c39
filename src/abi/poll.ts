/** Events of poll(2) (include/uapi/asm-generic/poll.h) and the layout of struct pollfd. */
export const POLLIN = 0x001;
export const POLLPRI = 0x002;
export const POLLOUT = 0x004;
export const POLLERR = 0x008;
export const POLLHUP = 0x010;
export const POLLNVAL = 0x020;
export const POLLRDNORM = 0x040;
export const POLLRDBAND = 0x080;
export const POLLWRNORM = 0x100;
export const POLLWRBAND = 0x200;
export const POLLRDHUP = 0x2000;

/** What files say that are always ready: regular files and directories (linux DEFAULT_POLLMASK). */
export const DEFAULT_POLLMASK = POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM;

/** What select(2)'s three sets ask for (linux fs/select.c). */
export const SELECT_READ = POLLIN | POLLRDNORM | POLLRDBAND | POLLHUP | POLLERR;
export const SELECT_WRITE = POLLOUT | POLLWRNORM | POLLWRBAND | POLLERR;
export const SELECT_EXCEPT = POLLPRI;

/** struct pollfd: fd i32, events i16, revents i16. */
export const POLLFD_BYTES = 8;
/** Bits of an fd_set are in 64-bit words; FD_SETSIZE. */
export const SELECT_DESCRIPTORS_MAX = 1024;
