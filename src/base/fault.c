/* SPDX-License-Identifier: MIT */
#include "base/fault.h"

#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* What is longer than the room is cut where a character ends. */
static void fault_cut(char *text, size_t size, int printed)
{
  if (printed < 0)
    text[0] = 0;
  if (printed >= (int)size)
    text[span_cut_utf8(span_of(text), size - 1).len] = 0;
}

/* Prints beside the fault first: an argument may be the fault's own text. */
static void fault_print(struct fault *f, const char *fmt, va_list args)
{
  char text[sizeof f->text];
  int printed = vsnprintf(text, sizeof text, fmt, args);
  fault_cut(text, sizeof text, printed);
  memcpy(f->text, text, sizeof text);
}

int fault_set(struct fault *f, enum fault_kind kind, const char *fmt, ...)
{
  va_list args;
  va_start(args, fmt);
  fault_print(f, fmt, args);
  va_end(args);
  f->kind = kind;
  f->os = 0;
  return -1;
}

int fault_system(struct fault *f, int os, const char *fmt, ...)
{
  va_list args;
  va_start(args, fmt);
  fault_print(f, fmt, args);
  va_end(args);
  f->kind = FAULT_SYSTEM;
  f->os = os;
  size_t len = strlen(f->text);
  int printed = snprintf(f->text + len, sizeof f->text - len, ": %s", strerror(-os));
  fault_cut(f->text + len, sizeof f->text - len, printed);
  return -1;
}

int fault_prefix(struct fault *f, const char *fmt, ...)
{
  char was[sizeof f->text];
  memcpy(was, f->text, sizeof was);
  va_list args;
  va_start(args, fmt);
  fault_print(f, fmt, args);
  va_end(args);
  size_t len = strlen(f->text);
  int printed = snprintf(f->text + len, sizeof f->text - len, ": %s", was);
  fault_cut(f->text + len, sizeof f->text - len, printed);
  return -1;
}

int fault_http_status(enum fault_kind kind)
{
  switch (kind) {
  case FAULT_BAD_INPUT:
    return 400;
  case FAULT_DENIED:
    return 401;
  case FAULT_FORBIDDEN:
    return 403;
  case FAULT_UNKNOWN:
    return 404;
  case FAULT_CONFLICT:
    return 409;
  case FAULT_TOO_BIG:
    return 413;
  case FAULT_BUSY:
    return 503;
  case FAULT_TIMEOUT:
    return 408;
  case FAULT_UPSTREAM:
    return 502;
  case FAULT_NONE:
  case FAULT_AGENT:
  case FAULT_CANCELLED:
  case FAULT_SYSTEM:
    break;
  }
  return 500;
}

int fault_exit_code(enum fault_kind kind)
{
  switch (kind) {
  case FAULT_NONE:
    return 0;
  case FAULT_BAD_INPUT:
  case FAULT_UNKNOWN:
  case FAULT_TOO_BIG:
    return 2;
  case FAULT_TIMEOUT:
    return 124;
  default:
    return 1;
  }
}
