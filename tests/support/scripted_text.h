/* SPDX-License-Identifier: MIT */
/* scripted_text.h - growing text and just enough JSON for the scripted agent.
 *
 * The agent shares no code with the program it tests, so it brings its own few lines.
 * Running out of memory ends the process. */
#ifndef SUPPORT_SCRIPTED_TEXT_H
#define SUPPORT_SCRIPTED_TEXT_H

#include <stdbool.h>
#include <stddef.h>

struct text { /* zeroed is empty; `at` is always 0-terminated once something was added */
  char *at;
  size_t len, capacity;
};

struct slice { /* borrowed; at NULL: there is none */
  const char *at;
  size_t len;
};

void text_add(struct text *t, const char *at, size_t len);
void text_str(struct text *t, const char *str);
void text_json(struct text *t, const char *at,
               size_t len); /* a JSON string, quotes included */
void text_format(struct text *t, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void text_clear(struct text *t); /* keeps the room */
void text_free(struct text *t);

struct slice slice_of(const char *str);
/* The raw value of a member of the object `json`; none if it is no object or has no such
 * member.  Names are compared as they are written. */
struct slice slice_member(struct slice json, const char *name);
/* Element `index` of the array `json`, raw. */
struct slice slice_element(struct slice json, size_t index);
/* What a raw string value says, with \/ \" \\ undone; other escapes stay. */
void slice_unquote(struct slice json, struct text *out);
bool slice_is(struct slice s, const char *str);

#endif
