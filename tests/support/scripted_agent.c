/* SPDX-License-Identifier: MIT */
/* scripted_agent.c - an agent CLI that does what its prompt says.
 *
 * Started under an agent's name (a link called `claude`, …) it speaks that agent's native
 * format; the prompt on stdin is read to its end and its lines that begin with @ are
 * carried out in order (tests/README.md has the list).  Without such a line it greets,
 * repeats the prompt as text and ends well.  So a test says in one place what the agent
 * does and what should come of it, and a benchmark pays for next to nothing but the
 * program it measures.
 *
 *   SCRIPTED_EXIT_AT_ONCE=N  exit N before anything is read
 *   SCRIPTED_NO_STDIN=1      never read stdin; the script is in SCRIPTED_SCRIPT */
#include "scripted_agent.h"

#include "scripted_dialogue.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { OUT_ROOM = 1 << 20 };

static const struct format *const formats[] = {&claude_format};

void flush(struct agent *a)
{
  size_t sent = 0;

  while (sent < a->out.len) {
    ssize_t n = write(STDOUT_FILENO, a->out.at + sent, a->out.len - sent);

    if (n < 0 && errno != EINTR)
      exit(9);
    sent += n > 0 ? (size_t)n : 0;
  }
  text_clear(&a->out);
}

void say(struct agent *a, const char *str)
{
  text_str(&a->out, str);
}

static void end_line(struct agent *a)
{
  text_add(&a->out, "\n", 1);
  if (a->out.len >= OUT_ROOM)
    flush(a);
}

void say_line(struct agent *a, const char *str)
{
  say(a, str);
  end_line(a);
}

const char *option(struct agent *a, const char *name)
{
  for (int i = 1; i + 1 < a->argc; i++)
    if (strcmp(a->argv[i], name) == 0)
      return a->argv[i + 1];
  return NULL;
}

/* What the directives are made of. */
void message(struct agent *a, const char *kind, struct slice whole)
{
  a->format->text_open(a, kind);
  a->format->delta(a, kind, whole);
  a->format->text_close(a, kind, whole);
}

void pause_us(struct agent *a, unsigned long us)
{
  flush(a);
  if (dialogue_pause(a, (long long)(us / 1000)))
    us %= 1000;
  for (; us >= 1000000; us -= 1000000)
    sleep(1);
  usleep((useconds_t)us);
}

static struct slice word(struct slice *rest)
{
  struct slice w = {rest->at, 0};

  while (w.len < rest->len && w.at[w.len] != ' ')
    w.len++;
  rest->at += w.len;
  rest->len -= w.len;
  if (rest->len) {
    rest->at++;
    rest->len--;
  }
  return w;
}

unsigned long number(struct slice *rest)
{
  struct slice w = word(rest);

  return w.len ? strtoul(w.at, NULL, 10) : 0;
}

static void do_init(struct agent *a, struct slice rest)
{
  if (!slice_is(rest, "alone"))
    mcp_handshake(&a->mcp);
  a->format->init(a);
}

static void do_text(struct agent *a, struct slice rest)
{
  message(a, "text", rest);
}

static void do_think(struct agent *a, struct slice rest)
{
  message(a, "thinking", rest);
}

static void do_deltas(struct agent *a, struct slice rest)
{
  unsigned long n = number(&rest), size = number(&rest), us = number(&rest);
  char *piece = malloc(size + 1);

  if (!piece)
    abort();
  for (unsigned long i = 0; i < size; i++)
    piece[i] = (char)('a' + i % 26);
  a->format->text_open(a, "text");
  for (unsigned long i = 0; i < n; i++) {
    a->format->delta(a, "text", (struct slice){piece, size});
    if (us)
      pause_us(a, us);
  }
  a->format->text_close(a, "text", (struct slice){0});
  free(piece);
}

/* As @deltas, but each tells which one it is: "<ordinal of 8 digits> abc…". */
static void do_count(struct agent *a, struct slice rest)
{
  unsigned long n = number(&rest), size = number(&rest), us = number(&rest);
  char *piece = malloc(size + 16);

  if (!piece || size < 9)
    abort();
  for (unsigned long i = 0; i < size; i++)
    piece[i] = (char)('a' + i % 26);
  a->format->text_open(a, "text");
  for (unsigned long i = 0; i < n; i++) {
    char ordinal[24];

    snprintf(ordinal, sizeof(ordinal), "%08lu ", i);
    memcpy(piece, ordinal, 9);
    a->format->delta(a, "text", (struct slice){piece, size});
    if (us)
      pause_us(a, us);
  }
  a->format->text_close(a, "text", (struct slice){0});
  free(piece);
}

