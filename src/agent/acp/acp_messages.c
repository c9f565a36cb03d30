/* SPDX-License-Identifier: MIT */
/* acp_messages.c - the writers of our requests.
 *
 * A request's id is its step, a single digit (acp_state.h).  A line is wiped once it is
 * handed on, as session/new holds the bridge's token.  */
#include "acp_messages.h"

#include "agent/policy_settings.h"
#include "agent/prompt.h"
#include "agent/structured.h"
#include "base/json_write.h"
#include "base/limits.h"
#include "base/version.h"

/* `id` 0: a notification. */
static struct json_writer begin(struct buf *out, unsigned id, const char *method)
{
  struct json_writer w = json_write_to(out);
  json_open(&w, NULL, '{');
  json_put_text(&w, "jsonrpc", SPAN_LITERAL("2.0"));
  if (id)
    json_put_int(&w, "id", id);
  json_put_text(&w, "method", span_of(method));
  json_open(&w, "params", '{');
  return w;
}

static void end(struct json_writer *w)
{
  json_close(w, '}');
  json_close(w, '}');
  buf_add_char(w->out, '\n');
}

static void send(struct acp *a, struct json_writer *w, enum acp_step step,
                 struct agent_output *output)
{
  end(w);
  agent_write(output, buf_span(w->out));
  buf_wipe(w->out); /* session/new holds the bridge's token */
  a->waiting = step;
  a->rpc_id = step == ACP_OPTION ? ACP_OPTION + (unsigned)a->settings_done : step;
}

void acp_initialize(struct buf *out)
{
  struct json_writer w = begin(out, ACP_INITIALIZE, "initialize");
  json_put_int(&w, "protocolVersion", ACP_PROTOCOL_VERSION);
  json_open(&w, "clientInfo", '{');
  json_put_text(&w, "name", SPAN_LITERAL("runlet"));
  json_put_text(&w, "title", SPAN_LITERAL("runlet"));
  json_put_text(&w, "version", SPAN_LITERAL(RUNLET_VERSION));
  json_close(&w, '}');
  json_open(&w, "clientCapabilities", '{');
  json_open(&w, "fs", '{');
  json_put_bool(&w, "readTextFile", false);
  json_put_bool(&w, "writeTextFile", false);
  json_close(&w, '}');
  json_put_bool(&w, "terminal", false);
  json_open(&w, "session", '{');
  json_open(&w, "notices", '{');
  json_close(&w, '}');
  json_close(&w, '}');
  json_close(&w, '}');
  end(&w);
}

void acp_say_authenticate(struct acp *a, struct span method, struct agent_output *output)
{
  struct buf out = buf_make(LIMIT_NAME_BYTES + KIB);
  struct json_writer w = begin(&out, ACP_AUTHENTICATE, "authenticate");
  json_put_text(&w, "methodId", method);
  send(a, &w, ACP_AUTHENTICATE, output);
}

static void put_part(struct json_writer *w, struct span text)
{
  json_open(w, NULL, '{');
  json_put_text(w, "type", SPAN_LITERAL("text"));
  json_put_text(w, "text", text);
  json_close(w, '}');
}

/* The system prompts, where the agent has a place for them. */
static void put_system(struct acp *a, struct json_writer *w)
{
  struct span offered = json_slice(buf_span(&a->init),
                                   "agentCapabilities.sessionCapabilities.systemPrompt");
  struct buf text = buf_make(LIMIT_PROMPT_BYTES);
  if (json_slice_kind(offered) == JSON_OBJECT)
    prompt_system(a->req, &text);
  a->system_told = text.len > 0 && !text.overflowed;
  if (a->system_told) {
    json_open(w, "systemPrompt", '{');
    json_put_text(w, "mode", SPAN_LITERAL("append"));
    json_open(w, "content", '[');
    put_part(w, buf_span(&text));
    json_close(w, ']');
    json_close(w, '}');
  }
  buf_free(&text);
}

