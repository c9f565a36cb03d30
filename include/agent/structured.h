/* SPDX-License-Identifier: MIT */
/* structured.h - outputSchema: what an agent is told, and how its answer goes out.
 *
 * Wire: TanStack AI's adapters: CUSTOM structured-output.start {"messageId"} and
 * structured-output.complete {"object","raw","messageId"}, right before RUN_FINISHED.
 * `object` is the agent's JSON as it wrote it, `raw` the text it was found in.  */
#ifndef AGENT_STRUCTURED_H
#define AGENT_STRUCTURED_H

#include "event/event.h"

/* One sentence that asks for a JSON value of this schema, and the schema, onto a prompt;
 * for agents that have no option for it too, as models heed it. */
void structured_ask(struct span schema, struct buf *prompt);
/* The JSON object or array in what a model wrote: the text itself or a fenced block that
 * is all of it, else the last fenced block, else the last one that stands in prose.
 * Empty: none.  Points into `text`. */
struct span structured_find(struct span text);
/* `value` is raw JSON, "raw" the text around it (may be the same). */
void structured_say(struct events *events, struct span value, struct span raw);
/* The value in `text` of a run that was cut short, which is no error: where there is none
 * the warning structured-output-parse-failed. */
void structured_say_if_any(struct events *events, struct span text);
/* RUN_ERROR structured-output-parse-failed with the beginning of what was said. */
void structured_fail(struct events *events, struct span text);

#endif
