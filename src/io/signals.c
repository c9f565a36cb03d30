/* SPDX-License-Identifier: MIT */
/* signals.c - a signalfd, because libuv's signal handles do not tell who sent one, and as
 * PID 1 we must not obey the agent. */
#include "io/signals.h"

#include "base/mem.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include <uv.h>

struct signals {
  uv_poll_t poll;
  int fd;
  void (*on_signal)(void *who, const struct signal_news *n);
  void *who;
};

static sigset_t ours(enum signals_which which)
{
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGHUP);
  sigaddset(&set, SIGQUIT);
  if (which == SIGNALS_ALL) {
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGUSR2);
    sigaddset(&set, SIGWINCH);
  }
  return set;
}

void signals_block(void)
{
  sigset_t set = ours(SIGNALS_THAT_END);
  pthread_sigmask(SIG_BLOCK, &set, NULL);
  signal(SIGPIPE, SIG_IGN); /* a reader that is gone shows as EPIPE instead */
}

void signals_unblock(void)
{
  sigset_t set = ours(SIGNALS_THAT_END);
  pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

static void signals_readable(uv_poll_t *poll, int status, int events)
{
  (void)status, (void)events; /* an error shows in read() */
  struct signals *s = poll->data;
  struct signalfd_siginfo info;
  while (!uv_is_closing((uv_handle_t *)poll) &&
         read(s->fd, &info, sizeof info) == (ssize_t)sizeof info) {
    struct signal_news n = {.number = (int)info.ssi_signo,
                            .pid = (int)info.ssi_pid,
                            .inside = info.ssi_pid != 0,
                            .terminal = info.ssi_code == SI_KERNEL};
    s->on_signal(s->who, &n);
  }
}

struct signals *signals_open(struct uv_loop_s *loop, enum signals_which which,
                             void (*on_signal)(void *who, const struct signal_news *n),
                             void *who, struct fault *f)
{
  sigset_t set = ours(which);
  pthread_sigmask(SIG_BLOCK, &set, NULL);
  int fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  if (fd < 0) {
    fault_system(f, -errno, "signalfd");
    return NULL;
  }
  struct signals *s = mem_new(sizeof *s);
  s->fd = fd;
  s->on_signal = on_signal;
  s->who = who;
  s->poll.data = s;
  int r = uv_poll_init(loop, &s->poll, fd);
  if (r < 0) {
    close(fd);
    free(s);
    fault_system(f, r, "cannot watch for signals");
    return NULL;
  }
  r = uv_poll_start(&s->poll, UV_READABLE, signals_readable);
  if (r < 0) {
    signals_close(s);
    fault_system(f, r, "cannot watch for signals");
    return NULL;
  }
  uv_unref((uv_handle_t *)&s->poll); /* listening for signals is no reason to stay */
  return s;
}

static void signals_closed(uv_handle_t *handle)
{
  struct signals *s = handle->data;
  close(s->fd);
  free(s);
}

void signals_close(struct signals *s)
{
  if (s && !uv_is_closing((uv_handle_t *)&s->poll))
    uv_close((uv_handle_t *)&s->poll, signals_closed);
}
