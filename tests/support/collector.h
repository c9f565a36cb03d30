/* SPDX-License-Identifier: MIT */
/* collector.h - a sink for tests: it appends each line to a buf of the test's. */
#ifndef TESTS_SUPPORT_COLLECTOR_H
#define TESTS_SUPPORT_COLLECTOR_H

#include "event/event.h"

struct collector {
  struct sink sink; /* first: a struct sink * is a struct collector * */
  struct buf *out;  /* borrowed; what waits is all that stands in it */
  bool ended;
};
struct collector collector_make(struct buf *out);

#endif
