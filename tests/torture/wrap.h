/* SPDX-License-Identifier: MIT */
/* wrap.h - for tests: the Nth call into libuv or libcurl that can fail, fails. */
#ifndef TORTURE_WRAP_H
#define TORTURE_WRAP_H

#include <stdbool.h>

/* From here on calls are counted; the `nth` (from 1) fails, once. */
void wrap_arm(unsigned nth);
/* No more.  What failed, NULL: there were not so many calls. */
const char *wrap_disarm(void);

#endif