static void do_tool(struct agent *a, struct slice rest)
{
  struct slice name = word(&rest);
  struct text full = {0}, content = {0};
  bool is_error;

  if (rest.len == 0)
    rest = slice_of("{}");
  text_str(&full, "mcp__");
  text_str(&full, a->mcp.name.at ? a->mcp.name.at : "none");
  text_str(&full, "__");
  text_add(&full, name.at, name.len);
  a->format->tool_use(a, (struct slice){full.at, full.len}, rest);
  flush(a);
  mcp_call(&a->mcp, name, rest, &content, &is_error);
  a->format->tool_result(a, (struct slice){content.at, content.len}, is_error);
  text_free(&full);
  text_free(&content);
}

/* A raw JSON-RPC message to the bridge; says "<status> <body>". */
static void do_mcp(struct agent *a, struct slice rest)
{
  struct text reply = {0}, told = {0};
  int status;

  flush(a);
  status = mcp_post(&a->mcp, rest.at, rest.len, &reply);
  text_format(&told, "%d ", status);
  text_add(&told, reply.at, reply.len);
  message(a, "text", (struct slice){told.at, told.len});
  text_free(&reply);
  text_free(&told);
}

static void do_raw(struct agent *a, struct slice rest)
{
  text_add(&a->out, rest.at, rest.len);
  end_line(a);
}

static void do_bytes(struct agent *a, struct slice rest)
{
  for (size_t i = 0; i + 1 < rest.len; i += 2) {
    char hex[3] = {rest.at[i], rest.at[i + 1], '\0'};
    char byte = (char)strtoul(hex, NULL, 16);

    text_add(&a->out, &byte, 1);
  }
}

static void do_result(struct agent *a, struct slice rest)
{
  struct slice subtype = word(&rest);

  a->format->result(a, subtype, rest);
}

/* One line of exactly so many bytes, newline not counted: `head`, then `piece` over and
 * over (and x where it does not fit), then `tail`. */
static void big(struct agent *a, unsigned long want, const char *head, const char *piece,
                const char *tail)
{
  size_t len = strlen(piece), left;

  flush(a);
  text_str(&a->out, head);
  left = want > a->out.len + strlen(tail) ? want - a->out.len - strlen(tail) : 0;
  for (; left >= len; left -= len)
    text_add(&a->out, piece, len);
  for (; left > 0; left--)
    text_add(&a->out, "x", 1);
  say_line(a, tail);
}

#define USER_HEAD "{\"type\":\"user\",\"message\":{\"role\":\"user\",\"content\":[{"

/* @bigline SIZE [text|escapes|invalid|result|args]: text of an assistant, plain, all
 * escapes, or with invalid UTF-8; a tool's result; a tool's arguments. */
static void do_bigline(struct agent *a, struct slice rest)
{
  unsigned long want = number(&rest);
  struct text head = {0};
  const char *piece = slice_is(rest, "escapes") ? "\\n\\u00e9\\\""
                      : slice_is(rest, "invalid")
                          ? "\\nxxxxxxxxxxxxxxxxxxxxxxxx\xc3(xxxxxxxxx"
                          : "x";

  text_format(&head,
              "{\"type\":\"assistant\",\"parent_tool_use_id\":null,\"message\":{"
              "\"id\":\"msg_%u\",\"content\":[{",
              ++a->messages);
  if (slice_is(rest, "args")) {
    text_str(&head, "\"type\":\"tool_use\",\"id\":\"toolu_big\",\"name\":\"Write\","
                    "\"input\":{\"content\":\"");
    big(a, want, head.at, "x\\n\\\"yz", "\"}}]}}");
  } else if (slice_is(rest, "result")) {
    text_str(&head, "\"type\":\"tool_use\",\"id\":\"toolu_big\",\"name\":\"Read\","
                    "\"input\":{}}]}}");
    say_line(a, head.at);
    big(a, want,
        USER_HEAD "\"tool_use_id\":\"toolu_big\",\"type\":\"tool_result\",\"content\":\"",
        "line\\n", "\"}]},\"parent_tool_use_id\":null}");
  } else {
    text_str(&head, "\"type\":\"text\",\"text\":\"");
    big(a, want, head.at, piece, "\"}]}}");
  }
  text_free(&head);
}

static void do_nest(struct agent *a, struct slice rest)
{
  unsigned long n = number(&rest);

  say(a, "{\"type\":\"assistant\",\"deep\":");
  for (unsigned long i = 0; i < n; i++)
    text_add(&a->out, "[", 1);
  for (unsigned long i = 0; i < n; i++)
    text_add(&a->out, "]", 1);
  say_line(a, "}");
}

static void do_flush(struct agent *a, struct slice rest)
{
  (void)rest;
  flush(a);
}

static void do_repeat(struct agent *a, struct slice rest)
{
  unsigned long n = number(&rest);

  if (a->depth == LOOPS)
    abort();
  a->loops[a->depth++] = (struct loop){a->next, n};
}

