/* SPDX-License-Identifier: MIT */
/* prometheus.h - writing the Prometheus text exposition format, version 0.0.4.  Pure. */
#ifndef DOOR_PROMETHEUS_H
#define DOOR_PROMETHEUS_H

#include "base/buf.h"

#define PROMETHEUS_TYPE "text/plain; version=0.0.4; charset=utf-8"

/* HELP and TYPE of a family; its samples follow. */
void prometheus_head(struct buf *out, const char *name, const char *type,
                     const char *help);
/* Families of one sample. */
void prometheus_number(struct buf *out, const char *name, const char *type,
                       unsigned long long n, const char *help);
void prometheus_seconds(struct buf *out, const char *name, double s, const char *help);
/* The inside of a label's quotes; the text may hold anything. */
void prometheus_label(struct buf *out, const char *text);

#endif
