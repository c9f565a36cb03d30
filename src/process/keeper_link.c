/* SPDX-License-Identifier: MIT */
/* keeper_link.c - the keeper is an ordinary child of ours, but none of libuv's: its exit
 * is the end of its socket.  That is a seqpacket, so that a record is read whole or not
 * at all. */
#include "keeper_link.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/mem.h"
#include "descendants.h"
#include "io/loop.h"
#include "process/agent_user.h"
#include "process/cgroup.h"
#include "process/oom_score.h"
#include "process/orphans.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

struct keeper_link {
  uv_poll_t poll;
  int fd, pid, status;
  unsigned long long started; /* descendants_started() */
  char *cgroup;               /* where its group may be */
  bool gone, settled;
  struct loop_timer *patience; /* with an order that was given */
  unsigned long long patience_until_ms;
  void (*on_record)(void *who, const struct keeper_record *r);
  void (*on_gone)(void *who);
  void *who;
};

static void closed(uv_handle_t *handle)
{
  struct keeper_link *k = handle->data;
  free(k->cgroup);
  free(k);
}

/* The number is given back behind uv_close(), not before: that takes it out of the set
 * which the loop watches, whosever it is by then. */
static void close_handle(struct keeper_link *k)
{
  uv_close((uv_handle_t *)&k->poll, closed);
  close(k->fd);
}

/* False: it still lives. */
static bool wait_for_exit(struct keeper_link *k, unsigned ms)
{
  const struct timespec moment = {.tv_nsec = 1000000};
  for (;; ms--) {
    if (waitpid(k->pid, &k->status, WNOHANG) != 0)
      return true;
    if (ms == 0)
      return false;
    nanosleep(&moment, NULL);
  }
}

/* Our end first: a keeper that still lives sees it, sweeps its run and exits. */
static void end(struct keeper_link *k, unsigned patience_ms)
{
  k->gone = true;
  uv_poll_stop(&k->poll);
  loop_timer_stop(k->patience);
  shutdown(k->fd, SHUT_RDWR);
  if (patience_ms > 0 && !wait_for_exit(k, patience_ms)) {
    kill(k->pid, SIGKILL);
    patience_ms = 0;
  }
  while (patience_ms == 0 && waitpid(k->pid, &k->status, 0) < 0 && errno == EINTR)
    ;
  orphans_release(k->poll.loop, k->pid);
  if (k->settled)
    return;
  cgroup_end(k->cgroup, k->pid);
  orphans_sweep(k->poll.loop, k->pid, k->started);
}

static void readable(uv_poll_t *poll, int status, int events)
{
  (void)status, (void)events; /* an error shows in recv() */
  struct keeper_link *k = poll->data;
  while (!k->gone) {
    struct keeper_record r;
    ssize_t n = recv(k->fd, &r, sizeof r, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
      return;
    if (n == (ssize_t)sizeof r) {
      k->settled = k->settled || r.news == KEEPER_SETTLED;
      if (k->on_record)
        k->on_record(k->who, &r);
      continue;
    }
    end(k, 0); /* it is exiting: that is how the socket came to its end */
    if (k->on_gone)
      k->on_gone(k->who);
  }
}

static void patience_is_over(void *who)
{
  struct keeper_link *k = who;
  kill(k->pid, SIGKILL);
}

static int spawn(const struct keeper_link_setup *setup, int control, struct fault *f)
{
  static char *const nothing[] = {NULL};
  const int fds[4] = {setup->streams[0], setup->streams[1], setup->streams[2], control};
  struct strv argv = {0};
  strv_add(&argv, SPAN_LITERAL("runlet"));
  strv_add(&argv, SPAN_LITERAL(KEEPER_ARGUMENT));
  const struct keeper_terms *t = &setup->terms;
  struct buf agent_user = buf_make(LIMIT_AGENT_USER_BYTES);
  agent_user_write(t->agent_user, &agent_user);
  strv_add(&argv, span_of(t->folder));
  strv_add(&argv, buf_span(&agent_user));
  strv_add(&argv, span_of(oom_score_usual()));
  strv_add(&argv, span_of(t->kills));
  strv_add(&argv, span_of(t->cgroup));
  strv_add(&argv, span_of(setup->cwd));
  strv_add(&argv, span_of(setup->program));
  for (size_t i = 0; i < setup->argv->count; i++)
    strv_add(&argv, span_of(setup->argv->at[i]));
  int pid = keeper_spawn(fds, argv.at, setup->env->at ? setup->env->at : nothing, f);
  strv_free(&argv);
  buf_free(&agent_user);
  return pid;
}

struct keeper_link *keeper_link_open(struct uv_loop_s *loop,
                                     const struct keeper_link_setup *setup,
                                     struct fault *f)
{
  int pair[2]; /* packets: a record is whole or not there */
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) {
    fault_system(f, -errno, "cannot make a socket for the agent's keeper");
    return NULL;
  }
  struct keeper_link *k = mem_new(sizeof *k);
  *k = (struct keeper_link){.fd = pair[0],
                            .on_record = setup->on_record,
                            .cgroup = span_copy(span_of(setup->terms.cgroup)),
                            .on_gone = setup->on_gone,
                            .who = setup->who};
  k->poll.data = k;
  int r = uv_poll_init(loop, &k->poll, k->fd);
  k->pid = r < 0 ? fault_system(f, r, "cannot watch the agent's keeper")
                 : spawn(setup, pair[1], f);
  close(pair[1]);
  if (k->pid > 0) {
    /* At once: unclaimed, its exit would be taken by whoever reaps orphans first. */
    orphans_claim(loop, k->pid);
    k->patience = loop_timer_new(loop, patience_is_over, k);
    k->started = descendants_started(k->pid);
    r = uv_poll_start(&k->poll, UV_READABLE, readable);
    if (r == 0)
      return k;
    fault_system(f, r, "cannot watch the agent's keeper");
    keeper_link_close(k);
    return NULL;
  }
  if (r < 0) { /* the handle was never made */
    close(k->fd);
    free(k->cgroup);
    free(k);
  } else {
    close_handle(k);
  }
  return NULL;
}

bool keeper_link_is_gone(const struct keeper_link *k)
{
  return k->gone;
}

int keeper_link_status(const struct keeper_link *k)
{
  return k->status;
}

/* An order is done `grace_ms` and a sweep later, or never. */
static void expect(struct keeper_link *k, enum keeper_order order, unsigned grace_ms)
{
  unsigned ms = grace_ms + LIMIT_SWEEP_MS + LIMIT_KEEPER_MS;
  unsigned long long until = clock_ticks_ms() + ms;
  bool sooner = !k->patience_until_ms || until < k->patience_until_ms;
  if (order == KEEPER_STOP && !sooner)
    return; /* a second stop can only hasten the first */
  k->patience_until_ms = until;
  loop_timer_start(k->patience, ms);
}

void keeper_link_order(struct keeper_link *k, enum keeper_order order, unsigned grace_ms)
{
  struct keeper_command command = {.order = order, .grace_ms = grace_ms};
  if (k->gone)
    return;
  expect(k, order, grace_ms);
  /* A keeper that just died shows by the end of its socket. */
  (void)!send(k->fd, &command, sizeof command, MSG_NOSIGNAL | MSG_DONTWAIT);
}

void keeper_link_close(struct keeper_link *k)
{
  if (!k || uv_is_closing((uv_handle_t *)&k->poll))
    return;
  k->on_record = NULL;
  k->on_gone = NULL;
  if (!k->gone)
    end(k, LIMIT_SWEEP_MS + LIMIT_KEEPER_MS);
  loop_timer_free(k->patience);
  close_handle(k);
}
