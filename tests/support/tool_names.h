/* SPDX-License-Identifier: MIT */
/* tool_names.h - host tools of which a test knows no more than their names.  */
#ifndef SUPPORT_TOOL_NAMES_H
#define SUPPORT_TOOL_NAMES_H

#include "request/tools.h"

/* From "a,b"; for tools_free().  What they borrow stays until the test program ends. */
struct tools *tools_from_names(struct span comma_separated);

#endif
