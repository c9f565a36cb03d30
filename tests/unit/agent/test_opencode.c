/* SPDX-License-Identifier: MIT */
/* What the golden transcripts (test_golden.c) cannot show: what the server is asked, when
 * it is hung up on, and what depends on the request. */
#include "agent/harnesses.h"

#include "base/mem.h"
#include "stream.h"
#include "tool_names.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define READY     "opencode server listening on http://127.0.0.1:4096"
#define CONNECTED "{\"type\":\"server.connected\",\"properties\":{}}"
#define SESSION   "{\"id\":\"ses_1\"}"
#define IDLE      "{\"type\":\"session.idle\",\"properties\":{\"sessionID\":\"ses_1\"}}"
#define HEARD(info)                                                                      \
  "{\"type\":\"message.updated\",\"properties\":{\"info\":{\"sessionID\":\"ses_"         \
  "1\"," info "}}}"
#define DONE "{\"info\":{\"finish\":\"stop\"},\"parts\":[]}"

enum { EVENTS = 1, BRIDGE, NEW_SESSION, PROMPT, REPLY, ABORT, WORDS };

struct talk {
  struct stream stream;
  struct agent_actions actions;
  struct agent_output output;
  void *state;
  struct message message;
  struct run_request req;
  const struct mcp_servers *servers;
};

static void open_talk(struct talk *t)
{
  memset(t, 0, sizeof *t);
  stream_open(&t->stream, &event_format_tanstack, 0);
  t->actions = agent_actions_make();
  t->output = (struct agent_output){.events = t->stream.events, .actions = &t->actions};
  t->state = mem_new(opencode_harness.memory);
  t->message = (struct message){ROLE_USER, SPAN_LITERAL("do it")};
  t->req = (struct run_request){
      .model = SPAN_LITERAL("p/m"), .messages = &t->message, .message_count = 1};
}

static void plan(struct talk *t, bool bridged)
{
  static const struct bridge_address bridge = {.name = SPAN_LITERAL("tanstack"),
                                               .url = SPAN_LITERAL("http://b/mcp"),
                                               .token = SPAN_LITERAL("t")};
  struct process_plan out = process_plan_make();
  struct plan_place place = {.folder = SPAN_LITERAL("/f"),
                             .workspace = SPAN_LITERAL("/w"),
                             .secret = SPAN_LITERAL("ab"),
                             .servers = t->servers};
  struct fault f = {0};
  if (bridged)
    t->req.tools = tools_from_names(SPAN_LITERAL("echo"));
  assert_int_equal(opencode_harness.plan(t->state, &t->req, bridged ? &bridge : NULL,
                                         &place, &out, &f),
                   0);
  process_plan_free(&out);
}

static void on_input(struct talk *t, enum agent_input_kind kind, int tag, int status,
                     const char *text)
{
  struct agent_input input = {
      .kind = kind, .tag = tag, .status = status, .text = span_of(text)};
  struct fault f = {0};
  t->actions.heartbeat = false;
  assert_int_equal(opencode_harness.on_input(t->state, &input, &t->output, &f), 0);
}

static void event(struct talk *t, const char *text)
{
  on_input(t, AGENT_STREAM, EVENTS, 200, text);
}

/* What was asked since, "<method> <path> <body>;" each, and nothing else waits. */
static void expect_asked(struct talk *t, const char *wanted)
{
  struct buf asked = buf_make(100000);
  for (size_t i = 0; i < t->actions.call_count; i++) {
    const struct agent_action_call *c = &t->actions.calls[i];
    assert_memory_equal(c->url, "http://127.0.0.1:4096/", 22);
    assert_int_equal(c->stream, c->tag == EVENTS);
    assert_string_equal(c->authorization, "Basic b3BlbmNvZGU6YWI=");
    buf_addf(&asked, "%s %s %s;", c->method, c->url + 21, c->body.at ? c->body.at : "");
  }
  assert_string_equal(buf_cstring(&asked), wanted);
  buf_free(&asked);
  agent_actions_clear(&t->actions);
}

