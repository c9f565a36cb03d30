/* SPDX-License-Identifier: MIT */
/* event_hold.h - a stream of events that ends before its run does, and the next one.
 *
 * A client of AG-UI runs some tools itself, and answers some questions: its run ends
 * there, as far as it sees, and it goes on with the answer in a run of another id.
 *
 *   events_hold()    the stream ends: RUN_FINISHED with its outcome.  What the agent says
 *                    from here on is kept
 *   events_go_on()   RUN_STARTED under the new id, what was kept, and on
 *
 * Each of the streams has one terminal event; ids are unique over both, and by the new
 * run id where the run id is in them.  A call that is the client's gets no result here,
 * for the client has it: "claimed" calls may stay open at any end.  */
#ifndef EVENT_EVENT_HOLD_H
#define EVENT_EVENT_HOLD_H

#include "event/event.h"

/* The arguments of open calls of the host's tools are kept from now on, for: */
void events_keep_arguments(struct events *e);
/* Claims the open call of this tool, of several the first with these arguments, else the
 * first.  Its id as JSON, lent until its result.  False: none was announced. */
bool events_claim_call(struct events *e, struct span name, struct span args_json,
                       struct span *id_json);

/* `outcome_json`: AG-UI's.  Nothing happens if the stream is over or held. */
void events_hold(struct events *e, struct span outcome_json);
bool events_are_held(const struct events *e);
/* `sink` as in struct events_setup. */
void events_go_on(struct events *e, struct span run_id, struct sink *sink);

#endif
