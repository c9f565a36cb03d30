/* SPDX-License-Identifier: MIT */
/* code_request.c - the shape first, then what it needs.  Where a host has words for what
 * is wrong these are they.  */
#include "door/http/code_request.h"

#include "base/limits.h"

static const struct shape {
  enum callback_shape shape;
  const char *url, *secret;
  bool has_run_id; /* else the task's id is the run's */
  unsigned timeout_ms;
  const char *missing;
} shapes[] = {
    {CALLBACK_BASE, "baseUrl", "authToken", false, LIMIT_CODE_RUN_MS,
     "Missing required fields: taskId, code, callback.baseUrl, callback.authToken"},
    {CALLBACK_CONVEX, "convexUrl", "internalSecret", false, LIMIT_CODE_RUN_MS,
     "Missing required fields: taskId, code, callback.convexUrl, "
     "callback.internalSecret"},
    {CALLBACK_URL, "url", "internalSecret", true, LIMIT_CODE_URL_RUN_MS,
     "Missing required fields: runId, taskId, code, callback.url"},
};
#define SHAPES (sizeof shapes / sizeof *shapes)

static bool is_given(json_at v)
{
  return json_kind(v) != JSON_ABSENT && json_kind(v) != JSON_NULL;
}

static const struct shape *find_shape(json_at callback, struct fault *f)
{
  const struct shape *found = NULL;
  for (size_t i = 0; i < SHAPES; i++) {
    if (!is_given(json_get(callback, shapes[i].url)))
      continue;
    if (found) {
      fault_set(f, FAULT_BAD_INPUT, "callback has both %s and %s: it must have one",
                found->url, shapes[i].url);
      return NULL;
    }
    found = &shapes[i];
  }
  if (!found)
    fault_set(f, FAULT_BAD_INPUT,
              "Missing required fields: callback.baseUrl, callback.convexUrl or "
              "callback.url");
  return found;
}

/* They go into paths, headers and logs. */
static int check_plain(struct span text, const char *name, struct fault *f)
{
  for (size_t i = 0; i < text.len; i++)
    if ((unsigned char)text.at[i] < 0x20 || text.at[i] == 0x7f)
      return fault_set(f, FAULT_BAD_INPUT, "%s must not contain control characters",
                       name);
  return 0;
}

static int read_timeout(json_at root, unsigned usual, unsigned *out, struct fault *f)
{
  json_at v = json_get(root, "timeoutMs");
  unsigned long long ms = usual;
  if (is_given(v) && (!json_whole(v, LIMIT_RUN_MS, &ms) || ms == 0))
    return fault_set(f, FAULT_BAD_INPUT,
                     "timeoutMs must be a whole number of milliseconds from 1 to %u",
                     LIMIT_RUN_MS);
  *out = (unsigned)ms;
  return 0;
}

static int read_fields(struct code_request *r, struct fault *f)
{
  json_at root = json_root(r->doc), callback = json_get(root, "callback");
  const struct shape *s = find_shape(callback, f);
  if (!s)
    return -1;
  struct callback *c = &r->callback;
  c->shape = s->shape;
  c->url = json_member_text(r->doc, callback, s->url);
  c->secret = json_member_text(r->doc, callback, s->secret);
  r->task_id = json_member_text(r->doc, root, "taskId");
  c->run_id = s->has_run_id ? json_member_text(r->doc, root, "runId") : r->task_id;
  r->code = json_member_text(r->doc, root, "code");
  if (c->url.len == 0 || r->task_id.len == 0 || c->run_id.len == 0 ||
      json_kind(json_get(root, "code")) != JSON_STRING ||
      (c->secret.len == 0 && c->shape != CALLBACK_URL))
    return fault_set(f, FAULT_BAD_INPUT, "%s", s->missing);
  if (c->secret.len == 0)
    return fault_set(f, FAULT_BUSY, "Runtime callback secret is not configured");
  if (check_plain(r->task_id, "taskId", f) < 0 ||
      check_plain(c->run_id, "runId", f) < 0 || check_plain(c->url, "callback", f) < 0 ||
      check_plain(c->secret, "callback", f) < 0)
    return -1;
  return read_timeout(root, s->timeout_ms, &r->timeout_ms, f);
}

int code_request_read(struct buf *text, struct code_request *out, struct fault *f)
{
  static const struct json_rules rules = {.unique_keys = true, .secret = true};
  *out = (struct code_request){.text = buf_make(3 * text->len)};
  if (utf8_valid(buf_span(text))) {
    out->text = buf_take(text);
  } else {
    utf8_repair(buf_span(text), &out->text);
    buf_wipe(text);
  }
  out->doc = json_parse(buf_span(&out->text), &rules, f);
  if (!out->doc)
    return fault_prefix(f, "Invalid JSON body");
  return read_fields(out, f);
}

void code_request_free(struct code_request *r)
{
  json_free(r->doc);
  buf_wipe(&r->text);
}
