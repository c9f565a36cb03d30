/* SPDX-License-Identifier: MIT */
/* scratch.h - a folder of its own for one test, and files in it. */
#ifndef SUPPORT_SCRATCH_H
#define SUPPORT_SCRATCH_H

#include <stdbool.h>

struct scratch {
  char folder[64]; /* absolute, without links, mode 0700 */
  char path[512];  /* what scratch_path() said last */
};

struct scratch scratch_make(void);
void scratch_remove(struct scratch *s);
/* "<folder>/<name>", good until the next call. */
const char *scratch_path(struct scratch *s, const char *name);
const char *scratch_write(struct scratch *s, const char *name, unsigned mode,
                          const char *text);
bool scratch_has(struct scratch *s, const char *name);
/* The content, malloc'd and NUL-ended; NULL: not there. */
char *scratch_read(struct scratch *s, const char *name);
unsigned scratch_count(struct scratch *s, const char *name); /* entries of a folder */

#endif
