/* SPDX-License-Identifier: MIT */
/* acp_turn.h - how a turn of an ACP agent ends, and the run with it.
 *
 * The answer to session/prompt says why the turn is over and often what it used; the
 * process then has to end well too, before the run is a success.  */
#ifndef AGENT_ACP_TURN_H
#define AGENT_ACP_TURN_H

#include "acp_state.h"

/* The answer to session/prompt. */
void acp_turn_ended(struct acp *a, const struct json *doc, json_at result,
                    struct agent_output *output);
/* What it said instead of an answer, where that is an error of its model's API and not in
 * the text already. */
void acp_turn_add_said(const struct acp *a, struct buf *text);
/* The harness's `finish`. */
void acp_finish(struct acp *a, const struct process_end *end,
                struct agent_output *output);
/* RUN_FINISHED stop; with outputSchema the value in `answer` first, or its error. */
void acp_turn_finished(struct acp *a, const struct event_usage *usage,
                       struct events *events);
/* RUN_FINISHED length; with outputSchema the value or a warning first. */
void acp_turn_cut_short(struct acp *a, const struct event_usage *usage,
                        struct events *events);
bool acp_succeeded(const struct acp *a);

#endif
