/* SPDX-License-Identifier: MIT */
/* claude_messages.c - one entry for each block of the message that streams now, so that
 * its whole line is known again and what is void can be named.  */
#include "claude_messages.h"

#include "agent/agent_input.h"
#include "base/limits.h"
#include "base/mem.h"

#include <stdlib.h>

struct claude_opened {
  unsigned long long index; /* of the block */
  enum claude_block kind;
  struct buf id; /* text, thinking: of our message, as JSON */
  bool whole;    /* its `assistant` line came */
};

/* A tool call of a message, under the agent's id: it is whole from the start. */
#define KIND_CALL CLAUDE_BLOCK_OTHER

struct line { /* what the functions below share */
  struct claude_messages *m;
  const struct json *doc;
  struct events *events;
};

SPAN_IN_LINE bool is(const struct line *l, json_at object, const char *key,
                     const char *value)
{
  return span_is(json_member_text(l->doc, object, key), value);
}

static enum claude_block kind_of(const struct line *l, json_at block)
{
  if (is(l, block, "type", "text"))
    return CLAUDE_BLOCK_TEXT;
  return is(l, block, "type", "thinking") ? CLAUDE_BLOCK_THINKING : CLAUDE_BLOCK_OTHER;
}

/* -- what was opened -- */

static void forget_opened(struct claude_messages *m)
{
  for (size_t i = 0; i < m->opened_count; i++)
    buf_free(&m->opened[i].id);
  m->opened_count = 0;
}

/* More than a message has are not noted. */
static struct claude_opened *note(struct claude_messages *m, enum claude_block kind)
{
  if (m->opened_count >= LIMIT_OPEN_BLOCKS)
    return NULL;
  m->opened =
      mem_reserve(m->opened, m->opened_count, &m->opened_capacity, sizeof *m->opened);
  struct claude_opened *o = &m->opened[m->opened_count++];
  *o = (struct claude_opened){.kind = kind, .id = buf_make_kept(LIMIT_EVENT_LINE_BYTES)};
  return o;
}

static void note_block(const struct line *l, json_at event, enum claude_block kind)
{
  struct claude_opened *o = note(l->m, kind);
  if (!o)
    return;
  json_whole(json_get(event, "index"), LIMIT_LINE_BYTES, &o->index);
  if (kind == CLAUDE_BLOCK_OTHER)
    buf_add(&o->id, json_member_text(l->doc, json_get(event, "content_block"), "id"));
  else
    events_last_message(l->events, &o->id);
}

/* The blocks from this one on, or only those that never became whole.  A call that never
 * became whole was not told. */
static void abandon(const struct line *l, unsigned long long from, bool half_only)
{
  struct claude_messages *m = l->m;
  for (size_t i = 0; i < m->opened_count; i++) {
    const struct claude_opened *o = &m->opened[i];
    if (o->index < from || (half_only && o->whole))
      continue;
    if (o->kind != KIND_CALL)
      events_message_abandoned(l->events, buf_span(&o->id));
    else if (o->whole)
      events_call_abandoned(l->events, buf_span(&o->id));
  }
  forget_opened(m);
}

/* The first one of this kind that waits for its line; of calls, that of this id. */
static struct claude_opened *due(struct claude_messages *m, enum claude_block kind,
                                 struct span call)
{
  for (size_t i = 0; i < m->opened_count; i++) {
    struct claude_opened *o = &m->opened[i];
    if (o->kind == kind && !o->whole &&
        (kind != KIND_CALL || span_equal(buf_span(&o->id), call)))
      return o;
  }
  return NULL;
}

/* -- the Messages API's events -- */

static void message_starts(const struct line *l, json_at event)
{
  struct claude_messages *m = l->m;
  forget_opened(m);
  agent_keep(&m->message, json_member_text(l->doc, json_get(event, "message"), "id"));
  m->streams = true;
  m->block = CLAUDE_BLOCK_OTHER;
}

static void block_starts(const struct line *l, json_at event)
{
  struct claude_messages *m = l->m;
  json_at block = json_get(event, "content_block");
  m->block = kind_of(l, block);
  if (m->block == CLAUDE_BLOCK_TEXT)
    events_text_open(l->events, buf_span(&m->message));
  else if (m->block == CLAUDE_BLOCK_THINKING)
    events_reasoning_open(l->events, (struct span){0});
  if (m->block != CLAUDE_BLOCK_OTHER || is(l, block, "type", "tool_use"))
    note_block(l, event, m->block);
}

