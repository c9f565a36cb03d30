/* SPDX-License-Identifier: MIT */
/*   request                answered by
 *   initialize             authenticate, if there is a way that fits; else the session
 *   session/resume, _load  only to resume, and where offered; else session/new, a warning
 *   session/new            CUSTOM <id>.session-id; then, each only if it would change
 *                          something,
 *   session/set_model      (or set_config_option of category "model"),
 *   session/set_mode       and
 *   session/prompt         the record that ends the turn  */
#include "acp_session.h"

#include "acp_settings.h"

#include "agent/harness.h"
#include "agent/prompt.h"
#include "agent/structured.h"
#include "base/json_write.h"
#include "base/limits.h"
#include "base/version.h"

#include <string.h>

#define NAME_OF(r) (int)(r).len, (r).at

enum { PROTOCOL_VERSION = 1, AUTH_REQUIRED = -32000 };

static const struct span nothing = {0};

/* -- what we say -- */

static struct json_writer begin(struct buf *out, enum acp_step step, const char *method)
{
  struct json_writer w = json_write_to(out);
  json_open(&w, NULL, '{');
  json_put_text(&w, "jsonrpc", SPAN_LITERAL("2.0"));
  if (step != ACP_BEFORE)
    json_put_int(&w, "id", step);
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
}

void acp_initialize(struct buf *out)
{
  struct json_writer w = begin(out, ACP_INITIALIZE, "initialize");
  json_put_int(&w, "protocolVersion", PROTOCOL_VERSION);
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
  json_close(&w, '}');
  end(&w);
}

static void say_session(struct acp *a, enum acp_step step, struct agent_output *output)
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
  send(a, &w, step, output);
}

void acp_say_setting(struct acp *a, enum acp_step step, const char *method,
                     const char *const keys[2], const struct span values[2],
                     struct agent_output *output)
{
  struct buf out = buf_make(LIMIT_PROMPT_BYTES);
  struct json_writer w = begin(&out, step, method);
  json_put_text(&w, "sessionId", buf_span(&a->session));
  for (size_t i = 0; i < 2 && keys[i]; i++)
    json_put_text(&w, keys[i], values[i]);
  send(a, &w, step, output);
}

static void say_prompt(struct acp *a, struct agent_output *output)
{
  struct buf out = buf_make(LIMIT_PROMPT_BYTES), text = buf_make(LIMIT_PROMPT_BYTES);
  struct fault ignored = {0}; /* plan() has written it once already */
  if (a->req) {
    struct run_request asked = *a->req;
    if (!a->resumed)
      asked.session_id = nothing; /* then the earlier turns are part of the prompt */
    prompt_write(&asked, a->profile->name, true, &text, &ignored);
    if (asked.output_schema.len > 0)
      structured_ask(asked.output_schema, &text);
  }
  struct json_writer w = begin(&out, ACP_PROMPT, "session/prompt");
  json_put_text(&w, "sessionId", buf_span(&a->session));
  json_open(&w, "prompt", '[');
  json_open(&w, NULL, '{');
  json_put_text(&w, "type", SPAN_LITERAL("text"));
  json_put_text(&w, "text", buf_span(&text));
  json_close(&w, '}');
  json_close(&w, ']');
  a->prompted = true;
  if (out.overflowed || text.overflowed)
    acp_fail(a, output, "prompt-invalid", SPAN_LITERAL("The prompt is too long."));
  else
    send(a, &w, ACP_PROMPT, output);
  buf_free(&out);
  buf_free(&text);
}

bool acp_cancel_turn(struct acp *a, struct agent_output *output)
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

/* -- authenticate -- */

static bool request_names(const struct run_request *req, struct span variable)
{
  for (size_t i = 0; req && i < req->secrets.count; i++)
    if (span_equal(req->secrets.at[i], variable))
      return true;
  for (size_t i = 0; req && i < req->env_count; i++)
    if (span_equal(req->env[i].name, variable))
      return true;
  return false;
}

/* A way of type env_var whose variables the request brings. */
static bool is_at_hand(const struct acp *a, struct json *doc, json_at method)
{
  json_at vars = json_get(method, "vars");
  if (!span_is(acp_text(doc, method, "type"), "env_var") || json_first(vars) == NULL)
    return false;
  for (json_at v = json_first(vars); v != NULL; v = json_next(v))
    if (!request_names(a->req, acp_text(doc, v, "name")))
      return false;
  return true;
}