/* claude-agent-acp hands these on: settings, and what a run may cost. */
static void put_options(const struct acp *a, struct json_writer *w)
{
  struct buf settings = buf_make(LIMIT_LINE_BYTES), usd = buf_make(64);
  bool asks = a->asks_each && a->agent->asks_by[0] == '_';
  unsigned long long most =
      a->agent && a->agent->limits_usd && a->req ? a->req->budget.most[BUDGET_USD] : 0;
  if (!asks && most == 0)
    return;
  json_open(w, "_meta", '{');
  json_open(w, "claudeCode", '{');
  json_open(w, "options", '{');
  if (asks) {
    policy_settings_claude(&a->req->policy, &settings);
    json_put_raw(w, "settings", buf_span(&settings));
  }
  if (most > 0) {
    run_budget_put(BUDGET_USD, most, &usd);
    json_put_raw(w, "maxBudgetUsd", buf_span(&usd));
  }
  json_close(w, '}');
  json_close(w, '}');
  json_close(w, '}');
  buf_free(&settings);
  buf_free(&usd);
}

void acp_say_session(struct acp *a, enum acp_step step, struct agent_output *output)
{
  static const char *const methods[] = {[ACP_RESUME] = "session/resume",
                                        [ACP_LOAD] = "session/load",
                                        [ACP_NEW] = "session/new"};
  struct buf out = buf_make(LIMIT_PROMPT_BYTES);
  struct json_writer w = begin(&out, step, methods[step]);
  if (step != ACP_NEW)
    json_put_text(&w, "sessionId", a->req->session_id);
  json_put_text(&w, "cwd", buf_span(&a->workspace));
  json_put_raw(&w, "mcpServers",
               a->servers.len > 0 ? buf_span(&a->servers) : SPAN_LITERAL("[]"));
  if (step == ACP_NEW)
    put_system(a, &w);
  put_options(a, &w);
  send(a, &w, step, output);
}

void acp_say_setting(struct acp *a, enum acp_step step, const char *method,
                     const char *key, struct span value, struct agent_output *output)
{
  struct buf out = buf_make(LIMIT_PROMPT_BYTES);
  struct json_writer w = begin(&out, step, method);
  json_put_text(&w, "sessionId", buf_span(&a->session));
  json_put_text(&w, key, value);
  send(a, &w, step, output);
}

void acp_say_option(struct acp *a, enum acp_step step, struct span id,
                    const struct config_entry *value, struct agent_output *output)
{
  struct buf out = buf_make(LIMIT_PROMPT_BYTES);
  struct json_writer w =
      begin(&out, step == ACP_OPTION ? ACP_OPTION + (unsigned)a->settings_done : step,
            "session/set_config_option");
  json_put_text(&w, "sessionId", buf_span(&a->session));
  json_put_text(&w, "configId", id);
  if (value->is_bool) {
    json_put_text(&w, "type", SPAN_LITERAL("boolean"));
    json_put_bool(&w, "value", value->on);
  } else {
    json_put_text(&w, "value", value->text);
  }
  send(a, &w, step, output);
}

/* Before the words that speak of them. */
static void put_images(const struct acp *a, struct json_writer *w,
                       struct agent_output *output)
{
  struct span offered =
      json_slice(buf_span(&a->init), "agentCapabilities.promptCapabilities.image");
  bool takes = json_slice_kind(offered) == JSON_TRUE;
  prompt_warn_parts(a->req, a->resumed, takes, output->events);
  for (size_t i = 0; takes && a->req && i < a->req->part_count; i++) {
    const struct message_part *p = &a->req->parts[i];
    if (p->data.len == 0 || !prompt_has_part(a->req, a->resumed, p))
      continue;
    json_open(w, NULL, '{');
    json_put_text(w, "type", SPAN_LITERAL("image"));
    json_put_text(w, "mimeType", p->mime_type);
    json_put_text(w, "data", p->data);
    json_close(w, '}');
  }
}

static void warn_cut(const struct acp *a, size_t bytes, struct agent_output *output)
{
  struct buf text = buf_make(LIMIT_ERROR_MESSAGE_BYTES);
  buf_addf(
      &text,
      "the prompt is %zu bytes long, and %s leaves the middle of one above about %zu "
      "out without a word",
      bytes, a->profile->name, a->profile->cuts_above);
  events_warn(output->events, "prompt-cut", buf_span(&text));
  buf_free(&text);
}

