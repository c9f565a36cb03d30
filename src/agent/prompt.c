/* SPDX-License-Identifier: MIT */
/* prompt.c - a chat as one text, for agents that take a single prompt.  The words around
 * the turns are those of TanStack's adapters, so that a model sees the same.  */
#include "agent/prompt.h"

#include "base/json.h"
#include "base/limits.h"
#include "base/utf8.h"

#define BOM "\xef\xbb\xbf" /* U+FEFF */

static void add_turns(const struct run_request *req, struct buf *out)
{
  bool any = false;
  for (size_t i = 0; i + 1 < req->message_count; i++) {
    const struct message *m = &req->messages[i];
    if (span_trim(m->text).len == 0 || m->role == ROLE_OTHER)
      continue;
    if (!any)
      buf_add_text(out, "Previous conversation:\n");
    any = true;
    buf_add_text(out, m->role == ROLE_USER ? "User: " : "Assistant: ");
    buf_add(out, m->text);
    buf_add_char(out, '\n');
  }
  if (any)
    buf_add_char(out, '\n');
}

static void prepend(struct buf *text, const char *front)
{
  struct buf both = buf_make(text->ceiling);
  buf_add_text(&both, front);
  buf_add(&both, buf_span(text));
  buf_free(text);
  *text = both;
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

/* What the user said last; empty: nothing. */
static struct span last_words(const struct run_request *req)
{
  size_t n = req->message_count;
  return n > 0 && req->messages[n - 1].role == ROLE_USER ? req->messages[n - 1].text
                                                         : (struct span){0};
}

int prompt_write(const struct run_request *req, const struct prompt_rules *rules,
                 struct buf *out, struct fault *f)
{
  struct span last = last_words(req);
  if (last.len == 0)
    return fault_set(f, FAULT_BAD_INPUT,
                     "%s adapter requires a trailing user message with text content.",
                     rules->adapter);
  if (rules->system_first) {
    prompt_system(req, out);
    if (out->len > 0)
      buf_add_text(out, "\n\n");
  }
  if (req->session_id.len == 0)
    add_turns(req, out);
  buf_add(out, last);
  repair(out);
  if (rules->bom_lost && span_starts(buf_span(out), BOM))
    prepend(out, BOM);
  if (!out->overflowed)
    prompt_guard_apply(&rules->guard, req, out);
  if (out->overflowed)
    return fault_set(f, FAULT_TOO_BIG, "The prompt is longer than %zu bytes.",
                     out->ceiling);
  return 0;
}

/* -- what is no text -- */

bool prompt_has_part(const struct run_request *req, bool resumed,
                     const struct message_part *part)
{
  return !resumed || part->role == ROLE_SYSTEM || part->message + 1 == req->message_count;
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
  size_t untold = 0, foreign = 0, empty = 0, others = 0;
  for (size_t i = 0; req && i < req->part_count; i++) {
    const struct message_part *p = &req->parts[i];
    if (!prompt_has_part(req, resumed, p))
      continue;
    if (!p->image)
      others++;
    else if (images && p->role != ROLE_USER)
      foreign++;
    else if (p->data.len == 0 && images)
      empty++;
    else if (!images)
      untold++;
  }
  warn_of(untold, "image-not-passed", "image parts were",
          "by this harness or this agent it takes text only", events);
  warn_of(foreign, "image-not-passed", "image parts were", "only those of a user are",
          events);
  warn_of(empty, "image-not-passed", "image parts were",
          "only data with a mimeType is, no address", events);
  warn_of(others, "content-not-passed", "parts that are neither text nor image were",
          "there is no way to", events);
}

/* Of all that prompt_write() may put together: no prompt is longer than twice that. */
static size_t raw_bytes(const struct run_request *req)
{
  size_t sum = 0;
  for (size_t i = 0; i < req->message_count; i++)
    sum += req->messages[i].text.len + sizeof "Previous conversation: Assistant: ";
  for (size_t i = 0; i < req->system_prompts.count; i++)
    sum += req->system_prompts.at[i].len + 2;
  return sum;
}

static size_t length_of(struct span text, bool characters)
{
  size_t n = 0;
  for (size_t i = 0; characters && i < text.len; i++)
    n += ((unsigned char)text.at[i] & 0xc0) != 0x80;
  return characters ? n : text.len;
}

static int check(const struct prompt_rules *rules, struct span prompt, struct fault *f)
{
  size_t length = length_of(prompt, rules->characters);
  if (rules->no_blank && prompt_guard_after_blanks(prompt).len == 0)
    return fault_set(f, FAULT_BAD_INPUT,
                     "prompt-invalid: the last message is blank, and %s takes no blank "
                     "prompt",
                     rules->adapter);
  if (rules->most > 0 && length > rules->most)
    return fault_set(
        f, FAULT_BAD_INPUT,
        "prompt-invalid: the prompt is %zu %s long, and %s takes at most %zu", length,
        rules->characters ? "characters" : "bytes", rules->adapter, rules->most);
  return 0;
}

int prompt_admit(const struct run_request *req, const struct prompt_rules *rules,
                 struct fault *f)
{
  struct span last = last_words(req);
  bool long_one = rules->most > 0 && raw_bytes(req) > rules->most / 2;
  bool blank = rules->no_blank && prompt_guard_after_blanks(last).len == 0;
  if (last.len == 0 || !(long_one || blank))
    return 0;
  struct buf prompt = buf_make(LIMIT_PROMPT_BYTES);
  int rc = prompt_write(req, rules, &prompt, f);
  if (rc == 0)
    rc = check(rules, buf_span(&prompt), f);
  buf_free(&prompt);
  return rc;
}
