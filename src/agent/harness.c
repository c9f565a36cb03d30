/* SPDX-License-Identifier: MIT */
#include "agent/harness.h"

#include "agent/acp/acp.h"
#include "agent/claude_code/claude_code.h"
#include "agent/codex/codex.h"
#include "agent/command/command.h"
#include "agent/gemini/gemini.h"
#include "agent/opencode/opencode.h"
#include "base/limits.h"
#include "base/utf8.h"

#include <signal.h>

static const struct harness *const harnesses[] = {
    &claude_code_harness, &codex_harness, &opencode_harness, &grok_build_harness,
    &gemini_harness,      &acp_harness,   &command_harness,
};

enum { HARNESSES = sizeof harnesses / sizeof harnesses[0], STDERR_SHOWN_CHARS = 1000 };

const struct harness *harness_at(size_t index)
{
  return index < HARNESSES ? harnesses[index] : NULL;
}

const struct harness *harness_find(struct span id)
{
  for (size_t i = 0; i < HARNESSES; i++)
    if (span_is(id, harnesses[i]->id))
      return harnesses[i];
  return NULL;
}

static int refuse(const struct harness *h, const char *field, struct fault *f)
{
  return fault_set(f, FAULT_BAD_INPUT, "run request: %s is not supported by harness %s",
                   field, h->id);
}

int harness_admit(const struct harness *h, const struct run_request *req, struct fault *f)
{
  const struct harness_options *o = &req->harness_options;
  const struct {
    unsigned bit;
    const char *field;
    bool given;
  } rows[] = {
      {TAKES_SESSION, "modelOptions.sessionId", req->session_id.len > 0},
      {TAKES_PERMISSION_MODE, "modelOptions.permissionMode",
       req->permission_mode.len > 0},
      {TAKES_MAX_TURNS, "modelOptions.maxTurns", req->max_turns > 0},
      {TAKES_TOOL_LISTS, "modelOptions.allowedTools", req->allowed_tools.count > 0},
      {TAKES_TOOL_LISTS, "modelOptions.disallowedTools", req->disallowed_tools.count > 0},
      {TAKES_EFFORT, "modelOptions.effort", req->effort.len > 0},
      {TAKES_OUTPUT, "harnessOptions.output", o->output.len > 0},
      {TAKES_PROTOCOL, "harnessOptions.protocol", o->protocol.len > 0},
      {TAKES_MODE, "harnessOptions.mode", o->mode.len > 0},
      {TAKES_AUTH_METHOD, "harnessOptions.authMethod", o->auth_method.len > 0},
      {TAKES_SANDBOX, "harnessOptions.sandbox", o->sandbox.len > 0},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
    if (rows[i].given && !(h->takes & rows[i].bit))
      return refuse(h, rows[i].field, f);
  if (req->output_schema.len > 0 && !h->structured)
    return refuse(h, "outputSchema", f);
  if (h->program && o->command.count > 0)
    return refuse(h, "harnessOptions.command", f);
  if (!h->program && (o->command.count == 0 || o->command.at[0].len == 0))
    return fault_set(f, FAULT_BAD_INPUT,
                     "run request: harnessOptions.command must name the program harness "
                     "%s runs, as an array of strings",
                     h->id);
  return 0;
}

void harness_keep(struct buf *b, struct span text)
{
  if (b->ceiling == 0)
    *b = buf_make(LIMIT_LINE_BYTES);
  buf_clear(b);
  buf_add(b, text);
}

/* Ours, as musl has no sigabbrev_np(). */
static const char *signal_name(int number)
{
  static const char *const names[] = {
      [SIGHUP] = "SIGHUP",   [SIGINT] = "SIGINT",   [SIGQUIT] = "SIGQUIT",
      [SIGILL] = "SIGILL",   [SIGTRAP] = "SIGTRAP", [SIGABRT] = "SIGABRT",
      [SIGBUS] = "SIGBUS",   [SIGFPE] = "SIGFPE",   [SIGKILL] = "SIGKILL",
      [SIGUSR1] = "SIGUSR1", [SIGSEGV] = "SIGSEGV", [SIGUSR2] = "SIGUSR2",
      [SIGPIPE] = "SIGPIPE", [SIGALRM] = "SIGALRM", [SIGTERM] = "SIGTERM",
      [SIGXCPU] = "SIGXCPU", [SIGXFSZ] = "SIGXFSZ", [SIGSYS] = "SIGSYS",
  };
  size_t count = sizeof names / sizeof names[0];
  return number > 0 && (size_t)number < count ? names[number] : NULL;
}

/* The first characters of trimmed, valid UTF-8. */
static struct span first_chars(struct span text, size_t most)
{
  size_t at = 0, chars = 0;
  for (; at < text.len; at++)
    if (((unsigned char)text.at[at] & 0xc0) != 0x80 && chars++ == most)
      break;
  return (struct span){text.at, at};
}

static void add_stderr(struct buf *message, struct span tail)
{
  struct buf clean = buf_make(4 * LIMIT_STDERR_TAIL_BYTES);
  utf8_repair(tail, &clean); /* the tail may begin inside a character */
  struct span shown = first_chars(span_trim(buf_span(&clean)), STDERR_SHOWN_CHARS);
  if (shown.len > 0) {
    buf_add_text(message, ": ");
    buf_add(message, shown);
  }
  buf_free(&clean);
}

void harness_fail_by_end(struct events *events, const struct process_end *end)
{
  struct buf message = buf_make(LIMIT_ERROR_MESSAGE_BYTES + 1 * KIB);
  const char *code = "no-result";
  if (end->signal != 0) {
    const char *name = signal_name(end->signal);
    code = end->oom ? "out-of-memory" : "agent-signal";
    buf_addf(&message, "Agent process was killed by signal %d", end->signal);
    if (name != NULL)
      buf_addf(&message, " (%s)", name);
    if (end->oom)
      buf_add_text(&message, ", out of memory");
  } else if (end->status != 0) {
    code = "agent-exit";
    buf_addf(&message, "Agent process exited with code %d", end->status);
  } else {
    buf_add_text(&message, "Agent process exited without a result");
  }
  add_stderr(&message, end->stderr_tail);
  events_fail(events, span_of(code), buf_span(&message));
  buf_free(&message);
}
