/* SPDX-License-Identifier: MIT */
/* One command of git after another; next_stage() says which. */
#include "git_source.h"

#include "base/limits.h"
#include "base/log.h"
#include "base/mem.h"
#include "git_url.h"
#include "io/files.h"
#include "io/loop.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum stage {
  LOOK,      /* whose clone is it? */
  CLONE,     /* a branch, a tag, or what HEAD is */
  INIT,      /* a commit: … */
  REMOTE,    /* … */
  FETCH,     /* … just this one … */
  FETCH_ALL, /* … or, where the server does not give it, all … */
  CHECKOUT,
  NOTE, /* with which ref */
  OVER
};

struct git_clone {
  const struct step_place *place;
  const struct git_source *source;
  struct git_url url;
  struct buf program;
  struct strv env;
  struct step *step;
  struct loop_timer *later;
  enum stage stage;
  bool made;        /* .git is ours: it was begun here and now */
  struct buf heard; /* what LOOK printed */
  const char *code; /* NULL: it is there */
  struct buf message;
  void (*on_done)(void *who, const char *code, struct span message);
  void *who;
  void (*closed)(void *who);
  void *close_who;
};

/* -- before anything is promised -- */

int git_source_check(const char *where, const char *member, struct span address,
                     const char *path_variable, struct fault *f)
{
  struct git_url url;
  struct fault why = {0};
  struct buf program = buf_make(LIMIT_PATH_BYTES);
  int r = git_url_read(address, &url, &why);
  git_url_free(&url);
  if (r < 0)
    (void)fault_set(f, FAULT_BAD_INPUT, "run request: %s.%s: %s", where, member,
                    why.text);
  else if (files_find_program("git", path_variable, "/", &program, &why) < 0)
    r = fault_set(f, FAULT_BAD_INPUT, "run request: %s needs git: %s", where, why.text);
  buf_free(&program);
  return r;
}

/* -- what git is told -- */

/* Instead of arguments: they show in /proc. */
static void add_setting(struct strv *env, unsigned *count, const char *key,
                        const char *value)
{
  struct buf name = buf_make(64);
  buf_addf(&name, "GIT_CONFIG_KEY_%u", *count);
  strv_set_env(env, buf_cstring(&name), span_of(key));
  buf_clear(&name);
  buf_addf(&name, "GIT_CONFIG_VALUE_%u", (*count)++);
  strv_set_env(env, buf_cstring(&name), span_of(value));
  buf_free(&name);
}

static const char helper[] =
    "!f() { test \"$1\" = get && printf 'username=%s\\npassword=%s\\n' "
    "\"$RUNLET_GIT_USER\" \"$RUNLET_GIT_TOKEN\"; }; f";

static void set_environment(struct git_clone *c)
{
  const struct git_source *s = c->source;
  struct span user = s->username, token = s->token;
  unsigned settings = 0;
  for (size_t i = 0; i < c->place->env->count; i++)
    strv_add(&c->env, span_of(c->place->env->at[i]));
  strv_set_env(&c->env, "GIT_TERMINAL_PROMPT", SPAN_LITERAL("0"));
  if (!strv_env(&c->env, "GIT_SSH_COMMAND"))
    strv_set_env(&c->env, "GIT_SSH_COMMAND", SPAN_LITERAL("ssh -oBatchMode=yes"));
  if (token.len == 0) { /* the address may bring them */
    user = buf_span(&c->url.user);
    token = buf_span(&c->url.password);
    if (token.len == 0) { /* as with a token alone: https://TOKEN@host */
      token = user;
      user = (struct span){0};
    }
  }
  if (token.len == 0 || c->url.origin.len == 0)
    return;
  struct buf key = buf_make(LIMIT_PATH_BYTES + c->url.origin.len);
  buf_addf(&key, "credential.%s.helper", buf_cstring(&c->url.origin));
  add_setting(&c->env, &settings, "credential.helper", "");
  add_setting(&c->env, &settings, buf_cstring(&key), "");
  add_setting(&c->env, &settings, buf_cstring(&key), helper);
  strv_set_env(&c->env, "GIT_CONFIG_COUNT", SPAN_LITERAL("3"));
  strv_set_env(&c->env, "RUNLET_GIT_USER",
               user.len > 0 ? user : SPAN_LITERAL("x-access-token"));
  strv_set_env(&c->env, "RUNLET_GIT_TOKEN", token);
  buf_free(&key);
}

static void add_depth(struct strv *argv, const struct git_source *s)
{
  if (s->depth > 0)
    strv_addf(argv, "--depth=%u", s->depth);
}

