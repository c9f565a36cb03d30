/* SPDX-License-Identifier: MIT */
#include "scripted_agent.h"

#include "scripted_dialogue.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Like the real ones: the shell gets a session of its own. */
static pid_t shell(const char *cmd, int out)
{
  pid_t pid = fork();

  if (pid != 0)
    return pid;
  setsid();
  if (out >= 0) {
    dup2(out, STDOUT_FILENO);
    dup2(out, STDERR_FILENO);
  }
  execl("/bin/sh", "sh", "-c", cmd, (char *)NULL);
  _exit(127);
}

void do_bash(struct agent *a, struct slice rest)
{
  struct text cmd = {0}, args = {0}, said = {0}, content = {0};
  char part[4096];
  ssize_t got;
  int ends[2], status = 0;
  pid_t pid;

  text_add(&cmd, rest.at, rest.len);
  text_str(&args, "{\"command\":");
  text_json(&args, rest.at, rest.len);
  text_str(&args, "}");
  a->format->tool_use(a, slice_of("Bash"), (struct slice){args.at, args.len});
  flush(a);
  if (pipe2(ends, O_CLOEXEC) < 0)
    abort();
  pid = shell(cmd.at, ends[1]);
  close(ends[1]);
  while ((got = read(ends[0], part, sizeof(part))) > 0)
    text_add(&said, part, (size_t)got);
  close(ends[0]);
  waitpid(pid, &status, 0);
  if (status != 0)
    text_format(&said, "Exit code %d", WIFEXITED(status) ? WEXITSTATUS(status) : 128);
  text_json(&content, said.at ? said.at : "", said.len);
  a->format->tool_result(a, (struct slice){content.at, content.len}, status != 0);
  text_free(&cmd);
  text_free(&args);
  text_free(&said);
  text_free(&content);
}

/* A process that outlives us, in a session of its own, holding none of our pipes. */
void do_daemon(struct agent *a, struct slice rest)
{
  struct text cmd = {0};

  text_add(&cmd, rest.at, rest.len);
  text_str(&cmd, " </dev/null >/dev/null 2>&1 &");
  flush(a);
  waitpid(shell(cmd.at, -1), NULL, 0);
  text_free(&cmd);
}

static void hold_pipes(struct agent *a, struct slice rest, bool own_session)
{
  unsigned long ms = number(&rest);
  pid_t pid;

  flush(a);
  pid = fork();
  if (pid == 0) {
    if (own_session)
      setsid();
    if (fork() == 0)
      pause_us(a, ms * 1000);
    _exit(0);
  }
  waitpid(pid, NULL, 0);
}

void do_setsid_child(struct agent *a, struct slice rest)
{
  hold_pipes(a, rest, true);
}

void do_hold_stdout(struct agent *a, struct slice rest)
{
  hold_pipes(a, rest, false);
}

/* A process whose parent is gone; it holds none of our streams unless told to. */
static bool is_orphan(bool keep_streams)
{
  pid_t pid = fork();

  if (pid != 0) {
    waitpid(pid, NULL, 0);
    return false;
  }
  if (fork() != 0)
    _exit(0);
  for (int fd = 0; !keep_streams && fd < 3; fd++)
    close(fd);
  return true;
}

/* "N MS": so many orphans that live so long (each a little less than the one before). */
void do_orphans(struct agent *a, struct slice rest)
{
  unsigned long n = number(&rest), ms = number(&rest);

  flush(a);
  for (unsigned long i = 0; i < n; i++)
    if (is_orphan(false)) {
      usleep((useconds_t)(ms * 1000 - ms * i / n * 100));
      _exit((int)(i % 256));
    }
}

/* "MS": an orphan in a session of its own that prints on both our streams that often. */
void do_talk_on(struct agent *a, struct slice rest)
{
  unsigned long ms = number(&rest);

  flush(a);
  if (!is_orphan(true))
    return;
  setsid();
  signal(SIGPIPE, SIG_IGN);
  for (;;) {
    (void)!write(STDOUT_FILENO, "more\n", 5);
    (void)!write(STDERR_FILENO, "more\n", 5);
    usleep((useconds_t)(ms * 1000));
  }
}

/* 2 to the power of `depth` processes, of all kinds, and some of them do not rest. */
static void bomb(unsigned long depth, unsigned kind)
{
  for (; depth > 0; depth--)
    if (fork() == 0)
      kind = 2 * kind + 1;
    else
      kind = 2 * kind;
  if (kind & 1)
    setsid();
  if (kind & 2)
    signal(SIGTERM, SIG_IGN);
  while (kind % 64 == 5) {
    if (fork() == 0) {
      usleep(5000);
      _exit(0);
    }
    usleep(5000);
    while (waitpid(-1, NULL, WNOHANG) > 0)
      ;
  }
  for (;;)
    pause();
}