static void do_end(struct agent *a, struct slice rest)
{
  struct loop *l = a->depth ? &a->loops[a->depth - 1] : NULL;

  (void)rest;
  if (!l)
    abort();
  if (l->left > 1) {
    l->left--;
    a->next = l->body;
  } else {
    a->depth--;
  }
}

static const struct directive {
  const char *name;
  void (*run)(struct agent *a, struct slice rest);
} directives[] = {
    {"init", do_init},
    {"text", do_text},
    {"think", do_think},
    {"count", do_count},
    {"deltas", do_deltas},
    {"ask", do_ask},
    {"asks", do_asks},
    {"answers", do_answers},
    {"hear", do_hear},
    {"structured", do_structured},
    {"compact", do_compact},
    {"tool", do_tool},
    {"mcp", do_mcp},
    {"bash", do_bash},
    {"daemon", do_daemon},
    {"setsid-child", do_setsid_child},
    {"hold-stdout", do_hold_stdout},
    {"orphans", do_orphans},
    {"talk-on", do_talk_on},
    {"fork-bomb", do_fork_bomb},
    {"raw", do_raw},
    {"bytes", do_bytes},
    {"bigline", do_bigline},
    {"nest", do_nest},
    {"result", do_result},
    {"exit", do_exit},
    {"signal", do_signal},
    {"now", do_now},
    {"sleep", do_sleep},
    {"hang", do_hang},
    {"stderr", do_stderr},
    {"stderr-flood", do_stderr_flood},
    {"ignore-term", do_ignore_term},
    {"env", do_env},
    {"environ", do_environ},
    {"argv", do_argv},
    {"cwd", do_cwd},
    {"fds", do_fds},
    {"status", do_status},
    {"save-prompt", do_save_prompt},
    {"flush", do_flush},
    {"repeat", do_repeat},
    {"end", do_end},
};

static void carry_out(struct agent *a, struct slice line)
{
  struct slice rest = {line.at + 1, line.len - 1};
  struct slice name = word(&rest);

  for (size_t i = 0; i < sizeof(directives) / sizeof(directives[0]); i++)
    if (slice_is(name, directives[i].name)) {
      directives[i].run(a, rest);
      return;
    }
  fprintf(stderr, "scripted agent: no such directive: @%.*s\n", (int)name.len, name.at);
  exit(64);
}

/* Returns how many directives there were. */
static size_t play(struct agent *a, const char *script)
{
  size_t count = 0;

  for (a->next = script; *a->next;) {
    struct slice line = {a->next, strcspn(a->next, "\n")};

    a->next += line.len + (line.at[line.len] == '\n');
    if (line.len < 2 || line.at[0] != '@')
      continue;
    if (line.at[line.len - 1] == '\r')
      line.len--;
    carry_out(a, line);
    count++;
  }
  return count;
}

static void read_prompt(struct agent *a)
{
  static char part[65536];
  ssize_t got;

  while ((got = read(STDIN_FILENO, part, sizeof(part))) != 0) {
    if (got > 0)
      text_add(&a->prompt, part, (size_t)got);
    else if (errno != EINTR)
      break;
  }
}

int main(int argc, char **argv)
{
  struct agent a = {.argc = argc, .argv = argv};
  const char *at_once = getenv("SCRIPTED_EXIT_AT_ONCE");
  const char *script = getenv("SCRIPTED_NO_STDIN") ? getenv("SCRIPTED_SCRIPT") : NULL;
  const char *cli = strrchr(argv[0], '/') ? strrchr(argv[0], '/') + 1 : argv[0];
  const char *config;

  if (at_once)
    return atoi(at_once);
  a.format = formats[0];
  for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
    if (strcmp(formats[i]->cli, cli) == 0)
      a.format = formats[i];
  if (argc == 2 && strcmp(argv[1], "--version") == 0)
    return puts("0.0.0 (scripted agent)") < 0;
  text_str(&a.prompt, "");
  if (!getenv("SCRIPTED_NO_STDIN") && !dialogue_open(&a))
    read_prompt(&a);
  config = option(&a, "--mcp-config");
  if (config && !mcp_config(&a.mcp, config))
    fprintf(stderr, "scripted agent: %s\n", a.mcp.error.at);
  if (play(&a, script ? script : a.prompt.at) == 0) {
    do_init(&a, slice_of(""));
    message(&a, "text", (struct slice){a.prompt.at, a.prompt.len});
    a.format->result(&a, slice_of("success"), slice_of(""));
  }
  while (a.resulted && dialogue_next(&a)) {
    a.resulted = false;
    (void)play(&a, a.prompt.at);
  }
  flush(&a); /* a turn without a result */
  return 0;
}