/* Up to where the prompt was asked. */
static void begin(struct talk *t)
{
  on_input(t, AGENT_LINE, 0, 0, READY);
  event(t, CONNECTED);
  on_input(t, AGENT_ANSWER, NEW_SESSION, 200, SESSION);
  agent_actions_clear(&t->actions);
}

static void close_talk(struct talk *t, struct process_end end, const char *wanted)
{
  opencode_harness.finish(t->state, &end, &t->output);
  assert_true(t->stream.sink.ended);
  struct span last = stream_line(&t->stream, stream_count(&t->stream) - 1);
  if (strstr(last.at, wanted) == NULL)
    fail_msg("%s is not in %s", wanted, last.at);
  opencode_harness.free(t->state);
  stream_close(&t->stream);
  agent_actions_free(&t->actions);
  tools_free(t->req.tools);
  free(t->state);
}

static const struct process_end forced = {.signal = SIGTERM, .forced = true};

static void test_opencode__each_step_waits_for_the_one_before(void **state)
{
  (void)state;
  struct talk t;
  open_talk(&t);
  plan(&t, true);
  on_input(&t, AGENT_LINE, 0, 0, "Warning: something");
  expect_asked(&t, "");
  on_input(&t, AGENT_LINE, 0, 0, READY);
  on_input(&t, AGENT_LINE, 0, 0, READY); /* once */
  expect_asked(&t, "GET /event ;");
  event(&t, CONNECTED);
  event(&t, CONNECTED);
  expect_asked(&t,
               "POST /mcp "
               "{\"name\":\"tanstack\",\"config\":{\"type\":\"remote\",\"url\":"
               "\"http://b/mcp\",\"enabled\":true,\"oauth\":false,\"timeout\":3630000,"
               "\"headers\":{\"Authorization\":\"Bearer t\"}}};");
  on_input(&t, AGENT_ANSWER, BRIDGE, 200, "{\"tanstack\":{\"status\":\"connected\"}}");
  expect_asked(&t, "POST /session {};");
  on_input(&t, AGENT_ANSWER, NEW_SESSION, 200, SESSION);
  expect_asked(&t, "POST /session/ses_1/message "
                   "{\"model\":{\"providerID\":\"p\",\"modelID\":\"m\"},\"tools\":{"
                   "\"question\":false},\"parts\":[{\"type\":\"text\",\"text\":\"do "
                   "it\"}]};");
  assert_false(t.actions.hang_up);
  on_input(&t, AGENT_ANSWER, PROMPT, 200, DONE);
  assert_true(t.actions.hang_up);
  assert_false(t.actions.dismissed); /* its last events may be on the way */
  event(&t, IDLE);
  assert_true(t.actions.dismissed);
  assert_true(opencode_harness.succeeded(t.state));
  close_talk(&t, forced, "\"finishReason\":\"stop\"");
}

static void test_opencode__the_bridge_is_tried_three_times(void **state)
{
  (void)state;
  struct talk t;
  open_talk(&t);
  plan(&t, true);
  on_input(&t, AGENT_LINE, 0, 0, READY);
  agent_actions_clear(&t.actions);
  event(&t, CONNECTED);
  for (int i = 1; i <= 3; i++) {
    assert_int_equal(t.actions.call_count, 1);
    agent_actions_clear(&t.actions);
    on_input(&t, AGENT_ANSWER, BRIDGE, 200,
             "{\"tanstack\":{\"status\":\"failed\",\"error\":\"no tools\"}}");
  }
  expect_asked(&t, "POST /session {};"); /* it goes on without the tools */
  assert_non_null(strstr(t.stream.text.at, "\"bridge-unused\""));
  assert_non_null(strstr(t.stream.text.at, "(no tools)"));
  close_talk(&t, forced, "RUN_ERROR");
}

