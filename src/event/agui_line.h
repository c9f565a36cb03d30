/* SPDX-License-Identifier: MIT */
/* agui_line.h - one AG-UI event as one line of JSON: what all AG-UI formats have alike.
 *
 * The line begins with its type and the members that AG-UI itself names; then the format
 * adds its own (usage, metadata, aliases).  The order of the members is the
 * one of TanStack's runner, as its readers were seen to compare bytes.  */
#ifndef EVENT_AGUI_LINE_H
#define EVENT_AGUI_LINE_H

#include "base/json_write.h"
#include "event/event_format.h"

/* What a line costs at most beside its content, its ids and the model's name. The longest
 * is TOOL_CALL_RESULT with state and truncated in TanStack's form, about 230 bytes. */
#define AGUI_LINE_OVERHEAD 288

/* Adds to an open line what the format has beside AG-UI's members. */
typedef void agui_extra(const struct event_run *run, const struct event *e,
                        struct json_writer *w);
/* The whole line of an event onto `line`; nothing where AG-UI has no such event.
 * `extra`: one a kind, NULL for those that get nothing more. */
void agui_line_write(const struct event_run *run, const struct event *e,
                     agui_extra *const extra[EVENT_KINDS], struct buf *line);

/* JSON of others, which cannot break the line in two. */
void agui_line_put_foreign(struct json_writer *w, const char *key, struct span json);
/* "truncated":{"bytes":n}, if the event is. */
void agui_line_put_truncated(struct json_writer *w, const struct event *e);

/* A cost, if it is known. */
void agui_line_put_cost(struct json_writer *w, const char *key, struct span number);
/* Into metadata.runlet, which is open: the members of the report, and the session's cost
 * where the run's is another. */
void agui_line_put_report(struct json_writer *w, const struct event *e);

/* A count of tokens is worth saying only when one of the main ones is known. */
bool agui_usage_is_known(const struct event_usage *u);
long long agui_usage_total(const struct event_usage *u);
/* n, or 0 where it is not known. */
long long agui_usage_count(long long n);

#endif
