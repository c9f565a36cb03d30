/* SPDX-License-Identifier: MIT */
/* acp.c - agents that speak the Agent Client Protocol (agentclientprotocol.com, version
 * 1): JSON-RPC 2.0, one message a line, on stdin and stdout.
 *
 *   acp         any of them: harnessOptions.agent names one of acp_agents.c,
 *               harnessOptions.command is the command line of any
 *   grok-build  `grok agent … stdio`, seen with 1.0.41
 *
 * The dialogue: initialize, authenticate, session/new (or resume, load), its options and
 * mode, prompt; see agent/acp/acp_state.h for the parts.  The bridge is an MCP server
 * in session/new, so its token and the prompt travel on stdin alone.
 *
 * Differences from TanStack's adapter: arguments are told once and whole; a result is its
 * text where it has one; a turn that ends as `cancelled` without us is an error;
 * outputSchema is asked for in the prompt and found in the answer.
 *
 * Agents mostly do not exit when stdin closes (the adapters never, grok 2 s later): after
 * LIMIT_FAREWELL_MS they get their TERM, and the run is still a success (`forced`).  */
#include "acp_input.h"
#include "acp_plan.h"
#include "acp_requests.h"
#include "acp_turn.h"
#include "acp_words.h"
#include "agent/session_stores.h"
#include "base/limits.h"

static const struct acp_profile any_agent = {.id = "acp", .name = "ACP"};
/* Some commands are answered without the model, behind blanks too; "@path" and "@ path"
 * put the file into the request.  99,900 bytes were whole, of 100,000 the middle was
 * gone, and the model was told not to mention it. */
static const struct prompt_guard grok_guard = {.commands = "/",
                                               .behind_blanks = true,
                                               .front = "User: ",
                                               .mentions = MENTIONS_OUTSIDE_WORDS};
static const struct acp_profile grok = {.id = "grok-build",
                                        .name = "Grok Build",
                                        .auth = "xai.api_key",
                                        .model_by_option = true,
                                        .guard = &grok_guard,
                                        .cuts_above = 99900};

static int any_plan(void *state, const struct run_request *req,
                    const struct bridge_address *bridge, const struct plan_place *place,
                    struct process_plan *out, struct fault *f)
{
  return acp_plan_command(out, req, f) < 0
             ? -1
             : acp_plan(state, &any_agent, req, bridge, place, out, f);
}

static int grok_plan(void *state, const struct run_request *req,
                     const struct bridge_address *bridge, const struct plan_place *place,
                     struct process_plan *out, struct fault *f)
{
  return acp_plan_grok(out, req, f) < 0
             ? -1
             : acp_plan(state, &grok, req, bridge, place, out, f);
}

static int any_on_input(void *state, const struct agent_input *h,
                        struct agent_output *output, struct fault *f)
{
  struct acp *a = state;
  if (!a->profile)
    a->profile = &any_agent;
  return acp_on_input(a, h->text, output, f);
}

static int grok_on_input(void *state, const struct agent_input *h,
                         struct agent_output *output, struct fault *f)
{
  struct acp *a = state;
  if (!a->profile)
    a->profile = &grok;
  return acp_on_input(a, h->text, output, f);
}

static bool state_cancel(void *state, struct agent_output *output)
{
  return acp_cancel(state, output);
}

/* The protocol has no place for more than yes and no. */
static bool state_permit(void *state, struct span id, const struct agent_answer *answer,
                         struct agent_output *output)
{
  return acp_permit(state, id, answer->yes, output);
}

static int state_say(void *state, const struct agent_words *words,
                     struct agent_output *output, struct fault *f)
{
  return acp_words_say(state, words, output, f);
}

static void state_finish(void *state, const struct process_end *end,
                         struct agent_output *output)
{
  acp_finish(state, end, output);
}

static void state_free(void *state)
{
  acp_free(state);
}

/* Its session is open, or it will have none. */
static bool state_started(const void *state)
{
  const struct acp *a = state;
  return a->open || a->outcome != ACP_NO_OUTCOME;
}

static bool state_succeeded(const void *state)
{
  return acp_succeeded(state);
}

const struct harness acp_harness = {
    .id = "acp",
    .farewell_ms = LIMIT_FAREWELL_MS,
    .last_words_ms = LIMIT_LAST_WORDS_MS,
    .structured = true,
    .parts = true,
    .takes = TAKES_POLICY | TAKES_SESSION | TAKES_PERMISSION_MODE | TAKES_MODE |
             TAKES_AUTH_METHOD | TAKES_EFFORT | TAKES_AGENT | TAKES_CONFIG |
             TAKES_MCP_SERVERS,
    .needs = NEEDS_WORDS_FOR_LINKS,
    .program_for = acp_plan_program,
    .skills_for = acp_plan_skills,
    .sessions_for = acp_plan_sessions,
    .counts_for = acp_plan_counts,
    .started = state_started,
    .memory = sizeof(struct acp),
    .plan = any_plan,
    .on_input = any_on_input,
    .cancel = state_cancel,
    .permit = state_permit,
    .say = state_say,
    .finish = state_finish,
    .free = state_free,
    .succeeded = state_succeeded,
};

const struct harness grok_build_harness = {
    .id = "grok-build",
    .program = "grok",
    .skills = ".grok .claude .agents .cursor",
    .sessions = &session_store_grok,
    .farewell_ms = LIMIT_FAREWELL_MS,
    .last_words_ms = LIMIT_LAST_WORDS_MS,
    .structured = true,
    .parts = true,
    .takes = TAKES_POLICY | TAKES_SESSION | TAKES_PERMISSION_MODE | TAKES_EFFORT |
             TAKES_AUTH_METHOD | TAKES_MCP_SERVERS,
    .counts = 1 << BUDGET_TOKENS | 1 << BUDGET_TOOL_CALLS | 1 << BUDGET_MODEL_TURNS,
    .needs = NEEDS_SINGLE_UNDERSCORES | NEEDS_WORDS_FOR_LINKS,
    .started = state_started,
    .memory = sizeof(struct acp),
    .plan = grok_plan,
    .on_input = grok_on_input,
    .cancel = state_cancel,
    .permit = state_permit,
    .say = state_say,
    .finish = state_finish,
    .free = state_free,
    .succeeded = state_succeeded,
};