static void test_opencode__a_session_goes_on_or_a_new_one_begins(void **state)
{
  (void)state;
  for (int known = 0; known <= 1; known++) {
    struct talk t;
    open_talk(&t);
    t.req.session_id = SPAN_LITERAL("ses_1");
    plan(&t, false);
    on_input(&t, AGENT_LINE, 0, 0, READY);
    event(&t, CONNECTED);
    agent_actions_clear(&t.actions);
    if (known == 0) {
      on_input(&t, AGENT_ANSWER, NEW_SESSION, 404, "{\"name\":\"NotFoundError\"}");
      assert_non_null(strstr(t.stream.text.at, "\"resume-not-possible\""));
      expect_asked(&t, "POST /session {};");
    }
    on_input(&t, AGENT_ANSWER, NEW_SESSION, 200, SESSION);
    assert_int_equal(t.actions.call_count, 1);
    on_input(&t, AGENT_ANSWER, PROMPT, 200, DONE);
    close_talk(&t, forced, "\"finishReason\":\"stop\"");
  }
}

static void expect_reply(const char *mode, const char *permission, const char *wanted)
{
  struct talk t;
  char text[300];
  struct span allowed[] = {SPAN_LITERAL("webfetch")};
  open_talk(&t);
  t.req.permission_mode = span_of(mode);
  t.req.allowed_tools = (struct spans){allowed, 1};
  plan(&t, true);
  begin(&t);
  (void)snprintf(text, sizeof text,
                 "{\"type\":\"permission.asked\",\"properties\":{\"id\":\"per_1\","
                 "\"sessionID\":\"ses_other\",\"permission\":\"%s\"}}",
                 permission);
  event(&t, text);
  expect_asked(&t, wanted);
  close_talk(&t, forced, "RUN_ERROR");
}

static void test_opencode__permissions_are_answered_by_the_mode(void **state)
{
  (void)state;
  const char *yes = "POST /permission/per_1/reply {\"reply\":\"once\"};";
  const char *no =
      "POST /permission/per_1/reply {\"reply\":\"reject\",\"message\":\"This "
      "run does not allow it.\"};";
  expect_reply("", "bash", yes);
  expect_reply("bypassPermissions", "external_directory", yes);
  expect_reply("acceptEdits", "edit", yes);
  expect_reply("acceptEdits", "bash", no);
  expect_reply("acceptEdits", "webfetch", yes); /* modelOptions.allowedTools */
  expect_reply("default", "edit", no);
  expect_reply("default", "tanstack_echo", yes);
  expect_reply("default", "tanstack_other", no);
}

static void test_opencode__what_somebody_is_asked_waits_for_the_answer(void **state)
{
  (void)state;
  struct talk t;
  open_talk(&t);
  t.req.permission_mode = SPAN_LITERAL("default");
  plan(&t, false);
  begin(&t);
  t.actions.can_ask = true;
  event(&t, "{\"type\":\"permission.asked\",\"properties\":{\"id\":\"per_1\","
            "\"permission\":\"bash\",\"tool\":{\"messageID\":\"m\",\"callID\":\"c1\"}}}");
  assert_int_equal(t.actions.question_count, 1);
  assert_string_equal(buf_cstring(&t.actions.questions[0].id), "per_1");
  assert_string_equal(buf_cstring(&t.actions.questions[0].call), "c1");
  assert_string_equal(buf_cstring(&t.actions.questions[0].tool), "bash");
  expect_asked(&t, "");
  struct span id = SPAN_LITERAL("per_1");
  const struct agent_answer no = {.reason = SPAN_LITERAL("a \"b\"")}, yes = {.yes = true};
  assert_true(opencode_harness.permit(t.state, id, &no, &t.output));
  expect_asked(&t, "POST /permission/per_1/reply "
                   "{\"reply\":\"reject\",\"message\":\"a \\\"b\\\"\"};");
  assert_true(opencode_harness.permit(t.state, id, &yes, &t.output));
  expect_asked(&t, "POST /permission/per_1/reply {\"reply\":\"once\"};");
  assert_false(opencode_harness.permit(t.state, SPAN_LITERAL("../x"), &yes, &t.output));
  close_talk(&t, forced, "RUN_ERROR");
}

