/* SPDX-License-Identifier: MIT */
/* resources.c - the order in which an agent's world is built and taken down.
 *
 * The bridge listens before the plan is made, for the plan tells the agent its address;
 * the files are written before the process starts; the folder goes last of all, when
 * neither bridge nor process is left to use it.  */
#include "resources.h"

#include "agent/harnesses.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/mem.h"
#include "executors.h"
#include "io/files.h"
#include "io/loop.h"
#include "io/tree_removal.h"
#include "process/agent_user.h"
#include "process/remover.h"
#include "run/agents_found.h"
#include "run/environment.h"
#include "run/workspace.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Some are the client's own. */
static int split_tools(struct resources *s, struct fault *f)
{
  s->split = (struct tool_split){.tools = s->req->tools, .host = s->route.executor};
  s->tools.relay = &s->relay; /* run_hold.c says who it is */
  s->route.executor = tool_split_executor(&s->split);
  return tool_relay_claim(&s->tools, &s->split.frontend, f) < 0 ? -1 : 0;
}

/* The tools of `bridge`, unless the agent calls them itself. */
static int choose_server(struct resources *s, struct fault *f)
{
  const struct host_bridge *b = &s->req->bridge;
  if (b->url.len == 0 || b->direct)
    return 0;
  s->server = (struct tool_server){.url = b->url, .token = b->token};
  s->server_tools = s->tools;
  s->server_tools.relay = NULL;
  s->server_tools.server = &s->server;
  return executors_choose(&s->server_tools, &s->route.server, f);
}

/* Where its tools are, and what runs them.  Nothing is wrong with a source that no tool
 * needs. */
static int choose_executor(struct resources *s, struct fault *f)
{
  s->tools = (struct tool_source){.loop = s->settings->loop,
                                  .client = s->settings->client,
                                  .url = s->req->tool_url,
                                  .token = s->req->tool_token,
                                  .run_id = s->req->run_id,
                                  .traceparent = s->req->traceparent,
                                  .tracestate = s->req->tracestate,
                                  .callback = &s->req->callback,
                                  .command = s->settings->tool_command,
                                  .command_env = s->settings->environment->at,
                                  .answer_ceiling = LIMIT_TOOL_ANSWER_BYTES,
                                  .budget = s->budget};
  const struct run_tools *tools = s->settings->tools;
  if (tools) {
    s->relay = (struct tool_relay){tools->on_call, tools->on_over, tools->who};
    s->tools.relay = &s->relay;
  }
  size_t count = tools_count(s->req->tools), theirs = tools_count_frontend(s->req->tools);
  if (count > theirs && executors_choose(&s->tools, &s->route.executor, f) < 0)
    return -1;
  if (theirs > 0 && split_tools(s, f) < 0)
    return -1;
  return choose_server(s, f);
}

/* A wrapper on PATH stands for the native program beside it: one process less between us
 * and the agent, and none that outlives a signal. */
static void prefer_native(struct resources *s)
{
  struct buf real = buf_make(8 * KIB), candidate = buf_make(8 * KIB);
  struct fault ignored = {0};
  const char *const *native = s->harness->native_programs;
  const char *slash = NULL;
  if (native && files_real_path(s->program.at, &real, &ignored) == 0)
    slash = strrchr(real.at, '/');
  for (; slash && *native; native++) {
    buf_clear(&candidate);
    buf_addf(&candidate, "%.*s/%s", (int)(slash - real.at), real.at, *native);
    if (files_find_program(buf_cstring(&candidate), NULL, "/", &s->program, &ignored) ==
        0)
      break;
    buf_clear(&s->program);
    buf_add(&s->program, buf_span(&real));
  }
  buf_free(&real);
  buf_free(&candidate);
}

/* The harness knows the program, or the request names it (harnessOptions.command,
 * agent). */
static char *program_name(const struct resources *s)
{
  const struct harness *h = s->harness;
  const char *own = h->program       ? h->program
                    : h->program_for ? h->program_for(s->req)
                                     : NULL;
  return own ? strdup(own) : span_copy(s->req->harness_options.command.at[0]);
}