static bool fits(const struct acp *a, struct json *doc, json_at method,
                 struct span wanted, bool needed)
{
  const struct acp_profile *p = a->profile;
  struct span id = acp_text(doc, method, "id");
  if (wanted.len > 0)
    return span_equal(id, wanted);
  if (p->auth && span_is(id, p->auth))
    return p->auth_env ? needed && request_names(a->req, span_of(p->auth_env)) : true;
  return needed && is_at_hand(a, doc, method);
}

/* Once in a run.  `needed`: the agent has asked for it; before that only what the request
 * names, or the agent is known to want.  False: there is no way, or it was tried. */
static bool authenticate(struct acp *a, bool needed, struct agent_output *output)
{
  struct span wanted = a->req ? a->req->harness_options.auth_method : nothing;
  struct fault ignored = {0}; /* it was parsed before, as a part of its line */
  struct json *doc = json_parse(buf_span(&a->init), NULL, &ignored);
  json_at method = doc ? json_first(json_get(json_root(doc), "authMethods")) : NULL;
  while (method != NULL && !fits(a, doc, method, wanted, needed))
    method = json_next(method);
  bool found = method != NULL && !a->authenticated;
  if (found) {
    struct buf out = buf_make(LIMIT_NAME_BYTES + KIB);
    struct json_writer w = begin(&out, ACP_AUTHENTICATE, "authenticate");
    json_put_text(&w, "methodId", acp_text(doc, method, "id"));
    a->authenticated = true;
    send(a, &w, ACP_AUTHENTICATE, output);
  }
  json_free(doc);
  return found;
}

/* -- the session -- */

static bool offers(const struct acp *a, const char *path)
{
  enum json_kind kind = json_slice_kind(json_slice(buf_span(&a->init), path));
  return kind == JSON_TRUE || kind == JSON_OBJECT;
}

static void warn_not_resumed(struct agent_output *output, struct span why)
{
  struct buf text = buf_make(LIMIT_ERROR_MESSAGE_BYTES);
  buf_add_text(&text,
               "modelOptions.sessionId: the session could not be resumed, a new one "
               "begins: ");
  buf_add(&text, why);
  events_warn(output->events, "resume-not-possible", buf_span(&text));
  buf_free(&text);
}

/* The next way to a session behind `tried`. */
static void open_session(struct acp *a, struct agent_output *output)
{
  bool resuming = a->req && a->req->session_id.len > 0;
  if (a->bridged && !offers(a, "agentCapabilities.mcpCapabilities.http")) {
    events_warn(output->events, "bridge-unsupported",
                SPAN_LITERAL("the agent takes no MCP servers over HTTP "
                             "(mcpCapabilities.http): it works without the host tools"));
    buf_wipe(&a->servers);
    a->bridged = false;
  }
  if (!resuming) {
    say_session(a, ACP_NEW, output);
  } else if (offers(a, "agentCapabilities.sessionCapabilities.resume")) {
    say_session(a, ACP_RESUME, output);
  } else if (offers(a, "agentCapabilities.loadSession")) {
    say_session(a, ACP_LOAD, output);
  } else {
    warn_not_resumed(output, SPAN_LITERAL("the agent does not offer it"));
    say_session(a, ACP_NEW, output);
  }
}

static void initialized(struct acp *a, struct json *doc, json_at result,
                        struct agent_output *output)
{
  struct span way = a->req ? a->req->harness_options.auth_method : nothing;
  unsigned long long version = 0;
  struct buf text = buf_make(LIMIT_ERROR_MESSAGE_BYTES);
  if (!json_whole(json_get(result, "protocolVersion"), 1u << 16, &version) ||
      version > PROTOCOL_VERSION) {
    buf_addf(&text, "The agent speaks version %llu of the Agent Client Protocol, not %d.",
             version, PROTOCOL_VERSION);
    acp_fail(a, output, "agent-error", buf_span(&text));
  } else if (authenticate(a, false, output)) {
    ; /* the session comes after it */
  } else if (way.len > 0) {
    buf_addf(&text,
             "harnessOptions.authMethod: the agent does not offer \"%.*s\". Available: ",
             NAME_OF(way));
    acp_add_names(doc, json_get(result, "authMethods"), "id", &text);
    acp_fail(a, output, "agent-error", buf_span(&text));
  } else {
    open_session(a, output); /* with the login the agent has already */
  }
  buf_free(&text);
}

