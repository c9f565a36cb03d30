/* SPDX-License-Identifier: MIT */
/* keeper.c - plain POSIX, no loop and no library: what is not here cannot hang. */
#include "process/keeper.h"

#include "base/limits.h"
#include "descendants.h"
#include "io/files.h"
#include "launch.h"
#include "process/agent_user.h"
#include "process/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct keeper {
  const char *folder; /* the run's private folder, "" if there is none */
  const char *kills_file;
  unsigned long long kills; /* what it said before the agent was started */
  struct cgroup cgroup;
  int control, signals;
  pid_t agent; /* also its group; 0 once it is reaped: the group may be another's then */
  bool agent_gone;
  bool stopped;        /* the group got its TERM */
  long long kill_at;   /* ms, 0: no deadline */
  long long let_go_at; /* 0: nobody said so */
  long long sweep_until, settle_at;
  bool sweeping, alone; /* alone: runlet is gone */
  bool group_killed;
};

static long long now_ms(void)
{
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (long long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void tell(const struct keeper *k, const struct keeper_record *r)
{
  const char *at = (const char *)r;
  size_t left = sizeof *r;
  while (left > 0 && !k->alone) {
    ssize_t n = send(k->control, at, left, MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return; /* runlet is gone; watch() hears that by the end of the socket */
    at += n;
    left -= (size_t)n;
  }
}

/* -- the beginning -- */

static void tell_no_exec(const struct keeper *k, int step, int os)
{
  struct keeper_record r = {.news = KEEPER_NO_EXEC, .what = (uint32_t)step, .status = os};
  tell(k, &r);
}

/* This keeper cannot keep: the exit status of its process. */
static int refuse(const struct keeper *k, int step)
{
  tell_no_exec(k, step, errno);
  return 1;
}

static int start_agent(struct keeper *k, const struct launch *l)
{
  struct launch_error e;
  k->agent = launch(l, &e);
  /* The agent has its streams; if we held them too, runlet would see no end of them. */
  for (int fd = 0; fd < 3; fd++)
    close(fd);
  if (k->agent < 0) {
    k->agent = 0;
    k->agent_gone = true;
    tell_no_exec(k, e.step, e.os);
    return -1;
  }
  struct keeper_record r = {.news = KEEPER_STARTED, .pid = k->agent};
  tell(k, &r);
  return 0;
}

/* -- waiting and killing -- */

static uint64_t ms_of(struct timeval t)
{
  return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_usec / 1000;
}

/* Reaps all that is dead.  False: there are no children any more. */
static bool reap(struct keeper *k)
{
  for (;;) {
    int status;
    struct rusage use;
    pid_t pid = wait4(-1, &status, WNOHANG, &use);
    if (pid < 0 && errno == EINTR)
      continue;
    if (pid < 0)
      return false;
    if (pid == 0)
      return true;
    if (pid != k->agent || k->agent_gone)
      continue;
    k->agent_gone = true;
    struct keeper_record r = {
        .news = KEEPER_EXITED,
        .pid = pid,
        .status = WIFEXITED(status) ? WEXITSTATUS(status) : 0,
        .signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0,
        .core = WIFSIGNALED(status) && WCOREDUMP(status),
        /* wait() does not tell who sent a SIGKILL; that the count has grown meanwhile is
         * the only sign there is. */
        .oom = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL &&
               cgroup_kills(k->kills_file) > k->kills,
        .cpu_ms = ms_of(use.ru_utime) + ms_of(use.ru_stime),
        .max_rss_kib = (uint64_t)use.ru_maxrss,
    };
    tell(k, &r);
  }
}

static void kill_everything(struct keeper *k)
{
  /* What the kernel ends for us is gone on the next look; who is still there then was not
   * in the group, or there is none. */
  bool looked = k->group_killed;
  k->group_killed = true;
  if (!looked && cgroup_kill(&k->cgroup))
    return;
  /* The group first, it is one call; then whoever left it.  Everything is stopped before
   * anything is killed, or a process that forks faster than we read /proc would always
   * have one child more. */
  if (!k->agent_gone)
    kill(-k->agent, SIGKILL);
  descendants_kill(getpid());
}

static void begin_sweep(struct keeper *k)
{
  if (!k->sweeping)
    k->sweep_until = now_ms() + LIMIT_SWEEP_MS;
  k->sweeping = true;
  k->kill_at = 0;
  if (reap(k))
    kill_everything(k);
}

static void tell_one_left(void *who, int pid, const char *name)
{
  struct keeper_record r = {.news = KEEPER_LEFT, .pid = pid};
  memcpy(r.name, name, strnlen(name, sizeof r.name - 1));
  tell(who, &r);
}

/* Whoever has no child has no descendant either, for orphans come to us: the walk
 * through /proc (a millisecond) is spared. */
_Noreturn static void settle(struct keeper *k)
{
  if (reap(k))
    descendants_each(getpid(), tell_one_left, k);
  cgroup_leave(&k->cgroup);
  struct keeper_record r = {.news = KEEPER_SETTLED};
  tell(k, &r);
  if (k->alone && k->folder[0])
    files_remove_tree(k->folder); /* however big it is: nobody waits */
  _exit(0);
}

struct group {
  pid_t id;
  unsigned members;
};

static void count_member(void *who, int pid, const char *name)
{
  struct group *g = who;
  (void)name;
  g->members += getpgid(pid) == g->id;
}

/* A process that stays in the agent's own group after a stop is no daemon that the user
 * wanted, but a part of the agent that exits a little later: it gets LIMIT_POLITE_MS,
 * then KILL. */
static bool group_is_ending(struct keeper *k)
{
  struct group g = {.id = k->agent};
  if (!k->stopped || k->agent <= 0 || !reap(k))
    return false;
  descendants_each(getpid(), count_member, &g);
  /* As long as descendants of ours are in it, its number means no other group. */
  if (g.members > 0 && now_ms() >= k->let_go_at)
    kill(-g.id, SIGKILL);
  return g.members > 0 && now_ms() < k->let_go_at + LIMIT_POLITE_MS; /* it cannot die */
}

/* Helpers of an agent go a moment after it: they are not what it has left. */
static bool helpers_are_ending(struct keeper *k)
{
  return reap(k) && now_ms() < k->settle_at;
}

static void let_go(struct keeper *k)
{
  k->kill_at = 0;
  if (!k->let_go_at) {
    k->let_go_at = now_ms() + LIMIT_POLITE_MS;
    k->settle_at = now_ms() + LIMIT_SETTLE_MS;
  }
  if (!group_is_ending(k) && !helpers_are_ending(k))
    settle(k);
}

static void obey(struct keeper *k, const struct keeper_command *c)
{
  switch ((enum keeper_order)c->order) {
  case KEEPER_STOP:
    if (!k->agent_gone)
      kill(-k->agent, SIGTERM);
    k->stopped = true;
    if (!k->kill_at || now_ms() + c->grace_ms < k->kill_at)
      k->kill_at = now_ms() + c->grace_ms;
    break;
  case KEEPER_SWEEP:
    begin_sweep(k);
    break;
  case KEEPER_LET_GO:
    let_go(k);
  }
}

static void read_commands(struct keeper *k)
{
  struct keeper_command c;
  ssize_t n = recv(k->control, &c, sizeof c, 0); /* SOCK_SEQPACKET: whole or nothing */
  if (n == (ssize_t)sizeof c) {
    obey(k, &c);
    return;
  }
  if (n < 0 && (errno == EINTR || errno == EAGAIN))
    return;
  /* runlet died: nobody reads the streams any more, and nothing of the run may stay. */
  k->alone = true;
  begin_sweep(k);
}

static int wait_ms(const struct keeper *k)
{
  /* A killed process shows itself by SIGCHLD; an unseen one only by looking again. */
  if (k->sweeping || k->let_go_at)
    return 5;
  if (!k->kill_at)
    return -1;
  long long left = k->kill_at - now_ms();
  return left < 0 ? 0 : (int)left;
}

_Noreturn static void watch(struct keeper *k)
{
  for (;;) {
    struct pollfd p[2] = {{.fd = k->signals, .events = POLLIN},
                          {.fd = k->alone ? -1 : k->control, .events = POLLIN}};
    if (poll(p, 2, wait_ms(k)) < 0 && errno != EINTR)
      _exit(1);
    struct signalfd_siginfo info;
    if (p[0].revents)
      (void)!read(k->signals, &info, sizeof info); /* it woke us, that is all it is for */
    bool children = reap(k);
    if (p[1].revents)
      read_commands(k);
    /* The sweep has an end of its own, for there may be a process that cannot die. */
    if (k->kill_at && now_ms() >= k->kill_at)
      begin_sweep(k);
    if (k->let_go_at && !k->sweeping)
      let_go(k);
    if (!k->sweeping)
      continue;
    if (children && now_ms() < k->sweep_until)
      kill_everything(k);
    else if (!reap(k) || now_ms() >= k->sweep_until)
      settle(k);
  }
}

int keeper_main(int argc, char **argv)
{
  enum { FOLDER = 2, AGENT_USER, SCORE, KILLS, CGROUP, CWD, PROGRAM };
  struct agent_user agent_user;
  if (argc <= PROGRAM + 1 ||
      (argv[AGENT_USER][0] && !agent_user_read(argv[AGENT_USER], &agent_user)))
    return 2;
  struct keeper k = {
      .folder = argv[FOLDER], .kills_file = argv[KILLS], .control = KEEPER_CONTROL_FD};
  setsid(); /* a terminal's ^C is runlet's business */
  prctl(PR_SET_NAME, "runlet-keeper");
  prctl(PR_SET_DUMPABLE, 0);
  fcntl(k.control, F_SETFD, FD_CLOEXEC);
  if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
    return refuse(&k, LAUNCH_SUBREAPER);
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, NULL);
  sigemptyset(&all);
  sigaddset(&all, SIGCHLD);
  k.signals = signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
  if (k.signals < 0)
    return refuse(&k, LAUNCH_SIGNALS);
  k.cgroup = cgroup_make(argv[CGROUP]);
  k.kills = cgroup_kills(k.kills_file);
  struct launch agent = {.cwd = argv[CWD],
                         .argv = argv + PROGRAM,
                         .agent_user = argv[AGENT_USER][0] ? &agent_user : NULL,
                         .oom_score = argv[SCORE],
                         .cgroup = k.cgroup.fd};
  if (start_agent(&k, &agent) < 0)
    settle(&k);
  watch(&k);
}

/* -- runlet's side -- */

static int self_fd = -1; /* our own program file, for execveat */

int keeper_prepare(struct fault *f)
{
  if (self_fd >= 0)
    return 0;
  /* The path that execve() was given, for where there is no /proc. */
  const char *self_path = (const char *)getauxval(AT_EXECFN);
  self_fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  if (self_fd < 0)
    self_fd = open(self_path, O_RDONLY | O_CLOEXEC);
  if (self_fd < 0)
    return fault_system(f, -errno, "cannot open our own program %s", self_path);
  return 0;
}

/* Our own program: by the descriptor; where a handler of binfmt_misc runs it (an
 * emulator), by one that stays open for that; by its paths where a filter refuses the
 * call. */
static void execute_self(int self, char *const *argv, char *const *env)
{
  syscall(SYS_execveat, self, "", argv, env, AT_EMPTY_PATH);
  int first = errno;
  if (first == ENOENT && fcntl(self, F_SETFD, 0) == 0)
    syscall(SYS_execveat, self, "", argv, env, AT_EMPTY_PATH);
  execve("/proc/self/exe", argv, env);
  execve((const char *)getauxval(AT_EXECFN), argv, env);
  errno = first;
}

/* Moves fds to 0..3 without one overwriting another, then becomes the keeper; or says why
 * not, in our memory. */
_Noreturn static void become_keeper(const int fds[4], char *const *argv, char *const *env,
                                    volatile int *failed)
{
  int high[4], self = fcntl(self_fd, F_DUPFD_CLOEXEC, 4);
  bool moved = self >= 0;
  for (int i = 0; i < 4; i++)
    high[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, 4);
  for (int i = 0; i < 4 && moved; i++)
    moved = high[i] >= 0 && dup2(high[i], i) >= 0;
  if (moved)
    execute_self(self, argv, env);
  *failed = moved ? errno : EMFILE;
  _exit(127);
}

/* vfork: no copy of our page tables, which may be many (a fork costs more than the exec).
 * The child runs on our memory until it is another program, so no signal may find one of
 * our handlers in it; the keeper sets its own mask. */
int keeper_spawn(const int fds[4], char *const *argv, char *const *env, struct fault *f)
{
  sigset_t all, before;
  volatile int failed = 0;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pid_t pid = vfork();
  if (pid == 0)
    become_keeper(fds, argv, env, &failed);
  if (pid < 0)
    failed = errno;
  while (failed && pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
    ;
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (failed)
    return fault_system(f, -failed,
                        pid < 0 ? "cannot start a process"
                                : "cannot execute our own program as a keeper");
  return pid;
}
