/* SPDX-License-Identifier: MIT */
/* spelled.h - one event through a format, for the formats' tests: run "r", thread "t",
 * model "m", at 7. */
#ifndef TESTS_SUPPORT_SPELLED_H
#define TESTS_SUPPORT_SPELLED_H

#include "event/event_format.h"

/* Fails by cmocka unless the format writes just this. */
void spelled_expect(const struct event_format *format, struct event event,
                    const char *wanted);
/* How long its text is. */
size_t spelled_length(const struct event_format *format, struct event event);

#endif