/* The text of the prompt.  True: the guard's front stands before it, as a part of its
 * own. */
static bool write_prompt(const struct acp *a, struct buf *text)
{
  struct fault ignored = {0}; /* plan() has written it once already */
  struct run_request asked = *a->req;
  const struct prompt_rules rules = {
      .adapter = a->profile->name, .system_first = true, .guard = *a->guard};
  /* Without its session the agent needs the earlier turns in the prompt. */
  if (!a->resumed)
    asked.session_id = (struct span){0};
  if (a->system_told)
    asked.system_prompts.count = 0;
  prompt_write(&asked, &rules, text, &ignored);
  bool apart =
      a->guard->apart && prompt_guard_wants_front(a->guard, &asked, buf_span(text));
  if (asked.output_schema.len > 0)
    structured_ask(asked.output_schema, text);
  return apart;
}

void acp_say_prompt(struct acp *a, struct agent_output *output)
{
  struct buf out = buf_make(LIMIT_PROMPT_BYTES), text = buf_make(LIMIT_PROMPT_BYTES);
  bool apart = a->req && write_prompt(a, &text);
  if (a->profile->cuts_above > 0 && text.len > a->profile->cuts_above)
    warn_cut(a, text.len, output);
  struct json_writer w = begin(&out, ACP_PROMPT, "session/prompt");
  json_put_text(&w, "sessionId", buf_span(&a->session));
  json_open(&w, "prompt", '[');
  put_images(a, &w, output);
  if (apart)
    put_part(&w, span_of(a->guard->front));
  put_part(&w, buf_span(&text));
  json_close(&w, ']');
  a->prompted = true;
  if (out.overflowed || text.overflowed)
    acp_fail(a, output, "prompt-invalid", SPAN_LITERAL("The prompt is too long."));
  else
    send(a, &w, ACP_PROMPT, output);
  buf_free(&out);
  buf_free(&text);
}

/* Should its turn be over by then, the agent is not to begin one by itself. */
static void put_steering(struct json_writer *w)
{
  json_open(w, "_meta", '{');
  json_open(w, "steering", '{');
  json_put_text(w, "idleBehavior", SPAN_LITERAL("promptRequired"));
  json_close(w, '}');
  json_close(w, '}');
}

void acp_say_text(struct acp *a, struct span id, struct span text,
                  struct agent_output *output)
{
  struct buf out = buf_make(LIMIT_PROMPT_BYTES), own = buf_make(LIMIT_LINE_BYTES);
  struct json_writer w = json_write_to(&out);
  if (id.len > 0) {
    buf_addf(&own, ACP_SAY "%.*s", SPAN_ARG(id));
    json_open(&w, NULL, '{');
    json_put_text(&w, "jsonrpc", SPAN_LITERAL("2.0"));
    json_put_text(&w, "id", buf_span(&own));
    json_put_text(&w, "method", SPAN_LITERAL("_session/steering"));
    json_open(&w, "params", '{');
  } else {
    w = begin(&out, ACP_PROMPT, "session/prompt");
  }
  json_put_text(&w, "sessionId", buf_span(&a->session));
  json_open(&w, "prompt", '[');
  if (a->guard->apart && prompt_guard_wants_front(a->guard, a->req, text))
    put_part(&w, span_of(a->guard->front));
  put_part(&w, text);
  json_close(&w, ']');
  if (id.len > 0) {
    put_steering(&w);
    end(&w);
    agent_write(output, buf_span(&out));
  } else {
    send(a, &w, ACP_PROMPT, output);
  }
  buf_free(&own);
  buf_free(&out);
}

bool acp_say_cancel(struct acp *a, struct agent_output *output)
{
  struct buf out = buf_make(LIMIT_NAME_BYTES + KIB);
  if (a->waiting != ACP_PROMPT)
    return false;
  a->cancelled = true;
  struct json_writer w = begin(&out, ACP_BEFORE, "session/cancel");
  json_put_text(&w, "sessionId", buf_span(&a->session));
  end(&w);
  agent_write(output, buf_span(&out));
  buf_free(&out);
  return true;
}