void do_fork_bomb(struct agent *a, struct slice rest)
{
  unsigned long depth = number(&rest);

  flush(a);
  if (is_orphan(false))
    bomb(depth, 0);
  usleep(300000); /* it has grown */
}

void do_exit(struct agent *a, struct slice rest)
{
  flush(a);
  exit((int)number(&rest));
}

void do_signal(struct agent *a, struct slice rest)
{
  int sig = (int)number(&rest);

  flush(a);
  signal(sig, SIG_DFL);
  raise(sig);
}

/* The monotonic clock in ns, as the last thing before what comes next. */
void do_now(struct agent *a, struct slice rest)
{
  struct text told = {0};
  struct timespec t;

  (void)rest;
  clock_gettime(CLOCK_MONOTONIC, &t);
  text_format(&told, "now %lld", (long long)t.tv_sec * 1000000000 + t.tv_nsec);
  message(a, "text", (struct slice){told.at, told.len});
  flush(a);
  text_free(&told);
}

void do_sleep(struct agent *a, struct slice rest)
{
  pause_us(a, number(&rest) * 1000);
}

void do_hang(struct agent *a, struct slice rest)
{
  (void)rest;
  flush(a);
  for (;;)
    if (!dialogue_pause(a, -1))
      pause();
}

void do_stderr(struct agent *a, struct slice rest)
{
  flush(a);
  fprintf(stderr, "%.*s\n", (int)rest.len, rest.at);
}

void do_stderr_flood(struct agent *a, struct slice rest)
{
  unsigned long left = number(&rest);
  char line[1024];

  flush(a);
  memset(line, 'e', sizeof(line));
  line[sizeof(line) - 1] = '\n';
  while (left > 0) {
    size_t want = left < sizeof(line) ? left : sizeof(line);
    ssize_t n = write(STDERR_FILENO, line, want);

    if (n < 0 && errno != EINTR)
      exit(9);
    left -= n > 0 ? (size_t)n : 0;
  }
}

void do_ignore_term(struct agent *a, struct slice rest)
{
  (void)a;
  (void)rest;
  signal(SIGTERM, SIG_IGN);
}

void do_env(struct agent *a, struct slice rest)
{
  struct text told = {0};
  const char *value;

  text_add(&told, rest.at, rest.len);
  value = getenv(told.at);
  text_str(&told, value ? "=" : " unset");
  text_str(&told, value ? value : "");
  message(a, "text", (struct slice){told.at, told.len});
  text_free(&told);
}

extern char **environ;

void do_environ(struct agent *a, struct slice rest)
{
  struct text told = {0};

  (void)rest;
  for (char **e = environ; *e; e++) {
    text_str(&told, *e);
    text_str(&told, "\n");
  }
  message(a, "text", (struct slice){told.at, told.len});
  text_free(&told);
}

void do_argv(struct agent *a, struct slice rest)
{
  struct text told = {0};

  (void)rest;
  for (int i = 0; i < a->argc; i++) {
    text_str(&told, i ? "," : "[");
    text_json(&told, a->argv[i], strlen(a->argv[i]));
  }
  text_str(&told, "]");
  message(a, "text", (struct slice){told.at, told.len});
  text_free(&told);
}

void do_cwd(struct agent *a, struct slice rest)
{
  char cwd[4096];

  (void)rest;
  message(a, "text", slice_of(getcwd(cwd, sizeof(cwd)) ? cwd : "?"));
}

/* "0=pipe:[1] 1=… 2=…": what we were born with. */
void do_fds(struct agent *a, struct slice rest)
{
  struct text told = {0};

  (void)rest;
  for (int fd = 0; fd < 1024; fd++) {
    char name[64], to[256];
    ssize_t len;

    snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
    len = readlink(name, to, sizeof(to) - 1);
    if (len < 0 || (a->mcp.fd > 0 && fd == a->mcp.fd))
      continue;
    to[len] = '\0';
    text_format(&told, "%s%d=%s", told.len ? " " : "", fd, to);
  }
  message(a, "text", (struct slice){told.at, told.len});
  text_free(&told);
}

/* One line of /proc/self/status: SigBlk, SigIgn, PPid, … */
void do_status(struct agent *a, struct slice rest)
{
  FILE *f = fopen("/proc/self/status", "r");
  char line[256];

  while (f && fgets(line, sizeof(line), f))
    if (strncmp(line, rest.at, rest.len) == 0 && line[rest.len] == ':')
      message(a, "text", (struct slice){line, strcspn(line, "\n")});
  if (f)
    fclose(f);
}

void do_save_prompt(struct agent *a, struct slice rest)
{
  struct text name = {0};
  FILE *f;

  text_add(&name, rest.at, rest.len);
  f = fopen(name.at, "w");
  if (!f || fwrite(a->prompt.at, 1, a->prompt.len, f) != a->prompt.len || fclose(f) != 0)
    exit(8);
  text_free(&name);
}
