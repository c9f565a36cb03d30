/* SPDX-License-Identifier: MIT */
/* One function a member, called in the order in which TanStack's runner checks them
 * (request_read): the first failure is the answer, word for word. */
#include "request/request_read.h"

#include "base/limits.h"
#include "base/mem.h"
#include "request_fields.h"
#include "run_messages.h"
#include "run_options.h"
#include "run_workspace.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* What TanStack's runner answers to a body without a value (V8's text). */
static const char no_body[] = "Unexpected end of JSON input";

/* Schemas pass through byte for byte; a budget is read by run_budget.c. */
static const char *const raw_names[] = {"inputSchema", "outputSchema", "annotations",
                                        "budget", NULL};

/* TanStack's runner checks that it is a string and not "", we also what it holds: it goes
 * into headers, argv or paths. */
static int required_text(const struct fields *r, json_at root, const char *name,
                         struct span *out)
{
  json_at v = fields_get(r, root, "", name);
  struct span text = json_text(r->doc, v, (struct span){0});
  if (text.len == 0)
    return fields_wrong(r, v, "", "", name, "a non-empty string");
  for (size_t i = 0; i < text.len; i++) {
    if ((unsigned char)text.at[i] < 0x20 || text.at[i] == 0x7f)
      return fault_set(r->f, FAULT_BAD_INPUT,
                       "run request: %s must not contain control characters", name);
  }
  *out = text;
  return 0;
}

/* The same where a default stands in for an absent member; an empty default: not
 * optional. */
static int text_or(const struct fields *r, json_at root, const char *name,
                   struct span otherwise, struct span *out)
{
  if (otherwise.len > 0 && !fields_given(fields_get(r, root, "", name))) {
    *out = otherwise;
    return 0;
  }
  return required_text(r, root, name, out);
}

static int names_read(const struct fields *r, json_at root,
                      const struct request_rules *rules, struct run_request *req)
{
  struct span model = {0}, run_id = {0}, thread_id = {0};
  if (rules->lenient) {
    /* Copied: the caller's texts need not live as long as the request. */
    run_id = (struct span){arena_copy(r->arena, rules->run_id), rules->run_id.len};
    thread_id =
        (struct span){arena_copy(r->arena, rules->thread_id), rules->thread_id.len};
    model = SPAN_LITERAL("default");
  }
  if (text_or(r, root, "runId", run_id, &req->run_id) < 0 ||
      text_or(r, root, "threadId", thread_id, &req->thread_id) < 0 ||
      text_or(r, root, "model", model, &req->model) < 0)
    return -1;
  if (req->run_id.len > LIMIT_ID_BYTES || req->thread_id.len > LIMIT_ID_BYTES)
    return fault_set(r->f, FAULT_BAD_INPUT, "run request: %s is longer than %d bytes",
                     req->run_id.len > LIMIT_ID_BYTES ? "runId" : "threadId",
                     LIMIT_ID_BYTES);
  return 0;
}

static int tool_route_read(const struct fields *r, json_at root,
                           const struct request_rules *rules, struct run_request *req)
{
  bool optional =
      rules->lenient || rules->local_tools || fields_given(json_get(root, "bridge"));
  if (!(optional && !fields_given(fields_get(r, root, "", "toolExecUrl"))) &&
      required_text(r, root, "toolExecUrl", &req->tool_url) < 0)
    return -1;
  if (!(optional && !fields_given(fields_get(r, root, "", "toolExecToken"))) &&
      required_text(r, root, "toolExecToken", &req->tool_token) < 0)
    return -1;
  if (!fields_fits_header(req->tool_token))
    return fault_set(r->f, FAULT_BAD_INPUT,
                     "run request: toolExecToken cannot be sent in a header: it has "
                     "control characters, blanks around it or more than %zu bytes",
                     LIMIT_TOKEN_BYTES);
  return 0;
}

static int messages_read(const struct fields *r, json_at root,
                         const struct request_rules *rules, struct run_request *req)
{
  json_at messages = fields_get(r, root, "", "messages"),
          said = rules->lenient ? fields_get(r, root, "", "prompt") : NULL;
  if (messages && fields_given(said))
    buf_add_text(r->left_out, "prompt (there are messages)");
  if (messages || !fields_given(said))
    return run_messages_read(r, messages, req);
  struct span prompt = json_text(r->doc, said, (struct span){0});
  if (prompt.len == 0)
    return fields_wrong(r, said, "", "", "prompt", "a non-empty string");
  req->messages = arena_new(r->arena, sizeof *req->messages);
  req->messages[0] = (struct message){.role = ROLE_USER, .text = prompt};
  req->message_count = 1;
  return 0;
}

static int harness_read(const struct fields *r, json_at root,
                        const struct request_rules *rules, struct run_request *req)
{
  json_at v = fields_get(r, root, "", "harness");
  req->harness = json_text(r->doc, v, (struct span){0});
  if (rules->is_harness(req->harness))
    return 0;
  (void)fields_wrong(r, v, "", "", "harness", "a known harness id");
  if (!rules->put_harnesses)
    return -1;
  struct buf text = buf_make(sizeof r->f->text);
  buf_addf(&text, "%s. Known: ", r->f->text);
  rules->put_harnesses(rules->who, &text);
  (void)fault_set(r->f, FAULT_BAD_INPUT, "%s", buf_cstring(&text));
  buf_free(&text);
  return -1;
}