static int find_program(struct resources *s, struct fault *f)
{
  struct fault why = {0};
  char *program = program_name(s);
  int missing = files_find_program(program, strv_env(&s->env, "PATH"),
                                   buf_cstring(&s->workspace), &s->program, &why);
  free(program);
  if (!missing) {
    prefer_native(s);
    return 0;
  }
  struct buf found = buf_make(KIB);
  agents_found_put(&s->env, false, &found);
  (void)fault_set(f, FAULT_BAD_INPUT,
                  "run request: harness %s cannot run here: %s. Agents found: %s",
                  s->harness->id, why.text, buf_cstring(&found));
  buf_free(&found);
  return -1;
}

int resources_admit(struct resources *s, const struct run_settings *settings,
                    const struct run_request *req, struct budget *budget, struct fault *f)
{
  *s = (struct resources){
      .settings = settings, .budget = budget, .req = req, .folder_lock = -1};
  s->workspace = buf_make(8 * KIB);
  s->folder = buf_make(8 * KIB);
  s->program = buf_make(8 * KIB);
  s->harness = harness_find(req->harness);
  if (!s->harness)
    return fault_set(f, FAULT_BAD_INPUT,
                     "run request: harness %.*s is not supported by this version",
                     (int)req->harness.len, req->harness.at);
  if (harness_admit(s->harness, req, f) < 0 || choose_executor(s, f) < 0 ||
      environment_resolve(settings->agent_environment, req, &s->env, f) < 0 ||
      agent_servers_resolve(settings->agent_environment, req,
                            s->harness->takes & TAKES_MCP_SERVERS, &s->servers, f) < 0 ||
      workspace_choose(settings->workspace, settings->workspace_per_thread,
                       settings->agent, req, &s->workspace, f) < 0)
    return -1;
  environment_spare_loopback(&s->env);
  if (workspace_fill_check(req, strv_env(&s->env, "PATH"), f) < 0)
    return -1;
  /* What a clone or a setup may bring is looked for after it. */
  bool may_come = req->workspace.git.url.len > 0 || req->workspace.setup_count > 0;
  return may_come ? 0 : find_program(s, f);
}

/* In plain values: who counts them knows nothing of tools. */
static void tool_ended(void *who, const struct tool_answer *answer, unsigned ms)
{
  const struct run_settings *set = ((const struct resources *)who)->settings;
  set->on_tool_ended(set->tool_context,
                     answer->cancelled     ? RUN_TOOL_CANCELLED
                     : answer->failure.len ? RUN_TOOL_FAILED
                     : answer->error.len   ? RUN_TOOL_ERROR
                                           : RUN_TOOL_RESULT,
                     ms);
}

/* Tools of `bridge` alone are offered by the name that it has. */
static struct span bridge_name(const struct resources *s)
{
  bool mixed = tools_count(s->req->tools) > 0 && !tools_at(s->req->tools, 0)->of_server;
  return s->server_tools.server && !mixed ? s->req->bridge.name
                                          : SPAN_LITERAL(BRIDGE_NAME);
}

static int open_bridge(struct resources *s, unsigned tool_ms,
                       const struct resources_calls *calls, void *who, struct fault *f)
{
  const struct run_settings *set = s->settings;
  if (tools_count(s->req->tools) == 0)
    return 0;
  s->offer = tool_offer_make(s->req->tools, s->harness->needs, s->harness->id);
  s->route.loop = set->loop;
  s->route.timeout_ms = tool_ms;
  s->line = (struct tool_line){.run_most = set->max_run_calls,
                               .process_most = set->max_calls,
                               .waiting_most = set->max_waiting_calls};
  s->route.line = &s->line;
  s->route.budget = s->budget;
  s->route.on_ended = set->on_tool_ended ? tool_ended : NULL;
  s->route.ended_who = s;
  struct bridge_setup setup = {.loop = set->loop,
                               .name = bridge_name(s),
                               .offer = &s->offer,
                               .route = &s->route,
                               .budget = s->budget,
                               .hold_ms = set->bridge_hold_ms,
                               .progress_ms = set->bridge_progress_ms,
                               .legacy_only = set->mcp_legacy_only,
                               .on_unstructured = calls->on_unstructured,
                               .who = who};
  s->bridge = bridge_open(&setup, f);
  return s->bridge ? 0 : -1;
}

