/* SPDX-License-Identifier: MIT */
/* claude_code_tasks.c - a small set of ids.  */
#include "claude_code_tasks.h"
#include "base/keyed_hash.h"

static unsigned find(const struct claude_tasks *t, uint64_t hash)
{
  unsigned i = 0;
  while (i < t->open && t->hashes[i] != hash)
    i++;
  return i;
}

static void add(struct claude_tasks *t, struct span id)
{
  uint64_t hash = keyed_hash(id);
  if (id.len > 0 && t->open < LIMIT_OPEN_TASKS && find(t, hash) == t->open)
    t->hashes[t->open++] = hash;
}

static void take_out(struct claude_tasks *t, struct span id)
{
  unsigned i = find(t, keyed_hash(id));
  if (i < t->open)
    t->hashes[i] = t->hashes[--t->open];
}

bool claude_tasks_read(struct claude_tasks *t, const struct json *doc, json_at root,
                       struct span subtype)
{
  struct span id = json_member_text(doc, root, "task_id");
  json_at tasks = json_get(root, "tasks");
  if (span_is(subtype, "background_tasks_changed") && json_kind(tasks) == JSON_ARRAY) {
    t->open = 0;
    for (json_at v = json_first(tasks); v; v = json_next(v))
      add(t, json_member_text(doc, v, "task_id"));
  } else if (span_is(subtype, "task_started")) {
    if (json_kind(json_get(root, "is_backgrounded")) == JSON_TRUE)
      add(t, id);
  } else if (span_is(subtype, "task_notification")) {
    take_out(t, id);
  } else {
    return false;
  }
  return true;
}
