/* SPDX-License-Identifier: MIT */
#include "request/request_read.h"

#include "base/limits.h"
#include "base/mem.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static bool is_harness(struct span id)
{
  return span_is(id, "claude-code") || span_is(id, "codex");
}

static const struct request_rules strict = {.is_harness = is_harness};

static struct run_request *read_text(struct span text, const struct request_rules *rules,
                                     struct fault *f)
{
  struct buf body = buf_make(SIZE_MAX);
  buf_add(&body, text);
  struct run_request *req = run_request_read(&body, rules, f);
  assert_int_equal(body.len, 0); /* taken in every case */
  buf_free(&body);
  return req;
}

/* A good request whose members `fields` replaces or adds to: {name, JSON value or NULL to
 * leave it out} pairs. */
static struct buf request_text(const char *const *changes)
{
  static const char *const good[][2] = {
      {"runId", "\"r1\""},
      {"threadId", "\"t1\""},
      {"model", "\"sonnet\""},
      {"toolExecUrl", "\"http://do/tool\""},
      {"toolExecToken", "\"tok\""},
      {"messages", "[{\"role\":\"user\",\"content\":\"hi\"}]"},
      {"harness", "\"claude-code\""},
      {"workspace", "{\"source\":{\"type\":\"none\"}}"},
      {"toolDescriptors", "[]"},
  };
  struct buf text = buf_make(SIZE_MAX);
  buf_add_text(&text, "{\"unknownField\":1");
  for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
    bool changed = false;
    for (size_t k = 0; changes != NULL && changes[k] != NULL; k += 2)
      changed = changed || strcmp(changes[k], good[i][0]) == 0;
    if (!changed)
      buf_addf(&text, ",\"%s\":%s", good[i][0], good[i][1]);
  }
  for (size_t k = 0; changes != NULL && changes[k] != NULL; k += 2) {
    if (*changes[k + 1] != 0)
      buf_addf(&text, ",\"%s\":%s", changes[k], changes[k + 1]);
  }
  buf_add_char(&text, '}');
  return text;
}

static struct run_request *accepted(const char *name, const char *value)
{
  struct fault f = {0};
  struct buf text = request_text((const char *const[]){name, value, NULL});
  struct run_request *req = run_request_read(&text, &strict, &f);
  if (req == NULL)
    fail_msg("%s: %s: %s", name, value, f.text);
  return req;
}

/* Behind it only what was given may stand, or which of many is at fault. */
static void text_begins(const char *text, const char *why)
{
  struct span rest = span_after(span_of(text), strlen(why));
  if (!span_starts(span_of(text), why))
    fail_msg("\"%s\" does not begin with \"%s\"", text, why);
  if (rest.len > 0 && !span_starts(rest, ", not ") &&
      !span_starts(rest, ", and is miss") && !span_starts(rest, ": "))
    fail_msg("\"%s\" goes on after \"%s\"", text, why);
}

static void refused(const char *name, const char *value, const char *why)
{
  struct fault f = {0};
  struct buf text = request_text((const char *const[]){name, value, NULL});
  assert_null(run_request_read(&text, &strict, &f));
  assert_int_equal(f.kind, FAULT_BAD_INPUT);
  text_begins(f.text, why);
}

static void body_refused(struct span text, const char *why)
{
  struct fault f = {0};
  assert_null(read_text(text, &strict, &f));
  assert_int_equal(f.kind, FAULT_BAD_INPUT);
  text_begins(f.text, why);
}

static void span_text_is(struct span s, const char *text)
{
  if (!span_is(s, text))
    fail_msg("\"%.*s\" is not \"%s\"", (int)s.len, s.at != NULL ? s.at : "", text);
}