static void test_opencode__a_policy_decides_by_what_it_wants_to_do(void **state)
{
  (void)state;
  static const char *const acts[][3] = {
      {"bash", "{\"command\":\"rm x\"}", "reject"},
      {"bash", "{\"command\":\"ls\"}", "once"},
      {"edit", "{\"filepath\":\"a\"}", "reject"},
      {"webfetch", "{}", "once"},
      {"websearch", "{}", "once"},
      {"skill", "{}", "once"},
  };
  struct policy_rule rule = {SPAN_LITERAL("rm *"), PERMISSION_DENY};
  const struct policy policy = {.given = true,
                                .rules = &rule,
                                .rule_count = 1,
                                .otherwise = PERMISSION_ALLOW,
                                .network = PERMISSION_ALLOW};
  struct talk t;
  open_talk(&t);
  t.req.permission_mode = SPAN_LITERAL("default");
  plan(&t, false);
  begin(&t);
  t.actions.policy = &policy;
  t.actions.provider = "opencode";
  for (size_t i = 0; i < sizeof acts / sizeof acts[0]; i++) {
    struct buf line = buf_make(4096), wanted = buf_make(4096);
    buf_addf(&line,
             "{\"type\":\"permission.asked\",\"properties\":{\"id\":\"per_1\","
             "\"permission\":\"%s\",\"metadata\":%s}}",
             acts[i][0], acts[i][1]);
    event(&t, buf_cstring(&line));
    buf_addf(&wanted, "POST /permission/per_1/reply {\"reply\":\"%s\"%s};", acts[i][2],
             acts[i][2][0] == 'r' ? ",\"message\":\"Denied by sandbox policy.\"" : "");
    expect_asked(&t, buf_cstring(&wanted));
    buf_free(&line);
    buf_free(&wanted);
  }
  close_talk(&t, forced, "RUN_ERROR");
}

static int say(struct talk *t, const char *text, bool next, struct fault *f)
{
  const struct agent_words words = {SPAN_LITERAL("m-1"), span_of(text), next};
  *f = (struct fault){0};
  return opencode_harness.say(t->state, &words, &t->output, f);
}

static void test_opencode__more_words_are_a_prompt_beside_the_first(void **state)
{
  (void)state;
  struct talk t;
  struct fault f = {0};
  open_talk(&t);
  t.req.effort = SPAN_LITERAL("high");
  plan(&t, false);
  assert_int_equal(say(&t, "/x", false, &f), -1);
  assert_int_equal(f.kind, FAULT_CONFLICT);
  assert_string_equal(f.text, "the agent has not begun yet");
  begin(&t);
  assert_int_equal(say(&t, "/x \"y\"", false, &f), 0);
  assert_int_equal(t.actions.call_count, 1);
  const struct agent_action_call *call = &t.actions.calls[0];
  assert_non_null(strstr(call->url, "/prompt_async"));
  assert_non_null(strstr(buf_cstring((struct buf *)&call->body),
                         "\"variant\":\"high\",\"tools\":{\"question\":false"));
  assert_non_null(strstr(buf_cstring((struct buf *)&call->body),
                         "\"parts\":[{\"type\":\"text\",\"text\":\"/x \\\"y\\\"\"}]}"));
  agent_actions_clear(&t.actions);
  f = (struct fault){0};
  assert_int_equal(say(&t, "", false, &f), -1);
  assert_int_equal(f.kind, FAULT_BAD_INPUT);
  close_talk(&t, forced, "RUN_ERROR");
}

/* The first answer and the silence after it do not end the turn that words came into. */
static void test_opencode__the_turn_ends_when_the_last_words_are_answered(void **state)
{
  (void)state;
  struct talk t;
  struct fault f = {0};
  for (int refused = 0; refused < 2; refused++) {
    open_talk(&t);
    plan(&t, false);
    begin(&t);
    assert_int_equal(say(&t, "x", false, &f), 0);
    agent_actions_clear(&t.actions);
    event(&t, HEARD("\"id\":\"msg_1\",\"role\":\"user\""));
    event(&t, HEARD("\"id\":\"msg_2\",\"role\":\"assistant\",\"parentID\":\"msg_1\""));
    on_input(&t, AGENT_ANSWER, PROMPT, 200, DONE);
    event(&t, IDLE);
    assert_false(t.actions.hang_up);
    if (refused) {
      on_input(&t, AGENT_ANSWER, WORDS, 400, "{}");
      assert_true(t.actions.dismissed);
      close_talk(&t, forced, "RUN_FINISHED");
      continue;
    }
    on_input(&t, AGENT_ANSWER, WORDS, 204, "");
    event(&t, HEARD("\"id\":\"msg_3\",\"role\":\"user\""));
    event(&t, "{\"type\":\"session.status\",\"properties\":{\"sessionID\":\"ses_1\","
              "\"status\":{\"type\":\"busy\"}}}");
    event(&t, HEARD("\"id\":\"msg_4\",\"role\":\"assistant\",\"parentID\":\"msg_3\""));
    assert_false(t.actions.hang_up);
    assert_int_equal(t.actions.heard_count, 1); /* its model has them now */
    assert_int_equal(t.actions.heard[0].most, 1);
    event(&t, IDLE);
    assert_true(t.actions.dismissed);
    close_talk(&t, forced, "RUN_FINISHED");
  }
}