static void put_arguments(struct git_clone *c, struct strv *argv)
{
  const struct git_source *s = c->source;
  const char *url = buf_cstring(&c->url.clean);
  const char *const *word;
  static const char *const words[][8] = {
      [LOOK] = {"config", "--file", ".git/config", "--get-regexp",
                "^(remote\\.origin\\.url|runlet\\.ref)$", NULL},
      [CLONE] = {"clone", "--quiet", NULL},
      [INIT] = {"init", "--quiet", ".", NULL},
      [REMOTE] = {"remote", "add", "origin", NULL},
      [FETCH] = {"fetch", "--quiet", "--no-tags", NULL},
      [FETCH_ALL] = {"fetch", "--quiet", "origin", NULL},
      [CHECKOUT] = {"checkout", "--quiet", "--detach", NULL},
      [NOTE] = {"config", "--file", ".git/config", "runlet.ref", NULL},
  };
  strv_addf(argv, "git");
  for (word = words[c->stage]; *word; word++)
    strv_addf(argv, "%s", *word);
  if (c->stage == CLONE) {
    add_depth(argv, s);
    if (s->depth > 0)
      strv_addf(argv, "--single-branch");
    if (s->ref.len > 0)
      strv_addf(argv, "--branch=%.*s", SPAN_ARG(s->ref));
    strv_addf(argv, "--");
    strv_addf(argv, "%s", url);
    strv_addf(argv, ".");
  } else if (c->stage == REMOTE) {
    strv_addf(argv, "%s", url);
  } else if (c->stage == FETCH) {
    add_depth(argv, s);
    strv_addf(argv, "origin");
    strv_add(argv, s->ref);
  } else if (c->stage == CHECKOUT || c->stage == NOTE) {
    strv_add(argv, s->ref);
  }
}

/* -- one stage after another -- */

static void step_on(struct git_clone *c);

static void finish(struct git_clone *c, const char *code)
{
  c->stage = OVER;
  c->code = code;
  loop_timer_start(c->later, 0);
}

static void tell(void *who)
{
  struct git_clone *c = who;
  if (c->stage == OVER)
    c->on_done(c->who, c->code, buf_span(&c->message));
  else
    step_on(c);
}

static void step_closed(void *who)
{
  struct git_clone *c = who;
  c->step = NULL;
  loop_timer_start(c->later, 0);
}

/* What git said of the clone that is there: "key value" lines. */
static void judge(struct git_clone *c)
{
  struct span url = buf_span(&c->url.clean), ref = c->source->ref;
  struct buf asked = buf_make(url.len + 64), held = buf_make(ref.len + 64);
  buf_addf(&asked, "remote.origin.url %.*s\n", SPAN_ARG(url));
  buf_addf(&held, "runlet.ref %.*s\n", SPAN_ARG(ref));
  bool same_url = strstr(buf_cstring(&c->heard), buf_cstring(&asked));
  bool has_ref = strstr(buf_cstring(&c->heard), "runlet.ref ");
  bool same_ref =
      has_ref ? strstr(buf_cstring(&c->heard), buf_cstring(&held)) != NULL : ref.len == 0;
  buf_free(&asked);
  buf_free(&held);
  if (same_url && same_ref) {
    finish(c, NULL);
    return;
  }
  buf_addf(&c->message, "%s holds a clone of another %s", c->place->folder,
           same_url ? "ref" : "repository");
  finish(c, "workspace-conflict");
}

/* Nothing was there but what these stages made, and nobody else works there. */
static void take_back(const struct git_clone *c)
{
  if (!c->made)
    return;
  struct buf path = buf_make(LIMIT_PATH_BYTES);
  buf_addf(&path, "%s/.git", c->place->folder);
  files_remove_tree(buf_cstring(&path));
  buf_free(&path);
}

static void put_failure(struct git_clone *c, const struct step_end *end)
{
  struct span tail = span_trim(end->stderr_tail);
  buf_addf(&c->message, "git %s failed",
           c->stage == CLONE      ? "clone"
           : c->stage == CHECKOUT ? "checkout"
           : c->stage == LOOK     ? "config"
                                  : "fetch");
  if (end->fault)
    buf_addf(&c->message, ": %s", end->fault->text);
  else if (end->signal)
    buf_addf(&c->message, " (signal %d)", end->signal);
  else
    buf_addf(&c->message, " (exit %d)", end->status);
  if (tail.len == 0)
    return;
  buf_add_char(&c->message, '\n');
  log_redact_tail(tail, LIMIT_STDERR_TAIL_BYTES, &c->message);
}

