/* SPDX-License-Identifier: MIT */
/* acp_state.c - the errors and the memory that all parts of an ACP harness share.
 *
 * JSON-RPC has one place for an error's words and agents use it for "Internal error";
 * what helps stands in `data`, as a string or under one of three names.  */
#include "acp_state.h"

#include "agent/api_error.h"
#include "base/limits.h"

#include <stdlib.h>
#include <string.h>

bool acp_has_spent_usd(const struct acp *a, const struct agent_output *output)
{
  unsigned long long most = a->req ? a->req->budget.most[BUDGET_USD] : 0;
  return most > 0 && output->actions->spending.spent[BUDGET_USD] >= most;
}

void acp_fail(struct acp *a, struct agent_output *output, const char *code,
              struct span message)
{
  if (a->outcome == ACP_NO_OUTCOME) {
    a->outcome = ACP_ERROR;
    bool own = acp_has_spent_usd(a, output) && !strcmp(code, "agent-error");
    agent_keep(&a->code, span_of(own ? "budget-exceeded" : code));
    agent_keep(&a->text, message);
  }
  agent_hang_up(output);
}

void acp_add_error(const struct json *doc, struct span line, struct buf *out)
{
  static const char *const members[] = {"details", "message", "error"};
  json_at error = json_get(json_root(doc), "error"), data = json_get(error, "data");
  struct span words = json_text(doc, data, (struct span){0});
  for (size_t i = 0; i < 3 && words.len == 0; i++)
    words = json_member_text(doc, data, members[i]);
  if (words.len == 0 && json_kind(data) != JSON_NULL)
    words = json_slice(line, "error.data");
  struct buf message = buf_make(LIMIT_LINE_BYTES);
  api_error_words(json_member_text(doc, error, "message"), &message);
  buf_add(out, span_cut_utf8(buf_span(&message), LIMIT_ERROR_MESSAGE_BYTES));
  buf_free(&message);
  if (words.len > 0 && out->len > 0)
    buf_add_text(out, ": ");
  buf_add(out, span_cut_utf8(words, LIMIT_ERROR_MESSAGE_BYTES));
  if (out->len == 0)
    buf_add_text(out, "no reason was given");
}

void acp_forget(struct acp *a)
{
  a->speaking = ACP_SILENT;
  a->worded = false;
  begun_answer_is_whole(&a->begun);
  agent_keep(&a->answer, (struct span){0});
  agent_keep(&a->said, (struct span){0});
}

void acp_abandon(struct acp *a, struct events *events)
{
  begun_answer_abandon(&a->begun, events);
  acp_forget(a);
}

void acp_hide_token(struct acp *a)
{
  if (a->hidden_servers.len == 0)
    return;
  buf_wipe(&a->servers);
  a->servers = buf_take(&a->hidden_servers);
}

void acp_question_free(struct acp_question *q)
{
  buf_free(&q->rpc_id);
  buf_free(&q->yes);
  buf_free(&q->no);
}

void acp_free(struct acp *a)
{
  struct buf *const bufs[] = {&a->workspace, &a->init,    &a->offer,  &a->session,
                              &a->message,   &a->answer,  &a->code,   &a->text,
                              &a->cost,      &a->options, &a->title,  &a->used,
                              &a->size,      &a->said,    &a->trouble};
  for (size_t i = 0; i < sizeof bufs / sizeof bufs[0]; i++)
    buf_free(bufs[i]);
  buf_wipe(&a->servers);
  buf_free(&a->hidden_servers);
  acp_calls_free(&a->calls);
  begun_answer_free(&a->begun);
  for (size_t i = 0; i < a->question_count; i++)
    acp_question_free(&a->questions[i]);
  free(a->questions);
}
