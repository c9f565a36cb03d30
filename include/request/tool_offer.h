/* SPDX-License-Identifier: MIT */
/* tool_offer.h - what one agent is offered of a request's tools: the text of tools/list,
 * and what had to be changed for it.  Pure.
 *
 * Each tool is {"name","title"?,"description","inputSchema","outputSchema"?,
 * "annotations"?}: the alias as its name, the host's name in front of the description
 * where the alias is another, schemas and annotations as tool_schema.h has them.
 * outputSchema is listed only with resultFormat "mcp", for clients that see one refuse
 * plain text, and only when its root is an object.
 *
 * What all agents take is given to all.  What one of them is known not to take stands in
 * its needs (agent/harness.h), and only it gets something else.  */
#ifndef REQUEST_TOOL_OFFER_H
#define REQUEST_TOOL_OFFER_H

#include "request/tools.h"

/* What an agent needs. */
enum {
  /* It refuses names with two '_' in a row. */
  NEEDS_SINGLE_UNDERSCORES = 1 << 0,
  /* It lets no argument by that is not in properties, though a union has it. */
  NEEDS_UNION_KEYS = 1 << 1,
  /* It holds results against outputSchema, after the tool ran, and one that it cannot
   * compile costs it the tool, or all tools. */
  NEEDS_NO_OUTPUT_SCHEMA = 1 << 2,
  /* It leaves out tools whose parameters are named outside of [A-Za-z0-9_.-]. */
  NEEDS_PLAIN_PARAMETERS = 1 << 3,
  /* Its model sees nothing of resource links and audio. */
  NEEDS_WORDS_FOR_LINKS = 1 << 4,
  /* Its model sees nothing of structuredContent. */
  NEEDS_TEXT_OF_STRUCTURE = 1 << 5,
  /* It adds a parameter of its own, wait_for_previous, to all calls. */
  NEEDS_WAIT_DROPPED = 1 << 6,
  /* It takes a text that is JSON for structuredContent, where there is none, and makes an
   * error of it when that is no object. */
  NEEDS_SOME_STRUCTURE = 1 << 7
};
#define TOOL_WAIT_PARAMETER "wait_for_previous"

struct tool_note {  /* for one warning */
  const char *code; /* "tool-adapted", "tool-left-out" */
  struct buf text;  /* names the tool, by the host's name, and the reasons */
};

struct tool_offer {
  const struct tools *tools; /* borrowed */
  unsigned needs;
  struct buf list; /* the JSON array for tools/list, on one line, in descriptor order */
  struct tool_note *notes;
  size_t note_count, note_capacity;
};

/* `agent`: its id, for the notes. */
struct tool_offer tool_offer_make(const struct tools *tools, unsigned needs,
                                  const char *agent);
void tool_offer_free(struct tool_offer *o); /* safe on a zeroed one */
/* Is its result to have structuredContent?  So says an outputSchema of an object. */
bool tool_offer_promises_structure(const struct tool *tool);
/* Is that outputSchema in the list? */
bool tool_offer_has_output_schema(const struct tool_offer *o, const struct tool *tool);

#endif
