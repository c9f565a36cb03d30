/* SPDX-License-Identifier: MIT */
/* prompt_guard.h - prompts are words: what keeps an agent from taking one for a command,
 * for the name of a file that it should read, or for a skill that it should load.
 *
 * Each agent has its own ways to read more than words out of a prompt, and each plan
 * names them with what was seen to help.  What is added to the words:
 *
 *   a prompt that begins with a command's sign   `front` stands before it
 *   '@' before a file's name                     U+2060 (word joiner) behind the '@'
 *   '$' before a skill's name                    U+2060 behind the '$'
 *
 * All else reaches the agent as it is; with harnessOptions.promptCommands all does.
 * Pure.  */
#ifndef AGENT_PROMPT_GUARD_H
#define AGENT_PROMPT_GUARD_H

#include "base/buf.h"
#include "request/run_request.h"

/* Where an '@' names a file; OUTSIDE_WORDS: not behind a letter or digit (mail). */
enum prompt_mentions { MENTIONS_NOWHERE, MENTIONS_OUTSIDE_WORDS, MENTIONS_EVERYWHERE };

struct prompt_guard {
  /* A prompt that begins with one of these is a command; NULL: there are none. */
  const char *commands;
  bool behind_blanks; /* it may begin with blanks before that */
  const char *front;  /* what stands before such a prompt */
  bool apart;         /* `front` is a part of its own: the caller sends it */
  enum prompt_mentions mentions;
  bool skills; /* '$' and a name, anywhere */
};

/* Without the blanks it begins with, as JavaScript and Rust have them, and U+FEFF. */
struct span prompt_guard_after_blanks(struct span text);
/* Must `front` stand before this prompt? */
bool prompt_guard_wants_front(const struct prompt_guard *g, const struct run_request *req,
                              struct span prompt);
/* Makes words of a whole prompt (all but a `front` that stands apart). */
void prompt_guard_apply(const struct prompt_guard *g, const struct run_request *req,
                        struct buf *prompt);

#endif