static void step_done(void *who, const struct step_end *end)
{
  struct git_clone *c = who;
  bool good = !end->fault && !end->signal && end->status == 0;
  if (c->stage == LOOK && !end->fault && !end->signal && end->status <= 1) {
    judge(c);
  } else if (good) {
    bool by_name = c->stage == CLONE && c->source->ref.len == 0;
    c->made = c->made || c->stage == INIT;
    c->stage = c->stage == CLONE   ? (by_name ? OVER : NOTE)
               : c->stage == FETCH ? CHECKOUT
                                   : c->stage + 1;
  } else if (c->stage == FETCH && !end->fault) {
    c->stage = FETCH_ALL;
  } else {
    put_failure(c, end);
    take_back(c);
    finish(c, "clone-failed");
  }
  loop_timer_stop(c->later); /* first the step goes */
  step_close(c->step, !good, step_closed, c);
}

static void heard(void *who, struct span line)
{
  struct git_clone *c = who;
  if (c->stage != LOOK)
    return;
  buf_add(&c->heard, line);
  buf_add_char(&c->heard, '\n');
}

static void step_on(struct git_clone *c)
{
  static const struct step_calls calls = {heard, step_done};
  struct strv argv = {0};
  struct fault f = {0};
  put_arguments(c, &argv);
  c->step = step_start(c->place, buf_cstring(&c->program), &argv, &c->env, &calls, c, &f);
  strv_free(&argv);
  if (c->step)
    return;
  buf_add_text(&c->message, f.text);
  finish(c, "clone-failed");
}

/* -- the beginning and the end -- */

enum content { EMPTY, REPOSITORY, OTHER };

static enum content look(const char *folder)
{
  enum content what = EMPTY;
  DIR *d = opendir(folder);
  const struct dirent *e;
  if (!d)
    return OTHER;
  while ((e = readdir(d))) {
    if (strcmp(e->d_name, ".git") == 0) {
      what = REPOSITORY;
      break;
    }
    if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
      what = OTHER;
  }
  closedir(d);
  return what;
}

static void begin(struct git_clone *c)
{
  struct fault f = {0};
  enum content what = look(c->place->folder);
  if (files_find_program("git", strv_env(&c->env, "PATH"), "/", &c->program, &f) < 0) {
    buf_add_text(&c->message, f.text);
    finish(c, "clone-failed");
  } else if (what == OTHER) {
    buf_addf(&c->message, "%s is not empty, and no clone", c->place->folder);
    finish(c, "workspace-conflict");
  } else {
    bool commit = git_ref_is_commit(c->source->ref);
    c->stage = what == REPOSITORY ? LOOK : commit ? INIT : CLONE;
    loop_timer_start(c->later, 0);
  }
}

struct git_clone *
git_source_start(const struct step_place *place, const struct git_source *source,
                 void (*on_done)(void *who, const char *code, struct span message),
                 void *who)
{
  struct git_clone *c = mem_new(sizeof *c);
  struct fault ignored = {0}; /* it was checked */
  *c = (struct git_clone){.place = place,
                          .source = source,
                          .program = buf_make(LIMIT_PATH_BYTES),
                          .heard = buf_make(64 * KIB),
                          .message = buf_make(16 * KIB),
                          .on_done = on_done,
                          .who = who};
  c->later = loop_timer_new(place->loop, tell, c);
  (void)git_url_read(source->url, &c->url, &ignored);
  set_environment(c);
  begin(c);
  return c;
}

void git_source_cancel(struct git_clone *c)
{
  if (c->step) {
    step_cancel(c->step);
  } else if (c->stage != OVER) {
    buf_add_text(&c->message, "it was cancelled");
    take_back(c);
    finish(c, "clone-failed");
  }
}

static void all_closed(void *who)
{
  struct git_clone *c = who;
  void (*closed)(void *) = c->closed;
  void *close_who = c->close_who;
  loop_timer_free(c->later);
  git_url_free(&c->url);
  buf_free(&c->program);
  strv_free(&c->env);
  buf_free(&c->heard);
  buf_wipe(&c->message);
  free(c);
  closed(close_who);
}

void git_source_close(struct git_clone *c, void (*closed)(void *who), void *who)
{
  c->closed = closed;
  c->close_who = who;
  loop_timer_free(c->later);
  c->later = loop_timer_new(c->place->loop, all_closed, c);
  loop_timer_start(c->later, 0);
}
