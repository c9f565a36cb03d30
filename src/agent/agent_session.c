/* SPDX-License-Identifier: MIT */
#include "agent/agent_session.h"

#include "base/json.h"
#include "base/limits.h"
#include "base/mem.h"

#include <stdlib.h>

struct hearing hearing_open(const struct harness *harness)
{
  return (struct hearing){.harness = harness,
                          .state = mem_new(harness->memory > 0 ? harness->memory : 1),
                          .outbox = outbox_make()};
}

bool hearing_heard(struct hearing *h, const struct heard *heard)
{
  struct ear ear = {.events = h->events, .outbox = &h->outbox};
  struct fault f = {0};
  h->outbox.heartbeat = false;
  if (h->harness->hear(h->state, heard, &ear, &f) == 0)
    return !h->outbox.heartbeat;
  h->not_understood++;
  if (h->warned & 1u << f.kind)
    return false;
  h->warned |= 1u << f.kind;
  fault_prefix(&f, "A line could not be understood");
  events_warn(h->events, "unparsable-line", span_of(f.text));
  return false;
}

bool hearing_line(struct hearing *h, struct span line)
{
  struct heard heard = {.kind = HEARD_LINE, .text = line};
  return (h->harness->blank_lines || span_trim(line).len > 0) && hearing_heard(h, &heard);
}

static bool read_recorded(struct json *doc, struct heard *heard)
{
  json_at root = json_root(doc), text = json_get(root, "text");
  struct span kind = json_text(doc, json_get(root, "heard"), (struct span){0});
  unsigned long long tag = 0, status = 0;
  if (!json_whole(json_get(root, "tag"), 9999, &tag) ||
      !json_whole(json_get(root, "status"), 999, &status) ||
      !(span_is(kind, "answer") || span_is(kind, "stream")))
    return false;
  heard->kind = span_is(kind, "answer") ? HEARD_ANSWER : HEARD_STREAM;
  heard->tag = (int)tag;
  heard->status = (int)status;
  heard->text = json_kind(text) == JSON_STRING ? json_text(doc, text, (struct span){0})
                                               : json_raw(text);
  return true;
}

void hearing_recorded(struct hearing *h, struct span line)
{
  static const char *const raw[] = {"text", NULL};
  static const struct json_rules rules = {.raw = raw};
  struct fault ignored = {0};
  struct heard heard = {0};
  struct json *doc =
      span_starts(line, "{\"heard\":") ? json_parse(line, &rules, &ignored) : NULL;
  if (doc != NULL && read_recorded(doc, &heard))
    hearing_heard(h, &heard);
  else
    hearing_line(h, line);
  json_free(doc);
}

void hearing_too_long(struct hearing *h, size_t ceiling)
{
  if (h->too_long++ > 0)
    return;
  struct buf text = buf_make(LIMIT_ERROR_MESSAGE_BYTES);
  buf_addf(&text, "A line is longer than %zu bytes (--max-line-bytes) and was left out.",
           ceiling);
  events_warn(h->events, "line-too-long", buf_span(&text));
  buf_free(&text);
}

static void count(struct hearing *h, const char *code, unsigned long long n,
                  const char *what)
{
  struct buf text = buf_make(LIMIT_ERROR_MESSAGE_BYTES);
  buf_addf(&text, "%llu %s", n, what);
  events_warn(h->events, code, buf_span(&text));
  buf_free(&text);
}

void hearing_sum_up(struct hearing *h, unsigned long long repaired)
{
  if (h->not_understood > 1)
    count(h, "unparsable-line", h->not_understood, "lines could not be understood.");
  if (h->too_long > 1)
    count(h, "line-too-long", h->too_long, "lines were too long.");
  if (repaired > 0)
    count(h, "invalid-utf8", repaired,
          "invalid UTF-8 sequences were replaced by U+FFFD.");
}

bool hearing_cancel(struct hearing *h)
{
  struct ear ear = {.events = h->events, .outbox = &h->outbox};
  return h->harness->cancel && h->harness->cancel(h->state, &ear);
}

void hearing_leave(struct hearing *h, const struct process_end *end)
{
  struct ear ear = {.events = h->events, .outbox = &h->outbox};
  h->harness->leave(h->state, end, &ear);
}

bool hearing_succeeded(const struct hearing *h)
{
  return h->harness->succeeded(h->state);
}

void hearing_close(struct hearing *h)
{
  if (!h->state)
    return;
  if (h->harness->forget)
    h->harness->forget(h->state);
  mem_wipe(h->state, h->harness->memory);
  free(h->state);
  h->state = NULL;
  outbox_free(&h->outbox);
}
