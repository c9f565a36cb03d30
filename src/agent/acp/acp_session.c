/* SPDX-License-Identifier: MIT */
/* acp_session.c - the order of our requests, each sent when the one before is answered.
 *
 *   request                answered by
 *   initialize             authenticate, if there is a way that fits; else the session
 *   session/resume, _load  only to resume, and where offered; else session/new, a warning
 *   session/new            CUSTOM <id>.session-id; then, each only if it would change
 *                          something,
 *   session/set_model, session/set_config_option, session/set_mode (acp_settings.c), and
 *   session/prompt         how the turn ended (acp_turn.c)  */
#include "acp_session.h"

#include "acp_messages.h"
#include "acp_settings.h"
#include "acp_turn.h"
#include "base/limits.h"
#include "event/event_session.h"

#include <string.h>

enum { AUTH_REQUIRED = -32000 }; /* JSON-RPC, as the protocol has it */

static const struct span nothing = {0};

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
static bool is_at_hand(const struct acp *a, const struct json *doc, json_at method)
{
  json_at vars = json_get(method, "vars");
  if (!span_is(json_member_text(doc, method, "type"), "env_var") || !json_first(vars))
    return false;
  for (json_at v = json_first(vars); v; v = json_next(v))
    if (!request_names(a->req, json_member_text(doc, v, "name")))
      return false;
  return true;
}

static bool is_key(struct span variable)
{
  const struct span tail = SPAN_LITERAL("_API_KEY");
  return variable.len > tail.len &&
         span_equal(span_after(variable, variable.len - tail.len), tail);
}

/* A way by a key that the agent finds in its environment itself (codex-acp), when the
 * request brings one. */
static bool has_key(const struct acp *a, json_at method)
{
  const struct run_request *req = a->req;
  bool key = false;
  if (!req || json_kind(json_get(json_get(method, "_meta"), "api-key")) != JSON_OBJECT)
    return false;
  for (size_t i = 0; i < req->secrets.count; i++)
    key |= is_key(req->secrets.at[i]);
  for (size_t i = 0; i < req->env_count; i++)
    key |= is_key(req->env[i].name);
  return key;
}

static bool fits(const struct acp *a, const struct json *doc, json_at method,
                 struct span wanted, bool needed)
{
  const struct acp_profile *p = a->profile;
  struct span id = json_member_text(doc, method, "id");
  if (wanted.len > 0)
    return span_equal(id, wanted);
  if (p->auth && span_is(id, p->auth))
    return p->auth_env ? needed && request_names(a->req, span_of(p->auth_env)) : true;
  return needed && (is_at_hand(a, doc, method) || has_key(a, method));
}

/* Once in a run.  `needed`: the agent has asked for it; before that only what the request
 * names, or the agent is known to want.  False: there is no way, or it was tried. */