static void test_request_read__reads_the_references_fields(void **state)
{
  (void)state;
  struct run_request *req = accepted(
      "workspace",
      "{\"source\":{\"type\":\"local\",\"path\":\"/src\"},\"packageManager\":\"pnpm\","
      "\"secrets\":{\"A\":{\"__secretName\":\"A\"},\"B\":1},\"root\":\"/w\","
      "\"setup\":[],\"skills\":[null],\"scripts\":{},\"plugins\":null,\"instructions\":"
      "\"\"}");
  span_text_is(req->run_id, "r1");
  span_text_is(req->thread_id, "t1");
  span_text_is(req->model, "sonnet");
  span_text_is(req->harness, "claude-code");
  span_text_is(req->tool_url, "http://do/tool");
  span_text_is(req->tool_token, "tok");
  assert_int_equal(req->message_count, 1);
  assert_int_equal(req->messages[0].role, ROLE_USER);
  span_text_is(req->messages[0].text, "hi");
  span_text_is(req->local_path, "/src");
  span_text_is(req->root, "/w");
  assert_int_equal(req->secrets.count, 2);
  span_text_is(req->secrets.at[0], "A");
  span_text_is(req->secrets.at[1], "B");
  assert_int_equal(tools_count(req->tools), 0);
  assert_int_equal(req->heartbeat_ms, UINT_MAX);
  assert_int_equal(req->max_chunk_bytes, 0);
  assert_int_equal(req->event_format.len, 0);
  run_request_free(req);
  run_request_free(NULL);
}

static void test_request_read__answers_with_the_references_texts(void **state)
{
  (void)state;
  static const char messages[] =
      "run request: messages must be a non-empty ModelMessage[]";
  static const char workspace[] = "run request: workspace must be a WorkspaceDefinition";
  static const char tools[] = "run request: toolDescriptors must be a ToolDescriptor[]";
  static const char harness[] = "run request: harness must be a known harness id";
  static const char *const texts[] = {"runId", "threadId", "model", "toolExecUrl",
                                      "toolExecToken"};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    char why[100];
    (void)snprintf(why, sizeof why, "run request: %s must be a non-empty string",
                   texts[i]);
    refused(texts[i], "", why); /* absent */
    refused(texts[i], "\"\"", why);
    refused(texts[i], "null", why);
    refused(texts[i], "7", why);
    refused(texts[i], "[\"x\"]", why);
  }
  static const char *const bad_messages[] = {
      "",
      "null",
      "[]",
      "{}",
      "\"x\"",
      "[1]",
      "[{\"role\":\"user\"}]",
      "[{\"content\":\"x\"}]",
      "[{\"role\":1,\"content\":\"x\"}]",
      "[{\"role\":\"user\",\"content\":\"a\"},null]",
      "[{\"role\":\"user\",\"parts\":[]}]"};
  for (size_t i = 0; i < sizeof bad_messages / sizeof *bad_messages; i++)
    refused("messages", bad_messages[i], messages);
  static const char *const bad_harness[] = {"",     "null",        "\"Codex\"",
                                            "\"\"", "[\"codex\"]", "\"codex\\u0000\""};
  for (size_t i = 0; i < sizeof bad_harness / sizeof *bad_harness; i++)
    refused("harness", bad_harness[i], harness);
  static const char *const bad_workspace[] = {
      "", "null", "[]", "{}", "\"x\"", "{\"source\":null}", "{\"source\":\"none\"}"};
  for (size_t i = 0; i < sizeof bad_workspace / sizeof *bad_workspace; i++)
    refused("workspace", bad_workspace[i], workspace);
  static const char *const bad_tools[] = {"",     "null",           "{}",     "[null]",
                                          "[{}]", "[{\"name\":1}]", "[\"a\"]"};
  for (size_t i = 0; i < sizeof bad_tools / sizeof *bad_tools; i++)
    refused("toolDescriptors", bad_tools[i], tools);
  refused("toolDescriptors", "[{\"name\":\"a\"},{\"name\":\"b\"},{\"name\":\"a\"}]",
          "Cannot pass two tools named \"a\" in the same chat() call. Tool names in one "
          "tools "
          "array must be unique.");
}

static void
test_request_read__the_first_failure_of_the_references_order_wins(void **state)
{
  (void)state;
  static const char *const order[] = {"runId",       "threadId",      "model",
                                      "toolExecUrl", "toolExecToken", "messages",
                                      "harness",     "workspace",     "toolDescriptors"};
  enum { FIELDS = sizeof order / sizeof *order };
  /* All from `first` on are missing: the answer names `first`. */
  for (size_t first = 0; first < FIELDS; first++) {
    const char *changes[2 * FIELDS + 3] = {"policy", "{\"x\":1}"}; /* ours come last */
    size_t n = 2;
    for (size_t i = first; i < FIELDS; i++) {
      changes[n++] = order[i];
      changes[n++] = "";
    }
    struct fault f = {0};
    struct buf text = request_text(changes);
    assert_null(run_request_read(&text, &strict, &f));
    char begin[100];
    (void)snprintf(begin, sizeof begin, "run request: %s must be ", order[first]);
    assert_memory_equal(f.text, begin, strlen(begin));
  }
}

