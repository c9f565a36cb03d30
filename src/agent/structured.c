/* SPDX-License-Identifier: MIT */
/* structured.c - finding a JSON value in what a model wrote.
 *
 * Models wrap the value in a sentence or a fenced block although they were told not to.
 * The last one counts, as a model that corrects itself does so behind its first try.  The
 * search in prose is bounded: TRIES brackets from each end, each a parse of the text
 * between them.  */
#include "agent/structured.h"

#include "base/json.h"
#include "base/json_write.h"
#include "base/limits.h"
#include "base/utf8.h"

#include <string.h>

enum { SHOWN_CHARS = 200, TRIES = 64 }; /* of each end, in prose */

#define FENCE "```"

static size_t find_fence(struct span text) /* text.len: none */
{
  const char *at = text.len > 0 ? memmem(text.at, text.len, FENCE, strlen(FENCE)) : NULL;
  return at ? (size_t)(at - text.at) : text.len;
}

void structured_ask(struct span schema, struct buf *prompt)
{
  buf_add_text(prompt,
               "\n\nAnswer with one JSON value that is valid for this JSON Schema, "
               "with no Markdown and nothing before or after it:\n\n");
  buf_add(prompt, schema);
}

static bool is_value(struct span text)
{
  struct fault ignored = {0};
  if (!span_starts(text, "{") && !span_starts(text, "["))
    return false;
  struct json *doc = json_parse(text, NULL, &ignored);
  json_free(doc);
  return doc;
}

/* What stands between the fence at `open` and the next; `after`: where to go on. */
static struct span fenced(struct span text, size_t open, size_t *after)
{
  struct span rest = span_after(text, open + strlen(FENCE));
  size_t end = find_fence(rest);
  *after = text.len;
  if (end == rest.len)
    return (struct span){0};
  *after = open + strlen(FENCE) + end + strlen(FENCE);
  struct span inside = {rest.at, end};
  const char *line_end = memchr(inside.at, '\n', inside.len); /* past "json" */
  return line_end ? span_trim(span_after(inside, (size_t)(line_end - inside.at) + 1))
                  : span_trim(inside);
}

static struct span last_fenced(struct span text)
{
  struct span last = {0};
  for (size_t at = 0; at < text.len;) {
    struct span rest = span_after(text, at);
    size_t open = find_fence(rest);
    if (open == rest.len)
      break;
    struct span inside = fenced(text, at + open, &at);
    if (is_value(inside))
      last = inside;
  }
  return last;
}

/* From the last closing bracket back, the longest text that is a value. */
static struct span last_in_prose(struct span text)
{
  size_t ends = 0;
  for (size_t end = text.len; end > 0 && ends < TRIES; end--) {
    if (text.at[end - 1] != '}' && text.at[end - 1] != ']')
      continue;
    ends++;
    size_t begins = 0;
    for (size_t at = 0; at < end && begins < TRIES; at++) {
      if (text.at[at] != '{' && text.at[at] != '[')
        continue;
      begins++;
      struct span candidate = {text.at + at, end - at};
      if (is_value(candidate))
        return candidate;
    }
  }
  return (struct span){0};
}

struct span structured_find(struct span text)
{
  text = span_trim(text);
  if (is_value(text))
    return text;
  struct span found = last_fenced(text);
  return found.len > 0 ? found : last_in_prose(text);
}

void structured_say(struct events *events, struct span value, struct span raw)
{
  struct buf id = buf_make(LIMIT_EVENT_LINE_BYTES);
  struct buf json = buf_make(LIMIT_EVENT_LINE_BYTES);
  events_last_message(events, &id);
  struct json_writer w = json_write_to(&json);
  json_open(&w, NULL, '{');
  json_put_raw(&w, "messageId", buf_span(&id));
  json_close(&w, '}');
  events_custom(events, "structured-output.start", buf_span(&json));
  buf_clear(&json);
  w = json_write_to(&json);
  json_open(&w, NULL, '{');
  json_put_raw(&w, "object", value);
  json_put_text(&w, "raw", raw);
  json_put_raw(&w, "messageId", buf_span(&id));
  json_close(&w, '}');
  events_custom(events, "structured-output.complete", buf_span(&json));
  buf_free(&id);
  buf_free(&json);
}

void structured_say_if_any(struct events *events, struct span text)
{
  struct span value = structured_find(text);
  if (value.len > 0)
    structured_say(events, value, text);
  else
    events_warn(events, "structured-output-parse-failed",
                SPAN_LITERAL("the run was cut short: there is no value for "
                             "outputSchema"));
}

void structured_fail(struct events *events, struct span text)
{
  struct buf message = buf_make(LIMIT_ERROR_MESSAGE_BYTES);
  buf_add_text(&message, "The answer holds no JSON value for outputSchema. Content: ");
  buf_add(&message, utf8_first(text, SHOWN_CHARS));
  events_fail(events, SPAN_LITERAL("structured-output-parse-failed"), buf_span(&message));
  buf_free(&message);
}