static bool authenticate(struct acp *a, bool needed, struct agent_output *output)
{
  struct span wanted = a->req ? a->req->harness_options.auth_method : nothing;
  struct fault ignored = {0}; /* it was parsed before, as a part of its line */
  struct json *doc = json_parse(buf_span(&a->init), NULL, &ignored);
  json_at method = doc ? json_first(json_get(json_root(doc), "authMethods")) : NULL;
  while (method && !fits(a, doc, method, wanted, needed))
    method = json_next(method);
  bool found = method && !a->authenticated;
  if (found) {
    a->authenticated = true;
    acp_say_authenticate(a, json_member_text(doc, method, "id"), output);
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

/* What it offers to log in by, behind the words of an error. */
static void add_ways(const struct acp *a, struct buf *text)
{
  struct fault ignored = {0};
  struct json *doc = json_parse(buf_span(&a->init), NULL, &ignored);
  json_at ways = doc ? json_get(json_root(doc), "authMethods") : NULL;
  struct buf names = buf_make(LIMIT_ERROR_MESSAGE_BYTES / 2);
  acp_add_names(doc, ways, "id", &names);
  if (names.len > 0)
    buf_addf(text, ". Ways to log in that it offers (harnessOptions.authMethod): %s",
             buf_cstring(&names));
  buf_free(&names);
  json_free(doc);
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

static void drop_servers(struct acp *a, struct agent_output *output)
{
  struct buf text = buf_make(LIMIT_ERROR_MESSAGE_BYTES);
  buf_add_text(&text, "the agent takes no MCP servers over HTTP (mcpCapabilities.http): "
                      "it works without ");
  buf_add_text(&text, a->bridged ? "the host tools" : "");
  if (a->server_count > a->bridged)
    buf_addf(&text, "%sthe MCP servers of the request", a->bridged ? " and " : "");
  events_warn(output->events, "bridge-unsupported", buf_span(&text));
  buf_free(&text);
  if (a->bridged)
    agent_goes_without_bridge(output);
  buf_wipe(&a->servers);
  a->server_count = 0;
  a->bridged = false;
}

/* An old session by resume or load, where the agent offers one of them; else a new
 * one. */
static void open_session(struct acp *a, struct agent_output *output)
{
  bool resuming = a->req && a->req->session_id.len > 0;
  if (a->server_count > 0 && !offers(a, "agentCapabilities.mcpCapabilities.http"))
    drop_servers(a, output);
  if (!resuming) {
    acp_say_session(a, ACP_NEW, output);
  } else if (offers(a, "agentCapabilities.sessionCapabilities.resume")) {
    acp_say_session(a, ACP_RESUME, output);
  } else if (offers(a, "agentCapabilities.loadSession")) {
    acp_say_session(a, ACP_LOAD, output);
  } else {
    warn_not_resumed(output, SPAN_LITERAL("the agent does not offer it"));
    acp_say_session(a, ACP_NEW, output);
  }
}

/* One whose command says nothing is known by what it calls itself. */
static void know_agent(struct acp *a, struct span name)
{
  if (a->agent || a->guard != &acp_any_guard)
    return;
  a->agent = acp_agent_by_info(name);
  if (a->agent && a->agent->guard)
    a->guard = a->agent->guard;
  if (a->agent && a->agent->expands)
    acp_hide_token(a);
  const char *by = a->agent && a->req ? a->agent->asks_by : NULL;
  a->asks_each = by && (!by[0] || by[0] == '_') && policy_restricts(&a->req->policy);
}

static void initialized(struct acp *a, const struct json *doc, json_at result,
                        struct agent_output *output)
{
  struct span way = a->req ? a->req->harness_options.auth_method : nothing;
  unsigned long long version = 0;
  struct buf text = buf_make(LIMIT_ERROR_MESSAGE_BYTES);
  know_agent(a, json_member_text(doc, json_get(result, "agentInfo"), "name"));
  if (!json_whole(json_get(result, "protocolVersion"), 1u << 16, &version) ||
      version > ACP_PROTOCOL_VERSION) {
    buf_addf(&text, "The agent speaks version %llu of the Agent Client Protocol, not %d.",
             version, ACP_PROTOCOL_VERSION);
    acp_fail(a, output, "agent-error", buf_span(&text));
  } else if (authenticate(a, false, output)) {
    ; /* the session comes after its answer */
  } else if (way.len > 0) {
    buf_addf(&text,
             "harnessOptions.authMethod: the agent does not offer \"%.*s\". Available: ",
             SPAN_ARG(way));
    acp_add_names(doc, json_get(result, "authMethods"), "id", &text);
    acp_fail(a, output, "agent-error", buf_span(&text));
  } else {
    open_session(a, output); /* with the login the agent has already */
  }
  buf_free(&text);
}

/* What the request wants changed about the open session, one request at a time, and then
 * the prompt. */
static void settle(struct acp *a, struct agent_output *output)
{
  if (!acp_set(a, output))
    acp_say_prompt(a, output);
}

static void opened(struct acp *a, const struct json *doc, json_at root, struct span line,
                   enum acp_step step, struct agent_output *output)
{
  struct span id = json_member_text(doc, json_get(root, "result"), "sessionId");
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
  agent_keep(&a->session, id);
  agent_keep(&a->offer, json_slice(line, "result"));
  agent_keep(&a->options, json_slice(line, "result.configOptions"));
  buf_wipe(&a->servers);
  const struct event_session session = {
      .id = id, .agent_json = json_slice(buf_span(&a->init), "agentInfo")};
  events_session(output->events, a->profile->id, &session);
  settle(a, output);
}

static void refused(struct acp *a, const struct json *doc, struct span line,
                    enum acp_step step, struct agent_output *output)
{
  static const char *const what[] = {[ACP_INITIALIZE] = "initialize: ",
                                     [ACP_AUTHENTICATE] = "authenticate: ",
                                     [ACP_RESUME] = "",
                                     [ACP_LOAD] = "",
                                     [ACP_NEW] = "session/new: ",
                                     [ACP_MODEL] = "the model was refused: ",
                                     [ACP_MODE] = "the mode was refused: ",
                                     [ACP_PROMPT] = "",
                                     [ACP_AFTER] = "",
                                     [ACP_OPTION] = "an option was refused: "};
  struct buf text = buf_make(4 * LIMIT_ERROR_MESSAGE_BYTES);
  const struct run_request *req = a->req;
  buf_add_text(&text, what[step]);
  acp_add_error(doc, line, &text);
  double code = json_number(json_get(json_get(json_root(doc), "error"), "code"), 0);
  bool opening = step == ACP_RESUME || step == ACP_LOAD || step == ACP_NEW;
  if (opening && code == (double)AUTH_REQUIRED && authenticate(a, true, output)) {
    buf_free(&text); /* and then the session again */
    return;
  }
  if (step == ACP_PROMPT)
    acp_turn_add_said(a, &text);
  if (code == (double)AUTH_REQUIRED)
    add_ways(a, &text);
  if (step == ACP_RESUME || step == ACP_LOAD) {
    warn_not_resumed(output, buf_span(&text));
    acp_say_session(a, ACP_NEW, output);
  } else if (step == ACP_AUTHENTICATE &&
             (!req || req->harness_options.auth_method.len == 0)) {
    open_session(a, output); /* our own choice; there may be a login */
  } else if (step == ACP_MODE && (!req || (req->harness_options.mode.len == 0 &&
                                           req->permission_mode.len == 0))) {
    settle(a, output); /* our own choice; we allow what it asks for */
  } else {
    acp_fail(a, output, "agent-error", buf_span(&text));
  }
  buf_free(&text);
}

void acp_answered(struct acp *a, const struct json *doc, struct span line,
                  enum acp_step step, struct agent_output *output)
{
  json_at root = json_root(doc), result = json_get(root, "result");
  a->waiting = ACP_AFTER; /* until we ask for something else */
  if (json_kind(json_get(root, "error")) == JSON_OBJECT) {
    refused(a, doc, line, step, output);
  } else if (step == ACP_INITIALIZE) {
    agent_keep(&a->init, json_slice(line, "result"));
    initialized(a, doc, result, output);
  } else if (step == ACP_AUTHENTICATE) {
    open_session(a, output);
  } else if (step == ACP_RESUME || step == ACP_LOAD || step == ACP_NEW) {
    opened(a, doc, root, line, step, output);
  } else if (step == ACP_MODEL || step == ACP_MODE || step == ACP_OPTION) {
    struct span options = json_slice(line, "result.configOptions");
    if (json_slice_kind(options) == JSON_ARRAY) /* one may change what others offer */
      agent_keep(&a->options, options);
    settle(a, output);
  } else {
    acp_turn_ended(a, doc, result, output);
  }
}
