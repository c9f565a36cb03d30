/* SPDX-License-Identifier: MIT */
/* agent_input.c - the frame around every line of JSON that an agent prints, and two
 * small readers that each harness would have to write again.  */
#include "agent/agent_input.h"

#include "base/limits.h"
#include "event/error_code.h"

struct json *agent_input_json(struct span line, const struct json_rules *rules,
                              struct events *events, struct fault *f)
{
  events_start(events);
  struct json *doc = json_parse(line, rules, f);
  if (!doc || json_kind(json_root(doc)) == JSON_OBJECT)
    return doc;
  json_free(doc);
  (void)fault_set(f, FAULT_AGENT, "the line is JSON but not an object");
  return NULL;
}

long long agent_input_count(json_at object, const char *name)
{
  unsigned long long n;
  /* Up to 2^53: beyond it a JavaScript reader could not tell neighbours apart. */
  return json_whole(json_get(object, name), 1ull << 53, &n) ? (long long)n : -1;
}

void agent_keep(struct buf *b, struct span text)
{
  if (b->ceiling == 0)
    *b = buf_make_kept(LIMIT_LINE_BYTES);
  buf_clear(b);
  buf_add(b, text);
}

void agent_keep_code(struct buf *b, struct span told)
{
  agent_keep(b, (struct span){0});
  error_code_of_agent(told, b);
}
