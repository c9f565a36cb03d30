/* SPDX-License-Identifier: MIT */
/* run_session.c - files and hashes are the pool's (io/pool_job.h); the run waits for it,
 * before its agent is started and after it has ended.  */
#include "run_session.h"

#include "base/base64.h"
#include "base/json_write.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/sha256.h"
#include "event/event_session.h"
#include "http/http_client.h"
#include "http/url.h"
#include "io/pool_job.h"
#include "process/agent_user.h"
#include "request/session_archive.h"
#include "workspace/session_files.h"
#include "workspace/session_script.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { HEX = 2 * SHA256_BYTES };

static void put_hash(struct span bytes, char hex[HEX + 1])
{
  static const char digits[] = "0123456789abcdef";
  uint8_t digest[SHA256_BYTES];
  sha256(bytes, digest);
  for (unsigned i = 0; i < SHA256_BYTES; i++) {
    hex[2 * i] = digits[digest[i] >> 4];
    hex[2 * i + 1] = digits[digest[i] & 15];
  }
  hex[HEX] = 0;
}

/* -- in the pool -- */

struct session_job {
  struct run *run;
  struct session_place place;
  struct files_owner owner;
  struct buf root, id;
  struct buf *archive; /* the run's */
  char hash[HEX + 1];
  struct fault fault;
};

static void collect(void *who)
{
  struct session_job *j = who;
  if (session_files_collect(&j->place, j->archive, &j->fault) == 0)
    put_hash(buf_span(j->archive), j->hash);
}

static void wrap(void *who)
{
  struct session_job *j = who;
  if (session_files_wrap(&j->place, SESSION_EXPORTED_FILE, j->archive, &j->fault) == 0)
    put_hash(buf_span(j->archive), j->hash);
}

static void bring(void *who)
{
  struct session_job *j = who;
  struct span wanted = j->run->req->session.sha256;
  put_hash(wanted.len > 0 ? buf_span(j->archive) : (struct span){0}, j->hash);
  if (wanted.len > 0 && strncasecmp(wanted.at, j->hash, HEX) != 0)
    (void)fault_set(&j->fault, FAULT_BAD_INPUT,
                    "the archive is another: its sha256 is %s", j->hash);
  else if (!j->place.store->import_script) /* which is not the pool's */
    (void)session_files_bring(&j->place, buf_span(j->archive), &j->fault);
}

/* The agent's own folder, as its environment has it. */
static int find_root(const struct run *r, struct buf *root, struct fault *f)
{
  const struct session_store *store = r->portable.store;
  if (store->export_script) { /* its file is in the run's own */
    buf_add(root, buf_span(&r->resources.folder));
    return 0;
  }
  const char *own = store->variable ? strv_env(&r->resources.env, store->variable) : NULL;
  const char *home = strv_env(&r->resources.env, "HOME");
  bool told = own && own[0];
  if (told && !store->another_home)
    buf_add_text(root, own);
  else
    buf_addf(root, "%s/%s", told ? own : home ? home : "", store->root);
  return root->len > 0 && root->at[0] == '/' && (told || home)
             ? 0
             : fault_set(f, FAULT_BAD_INPUT, "HOME of the agent is no absolute path");
}

static int start_job(struct run *r, struct span id, void (*work)(void *job),
                     void (*done)(void *job), struct fault *f)
{
  const struct agent_user *agent = r->settings->agent;
  struct session_job *j = mem_new(sizeof *j);
  *j = (struct session_job){.run = r,
                            .root = buf_make(LIMIT_PATH_BYTES),
                            .id = buf_make(LIMIT_NAME_BYTES),
                            .archive = &r->portable.archive};
  buf_add(&j->id, id);
  if (find_root(r, &j->root, f) < 0) {
    buf_free(&j->root);
    buf_free(&j->id);
    free(j);
    return -1;
  }
  if (agent)
    j->owner = (struct files_owner){agent->uid, agent->gid};
  j->place = (struct session_place){.store = r->portable.store,
                                    .root = buf_cstring(&j->root),
                                    .workspace = buf_span(&r->resources.workspace),
                                    .id = buf_span(&j->id),
                                    .owner = agent ? &j->owner : NULL};
  pool_job_start(r->settings->loop, work, done, j);
  return 0;
}

