/* SPDX-License-Identifier: MIT */
/* prompt.c - a chat as one text, for agents that take a single prompt.  The words around
 * the turns are those of TanStack's adapters, so that a model sees the same.  */
#include "agent/prompt.h"

#include "base/json.h"
#include "base/limits.h"
#include "base/utf8.h"

static void add_turns(const struct run_request *req, struct buf *out)
{
  bool any = false;
  for (size_t i = 0; i + 1 < req->message_count; i++) {
    const struct message *m = &req->messages[i];
    struct span text = span_trim(m->text);
    if (text.len == 0 || m->role == ROLE_OTHER)
      continue;
    if (!any)
      buf_add_text(out, "Previous conversation:\n");
    any = true;
    buf_add_text(out, m->role == ROLE_USER ? "User: " : "Assistant: ");
    buf_add(out, text);
    buf_add_char(out, '\n');
  }
  if (any)
    buf_add_char(out, '\n');
}

/* Half of a character that JSON carried as \ud83d: no agent can read its bytes. */
static void repair(struct buf *text)
{
  if (utf8_valid(buf_span(text)))
    return;
  struct buf clean = buf_make(text->ceiling);
  utf8_repair(buf_span(text), &clean);
  buf_free(text);
  *text = clean;
}

void prompt_system(const struct run_request *req, struct buf *out)
{
  bool any = false;
  for (size_t i = 0; i < req->system_prompts.count; i++) {
    struct span prompt = req->system_prompts.at[i];
    if (span_trim(prompt).len == 0)
      continue;
    if (any)
      buf_add_text(out, "\n\n");
    any = true;
    buf_add(out, prompt);
  }
  repair(out);
}

int prompt_write(const struct run_request *req, const char *adapter, bool system_first,
                 struct buf *out, struct fault *f)
{
  struct span last = {0};
  if (req->message_count > 0 && req->messages[req->message_count - 1].role == ROLE_USER)
    last = span_trim(req->messages[req->message_count - 1].text);
  if (last.len == 0)
    return fault_set(f, FAULT_BAD_INPUT,
                     "%s adapter requires a trailing user message with text content.",
                     adapter);
  if (system_first) {
    prompt_system(req, out);
    if (out->len > 0)
      buf_add_text(out, "\n\n");
  }
  if (req->session_id.len == 0)
    add_turns(req, out);
  buf_add(out, last);
  repair(out);
  if (out->overflowed)
    return fault_set(f, FAULT_TOO_BIG, "The prompt is longer than %zu bytes.",
                     out->ceiling);
  return 0;
}

/* -- what is no text ----------------------------------------------------- */

bool prompt_has_part(const struct run_request *req, bool resumed,
                     const struct message_part *part)
{
  return !resumed || part->message + 1 == req->message_count;
}

static void warn_of(size_t count, const char *code, const char *what, const char *why,
                    struct events *events)
{
  struct buf text = buf_make(KIB);
  if (count > 0) {
    buf_addf(&text, "messages: %zu %s not passed to the agent: %s", count, what, why);
    events_warn(events, code, buf_span(&text));
  }
  buf_free(&text);
}

void prompt_warn_parts(const struct run_request *req, bool resumed, bool images,
                       struct events *events)
{
  size_t untold = 0, empty = 0, others = 0;
  for (size_t i = 0; req && i < req->part_count; i++) {
    const struct message_part *p = &req->parts[i];
    if (!prompt_has_part(req, resumed, p))
      continue;
    if (!p->image)
      others++;
    else if (p->data.len == 0 && images)
      empty++;
    else if (!images)
      untold++;
  }
  warn_of(untold, "image-not-passed", "image parts were",
          "by this harness or this agent it takes text only", events);
  warn_of(empty, "image-not-passed", "image parts were",
          "only data with a mimeType is, no address", events);
  warn_of(others, "content-not-passed", "parts that are neither text nor image were",
          "there is no way to", events);
}
