/* SPDX-License-Identifier: MIT */
/* message_post.h - POST /runs/{id}/messages: a word of the user to a run's agent, while
 * it works.
 *
 *   {"text": string, "when"?: "now" (the default) | "next", "messageId"?: string}
 *   202 {"messageId"}; 404 no such run; 409 not by this agent, or not at this time  */
#ifndef DOOR_MESSAGE_POST_H
#define DOOR_MESSAGE_POST_H

#include "door/http/route.h"

void message_post_answer(struct runs_door *d, struct http_exchange *x,
                         const struct route_target *target);

#endif