static void test_request_read__refuses_what_is_no_json_object(void **state)
{
  (void)state;
  body_refused(SPAN_LITERAL(""), "Unexpected end of JSON input");
  body_refused(SPAN_LITERAL(" \n"), "Unexpected end of JSON input");
  body_refused(SPAN_LITERAL("null"), "run request must be a JSON object");
  body_refused(SPAN_LITERAL("7"), "run request must be a JSON object");
  body_refused(SPAN_LITERAL("\"x\""), "run request must be a JSON object");
  body_refused(SPAN_LITERAL("[]"), "run request: runId must be a non-empty string");
  body_refused(SPAN_LITERAL("{}"), "run request: runId must be a non-empty string");
  body_refused(SPAN_LITERAL("{\"a\""),
               "run request: body is not valid JSON: unexpected end at byte 4");
  body_refused(SPAN_LITERAL("{\"a\":1,\"a\":2}"),
               "run request: body is not valid JSON: member \"a\" is given twice");
  char *deep = mem_new(100000);
  memset(deep, '[', 100000);
  body_refused((struct span){deep, 100000},
               "run request: body is not valid JSON: nested too deep at byte 128");
  free(deep);
}

static void test_request_read__bounds_ids_and_the_token(void **state)
{
  (void)state;
  char id[300];
  memset(id, 'x', sizeof id);
  id[0] = id[258] = '"';
  id[259] = 0;
  refused("runId", id, "run request: runId is longer than 256 bytes");
  refused("threadId", id, "run request: threadId is longer than 256 bytes");
  char token[5000];
  memset(token, 'x', sizeof token);
  token[0] = token[4098] = '"';
  token[4099] = 0;
  const char *why =
      "run request: toolExecToken cannot be sent in a header: it has control characters, "
      "blanks around it or more than 4096 bytes";
  refused("toolExecToken", token, why);
  refused("toolExecToken", "\" token\"", why);
  refused("toolExecToken", "\"token \"", why);
}

static void
test_request_read__refuses_control_characters_where_they_would_be_lost(void **state)
{
  (void)state;
  refused("toolExecToken", "\"a\\r\\nX-Evil: 1\"",
          "run request: toolExecToken must not contain control characters");
  refused("model", "\"sonnet\\u0000x\"",
          "run request: model must not contain control characters");
  refused("runId", "\"a\\nb\"", "run request: runId must not contain control characters");
  refused("workspace", "{\"source\":{\"type\":\"local\",\"path\":\"/a\\u0000b\"}}",
          "run request: workspace.source.path must be a string without NUL characters");
}

static void test_request_read__takes_a_ten_megabyte_prompt(void **state)
{
  (void)state;
  struct buf value = buf_make(SIZE_MAX);
  buf_add_text(&value, "[{\"role\":\"user\",\"content\":\"");
  for (size_t i = 0; i < 10 * 1000 * 1000 / 10; i++)
    buf_add_text(&value, "12345678\\n");
  buf_add_text(&value, "\"}]");
  struct run_request *req = accepted("messages", buf_cstring(&value));
  assert_int_equal(req->messages[0].text.len, 9 * 1000 * 1000);
  run_request_free(req);
  buf_free(&value);
}

static void test_request_read__repairs_invalid_utf8(void **state)
{
  (void)state;
  struct run_request *req =
      accepted("messages", "[{\"role\":\"user\",\"content\":\"a\xff\xe2\x82z\"}]");
  span_text_is(req->messages[0].text, "a\xef\xbf\xbd\xef\xbf\xbdz");
  run_request_free(req);
}

static void test_request_read__any_other_source_type_is_none(void **state)
{
  (void)state;
  static const char *const sources[] = {"{\"type\":\"none\"}", "{\"type\":\"zip\"}", "{}",
                                        "[]", "{\"type\":7}"};
  for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
    char value[100];
    (void)snprintf(value, sizeof value,
                   "{\"source\":%s,\"root\":null,\"secrets\":[\"A\",\"B\"]}", sources[i]);
    struct run_request *req = accepted("workspace", value);
    assert_int_equal(req->local_path.len, 0);
    span_text_is(req->root, "/workspace");
    assert_int_equal(req->secrets.count, 2);
    span_text_is(req->secrets.at[1], "1"); /* an array's keys are its indexes */
    run_request_free(req);
  }
  refused("workspace", "{\"source\":{\"type\":\"git\"}}",
          "run request: workspace.source.url must be a non-empty string");
  refused("bridge", "{\"a\":1}", "run request: bridge.url must be a non-empty string");
  refused("workspace", "{\"source\":{\"type\":\"local\"}}",
          "run request: workspace.source.path must be a non-empty string");
  refused("workspace", "{\"source\":{},\"secrets\":{\"RUNLET_TOKEN\":1}}",
          "run request: workspace.secrets: \"RUNLET_TOKEN\" cannot be read (no '=', not "
          "empty, "
          "not RUNLET_...)");
  refused("workspace", "{\"source\":{},\"secrets\":\"A\"}",
          "run request: workspace.secrets must be an object");
  refused("workspace", "{\"source\":{},\"root\":7}",
          "run request: workspace.root must be a non-empty string");
}

