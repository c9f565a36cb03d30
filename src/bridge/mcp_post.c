/* SPDX-License-Identifier: MIT */
/* mcp_post.c - the parts of one POST, and the three ways in which it is answered. */
#include "mcp_post.h"

#include "base/limits.h"
#include "base/mem.h"
#include "http/http_header.h"
#include "http/http_server.h"
#include "http/sse.h"
#include "io/loop.h"

#include <stdlib.h>

enum part_state { PART_OPEN, PART_READY, PART_SENT, PART_DROPPED };

struct part {
  struct mcp_post *post;
  enum part_state state;
  struct buf reply; /* READY */
  int status;
  struct mcp_call call;
  struct tool_call *tool_call; /* until its answer came, of a DROPPED part too */
};

struct mcp_post {
  struct mcp_post_setup setup;
  struct mcp_post_accepts accepts;
  struct http_exchange *exchange; /* NULL: the agent hung up, or it was answered */
  /* The hold; then the signs of life; or the grace of an agent that is gone. */
  struct loop_timer *timer;
  bool streaming;
  unsigned step;
  size_t count;
  struct part parts[];
};

/* -- Accept -- */

struct mcp_post_accepts mcp_post_accepts_read(const struct http_request *head)
{
  struct buf joined = buf_make(LIMIT_HEADER_BYTES);
  struct span accept = http_request_header_list(head, "accept", &joined);
  struct mcp_post_accepts a = {.json = http_header_accepts(accept, "application/json") ||
                                       http_header_accepts(accept, "*/*") ||
                                       http_header_accepts(accept, "application/*"),
                               .sse = http_header_accepts(accept, "text/event-stream")};
  if (!a.sse)
    a.json = true; /* no 406: several clients say less than they take */
  buf_free(&joined);
  return a;
}

/* -- writing -- */

static const struct http_header stream_headers[] = {
    {{"cache-control", 13}, {"no-cache", 8}},
    {{"x-accel-buffering", 17}, {"no", 2}},
};

void mcp_post_reply_whole(struct http_exchange *x, struct mcp_post_accepts accepts,
                          int status, struct span json, struct span session_id)
{
  struct http_header session = {SPAN_LITERAL("mcp-session-id"), session_id};
  struct http_answer answer = {.status = status,
                               .content_type = "application/json",
                               .headers = &session,
                               .header_count = session_id.len > 0 ? 1 : 0};
  if (accepts.json || status != 200) {
    http_reply(x, &answer, json);
    return;
  }
  struct buf event = buf_make(2 * LIMIT_BRIDGE_REPLY_BYTES);
  answer.content_type = "text/event-stream";
  sse_write_message(json, &event);
  http_reply(x, &answer, buf_span(&event));
  buf_free(&event);
}

/* Frees `json` before the next copy of it is made: it may be many MiB. */
static void write_event(struct mcp_post *p, struct buf *json)
{
  struct buf event = buf_make(2 * LIMIT_BRIDGE_REPLY_BYTES);
  buf_reserve(&event, json->len + 64);
  sse_write_message(buf_span(json), &event);
  buf_free(json);
  http_write(p->exchange, buf_span(&event));
  buf_free(&event);
}

/* Takes the responses that are there, as one JSON text. */
static struct buf join(struct mcp_post *p)
{
  if (!p->setup.is_array)
    return buf_take(&p->parts[0].reply);
  struct buf all = buf_make(2 * LIMIT_BRIDGE_REPLY_BYTES);
  size_t written = 0;
  for (size_t i = 0; i < p->count; i++) {
    if (p->parts[i].state != PART_READY)
      continue;
    buf_add_char(&all, written ? ',' : '[');
    buf_add(&all, buf_span(&p->parts[i].reply));
    buf_free(&p->parts[i].reply);
    written++;
  }
  buf_add_char(&all, ']');
  return all;
}

/* -- the end -- */

static size_t count_in(const struct mcp_post *p, enum part_state state)
{
  size_t n = 0;
  for (size_t i = 0; i < p->count; i++)
    n += p->parts[i].state == state;
  return n;
}