static int descriptors_read(const struct fields *r, json_at root,
                            const struct request_rules *rules, struct run_request *req)
{
  json_at descriptors = fields_get(r, root, "", "toolDescriptors");
  bool optional = rules->lenient || fields_given(json_get(root, "bridge"));
  if (optional && !fields_given(descriptors))
    descriptors = NULL;
  else if (!descriptors)
    return fields_wrong(r, NULL, "", "", "toolDescriptors", "a ToolDescriptor[]");
  req->tools = tools_read(r->doc, descriptors, r->f);
  if (!req->tools)
    return -1;
  if (tools_count(req->tools) == 0 || rules->local_tools)
    return 0;
  /* Only where they are optional. */
  if (req->tool_url.len == 0)
    return fields_wrong(r, NULL, "", "", "toolExecUrl",
                        "a non-empty string (or give --tool-command)");
  if (req->tool_token.len == 0)
    return fields_wrong(r, NULL, "", "", "toolExecToken", "a non-empty string");
  return 0;
}

/* A name that is written wrong is a default that nobody asked for: the run says so. */
static void leave_out_rest(const struct fields *r, json_at root, struct run_request *req)
{
  static const char *const within[][2] = {{"modelOptions", "modelOptions."},
                                          {"harnessOptions", "harnessOptions."},
                                          {"timeouts", "timeouts."},
                                          {"session", "session."}};
  fields_leave_out(r, root, "");
  for (size_t i = 0; i < sizeof within / sizeof *within; i++)
    fields_leave_out(r, json_get(root, within[i][0]), within[i][1]);
  if (r->left_out->len == 0)
    return;
  struct buf text = buf_make(LIMIT_ERROR_MESSAGE_BYTES);
  buf_add_text(&text, "left out of the request: ");
  buf_add(&text, buf_span(r->left_out));
  req->left_out = (struct span){arena_copy(r->arena, buf_span(&text)), text.len};
  buf_free(&text);
}

static int request_read(const struct fields *r, const struct request_rules *rules,
                        struct run_request *req)
{
  json_at root = json_root(r->doc);
  if (!fields_is_object(root)) /* an array goes on, and fails for its runId */
    return fault_set(r->f, FAULT_BAD_INPUT, "run request must be a JSON object");
  if (json_kind(root) == JSON_ARRAY && rules->lenient)
    return fault_set(r->f, FAULT_BAD_INPUT, "run request must be a JSON object");
  /* The order is that of TanStack's runner: the first failure is the answer. */
  if (names_read(r, root, rules, req) < 0 || tool_route_read(r, root, rules, req) < 0)
    return -1;
  if (messages_read(r, root, rules, req) < 0 || harness_read(r, root, rules, req) < 0)
    return -1;
  if (run_workspace_read(r, root, rules->lenient, req) < 0 ||
      descriptors_read(r, root, rules, req) < 0)
    return -1;
  if (run_options_read(r, root, req) < 0)
    return -1;
  leave_out_rest(r, root, req);
  return 0;
}

/* Invalid UTF-8 becomes U+FFFD, as it does where a body is read into a JavaScript
 * string. */
static void text_repair(struct buf *text)
{
  if (utf8_valid(buf_span(text)))
    return;
  struct buf repaired = buf_make(text->len * 3);
  (void)utf8_repair(buf_span(text), &repaired); /* the count is of no use here */
  buf_wipe(text);
  *text = repaired;
}

struct run_request *run_request_read(struct buf *text, const struct request_rules *rules,
                                     struct fault *f)
{
  static const struct json_rules json_rules = {
      .raw = raw_names, .unique_keys = true, .secret = true};
  struct run_request *req = mem_new(sizeof *req);
  struct arena *arena = arena_take();
  req->joined = arena;
  req->text = buf_take(text);
  text_repair(&req->text);
  if (span_trim(buf_span(&req->text)).len == 0) {
    (void)fault_set(f, FAULT_BAD_INPUT, "%s", no_body);
    goto refuse;
  }
  req->doc = json_parse(buf_span(&req->text), &json_rules, f);
  if (!req->doc) {
    if (f->kind == FAULT_BAD_INPUT)
      (void)fault_prefix(f, "run request: body is not valid JSON");
    else
      (void)fault_prefix(f, "run request");
    goto refuse;
  }
  struct fields_asked asked = {.count = 0};
  struct buf left_out = buf_make(LIMIT_ERROR_MESSAGE_BYTES - KIB);
  struct fields fields = {.doc = req->doc,
                          .arena = arena,
                          .event_format_name = rules->event_format_name,
                          .asked = &asked,
                          .left_out = &left_out,
                          .f = f};
  int failed = request_read(&fields, rules, req);
  buf_free(&left_out);
  if (failed)
    goto refuse;
  return req;
refuse:
  run_request_free(req);
  return NULL;
}
