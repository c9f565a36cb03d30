/* SPDX-License-Identifier: MIT */
/* log.h - one line a record, on stderr.
 *
 * Only doors, run and main log, once a failure, at the place that handles it; the pure
 * rooms and io return faults.  Text form: "2026-11-21T06:53:55.123Z warn run=r1 message";
 * JSON form: {"time","level","run"?,"trace"?,"span"?,"message"}.  Control bytes are escaped.  Words given
 * to log_hide() (tokens, secrets) come out as "***" in both.  stderr
 * is never waited for: what it does not take at once is lost, and counted in the next
 * record that it takes.
 *
 * Level, form and the hidden words are globals, for a record may come from anywhere.  The
 * few other globals of the program each stand in one file and belong to the process: the
 * arenas' free list, the frozen clock, the arena of the parse that is under way, what
 * keeper.c, oom_score.c and signals.c know of this process, what log_out.c has lost,
 * tool_places.c of its calls in flight, the budget (base/budget.h) of the run whose agent
 * is being understood.  */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/buf.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR, LOG_SILENT };
enum log_form { LOG_TEXT, LOG_JSON };

void log_setup(enum log_level least, enum log_form form);
bool log_level_read(struct span name,
                    enum log_level *level); /* debug info warn error silent */
/* `run` may be empty. */
void log_line(enum log_level level, struct span run, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Records of this run say from now on of which trace it is, and which span of it, if that
 * is told (`span` empty: it is not); `id` empty: of none. */
void log_trace(struct span run, struct span id, struct span span);
void log_hide(struct span word);   /* copied; words under 6 bytes are ignored */
void log_unhide(struct span word); /* one log_hide() back; the copy is wiped */
/* Replaces every hidden word in `text` by "***", appended to `out`. */
void log_redact(struct span text, struct buf *out);
/* The same for the end of something longer, kept in `room` bytes: if they are full, what
 * stands at its front of a word's end, from 4 bytes on, is struck too. */
void log_redact_tail(struct span text, size_t room, struct buf *out);
void log_forget_all(void);

#endif
