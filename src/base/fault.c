/* SPDX-License-Identifier: MIT */
/* fault.c - a fault is plain memory: its text is printed into it and cut there. */
#include "base/fault.h"

#include "base/buf.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* What is longer than fits is cut where a character ends. */
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
  /* What fork says at a limit tells nobody which. */
  const char *why = os == -EAGAIN ? "no more processes may be started: see the "
                                    "container's pids limit, and ulimit -u"
                                  : strerror(-os);
  int printed = snprintf(f->text + len, sizeof f->text - len, ": %s", why);
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

/* What a kind is to a caller over HTTP, and to the shell. */
static const struct {
  int http_status, exit_code;
} answers[] = {
    [FAULT_NONE] = {500, 0},      [FAULT_BAD_INPUT] = {400, 2},
    [FAULT_DENIED] = {401, 1},    [FAULT_FORBIDDEN] = {403, 1},
    [FAULT_UNKNOWN] = {404, 2},   [FAULT_CONFLICT] = {409, 1},
    [FAULT_TOO_BIG] = {413, 2},   [FAULT_BUSY] = {503, 1},
    [FAULT_UPSTREAM] = {502, 1},  [FAULT_AGENT] = {500, 1},
    [FAULT_TIMEOUT] = {408, 124}, [FAULT_CANCELLED] = {500, 1},
    [FAULT_SYSTEM] = {500, 1},
};

int fault_http_status(enum fault_kind kind)
{
  return answers[kind].http_status;
}

int fault_exit_code(enum fault_kind kind)
{
  return answers[kind].exit_code;
}