static void test_request_read__a_refusal_says_where_and_what_was_given(void **state)
{
  (void)state;
  static const char *const rows[][3] = {
      {"runId", "", "runId must be a non-empty string, and is missing"},
      {"runId", "null", "runId must be a non-empty string, not null"},
      {"model", "7.5", "model must be a non-empty string, not 7.5"},
      {"model", "12345678901234567890",
       "model must be a non-empty string, not 1.23456789012346e+19"},
      {"model", "\"\"", "model must be a non-empty string, not \"\""},
      {"toolExecToken", "70001",
       "toolExecToken must be a non-empty string, not a number"},
      {"harness", "\"em\\nacs\"", "harness must be a known harness id, not \"em\\nacs\""},
      {"messages", "[]", "messages must be a non-empty ModelMessage[], not []"},
      {"messages", "[{\"role\":\"user\",\"content\":\"x\"},{\"role\":7}]",
       "messages must be a non-empty ModelMessage[]: messages[1].role must be a string, "
       "not 7"},
      {"messages", "[{\"role\":\"user\"}]",
       "messages must be a non-empty ModelMessage[]: messages[0].content must be a text "
       "or parts, and is missing"},
      {"messages", "[true]",
       "messages must be a non-empty ModelMessage[]: messages[0] must be an object, not "
       "true"},
      {"workspace", "\"/w\"", "workspace must be a WorkspaceDefinition, not \"/w\""},
      {"workspace", "{\"source\":\"git\"}",
       "workspace must be a WorkspaceDefinition: workspace.source must be an object, not "
       "\"git\""},
      {"workspace", "{\"source\":{\"type\":\"git\"}}",
       "workspace.source.url must be a non-empty string, and is missing"},
      {"toolDescriptors", "[{\"name\":\"a\"},{\"name\":{}}]",
       "toolDescriptors must be a ToolDescriptor[]: toolDescriptors[1].name must be a "
       "string, not an object"},
      {"toolDescriptors", "[7]",
       "toolDescriptors must be a ToolDescriptor[]: toolDescriptors[0] must be an "
       "object, "
       "not 7"},
      {"toolDescriptors", "[{\"name\":\"a\",\"resultFormat\":\"html\"}]",
       "toolDescriptors[0].resultFormat must be \"text\" or \"mcp\", not \"html\""},
      {"toolDescriptors", "[{\"name\":\"a\\n\"}]",
       "toolDescriptors[0].name must not contain control characters"},
      {"systemPrompts", "[\"a\",null]", "systemPrompts[1] must be a string, not null"},
      {"modelOptions", "{\"allowedTools\":[\"-x\"]}",
       "modelOptions.allowedTools[0] must be a non-empty string that does not begin with "
       "\"-\", not \"-x\""},
      {"timeouts", "{\"runMs\":\"90s\"}",
       "timeouts.runMs must be a whole number from 1 to 2147483647, not \"90s\""},
      {"policy", "{\"default\":\"maybe\"}",
       "policy.default must be \"allow\", \"ask\" or \"deny\", not \"maybe\""},
      {"harnessOptions", "{\"settingSources\":[\"user\",\"all\"]}",
       "harnessOptions.settingSources must be an array of \"user\", \"project\" and "
       "\"local\", not \"all\""},
      {"bridge", "{\"url\":\"http://x/\",\"token\":4711}",
       "bridge.token must be a non-empty string, not a number"},
      {"leftovers", "\"stay\"", "leftovers must be \"keep\" or \"kill\", not \"stay\""},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct fault f = {0};
    struct buf text = request_text((const char *const[]){rows[i][0], rows[i][1], NULL});
    assert_null(run_request_read(&text, &strict, &f));
    assert_int_equal(f.kind, FAULT_BAD_INPUT);
    assert_string_equal(f.text + strlen("run request: "), rows[i][2]);
  }
}

