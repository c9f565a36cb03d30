/* SPDX-License-Identifier: MIT */
/* strv.h - a growing, NULL-ended list of owned C strings: an argv, an environment.
 *
 * `at` is NULL while the list is empty, and is wiped before it is freed: an environment
 * holds secrets.  A zeroed strv is an empty list.  */
#ifndef BASE_STRV_H
#define BASE_STRV_H

#include "base/buf.h"

struct strv {
  char **at;
  size_t count, capacity;
};

void strv_add(struct strv *v, struct span s);
void strv_addf(struct strv *v, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* For lists of entries "NAME=value": replaces an entry of that name. */
void strv_set_env(struct strv *v, const char *name, struct span value);
const char *strv_env(const struct strv *v, const char *name); /* NULL: absent */
void strv_sort(struct strv *v);                               /* by bytes */
void strv_free(struct strv *v);

#endif
