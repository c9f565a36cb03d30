/* SPDX-License-Identifier: MIT */
/* tool_places.c - the ring holds only lines in which a call waits; `turn` is the one that
 * is served next.  Of a line in it whose run is full itself the next is looked at. */
#include "tool/tool_places.h"

#include <stddef.h>

static unsigned in_flight;
static struct tool_line *turn;

static bool has_room(const struct tool_line *l)
{
  return (!l->run_most || l->in_flight < l->run_most) &&
         (!l->process_most || in_flight < l->process_most);
}

static void ring_add(struct tool_line *l)
{
  if (!turn) {
    turn = l->next = l->before = l;
    return;
  }
  l->next = turn; /* last: `turn` comes first */
  l->before = turn->before;
  l->before->next = turn->before = l;
}

static void ring_remove(struct tool_line *l)
{
  if (turn == l)
    turn = l->next == l ? NULL : l->next;
  l->next->before = l->before;
  l->before->next = l->next;
  l->next = l->before = NULL;
}

static void enter(struct tool_wait *w)
{
  w->place = TOOL_PLACE_TAKEN;
  w->line->in_flight++;
  in_flight++;
}

static void unqueue(struct tool_wait *w)
{
  struct tool_line *l = w->line;
  struct tool_wait *before = NULL;
  for (struct tool_wait *at = l->first; at != w; at = at->next)
    before = at;
  *(before ? &before->next : &l->first) = w->next;
  if (l->last == w)
    l->last = before;
  w->next = NULL;
  if (--l->waiting == 0)
    ring_remove(l);
}

/* Each line of the ring is looked at once: a place is given to the first that may take
 * it. */
static void serve(void)
{
  struct tool_line *l = turn, *end = turn;
  if (!l)
    return;
  while (!has_room(l)) {
    l = l->next;
    if (l == end)
      return;
  }
  struct tool_wait *w = l->first;
  turn = l->next;
  unqueue(w);
  enter(w);
  w->on_place(w->who);
}

enum tool_place tool_place_take(struct tool_wait *w, struct tool_line *line,
                                void (*on_place)(void *who), void *who)
{
  *w = (struct tool_wait){.line = line, .on_place = on_place, .who = who};
  if (!line)
    return TOOL_PLACE_TAKEN;
  if (line->waiting == 0 && has_room(line)) {
    enter(w);
  } else if (line->waiting < line->waiting_most) {
    w->place = TOOL_PLACE_WAITING;
    if (line->waiting++ == 0)
      ring_add(line);
    *(line->last ? &line->last->next : &line->first) = w;
    line->last = w;
  }
  return w->place;
}

void tool_place_give_back(struct tool_wait *w)
{
  enum tool_place was = w->place;
  w->place = TOOL_PLACE_NONE;
  if (was == TOOL_PLACE_WAITING)
    unqueue(w);
  if (was != TOOL_PLACE_TAKEN)
    return;
  w->line->in_flight--;
  in_flight--;
  serve();
}
