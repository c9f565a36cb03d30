/* SPDX-License-Identifier: MIT */
/* agui_input.c - what is checked here is what this door itself looks at; messages and
 * tools are checked as those of any request are, when it is made of them.  */
#include "door/http/agui_input.h"

#include "base/limits.h"

static const char *const raw_names[] = {"messages", "tools",          "context", "resume",
                                        "state",    "forwardedProps", "data",    NULL};

static const char wrong[] = "RunAgentInput: %s must be %s";

bool agui_input_same(struct span raw, struct span other)
{
  struct buf text = buf_make(raw.len + 1);
  if (json_slice_kind(raw) == JSON_STRING)
    json_unescape(raw, &text);
  bool same = json_slice_kind(raw) == JSON_STRING &&
              json_slice_kind(other) == JSON_STRING &&
              json_slice_says(other, buf_span(&text));
  buf_free(&text);
  return same;
}

bool agui_input_is_host_tool(const struct agui_input *in, struct span raw_name)
{
  struct json_walk names = json_slice_walk(in->host_tools);
  while (json_slice_next(&names))
    if (agui_input_same(names.value, raw_name))
      return true;
  return false;
}

/* -- what a page may set -- */

static int read_host_tools(struct span value, struct agui_input *in, struct fault *f)
{
  bool good = json_slice_kind(value) == JSON_ARRAY;
  struct json_walk names = json_slice_walk(value);
  while (good && json_slice_next(&names))
    good = json_slice_kind(names.value) == JSON_STRING;
  if (!good)
    return fault_set(f, FAULT_BAD_INPUT, wrong, "forwardedProps.runlet.hostTools",
                     "an array of strings");
  in->host_tools = value;
  return 0;
}

static int read_setting(const struct json_walk *member, struct agui_input *in,
                        struct fault *f)
{
  const struct {
    const char *name;
    struct span *value;
  } texts[] = {
      {"model", &in->model}, {"effort", &in->effort}, {"sessionId", &in->session_id}};
  enum json_kind kind = json_slice_kind(member->value);
  if (json_slice_says(member->key, SPAN_LITERAL("hostTools")) && kind != JSON_NULL)
    return read_host_tools(member->value, in, f);
  if (json_slice_says(member->key, SPAN_LITERAL("budget")) && kind != JSON_NULL) {
    in->budget = member->value; /* read as a request's is */
    return 0;
  }
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    if (!json_slice_says(member->key, span_of(texts[i].name)))
      continue;
    if (kind == JSON_STRING)
      *texts[i].value = member->value;
    else if (kind != JSON_NULL)
      return fault_set(f, FAULT_BAD_INPUT,
                       "RunAgentInput: forwardedProps.runlet.%s must be a string",
                       texts[i].name);
    else if (texts[i].value == &in->session_id)
      in->fresh = true;
    return 0;
  }
  return kind == JSON_NULL
             ? 0
             : fault_set(f, FAULT_BAD_INPUT,
                         "RunAgentInput: forwardedProps.runlet: a page may set model, "
                         "effort, sessionId, budget and hostTools, not %.*s",
                         SPAN_ARG(span_cut_utf8(member->key, 100)));
}

static int read_settings(struct span forwarded, struct agui_input *in, struct fault *f)
{
  struct span runlet = json_slice_kind(forwarded) == JSON_OBJECT
                           ? json_slice_member(forwarded, SPAN_LITERAL("runlet"))
                           : (struct span){0};
  if (runlet.len == 0 || json_slice_kind(runlet) == JSON_NULL)
    return 0;
  if (json_slice_kind(runlet) != JSON_OBJECT)
    return fault_set(f, FAULT_BAD_INPUT, wrong, "forwardedProps.runlet", "an object");
  struct json_walk members = json_slice_walk(runlet);
  while (json_slice_next(&members))
    if (read_setting(&members, in, f) < 0)
      return -1;
  return 0;
}

/* -- the body -- */

/* A list of objects; absent or null: none. */
static int read_list(json_at root, const char *name, struct span *out, struct fault *f)
{
  struct span list = json_raw(json_get(root, name));
  bool given = list.len > 0 && json_slice_kind(list) != JSON_NULL;
  bool good = !given || json_slice_kind(list) == JSON_ARRAY;
  struct json_walk all = json_slice_walk(list);
  while (good && given && json_slice_next(&all))
    good = json_slice_kind(all.value) == JSON_OBJECT;
  if (!good)
    return fault_set(f, FAULT_BAD_INPUT, wrong, name, "an array of objects");
  *out = given ? list : (struct span){0};
  return 0;
}

/* As run_request_read() has them: they go into headers, paths and logs. */
static int read_id(struct agui_input *in, const char *name, struct span *out,
                   struct fault *f)
{
  struct span id = json_member_text(in->doc, json_root(in->doc), name);
  if (id.len == 0)
    return fault_set(f, FAULT_BAD_INPUT, wrong, name, "a non-empty string");
  for (size_t i = 0; i < id.len; i++)
    if ((unsigned char)id.at[i] < 0x20 || id.at[i] == 0x7f || i == LIMIT_ID_BYTES)
      return fault_set(f, FAULT_BAD_INPUT, wrong, name,
                       "at most 256 bytes without control characters");
  *out = id;
  return 0;
}

static int read_fields(struct agui_input *in, struct fault *f)
{
  json_at root = json_root(in->doc);
  if (json_kind(root) != JSON_OBJECT)
    return fault_set(f, FAULT_BAD_INPUT, "RunAgentInput must be a JSON object");
  if (read_id(in, "runId", &in->run_id, f) < 0 ||
      read_id(in, "threadId", &in->thread_id, f) < 0 ||
      read_list(root, "messages", &in->messages, f) < 0 ||
      read_list(root, "tools", &in->tools, f) < 0 ||
      read_list(root, "context", &in->context, f) < 0 ||
      read_list(root, "resume", &in->resume, f) < 0)
    return -1;
  return read_settings(json_raw(json_get(root, "forwardedProps")), in, f);
}

int agui_input_read(struct buf *text, struct agui_input *out, struct fault *f)
{
  static const struct json_rules rules = {.raw = raw_names, .unique_keys = true};
  *out = (struct agui_input){.text = buf_make(3 * text->len)};
  utf8_repair(buf_span(text), &out->text);
  buf_free(text);
  out->doc = json_parse(buf_span(&out->text), &rules, f);
  if (!out->doc)
    return fault_prefix(f, "RunAgentInput");
  return read_fields(out, f);
}

void agui_input_free(struct agui_input *in)
{
  json_free(in->doc);
  buf_free(&in->text);
}
