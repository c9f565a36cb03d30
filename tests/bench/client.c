/* SPDX-License-Identifier: MIT */
/* client.c - one measurement of one server, as "name value" lines.
 *
 *   client start N -- COMMAND…         N starts: from fork to the first 200 of GET
 * /health client idle SECONDS -- COMMAND…    memory of a server that has done nothing
 *   client first N -- COMMAND…         N short runs on one connection: to the first byte
 *                                      of the body, the agent's first event, the end
 *   client deltas N SIZE -- COMMAND…   one run of N deltas; every one checked
 *   client pace N US -- COMMAND…       one delta each US microseconds: agent to reader
 *   client tools N PORT TOKEN -- COMMAND…   N tools/call through the bridge to the stub
 *   client load N PORT TOKEN C -- COMMAND…  the same, C at a time; memory under load
 *   client big BYTES PORT TOKEN -- COMMAND… one call with a result of that size
 *   client floor N PORT TOKEN -- -     the calls of `load` straight to the stub, 1 and 32
 *                                      at a time: what no bridge can beat
 *   client spawn N -- AGENT            the floor: spawn the agent, read its first line
 *
 * COMMAND is started without a shell, "{port}" in it replaced.  Exit 3: the answer was
 * not complete and right (stderr says what was missing), so there is no figure. */
#include "delta.h"
#include "load.h"
#include "server.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WARM_RUNS = 5, WARM_CALLS = 200, SAMPLE_EACH = 2000, RETAINED_AFTER_S = 2 };
enum { EXIT_INCOMPLETE = 3 };

/* What a run of the agent came to, as its reader saw it. */
struct stream {
  unsigned long events, deltas;
  uint64_t hash; /* over the deltas' text */
  uint64_t first_delta_cpu, last_delta_cpu;
  uint64_t asked_ns, first_byte_ns, agent_ns, ended_ns;
  bool finished, cut;
};

typedef void on_delta(const char *text, size_t len, uint64_t read_ns, struct server *s);

static struct http http; /* large: not on the stack */
static int tool_port = 9;
static const char *tool_token = "unused";

static void value(const char *name, double v)
{
  printf("%s %.3f\n", name, v);
}

static double us(uint64_t ns)
{
  return (double)ns / 1000.0;
}

static double mib(uint64_t kib)
{
  return (double)kib / 1024.0;
}

static bool ask(const char *prompt)
{
  static unsigned serial;
  char json[2048];

  snprintf(
      json, sizeof(json),
      "{\"runId\":\"bench-%d-%u\",\"threadId\":\"bench\",\"harness\":\"claude-code\","
      "\"model\":\"sonnet\",\"workspace\":{\"source\":{\"type\":\"none\"}},"
      "\"toolDescriptors\":[{\"name\":\"echo\",\"description\":\"Says it again\","
      "\"inputSchema\":{\"type\":\"object\",\"properties\":{\"text\":{\"type\":"
      "\"string\"},\"n\":{\"type\":\"integer\"}}}}],"
      "\"toolExecUrl\":\"http://127.0.0.1:%d/tool-exec/bench?threadId=bench\","
      "\"toolExecToken\":\"%s\",\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}]}",
      (int)getpid(), serial++, tool_port, tool_token, prompt);
  return http_send(&http, "POST", "/run", json);
}

static bool has(const char *line, const char *what)
{
  return strstr(line, what) != NULL;
}

static void read_delta(struct stream *r, const char *line, struct server *s, on_delta *on)
{
  const char *text = strstr(line, "\"delta\":\"");
  size_t len = text ? strcspn(text + 9, "\"") : 0;

  if (!text)
    return;
  r->deltas++;
  r->hash = delta_hash(r->hash, text + 9, len);
  if (r->deltas == 1)
    r->first_delta_cpu = server_cpu_ns(s);
  if (on)
    on(text + 9, len, http.read_ns, s);
}

static struct stream run(struct server *s, const char *prompt, on_delta *on)
{
  struct stream r = {.asked_ns = now_ns()};
  char *line;
  size_t len;
  int got = -1, status = 0;