static void test_opencode__the_next_turn_is_a_prompt_of_the_same_session(void **state)
{
  (void)state;
  struct talk t;
  struct fault f;
  open_talk(&t);
  plan(&t, false);
  begin(&t);
  assert_int_equal(say(&t, "two", true, &f), -1);
  assert_string_equal(f.text, "the agent's turn goes on");
  event(&t, HEARD("\"id\":\"msg_1\",\"role\":\"user\""));
  event(&t, HEARD("\"id\":\"msg_2\",\"role\":\"assistant\",\"parentID\":\"msg_1\""));
  on_input(&t, AGENT_ANSWER, PROMPT, 200, DONE);
  event(&t, IDLE);
  assert_true(t.actions.dismissed);
  assert_int_equal(say(&t, "two", false, &f), -1);
  assert_int_equal(say(&t, "two", true, &f), 0);
  assert_false(t.actions.hang_up || t.actions.dismissed);
  assert_non_null(strstr(t.actions.calls[0].url, "/session/ses_1/message"));
  agent_actions_clear(&t.actions);
  event(&t, IDLE); /* of the turn before */
  event(&t, "{\"type\":\"session.status\",\"properties\":{\"sessionID\":\"ses_1\","
            "\"status\":{\"type\":\"busy\"}}}");
  event(&t, HEARD("\"id\":\"msg_3\",\"role\":\"user\""));
  on_input(&t, AGENT_ANSWER, PROMPT, 200, DONE);
  assert_false(t.actions.dismissed);
  event(&t, HEARD("\"id\":\"msg_4\",\"role\":\"assistant\",\"parentID\":\"msg_3\""));
  assert_int_equal(t.actions.heard_count, 1);
  event(&t, IDLE);
  assert_true(t.actions.dismissed);
  close_talk(&t, forced, "RUN_FINISHED");
}

static void test_opencode__a_question_is_turned_down(void **state)
{
  (void)state;
  struct talk t;
  open_talk(&t);
  plan(&t, false);
  begin(&t);
  event(&t, "{\"type\":\"question.asked\",\"properties\":{\"id\":\"que_1\"}}");
  expect_asked(&t, "POST /question/que_1/reject {};");
  event(&t, "{\"type\":\"question.asked\",\"properties\":{\"id\":\"../x\"}}");
  expect_asked(&t, "");
  close_talk(&t, forced, "RUN_ERROR");
}

static void test_opencode__a_cancel_aborts_the_turn_and_hangs_up(void **state)
{
  (void)state;
  struct talk t;
  open_talk(&t);
  plan(&t, false);
  assert_false(opencode_harness.cancel(t.state, &t.output)); /* no turn to abort yet */
  begin(&t);
  assert_true(opencode_harness.cancel(t.state, &t.output));
  expect_asked(&t, "POST /session/ses_1/abort {};");
  assert_false(t.actions.hang_up);
  on_input(&t, AGENT_ANSWER, ABORT, 200, "true");
  assert_true(t.actions.hang_up);
  on_input(&t, AGENT_ANSWER, PROMPT, 200, "{\"info\":{}}");
  assert_false(opencode_harness.cancel(t.state, &t.output));
  assert_false(opencode_harness.succeeded(t.state));
  close_talk(&t, forced, "\"code\":\"agent-error\"");
}

