/* Random system calls with random arguments, in many processes at once; beside them a monitor, whose
 * course they may not change. calls SEED WORKERS CALLS MODE [FIRST LAST]
 *
 *   supervisor      forks the monitor and the workers, and waits for them; it counts calls
 *   worker          makes batches one after the other, each with a user id that is the worker's
 *   batch           a process that makes calls, alone decided by SEED, worker and batch, until it
 *                   has made its share, kills itself by one, or is killed after its time
 *
 * MODE "user": a batch has no rights. "root": it has most, and there is no monitor to disturb.
 * FIRST and LAST: only these workers run. /mnt/calls holds the rows of the system-call table. */
#include "arguments.h"
#include "monitor.h"
#include <grp.h>
#include <sys/mount.h>
#include <sys/prctl.h>

enum { CALLS_PER_BATCH = 400, BATCH_MS = 2000, BATCH_PROCESSOR_MS = 50, ROWS_MAX = 512, USER_FIRST = 2000 };

static Row rows[ROWS_MAX];
static unsigned row_count, weights;
static uint64_t seed;
/* Calls of a batch. */
static uint32_t length;
static int is_root;
/* Calls of the batch so far, where its parent sees them too. */
static volatile uint32_t *made;
/* By worker: calls, batches, batches that were killed. No batch can reach it. */
static volatile uint32_t *totals;
enum { TOTALS_BYTES = 4 * PAGE };

static long call(int number, const uint64_t *a) {
  register long a0 __asm__("a0") = (long)a[0];
  register long a1 __asm__("a1") = (long)a[1];
  register long a2 __asm__("a2") = (long)a[2];
  register long a3 __asm__("a3") = (long)a[3];
  register long a4 __asm__("a4") = (long)a[4];
  register long a5 __asm__("a5") = (long)a[5];
  register long a7 __asm__("a7") = number;
  __asm__ volatile("ecall" : "+r"(a0) : "r"(a1), "r"(a2), "r"(a3), "r"(a4), "r"(a5), "r"(a7) : "memory");
  return a0;
}

/* rt_sigreturn takes its frame from the stack: a random one, or what was there. */
static void return_from_nothing(void) {
  uint64_t *frame = (void *)room(1200);
  for (int i = 0; i < 150; i++) frame[i] = word();
  register long a7 __asm__("a7") = SYS_rt_sigreturn;
  __asm__ volatile("mv t0, sp\n mv sp, %0\n ecall\n mv sp, t0" ::"r"(frame), "r"(a7) : "t0", "memory");
}

/* A handler that sometimes damages the frame it returns to. */
void caught(int signal_number, siginfo_t *info, void *context) {
  if (!one_in(3)) return;
  uint64_t *frame = context;
  for (unsigned count = 1 + below(3); count > 0; count--) frame[below(sizeof(ucontext_t) / 8)] = word();
}

static void new_arena(void) {
  void *place = arena;
  int how = MAP_PRIVATE | MAP_ANONYMOUS | (arena ? MAP_FIXED : 0);
  place = mmap(place, SCRATCH_BYTES + PAGE, PROT_READ | PROT_WRITE, how, -1, 0);
  if (place == MAP_FAILED) _exit(97);
  arena = place, hole = arena + SCRATCH_BYTES;
  mprotect(hole, PAGE, PROT_NONE), mprotect(hole - PAGE, PAGE, PROT_READ);
}

/* A random call has taken the arena away: a new one, as far as there may be one. */
static void repair(int signal_number, siginfo_t *info, void *context) {
  static int repairs;
  unsigned char *at = info->si_addr;
  if (at < arena || at >= hole - PAGE || ++repairs > 100) _exit(95);
  new_arena();
}

static const Row *any_row(void) {
  unsigned left = below(weights);
  for (unsigned i = 0;; i++) {
    if (left < rows[i].weight) return &rows[i];
    left -= rows[i].weight;
  }
}

static void one_call(void) {
  const Row *row = any_row();
  uint64_t a[6] = {0};
  if (one_in(300)) {
    for (int i = 0; i < 6; i++) a[i] = word();
    call((int)below(600), a);
    return;
  }
  if (row->number == SYS_rt_sigreturn) {
    return_from_nothing();
    return;
  }
  for (unsigned i = 0; i < row->count; i++) a[i] = argument(row->kinds[i]);
  if (!one_in(10)) {
    shape_data(row->number, a);
    shape_waiting(row->number, a);
    shape_process(row->number, a);
  }
  if (is_root && (row->number == SYS_kill || row->number == SYS_reboot) && (int)a[0] == -1) a[0] = 0;
  call(row->number, a);
}

