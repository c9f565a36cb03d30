/* SPDX-License-Identifier: MIT */
/* prometheus.c - one family a call: help, type, sample.  */
#include "door/http/prometheus.h"

void prometheus_head(struct buf *out, const char *name, const char *type,
                     const char *help)
{
  buf_addf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

void prometheus_number(struct buf *out, const char *name, const char *type,
                       unsigned long long n, const char *help)
{
  prometheus_head(out, name, type, help);
  buf_addf(out, "%s %llu\n", name, n);
}

void prometheus_seconds(struct buf *out, const char *name, double s, const char *help)
{
  prometheus_head(out, name, "counter", help);
  buf_addf(out, "%s %.6f\n", name, s);
}

void prometheus_label(struct buf *out, const char *text)
{
  for (; *text; text++) {
    if (*text == '\n') {
      buf_add_text(out, "\\n");
      continue;
    }
    if (*text == '"' || *text == '\\')
      buf_add_char(out, '\\');
    buf_add_char(out, *text);
  }
}
