/* SPDX-License-Identifier: MIT */
/* exec_request.c - a session's command, and what else an exec takes. */
#include "exec_request.h"

#include "base/json.h"
#include "base/limits.h"
#include "base/utf8.h"

#include <limits.h>

static int read_rest(const struct json *doc, struct exec_request *out, struct fault *f)
{
  json_at root = json_root(doc), input = json_get(root, "stdin"),
          most = json_get(root, "timeoutMs");
  unsigned long long ms = LIMIT_RUN_MS;
  if (json_kind(root) != JSON_OBJECT)
    return fault_set(f, FAULT_BAD_INPUT, "it must be a JSON object");
  if (input && json_kind(input) != JSON_STRING && json_kind(input) != JSON_NULL)
    return fault_set(f, FAULT_BAD_INPUT, "stdin must be a text");
  if (most && json_kind(most) != JSON_NULL &&
      (!json_whole(most, INT_MAX, &ms) || ms == 0))
    return fault_set(f, FAULT_BAD_INPUT,
                     "timeoutMs must be a whole number from 1 to 2147483647");
  buf_add(&out->input, json_text(doc, input, (struct span){0}));
  out->timeout_ms = (unsigned)ms;
  return session_command_from(doc, &out->command, f);
}

int exec_request_read(struct span text, struct exec_request *out, struct fault *f)
{
  const struct json_rules rules = {.secret = true};
  *out = (struct exec_request){.input = buf_make(text.len + 1)};
  session_command_make(&out->command);
  if (!utf8_valid(text))
    return fault_set(f, FAULT_BAD_INPUT, "exec request: it is no UTF-8");
  struct json *doc = json_parse(text, &rules, f);
  int failed = doc ? read_rest(doc, out, f) : -1;
  json_free(doc);
  return failed ? fault_prefix(f, "exec request") : 0;
}

void exec_request_free(struct exec_request *e)
{
  session_command_free(&e->command);
  buf_wipe(&e->input);
}