/* The folder is filled while it is ours and given to the agent's user last. */
static int write_files(const struct resources *s, const struct process_plan *plan,
                       struct fault *f)
{
  for (size_t i = 0; i < plan->file_count; i++)
    if (files_write_private(s->folder.at, plan->files[i].name,
                            buf_span(&plan->files[i].content), f) < 0)
      return -1;
  const struct agent_user *agent = s->settings->agent;
  if (!agent)
    return 0;
  return files_give(s->folder.at, (struct files_owner){agent->uid, agent->gid}, f);
}

struct keeper_terms resources_terms(const struct resources *s)
{
  return (struct keeper_terms){.folder = s->folder.at,
                               .agent_user = s->settings->agent,
                               .kills = s->settings->oom_kills,
                               .cgroup = s->settings->cgroup};
}

/* What the plan adds to the environment wins over everything before it. */
static int spawn(struct resources *s, struct process_plan *plan, unsigned drain_ms,
                 const struct resources_calls *calls, void *who, struct fault *f)
{
  for (size_t i = 0; i < plan->env.count; i++) {
    char *equals = strchr(plan->env.at[i], '=');
    *equals = 0; /* nobody reads the plan again */
    strv_set_env(&s->env, plan->env.at[i], span_of(equals + 1));
  }
  s->reads_on = plan->input == INPUT_DIALOGUE;
  struct child_setup setup = {.program = s->program.at,
                              .argv = &plan->argv,
                              .env = &s->env,
                              .cwd = s->workspace.at,
                              .terms = resources_terms(s),
                              .input = &plan->first_input,
                              .aside = plan->aside,
                              .on_aside = calls->on_aside,
                              .dialogue = s->reads_on,
                              .line_ceiling = s->settings->line_ceiling,
                              .budget = s->budget,
                              .drain_ms = drain_ms};
  s->spawned_ms = clock_ticks_ms();
  s->child = child_spawn(s->settings->loop, &setup, &calls->child, who, f);
  if (!s->child)
    return -1;
  struct agent_http_setup http = {.loop = s->settings->loop,
                                  .client = s->settings->client,
                                  .ceiling = s->settings->line_ceiling,
                                  .budget = s->budget,
                                  .calls = &calls->agent_http,
                                  .who = who};
  s->agent_http = agent_http_open(&http);
  return 0;
}

/* Keepers of its steps remove the private folder as the agent's does. */
static void fill_workspace(struct resources *s, const struct deadlines *deadlines,
                           const struct resources_calls *calls, void *who)
{
  const struct harness *h = s->harness;
  s->filling_setup =
      (struct workspace_setup){.loop = s->settings->loop,
                               .req = s->req,
                               .folder = buf_cstring(&s->workspace),
                               .memory = s->settings->workspace_memory,
                               .env = &s->env,
                               .terms = resources_terms(s),
                               .setup_ms = deadlines->setup_ms,
                               .kill_grace_ms = deadlines->kill_grace_ms,
                               .skills = h->skills       ? h->skills
                                         : h->skills_for ? h->skills_for(s->req)
                                                         : NULL,
                               .plugins = h->plugins ? h->program : NULL};
  s->filling = workspace_fill_open(&s->filling_setup, &calls->workspace, who);
}

int resources_prepare(struct resources *s, const struct deadlines *deadlines,
                      const struct resources_calls *calls, void *who, const char **code,
                      struct fault *f)
{
  *code = "internal";
  if (ids_token(s->secret, 32, f) < 0)
    return -1;
  log_hide(span_of(s->secret));
  if (files_make_private(s->settings->run_folders, "run", &s->folder, &s->folder_lock,
                         f) < 0) {
    buf_clear(&s->folder);
    return -1;
  }
  if (!workspace_plan_asks(&s->req->workspace))
    return 0;
  fill_workspace(s, deadlines, calls, who);
  return 1;
}

