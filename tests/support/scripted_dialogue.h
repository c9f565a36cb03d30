/* SPDX-License-Identifier: MIT */
#ifndef SUPPORT_SCRIPTED_DIALOGUE_H
#define SUPPORT_SCRIPTED_DIALOGUE_H

#include <stdbool.h>

struct agent;

/* Started as a dialogue: the prompt is there.  False: it was not. */
bool dialogue_open(struct agent *a);
/* Hears meanwhile; below 0: for ever.  False: there is no dialogue. */
bool dialogue_pause(struct agent *a, long long ms);
/* The turn is over.  True: the prompt of the next is there; false: stdin has ended. */
bool dialogue_next(struct agent *a);
/* The turn is over: reads to the end of stdin. */
void dialogue_end(struct agent *a);

#endif
