/* SPDX-License-Identifier: MIT */
/* strv.c - every string is wiped before it is freed, also one that is replaced. */
#include "base/strv.h"

#include "base/mem.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Takes the malloc'd string. */
static void strv_add_owned(struct strv *v, char *owned)
{
  v->at = mem_reserve(v->at, v->count + 1, &v->capacity, sizeof *v->at);
  v->at[v->count++] = owned;
  v->at[v->count] = NULL;
}

static void string_free(char *s)
{
  if (!s)
    return;
  mem_wipe(s, strlen(s));
  free(s);
}

void strv_add(struct strv *v, struct span s)
{
  strv_add_owned(v, span_copy(s));
}

void strv_addf(struct strv *v, const char *fmt, ...)
{
  struct buf text = buf_make(SIZE_MAX);
  va_list args;
  va_start(args, fmt);
  buf_addv(&text, fmt, args);
  va_end(args);
  strv_add(v, buf_span(&text));
  buf_wipe(&text); /* it may be an entry of the environment */
}

static bool entry_has_name(const char *entry, const char *name, size_t len)
{
  return strncmp(entry, name, len) == 0 && entry[len] == '=';
}

void strv_set_env(struct strv *v, const char *name, struct span value)
{
  size_t len = strlen(name);
  char *entry = mem_new(len + 1 + value.len + 1);
  memcpy(entry, name, len);
  entry[len] = '=';
  if (value.len > 0)
    memcpy(entry + len + 1, value.at, value.len);
  for (size_t i = 0; i < v->count; i++) {
    if (entry_has_name(v->at[i], name, len)) {
      string_free(v->at[i]);
      v->at[i] = entry;
      return;
    }
  }
  strv_add_owned(v, entry);
}

const char *strv_env(const struct strv *v, const char *name)
{
  size_t len = strlen(name);
  for (size_t i = 0; i < v->count; i++) {
    if (entry_has_name(v->at[i], name, len))
      return v->at[i] + len + 1;
  }
  return NULL;
}

static int by_bytes(const void *a, const void *b)
{
  return strcmp(*(char *const *)a, *(char *const *)b);
}

void strv_sort(struct strv *v)
{
  if (v->count > 1)
    qsort(v->at, v->count, sizeof *v->at, by_bytes);
}

void strv_free(struct strv *v)
{
  for (size_t i = 0; i < v->count; i++)
    string_free(v->at[i]);
  free(v->at);
  *v = (struct strv){0};
}
