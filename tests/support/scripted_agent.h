/* SPDX-License-Identifier: MIT */
/* scripted_agent.h - what the parts of the scripted agent share.
 *
 *   scripted_agent.c   the script: its lines, its loops, the directives that speak
 *   scripted_claude.c  the format of Claude Code
 *   scripted_acts.c    the directives that do something to processes or tell what the
 *                      agent was given
 *   scripted_dialogue.c  more than a prompt on stdin: questions, words, an interrupt
 *   scripted_mcp.c     the MCP client
 *   scripted_text.c    text and JSON */
#ifndef SUPPORT_SCRIPTED_AGENT_H
#define SUPPORT_SCRIPTED_AGENT_H

#include "scripted_mcp.h"
#include "scripted_text.h"

enum { LOOPS = 8 }; /* @repeat inside @repeat */

struct loop {
  const char *body;
  unsigned long left;
};

struct agent;

struct format { /* how one agent CLI says it */
  const char *cli;
  void (*init)(struct agent *a);
  void (*text_open)(struct agent *a, const char *kind); /* "text" or "thinking" */
  void (*delta)(struct agent *a, const char *kind, struct slice s);
  void (*text_close)(struct agent *a, const char *kind, struct slice whole);
  void (*tool_use)(struct agent *a, struct slice name, struct slice args);
  void (*tool_result)(struct agent *a, struct slice content, bool is_error);
  void (*result)(struct agent *a, struct slice subtype, struct slice text);
};

struct agent {
  const struct format *format;
  int argc;
  char **argv;
  struct text prompt;
  struct text out;
  struct mcp mcp;
  unsigned messages, tools;
  bool resulted; /* it has told how its turn ended */
  struct loop loops[LOOPS];
  size_t depth;
  const char *next; /* the script's next line */
};

extern const struct format claude_format;

/* Output goes through one buffer, written when it is full or somebody could be
 * waiting. */
void flush(struct agent *a);
void say(struct agent *a, const char *str);
void say_line(struct agent *a, const char *str); /* and the newline */
const char *option(struct agent *a, const char *name);
/* One whole message; kind "text" or "thinking". */
void message(struct agent *a, const char *kind, struct slice whole);
void pause_us(struct agent *a, unsigned long us); /* flushes */
unsigned long number(struct slice *rest);         /* takes the next word; 0 if none */

/* Directives: `rest` is the line behind the name. */
void do_ask(struct agent *a, struct slice rest);
void do_asks(struct agent *a, struct slice rest);
void do_answers(struct agent *a, struct slice rest);
void do_hear(struct agent *a, struct slice rest);
void do_structured(struct agent *a, struct slice rest);
void do_compact(struct agent *a, struct slice rest);
void do_bash(struct agent *a, struct slice rest);
void do_daemon(struct agent *a, struct slice rest);
void do_setsid_child(struct agent *a, struct slice rest);
void do_hold_stdout(struct agent *a, struct slice rest);
void do_orphans(struct agent *a, struct slice rest);
void do_talk_on(struct agent *a, struct slice rest);
void do_fork_bomb(struct agent *a, struct slice rest);
void do_exit(struct agent *a, struct slice rest);
void do_signal(struct agent *a, struct slice rest);
void do_now(struct agent *a, struct slice rest);
void do_sleep(struct agent *a, struct slice rest);
void do_hang(struct agent *a, struct slice rest);
void do_stderr(struct agent *a, struct slice rest);
void do_stderr_flood(struct agent *a, struct slice rest);
void do_ignore_term(struct agent *a, struct slice rest);
void do_env(struct agent *a, struct slice rest);
void do_environ(struct agent *a, struct slice rest);
void do_argv(struct agent *a, struct slice rest);
void do_cwd(struct agent *a, struct slice rest);
void do_fds(struct agent *a, struct slice rest);
void do_status(struct agent *a, struct slice rest);
void do_save_prompt(struct agent *a, struct slice rest);

#endif
