/* SPDX-License-Identifier: MIT */
/* options.h - what the command line and the environment have said: plain data, filled by
 * door/options_read.h.  The settings of a run, of the server and of the records stand
 * here as their rooms declare them, so that nothing is copied from name to name.  */
#ifndef DOOR_OPTIONS_H
#define DOOR_OPTIONS_H

#include "base/log.h"
#include "door/door.h"
#include "event/event_format.h"
#include "http/http_server.h"
#include "run/run.h"
#include "service/records.h"

struct run_options {
  /* What the options can say of it: workspace is as it was given (NULL: not at all), and
   * the pointers to what a door opens are not set. */
  struct run_settings settings;
  const char *state_dir, *ca_file, *agent_user, *otlp_endpoint;
  bool agent_may_gain_privileges;
  unsigned messages_fd;     /* 0: none */
  const char *output;       /* "ndjson", "pretty"; NULL: as stdout is */
  bool full;                /* a transcript of all */
  const char *record;       /* a file; NULL: none */
  bool json;                /* what was checked */
  const char *session_file; /* NULL: none */
  size_t max_body_bytes;
};

struct agui_options { /* of POST /agui; NULL: not given */
  const char *harness, *model, *defaults, *tools, *tool_url, *tool_token_file;
  unsigned hold_ms;
};

struct serve_options {
  const char *listen, *token_file, *require_cli;
  const char *runs_harness; /* of POST /v1/runs */
  struct agui_options agui;
  const char *allow_origin; /* whose pages may call: door/http/cors.h */
  bool allow_unauthenticated;
  unsigned max_runs;
  struct http_server_setup http; /* connections and write_stall_ms */
  struct records_setup records;  /* sizes and times */
};

struct translate_options {                /* of a recorded agent */
  const char *harness;                    /* its id; set by the door */
  const char *events;                     /* a format's name */
  const char *run_id, *thread_id, *model; /* NULL: "run", "thread", "unknown" */
  const char *file;                       /* set by the door; NULL or "-": stdin */
  int out;                                /* the same: where the lines go, blocking */
  int exit_status, signal;                /* how it ended */
  const struct event_format *format;      /* set by the door; NULL: the usual one */
  size_t max_chunk_bytes, max_line_bytes; /* 0: the default, as in the next */
  size_t read_bytes;      /* asked of one read(), at most LIMIT_READ_BYTES */
  long long timestamp_ms; /* of every event; -1: the clock's */
};

struct bridge_options { /* of a vercel/ai harness; NULL: not given */
  const char *workdir, *state_dir, *type;
};

struct log_options {
  const char *format_name, *level_name;
  enum log_form format;
  enum log_level level;
};

struct options { /* texts are borrowed from argv or the environment, or constants */
  const struct door *door; /* NULL: --help or --version is asked for */
  bool version, help, help_markdown;
  const struct door *help_for; /* NULL: the overview */
  const char *file;            /* "-" when none is given: */
  bool has_file;
  char *const *companion; /* what stands after "--", NULL-ended; NULL: none */
  const char *harness;    /* an id, of translate and bridge */
  size_t max_line_bytes;  /* of the agent */

  struct run_options run;
  struct serve_options serve;
  struct translate_options translate;
  struct bridge_options bridge;
  struct log_options log;
  const char *health_url; /* NULL: the usual one */
  bool version_verbose;
  bool session_stream; /* events as lines on stdout, not as files */
};

#endif