/* A script of the store's; `input` is taken. */
static int start_command(struct run *r, const char *script, struct span id,
                         struct buf *input,
                         void (*done)(void *who, const struct fault *why),
                         struct fault *f)
{
  struct resources *s = &r->resources;
  struct buf file = buf_make(LIMIT_PATH_BYTES);
  buf_addf(&file, "%s/" SESSION_EXPORTED_FILE, buf_cstring(&s->folder));
  const struct session_script_setup setup = {
      .loop = r->settings->loop,
      .terms = resources_terms(s),
      .folder = buf_cstring(&s->workspace),
      .env = &s->env,
      /* who has ended the run does not wait for long */
      .deadline_ms = r->code[0] ? r->deadlines.kill_grace_ms : LIMIT_ARCHIVE_MS,
      .kill_grace_ms = r->deadlines.kill_grace_ms,
      .script = script,
      .program = s->program.len > 0 ? buf_cstring(&s->program) : r->portable.store->id,
      .id = id,
      .file = buf_cstring(&file),
      .input = input};
  r->portable.command = session_script_start(&setup, done, r, f);
  buf_free(&file);
  return r->portable.command ? 0 : -1;
}

static void end_job(struct session_job *j)
{
  buf_free(&j->root);
  buf_free(&j->id);
  free(j);
}

/* -- before the agent -- */

/* Does the archive hold the session that is to be gone on with? */
static int look_into(struct run *r, struct fault *f)
{
  struct portable_session *p = &r->portable;
  struct session_archive a;
  struct span wanted = r->req->session_id;
  int failed = session_archive_read(buf_span(&p->archive), p->store, &a, f);
  if (!failed && wanted.len > 0 && !span_equal(wanted, a.session_id))
    failed = fault_set(f, FAULT_BAD_INPUT,
                       "the archive's session is %.*s, which is not that of "
                       "modelOptions.sessionId",
                       SPAN_ARG(a.session_id));
  if (!failed) {
    buf_clear(&p->id);
    buf_add(&p->id, a.session_id);
    r->req->session_id = buf_span(&p->id);
  }
  session_archive_free(&a);
  return failed;
}

int run_session_admit(struct run *r, struct fault *f)
{
  const struct session_request *s = &r->req->session;
  struct portable_session *p = &r->portable;
  int failed = 0;
  p->store = harness_sessions(r->resources.harness, r->req);
  p->archive = buf_make(LIMIT_ARCHIVE_BYTES);
  p->id = buf_make(LIMIT_NAME_BYTES);
  if (s->url.len > 0)
    failed = url_check(s->url, f);
  if (s->archive.len == 0)
    return failed ? fault_prefix(f, "run request: session.import.url") : 0;
  if (!base64_decode(s->archive, false, &p->archive) || p->archive.overflowed)
    failed = fault_set(f, FAULT_BAD_INPUT, "it is no base64 of at most %zu bytes",
                       LIMIT_ARCHIVE_BYTES);
  if (failed || look_into(r, f) < 0)
    return fault_prefix(f, "run request: session.import");
  buf_charge(&p->archive, r->budget);
  return 0;
}

static void brought(struct run *r, const struct fault *why)
{
  buf_free(&r->portable.archive);
  if (!why)
    log_line(LOG_INFO, r->req->run_id, "the session %.*s was brought",
             SPAN_ARG(r->req->session_id));
  r->portable.done(r, why);
}

static void command_brought(void *who, const struct fault *why)
{
  struct run *r = who;
  r->portable.command = NULL;
  brought(r, why);
}

/* Its one file goes to the agent's own command. */
static int bring_by_command(struct run *r, struct fault *f)
{
  const struct session_store *store = r->portable.store;
  struct buf input = buf_make(LIMIT_ARCHIVE_BYTES);
  struct session_archive a;
  struct ustar_file file;
  int failed = session_archive_read(buf_span(&r->portable.archive), store, &a, f);
  if (!failed && ustar_next(&a.files, &file, f) == 1) {
    buf_add(&input, file.content);
    failed = start_command(r, store->import_script, r->req->session_id, &input,
                           command_brought, f);
  }
  buf_free(&input);
  session_archive_free(&a);
  return failed;
}

static void was_brought(void *who)
{
  struct session_job *j = who;
  struct run *r = j->run;
  struct fault why = j->fault;
  bool by_command = r->portable.store->import_script && why.kind == FAULT_NONE;
  end_job(j);
  if (by_command && !r->code[0] && bring_by_command(r, &why) == 0)
    return;
  brought(r, why.kind != FAULT_NONE ? &why : NULL);
}

static void has_come(void *who, struct http_client_answer *answer)
{
  struct run *r = who;
  struct fault f = {0};
  r->portable.fetch = NULL;
  if (answer->fault)
    f = *answer->fault;
  else if (answer->status != 200)
    (void)fault_set(&f, FAULT_UPSTREAM, "its URL answered %d", answer->status);
  if (f.kind == FAULT_NONE) {
    r->portable.archive = buf_take(answer->body);
    if (look_into(r, &f) == 0)
      (void)start_job(r, r->req->session_id, bring, was_brought, &f);
  }
  if (f.kind != FAULT_NONE)
    brought(r, &f);
}