  if (ask(prompt) && (status = http_head(&http)) == 200 && http_body_begins(&http)) {
    r.first_byte_ns = http.read_ns;
    while ((got = http_line(&http, &line, &len)) > 0) {
      if (len == 0)
        continue;
      if (++r.events % SAMPLE_EACH == 0)
        server_sample_keeper(s);
      if (has(line, "\"TEXT_MESSAGE_CONTENT\"")) {
        read_delta(&r, line, s, on);
      } else if (!r.agent_ns && has(line, "claude-code.session-id")) {
        r.agent_ns = http.read_ns;
      } else if (has(line, "\"TEXT_MESSAGE_END\"")) {
        r.last_delta_cpu = server_cpu_ns(s);
        server_sample_keeper(s);
      } else if (has(line, "\"RUN_ERROR\"")) {
        fprintf(stderr, "bench: %.300s\n", line);
      }
      r.finished = r.finished || has(line, "\"type\":\"RUN_FINISHED\"");
    }
  }
  if (status != 200)
    fprintf(stderr, "bench: POST /run answered %d\n", status);
  r.ended_ns = now_ns();
  r.cut = got != 0;
  return r;
}

static int incomplete(const char *what, const struct stream *r, unsigned long wanted)
{
  fprintf(stderr, "bench: %s: %s stream, %s, %lu of %lu deltas\n", what,
          r->cut ? "cut" : "whole", r->finished ? "finished" : "not finished", r->deltas,
          wanted);
  return EXIT_INCOMPLETE;
}

static int measure_start(struct server *s, unsigned long n)
{
  for (unsigned long i = 0; i < n; i++) {
    if (!server_start(s, &http))
      return 1;
    value("start_ms", us(s->healthy_ns) / 1000.0);
    http_close(&http);
    server_stop(s);
  }
  return 0;
}

static int measure_idle(struct server *s, unsigned long seconds)
{
  sleep((unsigned)seconds);
  value("idle_rss_mib", mib(server_memory_kib(s, "VmRSS")));
  value("idle_pss_mib", mib(server_pss_kib(s)));
  return 0;
}

static int measure_first(struct server *s, unsigned long n)
{
  for (unsigned long i = 0; i < n + WARM_RUNS; i++) {
    struct stream r = run(s, "hello", NULL);

    if (r.cut || !r.finished || r.deltas != 1 || !r.agent_ns)
      return incomplete("first", &r, 1);
    if (i < WARM_RUNS)
      continue;
    value("first_byte_us", us(r.first_byte_ns - r.asked_ns));
    value("agent_event_us", us(r.agent_ns - r.asked_ns));
    value("short_run_us", us(r.ended_ns - r.asked_ns));
  }
  return 0;
}

static uint64_t expected_hash(unsigned long n, size_t size)
{
  char text[DELTA_MOST + 1];
  uint64_t hash = 0;

  for (unsigned long i = 0; i < n; i++) {
    delta_write(text, i, size);
    hash = delta_hash(hash, text, size);
  }
  return hash;
}

/* A short run first, so that the memory before and after are those of a warm server. */
static int measure_deltas(struct server *s, unsigned long n, unsigned long size)
{
  struct stream r = run(s, "hello", NULL);
  uint64_t before = server_memory_kib(s, "VmRSS"), cpu = server_cpu_ns(s);
  char prompt[64];

  if (r.cut || !r.finished)
    return incomplete("deltas: the short run before", &r, 1);
  s->keeper_ns = s->keeper_kib = 0;
  snprintf(prompt, sizeof(prompt), "deltas %lu %lu", n, size);
  r = run(s, prompt, NULL);
  if (r.cut || !r.finished || r.deltas != n)
    return incomplete("deltas", &r, n);
  if (r.hash != expected_hash(n, size)) {
    fprintf(stderr, "bench: deltas: all came, not as they were sent\n");
    return EXIT_INCOMPLETE;
  }
  cpu = server_cpu_ns(s) - cpu;
  value("deltas", (double)n);
  value("deltas_per_s", (double)n * 1e9 / (double)(r.ended_ns - r.asked_ns));
  value("delta_cpu_us", us(cpu) / (double)n);
  if (s->keeper_kib) {
    value("delta_keeper_cpu_us", us(s->keeper_ns) / (double)n);
    value("keeper_pss_mib", mib(s->keeper_kib));
  }
  value("rss_peak_mib", mib(server_memory_kib(s, "VmHWM")));
  sleep(RETAINED_AFTER_S);
  value("rss_kept_mib", mib(server_memory_kib(s, "VmRSS")) - mib(before));
  return 0;
}

