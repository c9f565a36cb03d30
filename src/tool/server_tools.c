/* SPDX-License-Identifier: MIT */
/* server_tools.c - the requests follow one another, each when the one before is
 * answered. */
#include "tool/server_tools.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/mem.h"
#include "server_post.h"

#include <stdlib.h>

enum step { STEP_INITIALIZE, STEP_INITIALIZED, STEP_LIST };

struct server_tools {
  struct tool_source *source;
  struct server_post *post;
  enum step step;
  unsigned long long deadline_ms;
  unsigned pages;
  struct buf list, cursor; /* cursor: of the next page, raw JSON */
  server_tools_done *done;
  void *who;
};

static void end(struct server_tools *t, const struct fault *fault)
{
  t->done(t->who, &t->list, fault);
  buf_free(&t->list);
  buf_free(&t->cursor);
  free(t);
}

static void on_reply(void *who, const struct server_reply *reply);

static int ask(struct server_tools *t, enum step step, struct fault *f)
{
  struct tool_server *server = t->source->server;
  unsigned id = step == STEP_INITIALIZED ? 0 : ++server->last_id;
  unsigned long long now = clock_ticks_ms();
  struct buf message = buf_make(LIMIT_SERVER_LIST_BYTES);
  if (step == STEP_INITIALIZE)
    server_message_initialize(id, &message);
  else if (step == STEP_INITIALIZED)
    server_message_initialized(&message);
  else
    server_message_list(id, buf_span(&t->cursor), &message);
  t->step = step;
  t->post = server_post_start(t->source, id, buf_span(&message), (struct span){0},
                              now < t->deadline_ms ? (unsigned)(t->deadline_ms - now) : 1,
                              on_reply, t, f);
  buf_free(&message);
  return t->post ? 0 : -1;
}

static void keep(struct buf *to, struct span text)
{
  buf_free(to);
  *to = buf_make(text.len + 1);
  buf_add(to, text);
}

/* 1: there is another page. */
static int take_page(struct server_tools *t, struct span result, struct fault *f)
{
  struct span cursor;
  if (server_message_page(result, &t->list, &cursor, f) < 0)
    return -1;
  if (t->list.overflowed)
    return fault_set(f, FAULT_TOO_BIG, "the list of tools is longer than %zu bytes",
                     LIMIT_SERVER_LIST_BYTES);
  if (cursor.len > 0 && span_equal(cursor, buf_span(&t->cursor)))
    return fault_set(f, FAULT_BAD_INPUT, "tools/list gives one nextCursor twice");
  if (cursor.len > 0 && ++t->pages >= LIMIT_SERVER_PAGES)
    return fault_set(f, FAULT_TOO_BIG, "tools/list has more than %d pages",
                     LIMIT_SERVER_PAGES);
  keep(&t->cursor, cursor);
  return cursor.len > 0;
}

/* Why this is no answer to go on with; else 0. */
static int check(const struct server_reply *reply, struct fault *f)
{
  struct span words = span_cut_utf8(reply->text, LIMIT_BRIDGE_ECHO_BYTES);
  if (reply->fault) {
    *f = *reply->fault;
    return -1;
  }
  if (reply->status < 200 || reply->status > 299)
    return fault_set(f, FAULT_BAD_INPUT, "%d %.*s", reply->status, SPAN_ARG(words));
  if (reply->kind == SERVER_ERROR)
    return fault_set(f, FAULT_BAD_INPUT, "%.*s",
                     SPAN_ARG(span_cut_utf8(reply->value, LIMIT_BRIDGE_ECHO_BYTES)));
  return reply->kind == SERVER_RESULT
             ? 0
             : fault_set(f, FAULT_BAD_INPUT, "no JSON-RPC answer but \"%.*s\"",
                         SPAN_ARG(words));
}

static int go_on(struct server_tools *t, const struct server_reply *reply,
                 struct fault *f)
{
  struct tool_server *server = t->source->server;
  if (t->step == STEP_INITIALIZED) /* not even a refusal matters */
    return reply->fault ? check(reply, f) : ask(t, STEP_LIST, f);
  if (check(reply, f) < 0)
    return fault_prefix(f, t->step == STEP_LIST ? "tools/list" : "initialize");
  if (t->step == STEP_INITIALIZE) {
    keep(&server->session, reply->session);
    keep(&server->version, server_message_version(reply->value));
    return ask(t, STEP_INITIALIZED, f);
  }
  int more = take_page(t, reply->value, f);
  if (more < 0)
    return -1;
  return more ? ask(t, STEP_LIST, f) : 1;
}

static void on_reply(void *who, const struct server_reply *reply)
{
  struct server_tools *t = who;
  struct fault f = {0};
  int rc = go_on(t, reply, &f);
  if (rc == 0)
    return;
  buf_add_char(&t->list, ']');
  end(t, rc < 0 ? &f : NULL);
}

struct server_tools *server_tools_start(struct tool_source *source,
                                        server_tools_done *done, void *who,
                                        struct fault *f)
{
  struct server_tools *t = mem_new(sizeof *t);
  *t = (struct server_tools){.source = source,
                             .deadline_ms = clock_ticks_ms() + LIMIT_SERVER_LIST_MS,
                             .list = buf_make(LIMIT_SERVER_LIST_BYTES),
                             .done = done,
                             .who = who};
  buf_add_char(&t->list, '[');
  if (ask(t, STEP_INITIALIZE, f) == 0)
    return t;
  buf_free(&t->list);
  free(t);
  return NULL;
}

void server_tools_cancel(struct server_tools *t)
{
  server_post_cancel(t->post);
}
