/* SPDX-License-Identifier: MIT */
/* A request is refused with a text, or every span in it is good: within memory we own,
 * the promises of run_request.h kept.  First byte: the rules. */
#include "base/arena.h"
#include "base/json.h"
#include "base/limits.h"
#include "request/request_read.h"
#include "request/tool_offer.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static volatile unsigned sum;

static void must(bool good)
{
  if (!good)
    abort();
}

/* Reads every byte, so that the sanitizer sees each, and wants UTF-8 or WTF-8 of it. */
static void touch(struct span s)
{
  for (size_t i = 0; i < s.len; i++)
    sum += (unsigned char)s.at[i];
}

static void touch_all(struct spans list)
{
  for (size_t i = 0; i < list.count; i++)
    touch(list.at[i]);
}

static void touch_argument(struct span s)
{
  touch(s);
  must(s.len == 0 || (s.at[0] != '-' && memchr(s.at, 0, s.len) == NULL));
}

static void check_tools(const struct tools *t)
{
  /* A schema may hold what a tree may not, such as \u0000 in a name. */
  static const char *const raw[] = {"inputSchema", "outputSchema", "annotations", NULL};
  static const struct json_rules rules = {.raw = raw};
  struct fault f = {0};
  for (size_t i = 0; i < tools_count(t); i++) {
    const struct tool *tool = tools_at(t, i);
    touch(tool->name);
    touch(tool->description);
    touch(tool->title);
    touch(tool->input_schema);
    touch(tool->output_schema);
    touch(tool->annotations);
    must(tools_find(t, tool->name) == tool);
    for (size_t form = 0; form < ALIAS_FORMS; form++)
      must(tools_by_alias(t, span_of(tool->alias[form])) == tool);
  }
  for (unsigned needs = 0; needs < 2; needs++) {
    struct tool_offer offer = tool_offer_make(t, needs ? ~0u : 0, "agent");
    struct span list = buf_span(&offer.list);
    must(memchr(list.at, '\n', list.len) == NULL);
    struct json *doc = json_parse(list, &rules, &f);
    must(doc != NULL || f.kind == FAULT_TOO_BIG);
    must(doc == NULL || json_count(json_root(doc)) == tools_count(t));
    json_free(doc);
    tool_offer_free(&offer);
  }
}

static void check_request(const struct run_request *req,
                          const struct request_rules *rules)
{
  must(req->run_id.len > 0 && req->thread_id.len > 0 && req->model.len > 0);
  must(req->harness.len > 0 && req->root.len > 0);
  must(rules->lenient || rules->local_tools ||
       (req->tool_url.len > 0 && req->tool_token.len > 0));
  touch(req->run_id);
  touch(req->thread_id);
  touch(req->model);
  touch(req->tool_url);
  touch(req->tool_token);
  must(req->tool_token.len == 0 ||
       memchr(req->tool_token.at, '\n', req->tool_token.len) == NULL);
  for (size_t i = 0; i < req->message_count; i++)
    touch(req->messages[i].text);
  for (size_t i = 0; i < req->env_count; i++) {
    touch(req->env[i].name);
    touch(req->env[i].value);
    must(memchr(req->env[i].name.at, '=', req->env[i].name.len) == NULL);
  }
  touch(req->local_path);
  touch(req->root);
  touch_all(req->secrets);
  touch_all(req->system_prompts);
  touch_all(req->allowed_tools);
  touch_all(req->disallowed_tools);
  touch_argument(req->session_id);
  touch_argument(req->permission_mode);
  touch_argument(req->effort);
  const struct policy *p = &req->policy;
  for (size_t i = 0; i < p->rule_count; i++) {
    touch(p->rules[i].pattern);
    must(p->rules[i].pattern.len > 0 && p->given);
    must(i == 0 || p->rules[i - 1].says == p->rules[i].says ||
         p->rules[i].says != PERMISSION_DENY);
  }
  for (size_t i = 0; i < p->approval_count; i++)
    touch(p->approvals[i].id);
  must(!p->given || req->permission_mode.len > 0);
  must(req->max_chunk_bytes == 0 || req->max_chunk_bytes >= LIMIT_CHUNK_MIN_BYTES);
  check_tools(req->tools);
}

static bool is_harness(struct span id)
{
  return span_is(id, "claude-code") || span_is(id, "codex");
}

static const char *format_name(size_t index)
{
  return index == 0 ? "ag-ui" : NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  if (size < 1)
    return 0;
  struct request_rules rules = {.is_harness = is_harness,
                                .lenient = (data[0] & 1) != 0,
                                .local_tools = (data[0] & 2) != 0,
                                .run_id = SPAN_LITERAL("run-1"),
                                .thread_id = SPAN_LITERAL("thread-1"),
                                .event_format_name = format_name};
  struct buf text = buf_make(size);
  struct fault f = {0};
  buf_add(&text, (struct span){(const char *)data + 1, size - 1});
  struct run_request *req = run_request_read(&text, &rules, &f);
  must(text.at == NULL);
  if (req != NULL)
    check_request(req, &rules);
  else
    must((f.kind == FAULT_BAD_INPUT || f.kind == FAULT_TOO_BIG) && f.text[0] != 0);
  run_request_free(req);
  arena_forget_all();
  return 0;
}
