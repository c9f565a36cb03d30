/* SPDX-License-Identifier: MIT */
/* agui_request.c - written as the text of a run request, and read as any other: there is
 * one place that knows what a good request is.  */
#include "door/http/agui_request.h"

#include "base/json_write.h"
#include "base/limits.h"

static struct span default_of(const struct agui_setup *setup, const char *name)
{
  return json_slice_member(setup->defaults, span_of(name));
}

static bool is_any_of(struct span raw, const char *const *names)
{
  bool is = false;
  for (; json_slice_kind(raw) == JSON_STRING && *names && !is; names++)
    is = json_slice_says(raw, span_of(*names));
  return is;
}

static void put_first(struct json_writer *w, const char *name, struct span raw,
                      const char *option, struct span otherwise)
{
  if (raw.len > 0)
    json_put_raw(w, name, raw);
  else if (option)
    json_put_text(w, name, span_of(option));
  else if (otherwise.len > 0)
    json_put_raw(w, name, otherwise);
}

/* -- messages -- */

/* The raw name of the tool that was called under this id in the assistant's message. */
static struct span name_of(struct span calls, struct span id)
{
  struct json_walk all = json_slice_walk(calls);
  while (json_slice_next(&all))
    if (agui_input_same(json_slice(all.value, "id"), id))
      return json_slice(all.value, "function.name");
  return (struct span){0};
}

static void add_text(struct buf *out, struct span raw)
{
  if (json_slice_kind(raw) == JSON_STRING)
    json_unescape(raw, out);
  else
    buf_add(out, raw);
}

void agui_request_add_words(struct buf *out, struct span content)
{
  struct json_walk parts = json_slice_walk(content);
  if (json_slice_kind(content) != JSON_ARRAY) {
    add_text(out, content);
    return;
  }
  while (json_slice_next(&parts)) {
    struct span text = json_slice(parts.value, "text");
    add_text(out, text.len > 0 ? text : json_slice(parts.value, "content"));
  }
}

static void add_result(struct buf *results, struct span message, struct span calls)
{
  struct span id = json_slice(message, "toolCallId"), name = name_of(calls, id);
  struct span error = json_slice(message, "error");
  bool failed = json_slice_kind(error) == JSON_STRING;
  buf_add_text(results, results->len > 0 ? "\n\n" : "");
  buf_add_text(results, failed ? "The call of the tool " : "The result of the tool ");
  add_text(results, name.len > 0 ? name : id);
  buf_add_text(results, failed ? " failed:\n" : ":\n");
  agui_request_add_words(results, failed ? error : json_slice(message, "content"));
}

static void put_messages(const struct agui_input *in, struct json_writer *w)
{
  static const char *const passed[] = {"user", "assistant", "system", "developer", NULL};
  static const char *const known[] = {"reasoning", "activity", NULL};
  struct buf results = buf_make(LIMIT_PROMPT_BYTES);
  struct span calls = {0};
  struct json_walk all = json_slice_walk(in->messages);
  json_open(w, "messages", '[');
  while (json_slice_next(&all)) {
    struct span role = json_slice(all.value, "role");
    if (is_any_of(role, (const char *const[]){"tool", NULL})) {
      add_result(&results, all.value, calls);
    } else if (!is_any_of(role, known)) {
      buf_clear(&results);
      /* What else has a role, or none, is refused in the words for it. */
      if (is_any_of(role, passed) || json_slice_kind(role) != JSON_STRING)
        json_put_raw(w, NULL, all.value);
      if (is_any_of(role, (const char *const[]){"assistant", NULL}))
        calls = json_slice(all.value, "toolCalls");
    }
  }
  if (results.len > 0) {
    json_open(w, NULL, '{');
    json_put_text(w, "role", SPAN_LITERAL("user"));
    json_put_text(w, "content", buf_span(&results));
    json_close(w, '}');
  }
  json_close(w, ']');
  buf_free(&results);
}

static void put_system_prompts(const struct agui_input *in,
                               const struct agui_setup *setup, struct json_writer *w)
{
  struct span own = default_of(setup, "systemPrompts");
  struct json_walk all = json_slice_walk(own);
  if (own.len > 0 && json_slice_kind(own) != JSON_ARRAY) {
    json_put_raw(w, "systemPrompts", own); /* to be refused */
    return;
  }
  json_open(w, "systemPrompts", '[');
  while (json_slice_next(&all))
    json_put_raw(w, NULL, all.value);
  all = json_slice_walk(in->context);
  while (json_slice_next(&all)) {
    struct buf text = buf_make(2 * all.value.len + KIB);
    add_text(&text, json_slice(all.value, "description"));
    buf_add_text(&text, ":\n");
    add_text(&text, json_slice(all.value, "value"));
    json_put_text(w, NULL, buf_span(&text));
    buf_free(&text);
  }
  json_close(w, ']');
}

/* -- tools -- */

/* One of the body: `parameters` is its schema. */
static void put_tool(struct span tool, struct json_writer *w)
{
  const char *const names[][2] = {
      {"name", "name"}, {"description", "description"}, {"parameters", "inputSchema"}};
  json_open(w, NULL, '{');
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    struct span value = json_slice(tool, names[i][0]);
    if (value.len > 0)
      json_put_raw(w, names[i][1], value);
  }
  json_close(w, '}');
}

static void put_tools(const struct agui_input *in, const struct agui_setup *setup,
                      struct json_writer *w)
{
  struct json_walk all = json_slice_walk(setup->tools);
  json_open(w, "toolDescriptors", '[');
  while (json_slice_next(&all))
    json_put_raw(w, NULL, all.value);
  all = json_slice_walk(in->tools);
  while (json_slice_next(&all))
    put_tool(all.value, w);
  json_close(w, ']');
}

