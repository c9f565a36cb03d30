/* SPDX-License-Identifier: MIT */
/* agui_check.h - the grammar of the event stream, checked from outside.
 *
 * Reads NDJSON lines as a consumer gets them and keeps its own books, so that unit,
 * golden, flow and fuzz tests ask one judge.  What it asks for:
 *   - every line is one JSON object on one line, ended by a newline, valid UTF-8;
 *   - RUN_STARTED first and once; one RUN_FINISHED or RUN_ERROR, last; nothing after it;
 *   - each type has its members, of the right kind; timestamps are integers;
 *   - metadata.tanstack.model on every "tanstack" line but the two kinds that have none,
 * and no trace of tanstack on "ag-ui" lines;
 *   - START, CONTENT*, END of text and reasoning in order, one message at a time, and no
 *     message id twice in a run (results have ids too);
 *   - a tool call's START, ARGS*, END in order and outside of messages (other calls and
 * results may stand between them), no call id twice, the deltas of ARGS together one JSON
 * value, equal to `input` where END has it;
 *   - every call has its result before the terminal event.  */
#ifndef TESTS_SUPPORT_AGUI_CHECK_H
#define TESTS_SUPPORT_AGUI_CHECK_H

#include "event/event.h"
#include "event/format_ag_ui.h"
#include "event/format_tanstack.h"

struct agui_check; /* freed by agui_check_free */

struct agui_check *agui_check_new(const struct event_format *format);
void agui_check_free(struct agui_check *c);
/* One line with its newline.  False from the first violation on. */
bool agui_check_line(struct agui_check *c, struct span line);
/* The stream has ended: false if it may not end here, or was wrong before. */
bool agui_check_end(struct agui_check *c);
const char *agui_check_why(const struct agui_check *c); /* "" while all is well */

/* A whole stream.  NULL: it is right; else why not (static memory). */
const char *agui_check_stream(struct span ndjson, const struct event_format *format);

#endif