static void on_paced(const char *text, size_t len, uint64_t read_ns, struct server *s)
{
  (void)len;
  (void)s;
  value("pace_us", us(read_ns - strtoull(text, NULL, 10)));
}

static int measure_pace(struct server *s, unsigned long n, unsigned long each_us)
{
  struct stream r = run(s, "hello", NULL);
  char prompt[64];

  snprintf(prompt, sizeof(prompt), "pace %lu %lu", n, each_us);
  r = run(s, prompt, on_paced);
  if (r.cut || !r.finished || r.deltas != n)
    return incomplete("pace", &r, n);
  value("pace_cpu_us", us(r.last_delta_cpu - r.first_delta_cpu) / (double)n);
  return 0;
}

static struct {
  unsigned marks, times;
  uint64_t cpu;
  double rate;
  uint64_t before_kib, peak_kib; /* between the marks */
} tools;

static void on_tool_delta(const char *text, size_t len, uint64_t read_ns,
                          struct server *s)
{
  (void)read_ns;
  if (len == 4 && memcmp(text, "mark", 4) == 0) {
    tools.cpu = server_cpu_ns(s) - (tools.marks ? tools.cpu : 0);
    if (tools.marks++ == 0) {
      tools.before_kib = server_memory_kib(s, "VmRSS");
      server_peak_reset(s);
    } else {
      tools.peak_kib = server_memory_kib(s, "VmHWM");
    }
    return;
  }
  if (len > 5 && memcmp(text, "rate ", 5) == 0) {
    tools.rate = strtod(text + 5, NULL);
    return;
  }
  for (char *next; len && text[0] != '"'; text = next + 1, tools.times++) {
    value("tool_us", us(strtoull(text, &next, 10)));
    if (*next != ',')
      break;
  }
}

static int measure_tools(struct server *s, unsigned long n)
{
  char prompt[64];
  struct stream r;

  snprintf(prompt, sizeof(prompt), "calls %lu %d", n, WARM_CALLS);
  r = run(s, prompt, on_tool_delta);
  if (r.cut || !r.finished || tools.marks != 2 || tools.times != n)
    return incomplete("tools", &r, n);
  value("tool_cpu_us", us(tools.cpu) / (double)n);
  value("tool_rss_peak_mib", mib(server_memory_kib(s, "VmHWM")));
  return 0;
}

/* A short run first, for the memory of a server that was warm and idle. */
static int measure_load(struct server *s, unsigned long n, const char *connections)
{
  struct stream r = run(s, "hello", NULL);
  uint64_t idle;
  char prompt[64];

  sleep(RETAINED_AFTER_S);
  idle = server_memory_kib(s, "VmRSS");
  snprintf(prompt, sizeof(prompt), "load %lu %s", n, connections);
  r = run(s, prompt, on_tool_delta);
  if (r.cut || !r.finished || tools.marks != 2 || tools.rate <= 0)
    return incomplete("load", &r, n);
  value("load_per_s", tools.rate);
  value("load_cpu_us", us(tools.cpu) / (double)n);
  value("load_rss_peak_mib", mib(tools.peak_kib));
  sleep(RETAINED_AFTER_S);
  value("load_rss_kept_mib", mib(server_memory_kib(s, "VmRSS")) - mib(idle));
  return 0;
}

static int measure_big(struct server *s, unsigned long bytes)
{
  char prompt[64];
  struct stream r;

  snprintf(prompt, sizeof(prompt), "big %lu", bytes);
  r = run(s, prompt, on_tool_delta);
  if (r.cut || !r.finished || tools.marks != 2)
    return incomplete("big", &r, 0);
  value("big_times_its_size", (double)tools.peak_kib * 1024.0 / (double)bytes);
  return 0;
}

