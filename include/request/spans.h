/* SPDX-License-Identifier: MIT */
/* spans.h - a list of texts of a request.  Pure.  */
#ifndef REQUEST_SPANS_H
#define REQUEST_SPANS_H

#include "base/buf.h"

struct spans { /* borrowed, as each of them */
  struct span *at;
  size_t count;
};

#endif
