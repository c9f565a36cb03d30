/* SPDX-License-Identifier: MIT */
/* harness.c - admission: a request that asks for more than its harness can do is refused
 * before anything starts, and told which field it was.  */
#include "agent/harness.h"

#include "base/limits.h"
#include "base/mem.h"

#include <stdlib.h>

struct asked_for { /* a member that not every harness takes */
  unsigned bit;
  const char *field;
  bool given;
};

static int refuse(const struct harness *h, const char *field, const struct asked_for *all,
                  size_t count, struct fault *f)
{
  struct buf text = buf_make(sizeof f->text);
  buf_addf(&text, "run request: %s is not supported by harness %s", field, h->id);
  const char *before = ", which takes ";
  for (size_t i = 0; i < count; i++)
    if (h->takes & all[i].bit) {
      buf_addf(&text, "%s%s", before, all[i].field);
      before = ", ";
    }
  (void)fault_set(f, FAULT_BAD_INPUT, "%s", buf_cstring(&text));
  buf_free(&text);
  return -1;
}

unsigned harness_counts(const struct harness *h, const struct run_request *req)
{
  return h->counts_for ? h->counts_for(req) : h->counts;
}

/* A limit that nobody can keep is not taken. */
static int budget_admit(const struct harness *h, const struct run_request *req,
                        struct fault *f)
{
  unsigned counts = harness_counts(h, req);
  enum budget_kind kind = 0;
  while (kind < BUDGET_KINDS && (req->budget.most[kind] == 0 || counts & 1u << kind))
    kind++;
  if (kind == BUDGET_KINDS)
    return 0;
  struct buf source = buf_make(KIB), told = buf_make(KIB);
  run_budget_put_source(&req->budget, kind, &source);
  for (enum budget_kind k = 0; k < BUDGET_KINDS; k++)
    if (counts & 1u << k)
      buf_addf(&told, "%s%s", told.len > 0 ? ", " : "", run_budget_name(k));
  (void)fault_set(f, FAULT_BAD_INPUT,
                  "run request: %s cannot be counted for harness %s%s, which tells %s as "
                  "it goes",
                  buf_cstring(&source), h->id, h->counts_for ? " with this agent" : "",
                  told.len > 0 ? buf_cstring(&told) : "nothing of it");
  buf_free(&source);
  buf_free(&told);
  return -1;
}

/* What a plan refuses is found by making one, with addresses and words that do not
 * matter: whether the messages give a prompt is not asked here. */
static int plan_try(const struct harness *h, const struct run_request *req,
                    struct fault *f)
{
  if (!h->plan)
    return 0;
  struct message words = {.role = ROLE_USER, .text = SPAN_LITERAL("words")};
  struct run_request asked = *req;
  asked.messages = &words;
  asked.message_count = 1;
  asked.part_count = 0;
  const struct bridge_address bridge = {.name = SPAN_LITERAL(BRIDGE_NAME),
                                        .url = SPAN_LITERAL("http://127.0.0.1/mcp"),
                                        .token = SPAN_LITERAL("token")};
  const struct plan_place place = {.folder = SPAN_LITERAL("/run"),
                                   .workspace = SPAN_LITERAL("/workspace"),
                                   .secret = SPAN_LITERAL("secret")};
  bool bridged = tools_count(req->tools) > 0 || req->bridge.url.len > 0;
  void *state = mem_new(h->memory > 0 ? h->memory : 1);
  struct process_plan plan = process_plan_make();
  int rc = h->plan(state, &asked, bridged ? &bridge : NULL, &place, &plan, f);
  process_plan_free(&plan);
  if (h->free)
    h->free(state);
  free(state);
  return rc;
}

const struct session_store *harness_sessions(const struct harness *h,
                                             const struct run_request *req)
{
  return h->sessions || !h->sessions_for ? h->sessions : h->sessions_for(req);
}

static bool wants_session(const struct session_request *s)
{
  return s->export || s->archive.len > 0 || s->url.len > 0;
}

int harness_admit(const struct harness *h, const struct run_request *req, struct fault *f)
{
  const struct harness_options *o = &req->harness_options;
  const struct asked_for rows[] = {
      {TAKES_POLICY, "policy", policy_restricts(&req->policy)},
      {TAKES_SESSION, "modelOptions.sessionId", req->session_id.len > 0},
      {TAKES_PERMISSION_MODE, "modelOptions.permissionMode",
       req->permission_mode.len > 0},
      {TAKES_MAX_TURNS, "modelOptions.maxTurns", req->max_turns > 0},
      {TAKES_TOOL_LISTS, "modelOptions.allowedTools", req->allowed_tools.count > 0},
      {TAKES_TOOL_LISTS, "modelOptions.disallowedTools", req->disallowed_tools.count > 0},
      {TAKES_EFFORT, "modelOptions.effort", req->effort.len > 0},
      {TAKES_OUTPUT, "harnessOptions.output", o->output.len > 0},
      {TAKES_PROTOCOL, "harnessOptions.protocol", o->protocol.len > 0},
      {TAKES_MODE, "harnessOptions.mode", o->mode.len > 0},
      {TAKES_AGENT, "harnessOptions.agent", o->agent.len > 0},
      {TAKES_CONFIG, "harnessOptions.config", o->config_count > 0},
      {TAKES_AUTH_METHOD, "harnessOptions.authMethod", o->auth_method.len > 0},
      {TAKES_SANDBOX, "harnessOptions.sandbox", o->sandbox.len > 0},
      {TAKES_SETTING_SOURCES, "harnessOptions.settingSources",
       o->setting_sources.count > 0},
  };
  enum { ROWS = sizeof rows / sizeof rows[0] };
  const char *field = NULL;
  for (size_t i = 0; i < ROWS && !field; i++)
    if (rows[i].given && !(h->takes & rows[i].bit))
      field = rows[i].field;
  if (!field && req->output_schema.len > 0 && !h->structured)
    field = "outputSchema";
  if (!field && h->program && o->command.count > 0)
    field = "harnessOptions.command";
  if (field)
    return refuse(h, field, rows, ROWS, f);
  bool named = o->command.count > 0 ? o->command.at[0].len > 0 : o->agent.len > 0;
  if (!h->program && !named)
    return fault_set(f, FAULT_BAD_INPUT,
                     "run request: harnessOptions.command must name the program harness "
                     "%s runs, as an array of strings",
                     h->id);
  if (wants_session(&req->session) && !harness_sessions(h, req))
    return fault_set(f, FAULT_BAD_INPUT,
                     "run request: session is not supported by harness %s%s", h->id,
                     h->sessions_for ? " with this agent: it is not known where that one "
                                       "keeps its sessions"
                                     : "");
  if (budget_admit(h, req, f) < 0)
    return -1;
  if (h->prompt && prompt_admit(req, h->prompt, f) < 0)
    return -1;
  return plan_try(h, req, f);
}
