/* SPDX-License-Identifier: MIT */
/* launch.c - between the fork and the exec there are only system calls: the child may run
 * on its parent's memory (vfork), where a lock that was held would be held for ever. */
#include "launch.h"

#include "process/oom_score.h"

#include <errno.h>
#include <linux/sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void reset_signals(void)
{
  struct sigaction plain = {.sa_handler = SIG_DFL};
  for (int s = 1; s < NSIG; s++)
    (void)sigaction(s, &plain, NULL); /* KILL, STOP and libc's own refuse, and may */
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
}

static void close_from(int first)
{
#ifdef SYS_close_range
  if (syscall(SYS_close_range, (unsigned)first, ~0U, 0) == 0)
    return;
#endif
  for (int fd = first; fd < 1024; fd++)
    close(fd);
}

/* On the keeper's memory until the exec, if it was a vfork; the error is left where the
 * keeper finds it. */
_Noreturn static void become_agent(const struct launch *l, struct launch_error *e,
                                   pid_t keeper)
{
  extern char **environ;
  setsid();
  oom_score_set(0, l->oom_score); /* while we may */
  *e = (struct launch_error){LAUNCH_USER,
                             l->agent_user ? agent_user_take_on(l->agent_user) : 0};
  if (e->os)
    _exit(127);
  prctl(PR_SET_PDEATHSIG, SIGKILL); /* only now: a change of user clears it */
  if (getppid() != keeper)
    _exit(127); /* the keeper died before the line above, so no signal will come */
  reset_signals();
  close_from(3);
  e->step = chdir(l->cwd) < 0 ? LAUNCH_CHDIR : LAUNCH_EXEC;
  if (e->step == LAUNCH_EXEC)
    execve(l->argv[0], l->argv + 1, environ);
  e->os = errno;
  _exit(127);
}

#ifdef CLONE_INTO_CGROUP
/* Born in its cgroup: to be moved there would cost 10 ms (seen), this costs nothing.  Not
 * on the keeper's memory, for two cannot return from one call on one stack; like vfork it
 * comes back when the child has executed or is gone. */
static pid_t fork_into(int cgroup)
{
  struct clone_args args = {.flags = CLONE_INTO_CGROUP | CLONE_VFORK,
                            .exit_signal = SIGCHLD,
                            .cgroup = (unsigned long long)cgroup};
  return (pid_t)syscall(SYS_clone3, &args, sizeof args);
}
#else
static pid_t fork_into(int cgroup)
{
  (void)cgroup;
  return -1;
}
#endif

int launch(const struct launch *l, struct launch_error *e)
{
  struct launch_error *told =
      mmap(NULL, sizeof *told, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (told == MAP_FAILED) {
    *e = (struct launch_error){LAUNCH_FORK, errno};
    return -1;
  }
  pid_t keeper = getpid();
  pid_t agent = l->cgroup < 0 ? -1 : fork_into(l->cgroup);
  if (agent == 0)
    become_agent(l, told, keeper);
  if (agent < 0) {
    agent = vfork();
    if (agent == 0)
      become_agent(l, told, keeper);
  }
  *e = agent < 0 ? (struct launch_error){LAUNCH_FORK, errno} : *told;
  munmap(told, sizeof *told);
  if (!e->os)
    return agent;
  while (agent > 0 && waitpid(agent, NULL, 0) < 0 && errno == EINTR)
    ;
  return -1;
}