static void
test_opencode__a_turn_that_is_only_retried_is_given_up_by_the_session(void **state)
{
  (void)state;
  struct talk t;
  open_talk(&t);
  plan(&t, false);
  begin(&t);
  t.actions.retries.most = 5;
  for (int attempt = 1; attempt <= 7; attempt++) {
    char text[200];
    (void)snprintf(text, sizeof text,
                   "{\"type\":\"session.status\",\"properties\":{\"sessionID\":\"ses_1\","
                   "\"status\":{\"type\":\"retry\",\"attempt\":%d,\"message\":\"no\"}}}",
                   attempt);
    event(&t, text);
    expect_asked(&t, "");
    assert_int_equal(t.actions.retries.given_up, attempt > 5);
  }
  assert_int_equal(stream_count_of(&t.stream, "CUSTOM"), 2); /* session-id, the warning */
  assert_true(opencode_harness.cancel(t.state, &t.output));
  expect_asked(&t, "POST /session/ses_1/abort {};");
  close_talk(&t, forced, "RUN_ERROR");
}

static void test_opencode__a_heartbeat_is_no_sign_of_life(void **state)
{
  (void)state;
  struct talk t;
  open_talk(&t);
  plan(&t, false);
  event(&t, "{\"type\":\"server.heartbeat\",\"properties\":{}}");
  assert_true(t.actions.heartbeat);
  event(&t, CONNECTED);
  assert_false(t.actions.heartbeat);
  close_talk(&t, forced, "RUN_ERROR");
}

/* A run that was asked for a value, and the answer to its prompt. */
static void expect_given(const char *answer, const char *wanted, const char *last)
{
  struct talk t;
  open_talk(&t);
  t.req.output_schema = SPAN_LITERAL("{\"type\":\"object\"}");
  plan(&t, false);
  begin(&t);
  event(&t, "{\"type\":\"message.updated\",\"properties\":{\"sessionID\":\"ses_1\","
            "\"info\":{\"id\":\"m\",\"role\":\"assistant\"}}}");
  event(&t, "{\"type\":\"message.part.updated\",\"properties\":{\"sessionID\":\"ses_1\","
            "\"part\":{\"id\":\"p\",\"messageID\":\"m\",\"type\":\"tool\",\"callID\":"
            "\"c\",\"tool\":\"StructuredOutput\",\"state\":{\"status\":\"running\","
            "\"input\":{\"n\":7}}}}}");
  event(&t, IDLE);
  on_input(&t, AGENT_ANSWER, PROMPT, 200, answer);
  assert_true(t.actions.dismissed); /* whichever came first */
  opencode_harness.finish(t.state, &forced, &t.output);
  assert_null(strstr(t.stream.text.at, "TOOL_CALL"));
  if (strstr(t.stream.text.at, wanted) == NULL)
    fail_msg("%s is not in %s", wanted, t.stream.text.at);
  close_talk(&t, forced, last);
}

static void test_opencode__the_value_that_was_asked_for_is_told(void **state)
{
  (void)state;
  expect_given("{\"info\":{\"finish\":\"tool-calls\",\"structured\":{\"n\": 7.0}}}",
               "\"object\":{\"n\": 7.0}", "RUN_FINISHED");
  expect_given("{\"info\":{\"finish\":\"stop\",\"error\":{\"name\":"
               "\"StructuredOutputError\"}},\"parts\":[{\"type\":\"text\",\"text\":\"So: "
               "{\\\"n\\\":8}\"}]}",
               "\"object\":{\"n\":8}", "RUN_FINISHED");
  expect_given("{\"info\":{\"finish\":\"stop\"},\"parts\":[{\"type\":\"text\",\"text\":"
               "\"No.\"}]}",
               "Content: No.", "structured-output-parse-failed");
  expect_given("{\"info\":{\"error\":{\"name\":\"APIError\",\"data\":{\"message\":\"mock "
               "401\"}}}}",
               "mock 401", "\"code\":\"agent-error\"");
}

