/* SPDX-License-Identifier: MIT */
/* approvals.c - a short list, the newest last; what is over stays in it for a second
 * answer, until its place is needed.  */
#include "approvals.h"

#include "base/json_write.h"
#include "base/limits.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

static void drop(struct approvals *all, size_t i)
{
  buf_free(&all->at[i].id);
  buf_free(&all->at[i].question);
  all->count--;
  memmove(&all->at[i], &all->at[i + 1], (all->count - i) * sizeof *all->at);
}

static bool is_open(const struct approvals *all, struct span id)
{
  for (size_t i = 0; i < all->count; i++)
    if (all->at[i].open && span_equal(buf_span(&all->at[i].id), id))
      return true;
  return false;
}

struct span approvals_open(struct approvals *all, struct span id, struct span question)
{
  struct approval a = {
      .id = buf_make(SIZE_MAX), .question = buf_make(SIZE_MAX), .open = true};
  buf_add(&a.id, id);
  for (unsigned n = 2; is_open(all, buf_span(&a.id)); n++) {
    buf_clear(&a.id);
    buf_add(&a.id, id);
    buf_addf(&a.id, "#%u", n);
  }
  buf_add(&a.question, question);
  for (size_t i = 0; all->count >= LIMIT_OPEN_QUESTIONS && i < all->count; i++)
    if (!all->at[i].open)
      drop(all, i--);
  all->at = mem_reserve(all->at, all->count, &all->capacity, sizeof *all->at);
  all->at[all->count++] = a;
  return buf_span(&a.id);
}

const struct approval *approvals_find(const struct approvals *all, struct span id,
                                      struct fault *f)
{
  bool known = false;
  for (size_t i = all->count; i-- > 0;) {
    if (!span_equal(buf_span(&all->at[i].id), id))
      continue;
    if (all->at[i].open)
      return &all->at[i];
    known = true;
  }
  (void)fault_set(f, known ? FAULT_CONFLICT : FAULT_UNKNOWN,
                  known ? "the approval was answered already, or its time is over"
                        : "the run has asked for no such approval");
  return NULL;
}

void approvals_close(struct approvals *all, struct span question)
{
  for (size_t i = 0; i < all->count; i++)
    if (all->at[i].open && span_equal(buf_span(&all->at[i].question), question))
      all->at[i].open = false;
}

void approvals_put(const struct agent_action_question *asked,
                   const struct run_question *told, const char *provider,
                   unsigned held_ms, struct buf *out)
{
  struct json_writer w = json_write_to(out);
  struct span call = told->tool_call_json, input = told->input;
  json_open(&w, NULL, '{');
  json_put_text(&w, "approvalId", told->approval);
  json_put_text(&w, "title", buf_span(&asked->title));
  json_put_text(&w, "provider", span_of(provider));
  json_put_text(&w, "toolName", told->tool);
  if (call.len > 0)
    json_put_raw(&w, "toolCallId", call);
  else /* the clients want one */
    json_put_text(&w, "toolCallId", told->approval);
  json_put_raw(&w, "input", input.len > 0 ? input : SPAN_LITERAL("{}"));
  json_open(&w, "approval", '{');
  json_put_text(&w, "id", told->approval);
  json_put_bool(&w, "needsApproval", true);
  json_close(&w, '}');
  json_put_int(&w, "heldMs", held_ms);
  json_close(&w, '}');
}

void approvals_end(struct approvals *all)
{
  for (size_t i = 0; i < all->count; i++)
    all->at[i].open = false;
}

void approvals_free(struct approvals *all)
{
  approvals_end(all);
  while (all->count > 0)
    drop(all, all->count - 1);
  free(all->at);
  *all = (struct approvals){0};
}
