/* SPDX-License-Identifier: MIT */
/* harness_fuzz.h - what every harness's fuzz target does.
 *
 * Whatever the agent prints and however it ends, the stream keeps the grammar, and stays
 * the same when the input is cut elsewhere.  First byte: how it ends, the format, the
 * ceiling of an event; second: the size of a piece; the rest: its stdout.  Aborts on a
 * finding.  */
#ifndef SUPPORT_HARNESS_FUZZ_H
#define SUPPORT_HARNESS_FUZZ_H

#include "agent/harness.h"

#include <stdint.h>

int harness_fuzz(const struct harness *harness, const uint8_t *data, size_t size);

#endif