static void test_opencode__how_it_ended_counts_too(void **state)
{
  (void)state;
  const struct process_end well = {0}, failed = {.status = 1};
  const struct process_end killed = {.signal = SIGKILL};
  static const struct {
    const char *answer;
    bool good;
  } rows[] = {{DONE, true}, {"{\"info\":{}}", false}};
  for (size_t i = 0; i < 2; i++) {
    const struct process_end *ends[] = {&well, &failed, &killed, &forced};
    const char *codes[2][4] = {
        {"\"stop\"", "agent-exit", "agent-signal", "\"stop\""},
        {"agent-error", "agent-error", "agent-error", "agent-error"}};
    for (size_t k = 0; k < 4; k++) {
      struct talk t;
      open_talk(&t);
      plan(&t, false);
      begin(&t);
      on_input(&t, AGENT_ANSWER, PROMPT, 200, rows[i].answer);
      event(&t, IDLE);
      assert_int_equal(opencode_harness.succeeded(t.state), rows[i].good);
      close_talk(&t, *ends[k], codes[i][k]);
    }
  }
  struct talk t;
  open_talk(&t); /* the server died, and that is why the stream was lost */
  plan(&t, false);
  begin(&t);
  on_input(&t, AGENT_STREAM, EVENTS, 0, "reset");
  assert_true(t.actions.dismissed);
  close_talk(&t, killed, "\"code\":\"agent-signal\"");
}

static void test_opencode__is_told_of_one_server_after_the_other(void **state)
{
  (void)state;
  struct mcp_server docs = {.name = SPAN_LITERAL("docs"),
                            .url = SPAN_LITERAL("http://h")};
  const struct mcp_servers servers = {&docs, 1};
  struct talk t;
  open_talk(&t);
  t.servers = &servers;
  plan(&t, true);
  on_input(&t, AGENT_LINE, 0, 0, READY);
  agent_actions_clear(&t.actions);
  event(&t, CONNECTED);
  agent_actions_clear(&t.actions);
  on_input(&t, AGENT_ANSWER, BRIDGE, 200, "{\"tanstack\":{\"status\":\"connected\"}}");
  for (int i = 1; i <= 3; i++) {
    expect_asked(&t, "POST /mcp {\"name\":\"docs\",\"config\":{\"type\":\"remote\","
                     "\"url\":\"http://h\",\"enabled\":true,\"oauth\":false,"
                     "\"timeout\":3630000,\"headers\":{}}};");
    on_input(&t, AGENT_ANSWER, BRIDGE, 200,
             "{\"tanstack\":{\"status\":\"connected\"},\"docs\":{\"status\":"
             "\"failed\",\"error\":\"gone\"}}");
  }
  expect_asked(&t, "POST /session {};");
  assert_non_null(strstr(t.stream.text.at, "\"mcp-server-unused\""));
  assert_null(strstr(t.stream.text.at, "\"bridge-unused\""));
  close_talk(&t, forced, "RUN_ERROR");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_opencode__each_step_waits_for_the_one_before),
      cmocka_unit_test(test_opencode__the_bridge_is_tried_three_times),
      cmocka_unit_test(test_opencode__a_session_goes_on_or_a_new_one_begins),
      cmocka_unit_test(test_opencode__permissions_are_answered_by_the_mode),
      cmocka_unit_test(test_opencode__what_somebody_is_asked_waits_for_the_answer),
      cmocka_unit_test(test_opencode__a_policy_decides_by_what_it_wants_to_do),
      cmocka_unit_test(test_opencode__more_words_are_a_prompt_beside_the_first),
      cmocka_unit_test(test_opencode__the_turn_ends_when_the_last_words_are_answered),
      cmocka_unit_test(test_opencode__the_next_turn_is_a_prompt_of_the_same_session),
      cmocka_unit_test(test_opencode__a_question_is_turned_down),
      cmocka_unit_test(test_opencode__a_cancel_aborts_the_turn_and_hangs_up),
      cmocka_unit_test(
          test_opencode__a_turn_that_is_only_retried_is_given_up_by_the_session),
      cmocka_unit_test(test_opencode__a_heartbeat_is_no_sign_of_life),
      cmocka_unit_test(test_opencode__the_value_that_was_asked_for_is_told),
      cmocka_unit_test(test_opencode__how_it_ended_counts_too),
      cmocka_unit_test(test_opencode__is_told_of_one_server_after_the_other),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
