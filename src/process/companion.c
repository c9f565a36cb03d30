/* SPDX-License-Identifier: MIT */
/* companion.c - uv_spawn alone would do, but for two things: its exit must not be taken
 * by whoever reaps orphans, and it is killed when it does not end in time. */
#include "process/companion.h"

#include "base/mem.h"
#include "io/loop.h"
#include "process/oom_score.h"
#include "process/orphans.h"

#include <signal.h>
#include <stdlib.h>
#include <uv.h>

struct companion {
  uv_process_t process;
  struct loop_timer *kill;
  void (*on_exit)(void *who, int status);
  void *who;
};

static void closed(uv_handle_t *handle)
{
  free(handle->data);
}

static void end(struct companion *c)
{
  loop_timer_free(c->kill);
  uv_close((uv_handle_t *)&c->process, closed);
}

static void exited(uv_process_t *process, int64_t status, int signal)
{
  struct companion *c = process->data;
  orphans_release(process->loop, process->pid);
  end(c);
  c->on_exit(c->who, signal ? 128 + signal : (int)status); /* as a shell has it */
}

static void grace_is_over(void *who)
{
  companion_signal(who, SIGKILL);
}

struct companion *companion_start(struct uv_loop_s *loop, const char *program,
                                  char *const *argv, char *const *env,
                                  void (*on_exit)(void *who, int status), void *who,
                                  struct fault *f)
{
  struct companion *c = mem_new(sizeof *c);
  *c = (struct companion){.on_exit = on_exit, .who = who};
  c->process.data = c;
  c->kill = loop_timer_new(loop, grace_is_over, c);
  uv_stdio_container_t stdio[3];
  for (int fd = 0; fd < 3; fd++) {
    stdio[fd].flags = UV_INHERIT_FD;
    stdio[fd].data.fd = fd;
  }
  uv_process_options_t options = {.exit_cb = exited,
                                  .file = program,
                                  .args = (char **)argv,
                                  .env = (char **)env,
                                  .stdio_count = 3,
                                  .stdio = stdio};
  int r = uv_spawn(loop, &c->process, &options);
  if (r < 0) {
    end(c);
    fault_system(f, r, "cannot execute %s", program);
    return NULL;
  }
  /* Unclaimed, its exit status would be taken by whoever reaps orphans first. */
  orphans_claim(loop, c->process.pid);
  oom_score_set(c->process.pid, oom_score_usual());
  return c;
}

void companion_signal(struct companion *c, int number)
{
  (void)uv_process_kill(&c->process, number); /* it may be gone: its exit follows */
}

void companion_kill_after(struct companion *c, unsigned ms)
{
  if (!loop_timer_is_set(c->kill))
    loop_timer_start(c->kill, ms);
}