static int fetch(struct run *r, struct fault *f)
{
  const struct session_request *s = &r->req->session;
  struct buf bearer = buf_make(LIMIT_BODY_BYTES);
  char *url = span_copy(s->url);
  buf_addf(&bearer, "Authorization: Bearer %.*s", SPAN_ARG(s->token));
  const char *headers[] = {"Accept: application/x-tar",
                           s->token.len > 0 ? buf_cstring(&bearer) : NULL, NULL};
  const struct http_call call = {.method = "GET",
                                 .url = url,
                                 .headers = headers,
                                 .connect_ms = LIMIT_TOOL_CONNECT_MS,
                                 .total_ms = LIMIT_ARCHIVE_MS,
                                 .answer_ceiling = LIMIT_ARCHIVE_BYTES,
                                 .budget = r->budget};
  r->portable.fetch = http_client_start(r->settings->client, &call, has_come, r, f);
  buf_wipe(&bearer);
  free(url);
  return r->portable.fetch ? 0 : -1;
}

static void nothing(void *who)
{
  (void)who;
}

bool run_session_bring(struct run *r,
                       void (*done)(struct run *r, const struct fault *why))
{
  const struct session_request *s = &r->req->session;
  struct fault f = {0};
  if (s->archive.len == 0 && s->url.len == 0)
    return false;
  r->portable.done = done;
  int failed = s->archive.len > 0
                   ? start_job(r, r->req->session_id, bring, was_brought, &f)
                   : fetch(r, &f);
  if (failed) { /* on a later turn */
    struct session_job *j = mem_new(sizeof *j);
    j->run = r;
    j->fault = f;
    pool_job_start(r->settings->loop, nothing, was_brought, j);
  }
  return true;
}

void run_session_stop(struct run *r)
{
  if (r->portable.fetch)
    http_client_cancel(r->portable.fetch);
  if (r->portable.command)
    session_script_cancel(r->portable.command);
}

/* -- after it -- */

static void tell(struct run *r, const char *hash)
{
  struct buf value = buf_make(KIB);
  struct json_writer w = json_write_to(&value);
  json_open(&w, NULL, '{');
  json_put_int(&w, "bytes", (long long)r->portable.archive.len);
  json_put_text(&w, "sha256", span_of(hash));
  json_close(&w, '}');
  events_custom(r->events, "runlet.session", buf_span(&value));
  buf_free(&value);
}

static void warn(struct run *r, const struct fault *why)
{
  struct buf text = buf_make(LIMIT_ERROR_MESSAGE_BYTES);
  buf_addf(&text, "session.export: %s", why->text);
  events_warn(r->events, "session-not-exported", buf_span(&text));
  buf_free(&text);
  buf_free(&r->portable.archive);
}

static void was_collected(void *who)
{
  struct session_job *j = who;
  struct run *r = j->run;
  if (j->fault.kind != FAULT_NONE) {
    warn(r, &j->fault);
  } else {
    tell(r, j->hash);
    buf_charge(&r->portable.archive, r->budget);
  }
  end_job(j);
  r->portable.told(r, r->portable.end);
}

static void command_exported(void *who, const struct fault *why)
{
  struct run *r = who;
  struct fault f = {0};
  r->portable.command = NULL;
  if (why)
    f = *why;
  else if (start_job(r, events_session_id(r->events), wrap, was_collected, &f) == 0)
    return;
  warn(r, &f);
  r->portable.told(r, r->portable.end);
}

static int start_export(struct run *r, struct span id, struct fault *f)
{
  const char *script = r->portable.store->export_script;
  return script ? start_command(r, script, id, NULL, command_exported, f)
                : start_job(r, id, collect, was_collected, f);
}

void run_session_export(struct run *r, const struct process_end *end,
                        void (*told)(struct run *r, const struct process_end *end))
{
  struct span id = events_session_id(r->events);
  struct fault f = {0};
  if (!r->req->session.export) {
    told(r, end);
    return;
  }
  r->portable.told = told;
  r->portable.end = end;
  r->portable.archive = buf_make(LIMIT_ARCHIVE_BYTES);
  if (!session_id_is_good(id))
    (void)fault_set(&f, FAULT_UNKNOWN,
                    id.len > 0 ? "the agent's id of it is no name"
                               : "the agent has named no session");
  if (f.kind == FAULT_NONE && start_export(r, id, &f) == 0)
    return;
  warn(r, &f);
  told(r, end);
}

void run_session_free(struct run *r)
{
  buf_free(&r->portable.archive);
  buf_free(&r->portable.id);
}
