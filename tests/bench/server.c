/* SPDX-License-Identifier: MIT */
#include "server.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { START_MOST_S = 30, STOP_MOST_MS = 8000, POLL_US = 200, PATH_ROOM = 256 };

static int free_port(void)
{
  struct sockaddr_in at = {.sin_family = AF_INET};
  socklen_t len = sizeof(at);
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (fd < 0 || bind(fd, (struct sockaddr *)&at, len) < 0 ||
      getsockname(fd, (struct sockaddr *)&at, &len) < 0)
    abort();
  close(fd);
  return ntohs(at.sin_port);
}

static char *with_port(const char *arg, int port)
{
  const char *mark = strstr(arg, "{port}");
  char *out = malloc(strlen(arg) + 16);

  if (!out)
    abort();
  if (mark)
    sprintf(out, "%.*s%d%s", (int)(mark - arg), arg, port, mark + strlen("{port}"));
  else
    strcpy(out, arg);
  return out;
}

static void become(char **argv, pid_t parent)
{
  const char *log = getenv("BENCH_LOG");
  int fd = open(log ? log : "/dev/null", O_WRONLY | O_CREAT | O_APPEND, 0600);

  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() != parent || fd < 0)
    _exit(126);
  dup2(fd, STDOUT_FILENO);
  dup2(fd, STDERR_FILENO);
  execvp(argv[0], argv);
  _exit(127);
}

static bool healthy(struct http *h, int port)
{
  bool ok = http_open(h, port) && http_send(h, "GET", "/health", NULL) &&
            http_head(h) == 200 && http_drain(h);

  if (!ok)
    http_close(h);
  return ok;
}

bool server_start(struct server *s, struct http *h)
{
  char *argv[64] = {0};
  pid_t self = getpid();
  uint64_t began;

  s->port = free_port();
  for (size_t i = 0; s->argv[i] && i < 63; i++)
    argv[i] = with_port(s->argv[i], s->port);
  began = now_ns();
  s->pid = fork();
  if (s->pid == 0)
    become(argv, self);
  while (!healthy(h, s->port)) {
    if (waitpid(s->pid, NULL, WNOHANG) != 0 ||
        now_ns() - began > START_MOST_S * 1000000000ull) {
      fprintf(stderr, "bench: %s did not become healthy (BENCH_LOG=FILE tells more)\n",
              argv[0]);
      return false;
    }
    usleep(POLL_US);
  }
  s->healthy_ns = now_ns() - began;
  for (size_t i = 0; argv[i]; i++)
    free(argv[i]);
  return true;
}

void server_stop(struct server *s)
{
  kill(s->pid, SIGTERM);
  for (int ms = 0; waitpid(s->pid, NULL, WNOHANG) == 0; ms++) {
    if (ms == STOP_MOST_MS)
      kill(s->pid, SIGKILL);
    usleep(1000);
  }
}

static uint64_t cpu_ns(pid_t pid)
{
  struct timespec t;
  clockid_t clock;

  if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &t) != 0)
    return 0;
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

uint64_t server_cpu_ns(const struct server *s)
{
  return cpu_ns(s->pid);
}

static uint64_t proc_field(pid_t pid, const char *file, const char *field)
{
  char path[PATH_ROOM], line[PATH_ROOM];
  size_t len = strlen(field);
  uint64_t value = 0;
  FILE *f;

  snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
  f = fopen(path, "re");
  while (f && fgets(line, sizeof(line), f))
    if (strncmp(line, field, len) == 0 && line[len] == ':')
      value = strtoull(line + len + 1, NULL, 10);
  if (f)
    fclose(f);
  return value;
}

uint64_t server_memory_kib(const struct server *s, const char *field)
{
  return proc_field(s->pid, "status", field);
}

void server_peak_reset(const struct server *s)
{
  char path[64];
  FILE *file;

  snprintf(path, sizeof(path), "/proc/%d/clear_refs", (int)s->pid);
  file = fopen(path, "w");
  if (!file || fputs("5", file) < 0)
    perror(path);
  if (file)
    fclose(file);
}

uint64_t server_pss_kib(const struct server *s)
{
  return proc_field(s->pid, "smaps_rollup", "Pss");
}

static bool same_file(pid_t a, pid_t b)
{
  char path[PATH_ROOM], at[2][4096];
  pid_t pids[2] = {a, b};
  ssize_t len[2];

  for (int i = 0; i < 2; i++) {
    snprintf(path, sizeof(path), "/proc/%d/exe", (int)pids[i]);
    len[i] = readlink(path, at[i], sizeof(at[i]));
  }
  return len[0] > 0 && len[0] == len[1] && memcmp(at[0], at[1], (size_t)len[0]) == 0;
}

void server_sample_keeper(struct server *s)
{
  char path[PATH_ROOM];
  int child;
  FILE *f;

  snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)s->pid, (int)s->pid);
  f = fopen(path, "re");
  while (f && fscanf(f, "%d", &child) == 1) {
    uint64_t ns = cpu_ns(child);

    if (ns == 0 || !same_file(s->pid, child))
      continue;
    s->keeper = child;
    s->keeper_ns = ns;
    s->keeper_kib = proc_field(child, "smaps_rollup", "Pss");
  }
  if (f)
    fclose(f);
}