/* Where the agent finds the host tools: at our bridge, or at the orchestrator's own. */
static bool find_bridge(const struct resources *s, struct bridge_address *out)
{
  const struct host_bridge *b = &s->req->bridge;
  if (s->bridge)
    *out = bridge_address(s->bridge);
  else
    *out = (struct bridge_address){b->name, b->url, b->token};
  return s->bridge || b->direct;
}

int resources_open(struct resources *s, void *harness_state,
                   const struct deadlines *deadlines, const struct resources_calls *calls,
                   void *who, const char **code, struct fault *f)
{
  *code = "spawn-failed";
  if (s->program.len == 0 && find_program(s, f) < 0)
    return -1;
  *code = "internal";
  if (open_bridge(s, deadlines->tool_ms, calls, who, f) < 0)
    return -1;
  struct bridge_address address;
  bool bridged = find_bridge(s, &address);
  struct plan_place place = {buf_span(&s->folder), buf_span(&s->workspace),
                             span_of(s->secret),   &s->servers.list,
                             s->dialogue,          s->words};
  struct process_plan plan = process_plan_make();
  int failed = s->harness->plan(harness_state, s->req, bridged ? &address : NULL, &place,
                                &plan, f);
  if (failed && (f->kind == FAULT_BAD_INPUT || f->kind == FAULT_TOO_BIG))
    *code = "prompt-invalid";
  if (!failed)
    failed = write_files(s, &plan, f);
  if (!failed) {
    *code = "spawn-failed";
    failed = spawn(s, &plan, deadlines->drain_ms, calls, who, f);
  }
  process_plan_free(&plan);
  return failed;
}

/* It may be over after the run is. */
struct folder_end {
  struct buf run_id;
};

static void folder_is_removed(void *who, const struct fault *left)
{
  struct folder_end *e = who;
  if (left)
    log_line(LOG_WARN, buf_span(&e->run_id), "the run's private folder is left: %s",
             left->text);
  buf_free(&e->run_id);
  free(e);
}

/* Nearly every folder goes at once; what an agent has filled is left to a process. */
static void remove_folder(struct resources *s)
{
  struct folder_end *e = mem_new(sizeof *e);
  struct fault f = {0};
  e->run_id = buf_make(s->req->run_id.len + 1);
  buf_add(&e->run_id, s->req->run_id);
  enum tree_removal went = tree_remove_some(s->folder.at, LIMIT_REMOVE_ENTRIES, &f);
  if (went != TREE_MORE)
    close(s->folder_lock);
  else if (remover_start(s->settings->loop, s->folder.at, s->folder_lock,
                         folder_is_removed, e, &f) == 0)
    e = NULL;
  if (e)
    folder_is_removed(e, went == TREE_GONE ? NULL : &f);
  buf_clear(&s->folder);
}

/* Bridge, process and HTTP close in any order; the last of them takes the folder. */
static void part_closed(void *who)
{
  struct resources *s = who;
  if (--s->closing > 0)
    return;
  loop_timer_free(s->last);
  s->last = NULL;
  if (s->folder.len > 0)
    remove_folder(s);
  s->closed(s->who);
}

void resources_close(struct resources *s, void (*closed)(void *who), void *who)
{
  s->closed = closed;
  s->who = who;
  s->closing = 1u + !!s->bridge + !!s->child + !!s->agent_http + !!s->filling;
  if (s->bridge)
    bridge_close(s->bridge, part_closed, s);
  if (s->child)
    child_close(s->child, part_closed, s);
  if (s->agent_http)
    agent_http_close(s->agent_http, part_closed, s);
  if (s->filling)
    workspace_fill_close(s->filling, s->sweep, part_closed, s);
  s->filling = NULL;
  s->bridge = NULL;
  s->child = NULL;
  s->agent_http = NULL;
  s->last = loop_timer_new(s->settings->loop, part_closed, s);
  loop_timer_start(s->last, 0);
}

void resources_free(struct resources *s)
{
  log_unhide(span_of(s->secret));
  mem_wipe(s->secret, sizeof s->secret);
  strv_free(&s->env);
  buf_free(&s->workspace);
  buf_free(&s->folder);
  buf_free(&s->program);
  tool_offer_free(&s->offer);
  agent_servers_free(&s->servers);
  buf_wipe(&s->server.session);
  buf_free(&s->server.version);
}