static void put_two(const void *who, struct buf *out)
{
  buf_add_text(out, who);
}

static void test_request_read__an_unknown_harness_is_told_the_known_ones(void **state)
{
  (void)state;
  struct request_rules rules = strict;
  rules.put_harnesses = put_two;
  rules.who = "claude-code, codex";
  struct fault f = {0};
  struct buf text = request_text((const char *const[]){"harness", "\"emacs\"", NULL});
  assert_null(run_request_read(&text, &rules, &f));
  assert_string_equal(f.text, "run request: harness must be a known harness id, not "
                              "\"emacs\". Known: claude-code, codex");
}

static void test_request_read__what_nobody_knows_is_named(void **state)
{
  (void)state;
  struct fault f = {0};
  struct buf text = request_text((const char *const[]){
      "timeouts", "{\"runms\":1,\"idleMs\":5}", "modelOptions",
      "{\"temperature\":1,\"effort\":\"low\"}", "harnessOptions", "{\"mdoe\":\"x\"}",
      "workspace", "{\"source\":{},\"packageManager\":\"npm\"}", NULL});
  struct run_request *req = run_request_read(&text, &strict, &f);
  assert_non_null(req);
  struct span said = req->left_out;
  char *all = span_copy(said);
  assert_true(span_starts(said, "left out of the request: unknownField (known: "));
  assert_non_null(strstr(all, "timeouts.runms (known: runMs startMs idleMs toolMs "));
  assert_non_null(strstr(all, "modelOptions.temperature (known: sessionId "));
  assert_non_null(strstr(all, "harnessOptions.mdoe (known: command settingSources "));
  assert_null(strstr(all, "packageManager"));
  static const char *const known[] = {
      "runId",           "harness",     "toolExecToken", "messages",  "workspace", "env",
      "toolDescriptors", "heartbeatMs", "bridge",        "approvals", "policy"};
  for (size_t i = 0; i < sizeof known / sizeof *known; i++)
    assert_non_null(strstr(all, known[i]));
  free(all);
  run_request_free(req);
}

static void test_request_read__all_that_is_known_is_left_without_a_word(void **state)
{
  (void)state;
  static const struct request_rules rules = {.is_harness = is_harness,
                                             .lenient = true,
                                             .run_id = SPAN_LITERAL("r"),
                                             .thread_id = SPAN_LITERAL("t")};
  struct fault f = {0};
  struct run_request *req = read_text(
      SPAN_LITERAL("{\"harness\":\"codex\",\"prompt\":\"x\",\"timeouts\":{\"runMs\":1},"
                   "\"modelOptions\":{\"maxTurns\":2},\"fileEvents\":false}"),
      &rules, &f);
  assert_non_null(req);
  assert_int_equal(req->left_out.len, 0);
  run_request_free(req);
  req = read_text(SPAN_LITERAL("{\"harness\":\"codex\",\"prompt\":\"x\",\"messages\":[{"
                               "\"role\":\"user\",\"content\":\"y\"}]}"),
                  &rules, &f);
  assert_non_null(req);
  span_text_is(req->left_out, "left out of the request: prompt (there are messages)");
  span_text_is(req->messages[0].text, "y");
  run_request_free(req);
}

static void test_request_read__unknown_names_are_cut_and_counted(void **state)
{
  (void)state;
  struct fault f = {0};
  struct buf many = buf_make(SIZE_MAX);
  for (int i = 0; i < 500; i++)
    buf_addf(&many, "%s\"x%0100d\":1", i ? "," : "{", i);
  buf_add_char(&many, '}');
  struct buf text =
      request_text((const char *const[]){"timeouts", buf_cstring(&many), NULL});
  struct run_request *req = run_request_read(&text, &strict, &f);
  assert_non_null(req);
  assert_true(req->left_out.len < LIMIT_ERROR_MESSAGE_BYTES);
  char *all = span_copy(req->left_out);
  assert_non_null(strstr(all, " and 492 more (known: runMs "));
  free(all);
  run_request_free(req);
  buf_free(&many);
}

