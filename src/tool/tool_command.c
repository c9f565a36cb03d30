/* SPDX-License-Identifier: MIT */
/* tool_command.c - one attempt as one process of --tool-command, and what its end means
 * to the agent. */
#include "tool/tool_command.h"

#include "base/json.h"
#include "base/json_write.h"
#include "base/limits.h"
#include "base/mem.h"
#include "process/helper_command.h"

#include <stdlib.h>

struct command_attempt {
  const struct tool_source *source;
  struct helper_command *command;
  tool_attempt_done *done;
  void *who;
};

static void tell(struct command_attempt *w, struct tool_answer answer)
{
  struct tool_attempt_end end = {.outcome = TOOL_ATTEMPT_ANSWERED, .answer = answer};
  w->done(w->who, &end);
}

static void tell_failure(struct command_attempt *w, const char *why)
{
  struct tool_answer answer = {0};
  struct buf text = buf_make(64 * KIB);
  tool_answer_fail(&answer, &text, why);
  tell(w, answer);
  buf_free(&text);
}

/* The output is put where a value stands in JSON: what parses then is one value and
 * nothing more, but for `1,"result":2`, which the count of members gives away. */
static void tell_output(struct command_attempt *w, struct span output)
{
  static const char *const whole[] = {"result", NULL};
  const struct json_rules rules = {.raw = whole};
  struct buf wrapped = buf_make(4 * w->source->answer_ceiling),
             text = buf_make(4 * w->source->answer_ceiling);
  utf8_repair(span_trim(output), &text);
  buf_add_text(&wrapped, "{\"result\":");
  buf_add(&wrapped, buf_span(&text));
  buf_add_char(&wrapped, '}');
  struct fault ignored = {0};
  struct json *doc = json_parse(buf_span(&wrapped), &rules, &ignored);
  struct tool_answer a = {.result = json_raw(json_get(json_root(doc), "result"))};
  if (!doc || json_count(json_root(doc)) != 1) {
    struct span plain = buf_span(&text);
    buf_clear(&wrapped);
    json_escape(&wrapped, plain);
    a.result = buf_span(&wrapped);
  }
  tell(w, a);
  json_free(doc);
  buf_free(&wrapped);
  buf_free(&text);
}

/* What the command printed on stderr is its own word for what went wrong; only a silent
 * one is spoken for. */
static void on_done(void *who, struct helper_command_end *end)
{
  struct command_attempt *w = who;
  struct span complaint = span_trim(end->stderr_tail);
  struct buf why = buf_make(64 * KIB);
  if (end->fault) {
    tell_failure(w, end->fault->text);
  } else if (end->status == 0 && end->signal == 0) {
    tell_output(w, buf_span(end->output));
  } else {
    if (complaint.len > 0)
      utf8_repair(complaint, &why);
    else if (end->signal)
      buf_addf(&why, "--tool-command was killed by signal %d", end->signal);
    else
      buf_addf(&why, "--tool-command exited with code %d", end->status);
    tell_failure(w, buf_cstring(&why));
  }
  buf_free(&why);
  free(w);
}

static void *start(void *context, const struct tool_attempt *attempt,
                   tool_attempt_done *done, void *who, struct fault *f)
{
  const struct tool_source *source = context;
  struct command_attempt *w = mem_new(sizeof *w);
  char shell[] = "/bin/sh", flag[] = "-c";
  char *command = span_copy(span_of(source->command));
  char *argv[] = {shell, flag, command, NULL};
  struct helper_command_setup setup = {.argv = argv,
                                       .env = source->command_env,
                                       .input = attempt->message,
                                       .output_ceiling = source->answer_ceiling,
                                       .budget = source->budget,
                                       .deadline_ms = attempt->left_ms};
  *w = (struct command_attempt){source, NULL, done, who};
  w->command = helper_command_start(source->loop, &setup, on_done, w, f);
  free(command);
  if (w->command)
    return w;
  free(w);
  return NULL;
}

static void cancel(void *work)
{
  helper_command_cancel(((struct command_attempt *)work)->command);
}

int tool_command_claim(struct tool_source *source, struct tool_executor *out,
                       struct fault *f)
{
  (void)f;
  if (!source->command)
    return 0;
  *out = (struct tool_executor){source, start, cancel};
  return 1;
}
