/* SPDX-License-Identifier: MIT */
/* remover.c - it says its errno, if there is one, and the end of the pipe is its end. */
#include "process/remover.h"

#include "base/limits.h"
#include "base/mem.h"
#include "io/loop.h"
#include "io/tree_removal.h"
#include "process/keeper.h"
#include "process/orphans.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <uv.h>

enum { LOCK, SAYS, FDS = 4 }; /* its descriptors; the others are SAYS, too */

/* -- the process -- */

int remover_main(int argc, char **argv)
{
  struct fault f = {0};
  sigset_t all;
  if (argc != 3)
    return 2;
  setsid();
  prctl(PR_SET_NAME, "runlet-remover");
  prctl(PR_SET_DUMPABLE, 0);
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, NULL);
  if (tree_remove_some(argv[2], LIMIT_REMOVER_ENTRIES, &f) == TREE_GONE)
    return 0;
  const char *why = f.kind ? f.text : "it never comes to an end";
  (void)!write(SAYS, why, strlen(why));
  return 1;
}

/* -- runlet's side -- */

struct remover {
  uv_poll_t poll;
  struct loop_timer *wait;
  struct remover *next;
  int fd, pid;
  struct fault left;
  void (*done)(void *who, const struct fault *left);
  void *who;
};

static struct remover *removers;

static void closed(uv_handle_t *handle)
{
  free(handle->data);
}

static void end(struct remover *r)
{
  struct remover **at = &removers;
  while (*at != r)
    at = &(*at)->next;
  *at = r->next;
  loop_timer_free(r->wait);
  uv_close((uv_handle_t *)&r->poll, closed);
  close(r->fd);
  orphans_release(r->poll.loop, r->pid);
  r->done(r->who, r->left.kind ? &r->left : NULL);
}

static void readable(uv_poll_t *poll, int status, int events)
{
  struct remover *r = poll->data;
  char text[sizeof r->left.text];
  (void)status, (void)events; /* an error shows in read() */
  ssize_t n = read(r->fd, text, sizeof text - 1);
  if (n < 0 && (errno == EINTR || errno == EAGAIN))
    return;
  if (n > 0) {
    fault_set(&r->left, FAULT_SYSTEM, "%.*s", (int)n, text);
    return;
  }
  while (waitpid(r->pid, NULL, 0) < 0 && errno == EINTR)
    ; /* it is exiting: that is how the pipe came to its end */
  end(r);
}

static void waited(void *who)
{
  uv_unref((uv_handle_t *)&((struct remover *)who)->poll);
}

static int start(const char *folder, int lock_fd, int says, struct fault *f)
{
  const int fds[FDS] = {[LOCK] = lock_fd, says, says, says};
  char name[] = "runlet", argument[] = REMOVER_ARGUMENT;
  char *const argv[] = {name, argument, (char *)folder, NULL};
  char *const env[] = {NULL};
  return keeper_spawn(fds, argv, env, f);
}

int remover_start(struct uv_loop_s *loop, const char *folder, int lock_fd,
                  void (*done)(void *who, const struct fault *left), void *who,
                  struct fault *f)
{
  int pair[2], pid = -1;
  struct remover *r = mem_new(sizeof *r);
  *r = (struct remover){.done = done, .who = who};
  if (pipe2(pair, O_CLOEXEC | O_NONBLOCK) < 0) {
    fault_system(f, -errno, "cannot make a pipe");
  } else {
    r->fd = pair[0];
    int failed = uv_poll_init(loop, &r->poll, r->fd);
    pid = failed ? fault_system(f, failed, "cannot watch a pipe")
                 : start(folder, lock_fd, pair[1], f);
    close(pair[1]);
    if (pid < 0)
      close(pair[0]);
    if (pid < 0 && !failed) {
      r->poll.data = r;
      uv_close((uv_handle_t *)&r->poll, closed);
      r = NULL;
    }
  }
  close(lock_fd);
  if (pid < 0) {
    free(r);
    return -1;
  }
  orphans_claim(loop, pid);
  r->pid = pid;
  r->poll.data = r;
  r->next = removers;
  removers = r;
  r->wait = loop_timer_new(loop, waited, r);
  loop_timer_start(r->wait, LIMIT_REMOVER_MS);
  uv_poll_start(&r->poll, UV_READABLE, readable);
  return 0;
}

void removers_close(struct uv_loop_s *loop)
{
  for (struct remover *r = removers, *next; r; r = next) {
    next = r->next;
    if (r->poll.loop != loop)
      continue;
    if (!r->left.kind)
      fault_set(&r->left, FAULT_SYSTEM, "process %d still removes it", r->pid);
    end(r);
  }
}
