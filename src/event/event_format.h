/* SPDX-License-Identifier: MIT */
/* event_format.h - one event to one line: the wire, and nothing of the grammar.
 *
 * "tanstack" is what the reference runner writes: only the members AG-UI names stand at
 * the top, the others in metadata.tanstack, and `toolName` and `input` once more after
 * the metadata.  The order of the members is the reference's.  "ag-ui" is
 * @ag-ui/core 1.0.0.
 *
 * Each function appends one whole line with its newline.  `id` is JSON (escaped once by
 * the caller, used many times).  Times are epoch milliseconds.  */
#ifndef EVENT_EVENT_FORMAT_H
#define EVENT_EVENT_FORMAT_H

#include "event/event.h"

struct formatter {
  enum events_format format;
  struct buf run, thread, model; /* as JSON strings */
};

enum format_type { /* events that are no more than a message id */
                   FORMAT_TEXT_START,
                   FORMAT_TEXT_END,
                   FORMAT_REASONING_START,
                   FORMAT_REASONING_MESSAGE_START,
                   FORMAT_REASONING_MESSAGE_END,
                   FORMAT_REASONING_END
};

struct formatter formatter_make(const struct events_setup *setup);
void formatter_free(struct formatter *f);

void format_run_started(const struct formatter *f, struct buf *line, long long now);
void format_message(const struct formatter *f, struct buf *line, long long now,
                    enum format_type type, struct span id);
void format_text(const struct formatter *f, struct buf *line, long long now,
                 struct span id, struct span delta);
void format_reasoning(const struct formatter *f, struct buf *line, long long now,
                      struct span id, struct span delta);
void format_tool_start(const struct formatter *f, struct buf *line, long long now,
                       struct span call, struct span name);
void format_tool_args(const struct formatter *f, struct buf *line, long long now,
                      struct span call, struct span delta);
/* truncated > 0: the inputs are left out, and were that long. */
void format_tool_end(const struct formatter *f, struct buf *line, long long now,
                     struct span call, struct span name, struct span args_json,
                     size_t truncated);
/* truncated > 0: `content` is the front of a text of that many bytes. */
void format_tool_result(const struct formatter *f, struct buf *line, long long now,
                        struct span call, struct span id, struct span content,
                        bool failed, size_t truncated);
void format_custom(const struct formatter *f, struct buf *line, long long now,
                   const char *name, struct span value_json, size_t truncated);
/* `report`: the members of metadata.runlet, without braces. */
void format_run_finished(const struct formatter *f, struct buf *line, long long now,
                         const char *reason, const struct event_usage *usage,
                         struct span report);
void format_run_error(const struct formatter *f, struct buf *line, long long now,
                      struct span code, struct span message, struct span report);

/* An upper bound of what a line costs beside its content and its ids. */
size_t format_overhead(const struct formatter *f);
/* As much of `text` as fits into a line of line_bytes beside ids of id_bytes: all, or the
 * front up to a character border.  At least 64 bytes of room, so that a long id never
 * stops the text. */
struct span format_fitting(const struct formatter *f, struct span text, size_t line_bytes,
                           size_t id_bytes);

#endif