/* In time: the whole answer at once, in whatever the client takes. */
static void answer_plainly(struct mcp_post *p)
{
  if (count_in(p, PART_READY) == 0) {
    /* All were cancelled.  A client that asked for that wants no response, but its HTTP
     * request has to end. */
    struct http_answer nothing = {.status = 200, .content_type = "text/event-stream"};
    if (p->accepts.sse)
      http_reply(p->exchange, &nothing, (struct span){0});
    else
      http_abort(p->exchange);
  } else if (p->accepts.json) {
    struct buf only = join(p);
    int status = p->setup.is_array ? 200 : p->parts[0].status;
    mcp_post_reply_whole(p->exchange, p->accepts, status, buf_span(&only),
                         (struct span){0});
    buf_free(&only);
  } else {
    struct buf events = buf_make(2 * LIMIT_BRIDGE_REPLY_BYTES);
    struct http_answer answer = {.status = 200,
                                 .content_type = "text/event-stream",
                                 .headers = stream_headers,
                                 .header_count = 2};
    for (size_t i = 0; i < p->count; i++)
      if (p->parts[i].state == PART_READY)
        sse_write_message(buf_span(&p->parts[i].reply), &events);
    http_reply(p->exchange, &answer, buf_span(&events));
    buf_free(&events);
  }
}

/* All calls have ended.  Who hung up meanwhile gets nothing. */
static void end_answer(struct mcp_post *p)
{
  struct http_exchange *x = p->exchange;
  if (!x)
    return;
  if (!p->streaming) {
    answer_plainly(p);
  } else {
    if (!p->accepts.sse && count_in(p, PART_READY) > 0) {
      struct buf all = join(p);
      http_write(x, buf_span(&all));
      buf_free(&all);
    }
    http_end(x);
  }
  p->exchange = NULL;
}

static void mcp_post_free(struct mcp_post *p)
{
  loop_timer_free(p->timer);
  for (size_t i = 0; i < p->count; i++) {
    buf_free(&p->parts[i].reply);
    mcp_call_free(&p->parts[i].call);
  }
  free(p);
}

unsigned mcp_post_open_calls(const struct mcp_post *p)
{
  unsigned n = 0;
  for (size_t i = 0; i < p->count; i++)
    n += p->parts[i].tool_call ? 1 : 0;
  return n;
}

/* The last answer of a post ends it. */
static void tool_answered(void *who, const struct tool_answer *answer)
{
  struct part *part = who;
  struct mcp_post *p = part->post;
  part->tool_call = NULL;
  if (answer->cancelled)
    part->state = PART_DROPPED;
  if (part->state == PART_OPEN && p->exchange) {
    part->reply = buf_make(LIMIT_BRIDGE_REPLY_BYTES);
    part->status = mcp_finish(&part->call, answer, &part->reply);
    part->state = PART_READY;
    if (answer->memory)
      buf_free(answer->memory);
    if (p->streaming && p->accepts.sse) {
      write_event(p, &part->reply);
      part->state = PART_SENT;
    }
  }
  if (mcp_post_open_calls(p) > 0) {
    buf_charge(&part->reply, p->setup.route->budget); /* it waits for the others */
    return;
  }
  end_answer(p);
  p->setup.on_end(p->setup.who, p);
  mcp_post_free(p);
}

/* -- while calls are under way -- */

/* One notification for each open call that asked for it; false: none did. */
static bool write_progress(struct mcp_post *p)
{
  bool wrote = false;
  p->step++;
  for (size_t i = 0; i < p->count; i++) {
    const struct part *part = &p->parts[i];
    if (part->state != PART_OPEN || part->call.progress_token_json.len == 0)
      continue;
    struct buf message = buf_make(LIMIT_BRIDGE_BODY_BYTES + KIB);
    mcp_progress(&part->call, p->step, &message);
    write_event(p, &message);
    wrote = true;
  }
  return wrote;
}

/* Clients give up on a stream that stays silent. */
static void show_life(void *who)
{
  struct mcp_post *p = who;
  if (!p->exchange)
    return;
  if (!p->accepts.sse)
    http_write(p->exchange, SPAN_LITERAL(" "));
  else if (!write_progress(p))
    http_write(p->exchange, SPAN_LITERAL(": waiting\n\n"));
}

static void set_timer(struct mcp_post *p, void (*fire)(void *who))
{
  loop_timer_free(p->timer);
  p->timer = loop_timer_new(p->setup.loop, fire, p);
}