static int check_tools(const struct agui_input *in, const struct agui_setup *setup,
                       struct fault *f)
{
  static const char where[] = "RunAgentInput: forwardedProps.runlet.hostTools";
  if (in->host_tools.len == 0)
    return 0;
  if (setup->tools.len > 0)
    return fault_set(f, FAULT_BAD_INPUT,
                     "%s: the host's tools are those of --agui-tools here", where);
  if (!setup->tool_url && !setup->local_tools)
    return fault_set(f, FAULT_BAD_INPUT, "%s: there is no --agui-tool-url to run them",
                     where);
  return 0;
}

/* In the order in which put_tools() wrote them. */
static void mark_frontend(const struct agui_input *in, const struct agui_setup *setup,
                          struct tools *tools)
{
  size_t index = 0;
  struct json_walk all = json_slice_walk(setup->tools);
  while (json_slice_next(&all))
    index++;
  all = json_slice_walk(in->tools);
  for (; json_slice_next(&all); index++)
    if (!agui_input_is_host_tool(in, json_slice(all.value, "name")))
      tools_set_frontend(tools, index);
}

/* A page may only ask for less than the server gives. */
static int lower_budget(const struct agui_input *in, struct run_request *req,
                        struct fault *f)
{
  struct run_budget own;
  if (in->budget.len == 0)
    return 0;
  if (run_budget_parse(in->budget, "forwardedProps.runlet.budget.", &own, f) < 0)
    return -1;
  run_budget_cap(&req->budget, &own, false);
  return 0;
}

/* -- the request -- */

static void put_model_options(const struct agui_input *in, const struct agui_setup *setup,
                              struct span session, struct json_writer *w)
{
  struct json_walk all = json_slice_walk(default_of(setup, "modelOptions"));
  json_open(w, "modelOptions", '{');
  while (json_slice_next(&all)) {
    struct buf key = buf_make(all.key.len + 1);
    json_unescape(all.key, &key);
    bool ours = span_is(buf_span(&key), "sessionId") ||
                (in->effort.len > 0 && span_is(buf_span(&key), "effort"));
    if (!ours)
      json_put_raw(w, buf_cstring(&key), all.value);
    buf_free(&key);
  }
  if (in->effort.len > 0)
    json_put_raw(w, "effort", in->effort);
  if (in->session_id.len > 0)
    json_put_raw(w, "sessionId", in->session_id);
  else if (session.len > 0 && !in->fresh)
    json_put_text(w, "sessionId", session);
  json_close(w, '}');
}

/* Of the defaults all that is not said above. */
static void put_rest(const struct agui_setup *setup, struct json_writer *w)
{
  static const char *const said[] = {
      "runId",       "threadId",    "messages",        "prompt",
      "harness",     "model",       "systemPrompts",   "modelOptions",
      "toolExecUrl", "eventFormat", "toolDescriptors", "toolExecToken",
      NULL};
  struct json_walk all = json_slice_walk(setup->defaults);
  bool has_workspace = false;
  while (json_slice_next(&all)) {
    struct buf key = buf_make(all.key.len + 1);
    json_unescape(all.key, &key);
    has_workspace = has_workspace || span_is(buf_span(&key), "workspace");
    if (!is_any_of(all.key, said))
      json_put_raw(w, buf_cstring(&key), all.value);
    buf_free(&key);
  }
  if (!has_workspace)
    json_put_raw(w, "workspace", SPAN_LITERAL("{\"source\":{\"type\":\"none\"}}"));
}

static void write_request(const struct agui_input *in, const struct agui_setup *setup,
                          struct span session, struct buf *out)
{
  struct json_writer w = json_write_to(out);
  json_open(&w, NULL, '{');
  json_put_text(&w, "runId", in->run_id);
  json_put_text(&w, "threadId", in->thread_id);
  put_first(&w, "harness", (struct span){0}, setup->harness,
            default_of(setup, "harness"));
  struct span model = default_of(setup, "model");
  put_first(&w, "model", in->model, setup->model,
            model.len > 0 ? model : SPAN_LITERAL("\"default\""));
  put_messages(in, &w);
  put_system_prompts(in, setup, &w);
  put_tools(in, setup, &w);
  if (setup->tool_url) {
    json_put_text(&w, "toolExecUrl", span_of(setup->tool_url));
    json_put_text(&w, "toolExecToken", setup->tool_token);
  }
  put_model_options(in, setup, session, &w);
  put_rest(setup, &w);
  json_close(&w, '}');
}

/* Without its quotes: of those that are known none has an escape. */
struct span agui_request_harness(const struct agui_setup *setup)
{
  struct span raw = default_of(setup, "harness");
  if (setup->harness)
    return span_of(setup->harness);
  return raw.len > 2 ? (struct span){raw.at + 1, raw.len - 2} : raw;
}

struct run_request *agui_request_make(const struct agui_input *in,
                                      const struct agui_setup *setup, struct span session,
                                      const struct request_rules *rules, struct fault *f)
{
  if (check_tools(in, setup, f) < 0)
    return NULL;
  struct request_rules own = *rules;
  own.local_tools = setup->local_tools || !setup->tool_url;
  struct buf text = buf_make(LIMIT_EVENT_LINE_BYTES);
  write_request(in, setup, session, &text);
  struct run_request *req = run_request_read(&text, &own, f);
  if (!req)
    return NULL;
  if (lower_budget(in, req, f) < 0) {
    run_request_free(req);
    return NULL;
  }
  req->event_format = SPAN_LITERAL("agui");
  req->hold_ms = setup->hold_ms;
  mark_frontend(in, setup, req->tools);
  return req;
}
