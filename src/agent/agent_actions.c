/* SPDX-License-Identifier: MIT */
#include "agent/agent_actions.h"

#include "base/limits.h"
#include "base/mem.h"

#include <stdlib.h>

struct outbox outbox_make(void)
{
  return (struct outbox){.input = buf_make(LIMIT_PROMPT_BYTES)};
}

static void free_secret(char *text)
{
  if (text != NULL)
    mem_wipe(text, span_of(text).len);
  free(text);
}

void outbox_clear(struct outbox *o)
{
  buf_clear(&o->input);
  for (size_t i = 0; i < o->call_count; i++) {
    struct outbox_call *c = &o->calls[i];
    free(c->method);
    free(c->url);
    free_secret(c->authorization);
    buf_wipe(&c->body);
  }
  free(o->calls);
  o->calls = NULL;
  o->call_count = o->call_room = 0;
}

void outbox_free(struct outbox *o)
{
  outbox_clear(o);
  buf_free(&o->input);
  o->hang_up = o->dismissed = o->heartbeat = false;
}

void ear_write(struct ear *e, struct span bytes)
{
  buf_add(&e->outbox->input, bytes);
}

static void add_call(struct outbox *o, int tag, bool stream, const struct ear_call *call)
{
  struct outbox_call c = {.tag = tag,
                          .stream = stream,
                          .method = span_copy(span_of(call->method)),
                          .url = span_copy(call->url),
                          .body = buf_make(call->body.len + 1)};
  if (call->authorization.len > 0)
    c.authorization = span_copy(call->authorization);
  buf_add(&c.body, call->body);
  o->calls = mem_room(o->calls, o->call_count, &o->call_room, sizeof *o->calls);
  o->calls[o->call_count++] = c;
}

void ear_ask(struct ear *e, int tag, const struct ear_call *call)
{
  add_call(e->outbox, tag, false, call);
}

void ear_follow(struct ear *e, int tag, const struct ear_call *call)
{
  add_call(e->outbox, tag, true, call);
}

void ear_hang_up(struct ear *e)
{
  e->outbox->hang_up = true;
}

void ear_dismiss(struct ear *e)
{
  e->outbox->hang_up = e->outbox->dismissed = true;
}

void ear_heartbeat(struct ear *e)
{
  e->outbox->heartbeat = true;
}
