/* SPDX-License-Identifier: MIT */
/* orphans.c - a SIGCHLD says only that somebody died, so each time the dead are looked at
 * one by one (waitid with WNOWAIT): one that nobody has claimed is taken, a claimed one
 * is left to its owner. */
#include "process/orphans.h"

#include "base/mem.h"
#include "descendants.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

struct orphans { /* hangs on loop->data */
  uv_signal_t child_died;
  int *claimed;
  size_t count, capacity;
};

static bool is_claimed(const struct orphans *o, int pid)
{
  for (size_t i = 0; i < o->count; i++)
    if (o->claimed[i] == pid)
      return true;
  return false;
}

/* Takes dead orphans until none is left or a claimed child is in front: its owner takes
 * that one, and orphans_release() looks again. */
static void look(struct orphans *o)
{
  for (;;) {
    siginfo_t info = {.si_pid = 0};
    if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) < 0) {
      if (errno == EINTR)
        continue;
      return;
    }
    if (info.si_pid == 0 || is_claimed(o, info.si_pid))
      return;
    (void)waitpid(info.si_pid, NULL, WNOHANG); /* it was dead a moment ago */
  }
}

static void child_died(uv_signal_t *handle, int number)
{
  (void)number;
  look(handle->data);
}

int orphans_open(struct uv_loop_s *loop, struct fault *f)
{
  struct orphans *o = mem_new(sizeof *o);
  if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0) { /* PID 1 gets them anyway */
    free(o);
    return fault_system(f, -errno, "cannot become a subreaper (an emulator?)");
  }
  int r = uv_signal_init(loop, &o->child_died);
  if (r < 0) {
    free(o);
    return fault_system(f, r, "cannot watch for dead processes");
  }
  o->child_died.data = o;
  loop->data = o;
  r = uv_signal_start(&o->child_died, child_died, SIGCHLD);
  if (r < 0)
    return fault_system(f, r, "cannot watch for dead processes");
  uv_unref((uv_handle_t *)&o->child_died);
  look(o);
  return 0;
}

static void closed(uv_handle_t *handle)
{
  struct orphans *o = handle->data;
  free(o->claimed);
  free(o);
}

void orphans_close(struct uv_loop_s *loop)
{
  struct orphans *o = loop->data;
  loop->data = NULL;
  if (o)
    uv_close((uv_handle_t *)&o->child_died, closed);
}

void orphans_claim(struct uv_loop_s *loop, int pid)
{
  struct orphans *o = loop->data;
  if (!o)
    return;
  o->claimed = mem_reserve(o->claimed, o->count, &o->capacity, sizeof *o->claimed);
  o->claimed[o->count++] = pid;
}

void orphans_release(struct uv_loop_s *loop, int pid)
{
  struct orphans *o = loop->data;
  for (size_t i = 0; o && i < o->count; i++) {
    if (o->claimed[i] != pid)
      continue;
    o->claimed[i] = o->claimed[--o->count];
    break;
  }
  if (o)
    look(o);
}

void orphans_sweep(struct uv_loop_s *loop, int pid, unsigned long long started)
{
  const struct orphans *o = loop->data;
  if (!o)
    return;
  struct descendants_but but = {o->claimed, o->count, started, pid};
  const struct timespec moment = {.tv_nsec = 1000000}; /* to die in */
  for (int round = 0; round < 20 && descendants_kill_but(getpid(), &but) > 0; round++)
    nanosleep(&moment, NULL);
}