static void say_session_id(const struct acp *a, struct agent_output *output)
{
  struct buf name = buf_make(KIB), value = buf_make(LIMIT_EVENT_LINE_BYTES);
  struct json_writer w = json_write_to(&value);
  buf_addf(&name, "%s.session-id", a->profile->id);
  json_open(&w, NULL, '{');
  json_put_text(&w, "sessionId", buf_span(&a->session));
  json_close(&w, '}');
  events_custom(output->events, buf_cstring(&name), buf_span(&value));
  buf_free(&name);
  buf_free(&value);
}

/* What is to be changed about the open session, one request at a time, then the prompt.
 */
static void settle(struct acp *a, enum acp_step done, struct agent_output *output)
{
  if (!acp_set(a, done, output))
    say_prompt(a, output);
}

static void opened(struct acp *a, struct json *doc, json_at root, struct span line,
                   enum acp_step step, struct agent_output *output)
{
  struct span id = acp_text(doc, json_get(root, "result"), "sessionId");
  if (id.len == 0 && step != ACP_NEW && a->req)
    id = a->req->session_id;
  if (id.len == 0 && a->req) {
    acp_fail(a, output, "agent-error",
             SPAN_LITERAL("The agent opened a session without a sessionId."));
    return;
  }
  a->open = true;
  a->resumed = step != ACP_NEW;
  a->loaded = step == ACP_LOAD;
  harness_keep(&a->session, id);
  harness_keep(&a->offer, json_slice(line, "result"));
  buf_wipe(&a->servers);
  say_session_id(a, output);
  settle(a, step, output);
}

static void refused(struct acp *a, struct json *doc, struct span line, enum acp_step step,
                    struct agent_output *output)
{
  static const char *const what[] = {[ACP_INITIALIZE] = "initialize: ",
                                     [ACP_AUTHENTICATE] = "authenticate: ",
                                     [ACP_RESUME] = "",
                                     [ACP_LOAD] = "",
                                     [ACP_NEW] = "session/new: ",
                                     [ACP_MODEL] = "the model was refused: ",
                                     [ACP_MODE] = "the mode was refused: ",
                                     [ACP_PROMPT] = ""};
  struct buf text = buf_make(4 * LIMIT_ERROR_MESSAGE_BYTES);
  const struct run_request *req = a->req;
  buf_add_text(&text, what[step]);
  acp_add_error(doc, line, &text);
  double code = json_number(json_get(json_get(json_root(doc), "error"), "code"), 0);
  bool opening = step == ACP_RESUME || step == ACP_LOAD || step == ACP_NEW;
  if (opening && code == (double)AUTH_REQUIRED && authenticate(a, true, output)) {
    ; /* and then the session again */
  } else if (step == ACP_RESUME || step == ACP_LOAD) {
    warn_not_resumed(output, buf_span(&text));
    say_session(a, ACP_NEW, output);
  } else if (step == ACP_AUTHENTICATE &&
             (req == NULL || req->harness_options.auth_method.len == 0)) {
    open_session(a, output); /* our own choice; there may be a login */
  } else if (step == ACP_MODE && (req == NULL || (req->harness_options.mode.len == 0 &&
                                                  req->permission_mode.len == 0))) {
    settle(a, step, output); /* our own choice; we allow what it asks for */
  } else {
    acp_fail(a, output, "agent-error", buf_span(&text));
  }
  buf_free(&text);
}

void acp_answered(struct acp *a, struct json *doc, struct span line, enum acp_step step,
                  struct agent_output *output)
{
  json_at root = json_root(doc), result = json_get(root, "result");
  a->waiting = ACP_AFTER; /* until we ask for something else */
  if (json_kind(json_get(root, "error")) == JSON_OBJECT) {
    refused(a, doc, line, step, output);
  } else if (step == ACP_INITIALIZE) {
    harness_keep(&a->init, json_slice(line, "result"));
    initialized(a, doc, result, output);
  } else if (step == ACP_AUTHENTICATE) {
    open_session(a, output);
  } else if (step == ACP_RESUME || step == ACP_LOAD || step == ACP_NEW) {
    opened(a, doc, root, line, step, output);
  } else if (step == ACP_MODEL || step == ACP_MODE) {
    settle(a, step, output);
  } else {
    acp_turn_ended(a, doc, result, output);
  }
}