static int measure_floor(unsigned long n)
{
  static const char body[] =
      "{\"name\":\"echo\",\"args\":{\"text\":\"how are you\",\"n\":17}}";
  uint64_t *times = calloc(n, sizeof(*times));
  char request[1024];
  struct load l = {.port = tool_port,
                   .request = request,
                   .expect = "\"ok\"",
                   .n = n,
                   .connections = 1,
                   .times = times};

  snprintf(request, sizeof(request),
           "POST /tool-exec/bench?threadId=bench HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n"
           "Authorization: Bearer %s\r\nContent-Type: application/json\r\n"
           "Content-Length: %zu\r\n\r\n%s",
           tool_port, tool_token, strlen(body), body);
  if (!times || !load_run(&l))
    return 1;
  for (unsigned long i = 0; i < n; i++)
    value("tool_us", us(times[i]));
  l.connections = 32;
  l.times = NULL;
  if (!load_run(&l))
    return 1;
  value("load_per_s", (double)n * 1e9 / (double)l.elapsed_ns);
  free(times);
  return 0;
}

/* The agent with a pipe on either side, as its own server would start it. */
static pid_t spawn(char **argv, int *to, int *from)
{
  int in[2], out[2];
  pid_t pid;

  if (pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0)
    abort();
  pid = vfork();
  if (pid == 0) {
    dup2(in[0], STDIN_FILENO);
    dup2(out[1], STDOUT_FILENO);
    execv(argv[0], argv);
    _exit(127);
  }
  close(in[0]);
  close(out[1]);
  *to = in[1];
  *from = out[0];
  return pid;
}

static int measure_spawn(char **argv, unsigned long n)
{
  char part[4096];

  for (unsigned long i = 0; i < n; i++) {
    uint64_t began = now_ns();
    int to, from;
    pid_t pid = spawn(argv, &to, &from);

    if (pid < 0 || write(to, "hello", 5) != 5)
      return 1;
    close(to);
    if (read(from, part, sizeof(part)) <= 0)
      return 1;
    value("spawn_us", us(now_ns() - began));
    while (read(from, part, sizeof(part)) > 0)
      ;
    close(from);
    waitpid(pid, NULL, 0);
  }
  return 0;
}

static int measure(const char *what, struct server *s, unsigned long a, unsigned long b,
                   const char *last)
{
  int status;

  if (strcmp(what, "start") == 0)
    return measure_start(s, a);
  if (!server_start(s, &http))
    return 1;
  if (strcmp(what, "idle") == 0)
    status = measure_idle(s, a);
  else if (strcmp(what, "first") == 0)
    status = measure_first(s, a);
  else if (strcmp(what, "deltas") == 0)
    status = measure_deltas(s, a, b);
  else if (strcmp(what, "pace") == 0)
    status = measure_pace(s, a, b);
  else if (strcmp(what, "tools") == 0)
    status = measure_tools(s, a);
  else if (strcmp(what, "load") == 0)
    status = measure_load(s, a, last);
  else if (strcmp(what, "big") == 0)
    status = measure_big(s, a);
  else
    status = 2;
  http_close(&http);
  server_stop(s);
  return status;
}

int main(int argc, char **argv)
{
  struct server s = {0};
  unsigned long a, b;
  int at = 2;

  signal(SIGPIPE, SIG_IGN);
  while (at < argc && strcmp(argv[at], "--") != 0)
    at++;
  if (at < 3 || at + 1 >= argc) {
    fprintf(stderr, "usage: client WHAT N [MORE] -- COMMAND…\n");
    return 2;
  }
  a = strtoul(argv[2], NULL, 10);
  b = at > 3 ? strtoul(argv[3], NULL, 10) : 0;
  if (at > 4) {
    tool_port = (int)b;
    tool_token = argv[4];
  }
  s.argv = argv + at + 1;
  if (strcmp(argv[1], "spawn") == 0)
    return measure_spawn(s.argv, a);
  if (strcmp(argv[1], "floor") == 0)
    return measure_floor(a);
  return measure(argv[1], &s, a, b, argv[at - 1]);
}