static void test_request_read__lenient_needs_little(void **state)
{
  (void)state;
  struct fault f = {0};
  struct request_rules rules = {.is_harness = is_harness,
                                .lenient = true,
                                .run_id = SPAN_LITERAL("run-1"),
                                .thread_id = SPAN_LITERAL("thread-1")};
  struct run_request *req =
      read_text(SPAN_LITERAL("{\"prompt\":\"hello\",\"harness\":\"codex\"}"), &rules, &f);
  assert_non_null(req);
  span_text_is(req->run_id, "run-1");
  span_text_is(req->thread_id, "thread-1");
  span_text_is(req->model, "default");
  span_text_is(req->root, "/workspace");
  assert_int_equal(req->message_count, 1);
  span_text_is(req->messages[0].text, "hello");
  assert_int_equal(req->tool_url.len, 0);
  assert_int_equal(tools_count(req->tools), 0);
  run_request_free(req);
  assert_null(read_text(SPAN_LITERAL("{\"harness\":\"codex\"}"), &rules, &f));
  text_begins(f.text, "run request: messages must be a non-empty ModelMessage[]");
  assert_null(read_text(SPAN_LITERAL("{\"prompt\":\"x\",\"runId\":\"\"}"), &rules, &f));
  text_begins(f.text, "run request: runId must be a non-empty string");
  assert_null(read_text(SPAN_LITERAL("[]"), &rules, &f));
  assert_string_equal(f.text, "run request must be a JSON object");
  struct span tools = SPAN_LITERAL(
      "{\"prompt\":\"x\",\"harness\":\"codex\",\"toolDescriptors\":[{\"name\":\"a\"}]}");
  assert_null(read_text(tools, &rules, &f));
  assert_string_equal(f.text,
                      "run request: toolExecUrl must be a non-empty string (or give "
                      "--tool-command), and is missing");
  rules.local_tools = true;
  req = read_text(tools, &rules, &f);
  assert_non_null(req);
  assert_int_equal(tools_count(req->tools), 1);
  run_request_free(req);
}

static void
test_request_read__prompt_is_not_taken_where_a_door_has_other_words(void **state)
{
  (void)state;
  const char *const changes[] = {"messages", "", "prompt", "\"x\"", NULL};
  struct fault f = {0};
  struct buf text = request_text(changes);
  assert_null(run_request_read(&text, &strict, &f));
  text_begins(f.text, "run request: messages must be a non-empty ModelMessage[]");
}

static void test_request_read__too_much_structure_is_too_big(void **state)
{
  (void)state;
  struct buf text = buf_make(SIZE_MAX);
  buf_add_text(&text, "[0");
  while (text.len < LIMIT_JSON_TREE_BYTES + 10)
    buf_add_text(&text, ",0");
  buf_add_char(&text, ']');
  struct fault f = {0};
  assert_null(run_request_read(&text, &strict, &f));
  assert_int_equal(f.kind, FAULT_TOO_BIG);
  assert_string_equal(f.text, "run request: more than 500000 values of JSON tree");
}

static int forget(void **state)
{
  (void)state;
  arena_forget_all();
  return 0;
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_request_read__reads_the_references_fields),
      cmocka_unit_test(test_request_read__answers_with_the_references_texts),
      cmocka_unit_test(test_request_read__the_first_failure_of_the_references_order_wins),
      cmocka_unit_test(test_request_read__refuses_what_is_no_json_object),
      cmocka_unit_test(test_request_read__bounds_ids_and_the_token),
      cmocka_unit_test(
          test_request_read__refuses_control_characters_where_they_would_be_lost),
      cmocka_unit_test(test_request_read__takes_a_ten_megabyte_prompt),
      cmocka_unit_test(test_request_read__repairs_invalid_utf8),
      cmocka_unit_test(test_request_read__any_other_source_type_is_none),
      cmocka_unit_test(test_request_read__a_refusal_says_where_and_what_was_given),
      cmocka_unit_test(test_request_read__an_unknown_harness_is_told_the_known_ones),
      cmocka_unit_test(test_request_read__what_nobody_knows_is_named),
      cmocka_unit_test(test_request_read__all_that_is_known_is_left_without_a_word),
      cmocka_unit_test(test_request_read__unknown_names_are_cut_and_counted),
      cmocka_unit_test(test_request_read__lenient_needs_little),
      cmocka_unit_test(
          test_request_read__prompt_is_not_taken_where_a_door_has_other_words),
      cmocka_unit_test(test_request_read__too_much_structure_is_too_big),
  };
  return cmocka_run_group_tests(tests, NULL, forget);
}