static void limit(int resource, uint64_t value) {
  struct rlimit both = {value, value};
  NEED(setrlimit((__rlimit_resource_t)resource, &both) == 0);
}

/* Descriptors of every kind, from 0 on. */
static void open_files(void) {
  int pair[2];
  close_range(0, ~0u, 0);
  open("/dev/null", O_RDWR);
  open("a", O_RDWR | O_CREAT, 0644);
  open("b", O_RDWR | O_CREAT | O_APPEND, 0600);
  open(".", O_RDONLY | O_DIRECTORY);
  mkdir("d", 0755), mkdir("d/e", 0755);
  symlink("a", "link"), symlink("loop", "loop"), mkfifo("fifo", 0666);
  NEED(pipe2(pair, O_NONBLOCK) == 0 && pipe(pair) == 0);
  socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair);
  socketpair(AF_UNIX, SOCK_DGRAM, 0, pair);
  socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0);
  syscall(SYS_eventfd2, 1, O_NONBLOCK), syscall(SYS_epoll_create1, 0);
  syscall(SYS_timerfd_create, 1, O_NONBLOCK), syscall(SYS_inotify_init1, O_NONBLOCK);
  syscall(SYS_memfd_create, "memory", 2), syscall(SYS_pidfd_open, getpid(), 0);
  open("/dev/ptmx", O_RDWR | O_NONBLOCK | O_NOCTTY), open("/dev/zero", O_RDWR);
  open("/proc/self/maps", O_RDONLY), open("/proc/self/mem", O_RDWR), open("a", O_PATH);
  open("fifo", O_RDWR | O_NONBLOCK), open("/proc", O_RDONLY | O_DIRECTORY);
  sigset_t set;
  sigfillset(&set);
  syscall(SYS_signalfd4, -1, &set, 8, O_NONBLOCK);
}

/* The batch gets its own user. As "root" it keeps all rights but those to end the system or the
 * supervisor, to be urgent, and to go beyond its limits. */
static void become(unsigned worker) {
  unsigned user = USER_FIRST + worker;
  limit(RLIMIT_CPU, 2), limit(RLIMIT_FSIZE, 1 << 20), limit(RLIMIT_AS, 24 << 20);
  limit(RLIMIT_NPROC, 6), limit(RLIMIT_NOFILE, 256);
  limit(RLIMIT_MEMLOCK, 1 << 20), limit(RLIMIT_STACK, 256 << 10), limit(RLIMIT_CORE, 0);
  if (is_root) NEED(prctl(PR_SET_KEEPCAPS, 1) == 0);
  NEED(setgroups(0, 0) == 0 && setresgid(user, user, user) == 0 && setresuid(user, user, user) == 0);
  if (!is_root) return;
  static const int dropped[] = {5 /* KILL */, 22 /* BOOT */, 23 /* NICE */, 24 /* RESOURCE */};
  uint32_t header[2] = {0x20080522, 0}, data[6];
  NEED(syscall(SYS_capget, header, data) == 0);
  for (int i = 0; i < 4; i++) data[1] &= ~(1u << dropped[i]);
  data[0] = data[2] = data[1];
  NEED(syscall(SYS_capset, header, data) == 0);
}

