/* SPDX-License-Identifier: MIT */
/* Member by member; what the request's own reader checks is not checked here. */
#include "bridge_request.h"

#include "base/json.h"
#include "base/json_slice.h"
#include "base/json_write.h"
#include "base/limits.h"

#include <stdlib.h>

struct making { /* what the functions below share */
  const struct json *doc;
  json_at start;
  struct json_writer w;
  struct fault *f;
};

static bool is_given(json_at v)
{
  return json_kind(v) != JSON_ABSENT && json_kind(v) != JSON_NULL;
}

static int refuse(struct making *m, const char *member, const char *must)
{
  return fault_set(m->f, FAULT_BAD_INPUT, "start: %s must be %s", member, must);
}

/* What is left out by mistake could be what forbids something, so nothing of another type
 * is passed over. */
static int check_types(struct making *m)
{
  static const char *const texts[] = {"model", "instructions", "permissionMode", "effort",
                                      "resumeThreadId"};
  unsigned long long turns;
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    json_at v = json_get(m->start, texts[i]);
    if (is_given(v) && json_kind(v) != JSON_STRING)
      return refuse(m, texts[i], "a text");
  }
  json_at tools = json_get(m->start, "tools"), max = json_get(m->start, "maxTurns");
  if (is_given(tools) && json_kind(tools) != JSON_ARRAY)
    return refuse(m, "tools", "a list");
  if (is_given(max) && !json_whole(max, INT32_MAX, &turns))
    return refuse(m, "maxTurns", "a whole number");
  return 0;
}

static void copy_text(struct making *m, const char *name, const char *as)
{
  struct span text = json_member_text(m->doc, m->start, name);
  if (text.len > 0)
    json_put_text(&m->w, as, text);
}

/* Raw members are copied byte for byte. */
static void copy_raw(struct making *m, const char *name, const char *as)
{
  struct span raw = json_raw(json_get(m->start, name));
  if (raw.len > 0 && !span_is(raw, "null"))
    json_put_raw(&m->w, as, raw);
}

static int put_prompt(struct making *m)
{
  json_at prompt = json_get(m->start, "prompt");
  if (json_kind(prompt) == JSON_STRING) {
    json_put_text(&m->w, "prompt", json_text(m->doc, prompt, (struct span){0}));
    return 0;
  }
  int failed = json_kind(prompt) == JSON_ARRAY ? 0 : -1;
  struct buf text = buf_make(SIZE_MAX); /* of a frame, which has its ceiling */
  for (json_at part = json_first(prompt); part && !failed; part = json_next(part)) {
    failed = json_kind(json_get(part, "text")) == JSON_STRING ? 0 : -1;
    if (text.len > 0)
      buf_add_char(&text, '\n');
    buf_add(&text, json_member_text(m->doc, part, "text"));
  }
  json_put_text(&m->w, "prompt", buf_span(&text));
  buf_free(&text);
  return failed ? refuse(m, "prompt", "a text, or a list of {type:\"text\",text}") : 0;
}

static int put_filter(struct making *m)
{
  json_at filter = json_get(m->start, "builtinToolFiltering");
  if (!is_given(filter))
    return 0;
  json_at names = json_get(filter, "toolNames");
  bool good = span_is(json_member_text(m->doc, filter, "mode"), "deny") &&
              json_kind(names) == JSON_ARRAY;
  json_open(&m->w, "disallowedTools", '[');
  for (json_at v = json_first(names); v; v = json_next(v)) {
    good = good && json_kind(v) == JSON_STRING;
    json_put_text(&m->w, NULL, json_text(m->doc, v, (struct span){0}));
  }
  json_close(&m->w, ']');
  return good
             ? 0
             : refuse(m, "builtinToolFiltering",
                      "{mode:\"deny\",toolNames}: agents are told what they may not use");
}

static int put_permission_mode(struct making *m)
{
  static const char *const modes[][2] = {{"allow-reads", "default"},
                                         {"allow-edits", "acceptEdits"},
                                         {"allow-all", "bypassPermissions"}};
  if (!is_given(json_get(m->start, "permissionMode")))
    return 0;
  struct span mode = json_member_text(m->doc, m->start, "permissionMode");
  for (size_t i = 0; i < sizeof modes / sizeof *modes; i++)
    if (span_is(mode, modes[i][0])) {
      json_put_text(&m->w, "permissionMode", span_of(modes[i][1]));
      return 0;
    }
  return refuse(m, "permissionMode", "allow-reads, allow-edits or allow-all");
}

