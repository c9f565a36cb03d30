/* SPDX-License-Identifier: MIT */
/* session_sink.h - where the events of a process session go: files of the folder events/,
 * each whole or not there, or lines on stdout.
 *
 * A file that cannot be written is lost and its number with it: the host will see the
 * gap, and there is nobody else to tell.  */
#ifndef DOOR_SESSION_SINK_H
#define DOOR_SESSION_SINK_H

#include "io/latched_folder.h"
#include "session_event.h"

struct fd_writer;

struct session_sink {
  struct fd_writer *writer;     /* lines; NULL: files */
  struct latched_folder folder; /* of the files; fd -1: none, nothing is written */
  unsigned long long seq;       /* of the last one */
  size_t backlog;               /* of the writer, after the last one */
};

void session_sink_data(struct session_sink *s, bool is_stderr, struct span bytes);
void session_sink_error(struct session_sink *s, struct span message);
void session_sink_exit(struct session_sink *s, const struct process_end *end);
void session_sink_ack(struct session_sink *s);
/* The host does not keep up: more bytes wait, or more files lie there, than should. */
bool session_sink_is_high(const struct session_sink *s);

#endif
