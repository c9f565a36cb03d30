/* SPDX-License-Identifier: MIT */
/* quoted.c - see quoted.h. */
#include "quoted.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *quoted(const char *format, ...)
{
  static char texts[8][4096];
  static unsigned calls;
  char *text = texts[calls++ % 8];
  va_list values;
  va_start(values, format);
  int length = vsnprintf(text, sizeof texts[0], format, values);
  va_end(values);
  if (length < 0 || (size_t)length >= sizeof texts[0])
    abort();
  for (char *at = text; (at = strchr(at, '\'')); at++)
    *at = '"';
  return text;
}
