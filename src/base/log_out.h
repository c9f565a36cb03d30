/* SPDX-License-Identifier: MIT */
/* log_out.h - stderr, without ever waiting for it; for log.c only.
 *
 * stderr may be a pipe that nobody reads, and is shared: with the companion, with a
 * terminal's shell.  So its own mode is left as it is, and each record is written through
 * a description of our own that does not block (a file has no need of it, a socket takes
 * the wish with each call).  What does not fit is lost, and counted: the next record that
 * fits is led by one that says how many were.  */
#ifndef BASE_LOG_OUT_H
#define BASE_LOG_OUT_H

#include "base/buf.h"

/* `record`: whole lines.  `lost` puts the line about so many lost ones. */
void log_out(struct span record,
             void (*put_lost)(unsigned long long lost, struct buf *out));

#endif
