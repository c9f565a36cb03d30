/* SPDX-License-Identifier: MIT */
/* request_fields.h - reading one optional member of a request, with the error's text.
 *
 * `where` is what stands before the name in an error ("modelOptions."); may be "".  An
 * absent or null member leaves `out` as it is.  Errors are FAULT_BAD_INPUT, "run request:
 * <where><name> must be ..., not <what was given>".  For request_read.c and its neighbours only.  */
#ifndef REQUEST_REQUEST_FIELDS_H
#define REQUEST_REQUEST_FIELDS_H

#include "base/arena.h"
#include "base/fault.h"
#include "base/json.h"
#include "base/limits.h"
#include "request/spans.h"

/* The members that somebody asked for, by where they stand and their name: what is given
 * and stands not here is known to nobody. */
struct fields_asked {
  struct {
    const char *where, *name;
  } at[LIMIT_FIELDS_ASKED];
  size_t count;
};

struct fields {
  struct json *doc;
  struct arena *arena; /* for lists; lives as long as the request */
  const char *(*event_format_name)(size_t index); /* as in the rules */
  struct fields_asked *asked;                     /* NULL: nobody wants to know */
  struct buf *left_out; /* what is given and not read, in words; NULL: the same */
  struct fault *f;
};

/* The member, noted as asked for: the functions below do it by themselves. */
json_at fields_get(const struct fields *r, json_at object, const char *where,
                   const char *name);
/* "run request: <theirs><where><name> must be <what>, not <v>", -1.  `theirs` is the text
 * of TanStack's runner, where that says less.  Of tokens and env no value is told. */
int fields_wrong(const struct fields *r, json_at v, const char *theirs, const char *where,
                 const char *name, const char *what);
/* Puts the members of `object` that nobody asked for onto left_out, and those that are
 * known there. */
void fields_leave_out(const struct fields *r, json_at object, const char *where);

/* Absent and null are the same to us, as they are to TanStack's runner. */
bool fields_given(json_at v);
/* As JavaScript has it: an array is one, too. */
bool fields_is_object(json_at v);
/* False for what asks for nothing: absent, null, false, "", [], [null], {}. */
bool fields_says_something(const struct fields *r, json_at v);

/* A non-empty string without NUL bytes. */
int fields_text(const struct fields *r, json_at object, const char *where,
                const char *name, struct span *out);
/* The same, and not beginning with '-': it stands in argv, where it could be an
 * option. */
int fields_argument(const struct fields *r, json_at object, const char *where,
                    const char *name, struct span *out);
int fields_whole(const struct fields *r, json_at object, const char *where,
                 const char *name, unsigned lowest, unsigned highest, unsigned *out);
/* An array of strings without NUL bytes; `arguments`: each non-empty, none begins with
 * '-'. */
int fields_texts(const struct fields *r, json_at object, const char *where,
                 const char *name, bool arguments, struct spans *out);
/* The member itself, which must be an object; NULL when absent. */
int fields_object(const struct fields *r, json_at object, const char *where,
                  const char *name, json_at *out);
/* A string that is `usual`, as when it is absent, or `other`. */
int fields_choice(const struct fields *r, json_at object, const char *name,
                  const char *usual, const char *other, bool *is_other);
int fields_bool(const struct fields *r, json_at object, const char *where,
                const char *name, bool *out);
/* Refuses a member that says something, by name. */
int fields_unbuilt(const struct fields *r, json_at object, const char *where,
                   const char *name);
/* Can it be sent as the value of a header, as it is?  It would be cut at a control
 * character, or be another header: silently sending another token would only move the
 * error to the host. */
bool fields_fits_header(struct span value);
/* May this be the name of an environment variable for the agent?  Not empty, no '=', and
 * not one of ours: RUNLET_TOKEN is no secret of the request's. */
bool fields_env_name_good(struct span name);

#endif