static void block_grows(const struct line *l, json_at event)
{
  json_at delta = json_get(event, "delta");
  if (l->m->block == CLAUDE_BLOCK_TEXT && is(l, delta, "type", "text_delta"))
    events_text(l->events, json_member_text(l->doc, delta, "text"));
  else if (l->m->block == CLAUDE_BLOCK_THINKING && is(l, delta, "type", "thinking_delta"))
    events_reasoning(l->events, json_member_text(l->doc, delta, "thinking"));
}

static void block_stops(struct claude_messages *m, struct events *events)
{
  if (m->block == CLAUDE_BLOCK_TEXT)
    events_text_close(events);
  else if (m->block == CLAUDE_BLOCK_THINKING)
    events_reasoning_close(events);
  m->block = CLAUDE_BLOCK_OTHER;
}

/* What was said with an error is void once the agent says something else. */
static void goes_on(const struct line *l)
{
  if (l->m->failed.len > 0)
    events_message_abandoned(l->events, buf_span(&l->m->failed));
  agent_keep(&l->m->failed, (struct span){0});
}

bool claude_messages_stream(struct claude_messages *m, const struct json *doc,
                            json_at root, struct events *events)
{
  const struct line l = {m, doc, events};
  json_at event = json_get(root, "event"), listed = json_get(root, "abandoned_blocks");
  struct span type = json_member_text(doc, event, "type");
  bool begins = span_is(type, "message_start");
  unsigned long long from = 0;
  bool is_void =
      json_kind(listed) == JSON_OBJECT &&
      json_whole(json_get(listed, "from_block_index"), LIMIT_LINE_BYTES, &from);
  goes_on(&l);
  if (begins && is_void)
    abandon(&l, from, false);
  if (span_is(type, "content_block_delta"))
    block_grows(&l, event);
  else if (span_is(type, "content_block_start"))
    block_starts(&l, event);
  else if (span_is(type, "content_block_stop"))
    block_stops(m, events);
  else if (begins)
    message_starts(&l, event);
  if (!begins && is_void)
    abandon(&l, from, false);
  return begins;
}

/* -- whole messages -- */

static void say_whole(const struct line *l, json_at block, enum claude_block kind,
                      struct span message)
{
  if (kind == CLAUDE_BLOCK_TEXT) {
    events_text_open(l->events, message);
    events_text(l->events, json_member_text(l->doc, block, "text"));
    events_text_close(l->events);
  } else {
    events_reasoning_open(l->events, (struct span){0});
    events_reasoning(l->events, json_member_text(l->doc, block, "thinking"));
    events_reasoning_close(l->events);
  }
}

/* A call of the message that streams now, told by its line. */
static void call_is_whole(struct claude_messages *m, struct span id)
{
  struct claude_opened *o = due(m, KIND_CALL, id);
  if (o)
    o->whole = true;
}

void claude_messages_whole(struct claude_messages *m, const struct json *doc,
                           json_at root, struct events *events,
                           bool (*on_call)(void *who, json_at block), void *who)
{
  const struct line l = {m, doc, events};
  json_at message = json_get(root, "message"), content = json_get(message, "content");
  struct span id = json_member_text(doc, message, "id");
  bool streams = m->streams && span_equal(id, buf_span(&m->message)), told = false;
  goes_on(&l);
  if (json_kind(content) != JSON_ARRAY)
    return;
  for (json_at block = json_first(content); block; block = json_next(block)) {
    enum claude_block kind = kind_of(&l, block);
    if (is(&l, block, "type", "tool_use")) {
      if (on_call(who, block) && streams)
        call_is_whole(m, json_member_text(doc, block, "id"));
      continue;
    }
    if (kind == CLAUDE_BLOCK_OTHER)
      continue;
    struct claude_opened *o = streams ? due(m, kind, (struct span){0}) : NULL;
    if (o) {
      o->whole = true;
    } else {
      say_whole(&l, block, kind, id);
      told = true;
    }
  }
  if (!told || json_member_text(doc, root, "error").len == 0)
    return;
  agent_keep(&m->failed, (struct span){0});
  events_last_message(events, &m->failed);
}

void claude_messages_asked_again(struct claude_messages *m, struct events *events)
{
  abandon(&(const struct line){m, NULL, events}, 0, true);
}

void claude_messages_end(struct claude_messages *m, struct events *events)
{
  block_stops(m, events);
  agent_keep(&m->failed, (struct span){0});
}

void claude_messages_free(struct claude_messages *m)
{
  forget_opened(m);
  free(m->opened);
  buf_free(&m->message);
  buf_free(&m->failed);
}