static void run_batch(unsigned worker, unsigned batch) {
  munmap((void *)totals, TOTALS_BYTES);
  seed_random(seed, worker, batch);
  setsid();
  become(worker);
  open_files();
  *made = 0;
  new_arena();
  common = mmap(0, 8 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (common == MAP_FAILED) _exit(97);
  struct kernel_action mend = {repair, SA_SIGINFO | SA_NODEFER, 0};
  syscall(SYS_rt_sigaction, SIGSEGV, &mend, 0, 8);
  for (int i = 0; i < 8; i++) {
    struct kernel_action action = {caught, SA_SIGINFO | (i & 1 ? SA_RESTART : 0), 0};
    static const int signals[] = {SIGUSR1, SIGUSR2, SIGALRM, SIGPIPE, SIGCHLD, SIGIO, SIGHUP, SIGXFSZ};
    syscall(SYS_rt_sigaction, signals[i], &action, 0, 8);
  }
  while (*made < length) {
    ++*made;
    one_call();
  }
  syscall(SYS_exit_group, 0);
}

/* Ends whatever a batch has left behind: all that has its user. */
static void sweep(unsigned worker) {
  pid_t child = fork();
  if (child == 0) {
    unsigned user = USER_FIRST + worker;
    if (setresuid(user, user, user) != 0) _exit(1);
    kill(-1, SIGKILL);
    _exit(0);
  }
  while (waitpid(child, 0, 0) < 0 && errno == EINTR) continue;
}

static int has_spent(pid_t process) {
  struct timespec used = {0};
  clock_gettime((clockid_t)(~(unsigned)process << 3 | 2), &used);
  return used.tv_sec > 0 || used.tv_nsec > BATCH_PROCESSOR_MS * 1000000;
}

/* Waits for the batch, at most for its time; 1: it had to be killed. */
static int wait_for(pid_t child) {
  sigset_t set;
  sigemptyset(&set), sigaddset(&set, SIGCHLD);
  for (long end = now_ms() + BATCH_MS; now_ms() < end && !has_spent(child);) {
    if (waitpid(child, 0, WNOHANG) == child) return 0;
    struct timespec time = {0, BATCH_PROCESSOR_MS * 1000000};
    sigtimedwait(&set, 0, &time);
  }
  kill(child, SIGKILL);
  while (waitpid(child, 0, 0) < 0 && errno == EINTR) continue;
  return 1;
}

/* One worker: batches until its share is made. Its folder is a file system of its own. */
static void run_worker(unsigned worker, uint32_t share, volatile uint32_t *total) {
  char folder[40];
  sigset_t set;
  sigemptyset(&set), sigaddset(&set, SIGCHLD), sigprocmask(SIG_BLOCK, &set, 0);
  snprintf(folder, sizeof folder, "/tmp/w%u", worker);
  made = shared_page();
  for (unsigned batch = 0; total[0] < share && batch < share; batch++) {
    mkdir(folder, 0755);
    /* Who may mount may also have put something in the way. */
    int mounted = mount("tmpfs", folder, "tmpfs", 0, "size=2m,nr_inodes=300,mode=777");
    NEED(mounted == 0 || is_root);
    pid_t child = fork();
    NEED(child >= 0);
    if (child == 0) {
      sigprocmask(SIG_UNBLOCK, &set, 0);
      if (chdir(folder) != 0 && !is_root) _exit(96);
      run_batch(worker, batch);
    }
    int was_killed = wait_for(child);
    sweep(worker);
    uint32_t count = *made;
    total[0] += count <= 4 * CALLS_PER_BATCH ? count : CALLS_PER_BATCH;
    total[1] += 1;
    total[2] += (uint32_t)was_killed;
    umount2(folder, MNT_DETACH);
  }
  _exit(0);
}

static void read_rows(void) {
  int file = open("/mnt/calls", O_RDONLY);
  NEED(file >= 0);
  row_count = (unsigned)(read(file, rows, sizeof rows) / (long)sizeof rows[0]);
  for (unsigned i = 0; i < row_count; i++) weights += rows[i].weight;
  close(file);
}

int main(int count, char **arguments) {
  NEED(count >= 5);
  seed = strtoull(arguments[1], 0, 0);
  unsigned workers = (unsigned)atoi(arguments[2]);
  uint32_t share = workers == 0 ? 0 : (uint32_t)atoi(arguments[3]) / workers;
  length = share < CALLS_PER_BATCH ? share : CALLS_PER_BATCH;
  is_root = allowed_process_base = strcmp(arguments[4], "root") == 0;
  unsigned first = count > 5 ? (unsigned)atoi(arguments[5]) : 0;
  unsigned last = count > 6 ? (unsigned)atoi(arguments[6]) : workers;
  totals = mmap(0, TOTALS_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  pid_t children[256], monitor = 0;
  Gate stop = new_gate();
  read_rows();
  chmod("/tmp", 01777);
  if (!is_root) monitor = start_monitor(&stop);
  for (unsigned worker = first; worker < last; worker++) {
    children[worker] = fork();
    NEED(children[worker] >= 0);
    if (children[worker] == 0) run_worker(worker, share, totals + 4 * worker);
  }
  uint32_t calls = 0, batches = 0, killed = 0;
  for (unsigned worker = first; worker < last; worker++) {
    int status = 0;
    NEED(waitpid(children[worker], &status, 0) == children[worker]);
    if (status != 0) show_status("worker", status);
    calls += totals[4 * worker], batches += totals[4 * worker + 1], killed += totals[4 * worker + 2];
  }
  if (is_root) kill(-1, SIGKILL);
  else {
    close(stop.ends[1]);
    reap("monitor", monitor);
  }
  say("calls %u batches %u killed %u\n", calls, batches, killed);
  return 0;
}