/* It takes longer: the head leaves now, and what is ready with it. */
static void hold_is_over(void *who)
{
  struct mcp_post *p = who;
  if (!p->exchange)
    return;
  struct http_answer answer = {.status = 200,
                               .content_type = p->accepts.sse ? "text/event-stream"
                                                              : "application/json",
                               .headers = stream_headers,
                               .header_count = 2};
  p->streaming = true;
  set_timer(p, show_life);
  loop_timer_repeat(p->timer, p->setup.progress_ms);
  /* The probe goes out whenever the client half-closes: one that is gone resets the
   * connection at it. */
  http_begin(p->exchange, &answer,
             p->accepts.sse ? SPAN_LITERAL(":\n\n") : SPAN_LITERAL(" "));
  for (size_t i = 0; p->accepts.sse && i < p->count; i++) {
    if (p->parts[i].state != PART_READY)
      continue;
    write_event(p, &p->parts[i].reply);
    p->parts[i].state = PART_SENT;
  }
}

static void grace_is_over(void *who)
{
  mcp_post_cancel_all(who);
}

/* Modern calls end on the next turn, legacy ones after a grace (mcp_post.h). */
static void agent_gone(void *who)
{
  struct mcp_post *p = who;
  p->exchange = NULL;
  set_timer(p, grace_is_over);
  loop_timer_start(p->timer, p->setup.modern ? 0 : LIMIT_BRIDGE_GONE_MS);
}

/* Its answer is still waited for, and thrown away. */
static void drop(struct part *part)
{
  if (!part->tool_call)
    return;
  part->state = PART_DROPPED;
  tool_call_cancel(part->tool_call);
}

void mcp_post_cancel_all(struct mcp_post *p)
{
  for (size_t i = 0; i < p->count; i++)
    drop(&p->parts[i]);
}

static bool is_open(const struct mcp_post *p, size_t i, struct span id)
{
  const struct part *part = &p->parts[i];
  return part->state == PART_OPEN && part->tool_call &&
         span_equal(buf_span(&part->call.id_json), id);
}

unsigned mcp_post_count(const struct mcp_post *p, int session, struct span id)
{
  unsigned n = 0;
  for (size_t i = 0; !p->setup.modern && p->setup.session == session && i < p->count; i++)
    n += is_open(p, i, id);
  return n;
}

void mcp_post_cancel(struct mcp_post *p, struct span id)
{
  for (size_t i = 0; i < p->count; i++)
    if (is_open(p, i, id))
      drop(&p->parts[i]);
}

/* -- the beginning -- */

struct mcp_post *mcp_post_new(const struct mcp_post_setup *setup)
{
  struct mcp_post *p = mem_new(sizeof *p + setup->parts * sizeof p->parts[0]);
  p->setup = *setup;
  return p;
}

void mcp_post_add_reply(struct mcp_post *p, struct buf *reply)
{
  p->parts[p->count++] = (struct part){
      .post = p, .state = PART_READY, .reply = buf_take(reply), .status = 200};
}

void mcp_post_add_call(struct mcp_post *p, struct mcp_call *call)
{
  p->parts[p->count++] = (struct part){.post = p, .state = PART_OPEN, .call = *call};
  *call = (struct mcp_call){0};
  struct budget *budget = p->setup.route->budget;
  struct mcp_call *kept = &p->parts[p->count - 1].call;
  buf_charge(&kept->id_json, budget);
  buf_charge(&kept->args_json, budget);
  buf_charge(&kept->progress_token_json, budget);
}

static void start_call(struct part *part)
{
  const struct mcp_post *p = part->post;
  const struct tool *tool = part->call.tool;
  unsigned how = (tool->result_is_mcp ? TOOL_TAKES_MCP : 0u) |
                 (tool->of_server ? TOOL_OF_SERVER : 0u);
  part->tool_call = tool_call_start(p->setup.route, tool->name, how,
                                    buf_span(&part->call.args_json), tool_answered, part);
}

bool mcp_post_start(struct mcp_post *p, struct http_exchange *x)
{
  p->exchange = x;
  p->accepts = mcp_post_accepts_read(http_exchange_request(x));
  if (count_in(p, PART_OPEN) == 0) {
    struct http_answer accepted = {.status = 202};
    if (p->count > 0)
      answer_plainly(p);
    else
      http_reply(x, &accepted, (struct span){0});
    mcp_post_free(p);
    return false;
  }
  http_exchange_on_gone(x, agent_gone, p);
  set_timer(p, hold_is_over);
  loop_timer_start(p->timer, p->setup.hold_ms);
  for (size_t i = 0; i < p->count; i++)
    if (p->parts[i].state == PART_OPEN)
      start_call(&p->parts[i]);
  return true;
}
