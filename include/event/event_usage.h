/* SPDX-License-Identifier: MIT */
/* event_usage.h - what an agent says of its tokens, and that as AG-UI 1.0 counts them.
 *
 * AG-UI's inputTokens and outputTokens are wholes: what was read from a cache, written to
 * one, or thought are parts of them.  Agents differ.  Where one gives a total it shows
 * which parts it left out; Anthropic's counts have none, and the harness says so
 * (`cache_apart`).  */
#ifndef EVENT_EVENT_USAGE_H
#define EVENT_EVENT_USAGE_H

#include "event/event_format.h"

struct event_usage event_usage_none(void); /* nothing is known */

struct event_tokens { /* none is negative */
  long long input, output, total;
};
struct event_tokens event_usage_whole(const struct event_usage *u);

#endif
