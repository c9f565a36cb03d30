/* SPDX-License-Identifier: MIT */
/* A list in the order in which the calls became known: of two alike the first is
 * meant. */
#include "bridge_calls.h"

#include "base/json_slice.h"
#include "base/limits.h"
#include "base/mem.h"

#include <stdlib.h>

/* -- the list -- */

static void set(struct buf *b, struct span s)
{
  buf_free(b);
  *b = buf_make(s.len + 1);
  buf_add(b, s);
}

static void call_free(struct bridge_call *call)
{
  buf_free(&call->id);
  buf_free(&call->announced);
  buf_free(&call->made);
  buf_free(&call->name);
  buf_free(&call->args);
  buf_free(&call->answer);
  free(call);
}

void bridge_calls_drop(struct bridge_calls *c, struct bridge_call *call)
{
  struct bridge_call **at = &c->first;
  while (*at != call)
    at = &(*at)->next;
  *at = call->next;
  c->count--;
  call_free(call);
}

void bridge_calls_free(struct bridge_calls *c)
{
  while (c->first)
    bridge_calls_drop(c, c->first);
}

/* Nothing of it can be told any more that matters: a late announcement of such a call
 * would be shown as the agent's own. */
static bool is_over(const struct bridge_call *call)
{
  return call->told ? call->answered : call->announced.len == 0 && call->made.len == 0;
}

static struct bridge_call *call_new(struct bridge_calls *c, struct span name,
                                    struct span args_json)
{
  struct bridge_call *old = c->count < LIMIT_BRIDGE_CALLS ? NULL : c->first;
  while (old && !is_over(old))
    old = old->next;
  if (old)
    bridge_calls_drop(c, old);
  if (c->count >= LIMIT_BRIDGE_CALLS)
    return NULL;
  struct bridge_call *call = mem_new(sizeof *call), **end = &c->first;
  while (*end)
    end = &(*end)->next;
  *end = call;
  c->count++;
  set(&call->name, name);
  set(&call->args, args_json);
  return call;
}

/* -- which call is meant -- */

/* The first of that name that is known by one way and not by the other; better, one with
 * the same arguments. */
static struct bridge_call *find_half(const struct bridge_calls *c, bool made,
                                     struct span name, struct span args_json)
{
  struct bridge_call *same_name = NULL;
  for (struct bridge_call *call = c->first; call; call = call->next) {
    bool is_half = made ? call->made.len > 0 && call->announced.len == 0
                        : call->announced.len > 0 && call->made.len == 0;
    if (!is_half || !span_equal(buf_span(&call->name), name))
      continue;
    if (json_slice_same(buf_span(&call->args), args_json))
      return call;
    same_name = same_name ? same_name : call;
  }
  return same_name;
}

static struct bridge_call *find_id(const struct bridge_calls *c, struct span id)
{
  struct bridge_call *call = c->first;
  while (call && !span_equal(buf_span(&call->id), id))
    call = call->next;
  return call;
}

/* -- what happens to calls -- */

/* An answer that came before anybody knew its call. */
static void take_early(struct bridge_calls *c, struct bridge_call *call)
{
  for (struct bridge_call *early = c->first; early; early = early->next) {
    bool known = early->announced.len > 0 || early->made.len > 0;
    if (early == call || known || !span_equal(buf_span(&early->id), buf_span(&call->id)))
      continue;
    call->answer = buf_take(&early->answer);
    call->failed = early->failed;
    bridge_calls_drop(c, early);
    return;
  }
}

struct bridge_call *bridge_calls_announced(struct bridge_calls *c, struct span id,
                                           struct span name, struct span args_json)
{
  struct bridge_call *call = find_half(c, true, name, args_json);
  if (!call)
    call = call_new(c, name, args_json);
  if (!call)
    return NULL;
  set(&call->announced, id);
  if (!call->told) {
    set(&call->id, id);
    take_early(c, call);
  }
  return call;
}

struct bridge_call *bridge_calls_made(struct bridge_calls *c, struct span made,
                                      struct span name, struct span args_json)
{
  struct bridge_call *call = find_half(c, false, name, args_json);
  if (!call)
    call = call_new(c, name, args_json);
  if (call)
    set(&call->made, made);
  return call;
}

bool bridge_calls_due(struct bridge_call *call)
{
  if (call->told || call->announced.len == 0 || call->made.len == 0)
    return false;
  call->told = true;
  call->answered = call->answer.len > 0;
  return true;
}

struct bridge_call *bridge_calls_unannounced(struct bridge_calls *c)
{
  struct bridge_call *call = c->first;
  while (call && (call->told || call->announced.len > 0 || call->made.len == 0))
    call = call->next;
  if (!call)
    return NULL;
  set(&call->id, buf_span(&call->made));
  call->told = true;
  return call;
}

struct bridge_call *bridge_calls_answer(struct bridge_calls *c, struct span id,
                                        struct span result_json, bool failed)
{
  struct bridge_call *call = find_id(c, id);
  if (call && (call->answered || (!call->told && call->answer.len > 0)))
    return NULL;
  if (!call) {
    call = call_new(c, (struct span){0}, (struct span){0});
    if (!call)
      return NULL;
    set(&call->id, id);
  }
  call->failed = failed;
  if (call->told)
    call->answered = true;
  else
    set(&call->answer, result_json);
  return call->told ? call : NULL;
}

struct bridge_call *bridge_calls_over(struct bridge_calls *c, struct span made)
{
  struct bridge_call *call = c->first;
  while (call && !span_equal(buf_span(&call->made), made))
    call = call->next;
  if (!call || call->answered)
    return NULL;
  if (!call->told) { /* it never is */
    buf_clear(&call->made);
    if (call->announced.len == 0)
      bridge_calls_drop(c, call);
    return NULL;
  }
  call->answered = true;
  return call;
}

struct bridge_call *bridge_calls_find(const struct bridge_calls *c, struct span announced)
{
  struct bridge_call *call = announced.len > 0 ? c->first : NULL;
  while (call && !span_equal(buf_span(&call->announced), announced))
    call = call->next;
  return call;
}