static int put_model_options(struct making *m, struct span session_id)
{
  struct span thread = json_member_text(m->doc, m->start, "resumeThreadId");
  unsigned long long turns;
  json_open(&m->w, "modelOptions", '{');
  copy_text(m, "effort", "effort");
  if (json_whole(json_get(m->start, "maxTurns"), INT32_MAX, &turns))
    json_put_int(&m->w, "maxTurns", (long long)turns);
  thread = thread.len > 0 ? thread : session_id;
  if (thread.len > 0)
    json_put_text(&m->w, "sessionId", thread);
  int failed = put_permission_mode(m) < 0 || put_filter(m) < 0 ? -1 : 0;
  json_close(&m->w, '}');
  return failed;
}

static int put_format(struct making *m)
{
  struct span format = json_raw(json_get(m->start, "responseFormat"));
  struct span type = json_slice(format, "type"), schema = json_slice(format, "schema");
  if (format.len == 0 || span_is(format, "null") || span_is(type, "\"text\""))
    return 0;
  if (schema.len == 0)
    return refuse(m, "responseFormat", "text, or JSON with a schema");
  json_put_raw(&m->w, "outputSchema", schema);
  return 0;
}

static int put_env(struct making *m)
{
  json_at env = json_get(m->start, "env");
  if (!is_given(env))
    return 0;
  bool good = json_kind(env) == JSON_OBJECT;
  json_open(&m->w, "env", '{');
  for (json_at v = json_first(env); v; v = json_next(v)) {
    char *name = span_copy(json_key(v));
    good = good && json_kind(v) == JSON_STRING;
    json_put_text(&m->w, name, json_text(m->doc, v, (struct span){0}));
    free(name);
  }
  json_close(&m->w, '}');
  return good ? 0 : refuse(m, "env", "an object of texts");
}

static void put_warnings(const struct making *m, struct buf *out)
{
  static const char *const unused[] = {"mcpServers", "thinking", "reasoningEffort",
                                       "webSearch", "turnStartConfig"};
  struct json_writer w = json_write_to(out);
  bool any = false;
  for (size_t i = 0; i < sizeof unused / sizeof *unused; i++) {
    json_at v = json_get(m->start, unused[i]);
    struct span raw = json_raw(v);
    if (!is_given(v) || span_is(raw, "[]") || span_is(raw, "{}"))
      continue;
    if (!any)
      json_open(&w, NULL, '[');
    any = true;
    json_open(&w, NULL, '{');
    json_put_text(&w, "type", SPAN_LITERAL("unsupported-setting"));
    json_put_text(&w, "setting", span_of(unused[i]));
    json_close(&w, '}');
  }
  if (any)
    json_close(&w, ']');
}

int bridge_request_write(struct span start_frame,
                         const struct bridge_request_setup *setup, struct buf *request,
                         struct buf *warnings, struct fault *f)
{
  static const char *const raw[] = {"tools", "responseFormat", "mcpServers", NULL};
  static const struct json_rules rules = {.raw = raw};
  struct json *doc = json_parse(start_frame, &rules, f);
  struct making m = {
      .doc = doc, .start = json_root(doc), .w = json_write_to(request), .f = f};
  if (!doc)
    return -1;
  json_open(&m.w, NULL, '{');
  json_put_text(&m.w, "runId", setup->run_id);
  json_put_text(&m.w, "threadId", setup->thread_id);
  json_put_text(&m.w, "harness", setup->harness);
  json_put_int(&m.w, "maxChunkBytes", INT32_MAX);
  json_open(&m.w, "timeouts", '{');
  json_put_int(&m.w, "killGraceMs", LIMIT_BRIDGE_KILL_GRACE_MS);
  json_close(&m.w, '}');
  copy_text(&m, "model", "model");
  copy_raw(&m, "tools", "toolDescriptors");
  struct span instructions = json_member_text(doc, m.start, "instructions");
  if (instructions.len > 0) {
    json_open(&m.w, "systemPrompts", '[');
    json_put_text(&m.w, NULL, instructions);
    json_close(&m.w, ']');
  }
  int failed = check_types(&m) < 0 || put_env(&m) < 0 || put_prompt(&m) < 0 ||
                       put_model_options(&m, setup->session_id) < 0 || put_format(&m) < 0
                   ? -1
                   : 0;
  json_close(&m.w, '}');
  put_warnings(&m, warnings);
  json_free(doc);
  return failed;
}
