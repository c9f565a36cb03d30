/* SPDX-License-Identifier: MIT */
/* tool_callback.h - the executor of code that calls its host (request/callback.h).
 *
 * The agent has one tool, whatever its name, with the arguments {"toolPath": text,
 * "input": any}.  The result is {"value": what the host gave}, {} where it gave nothing,
 * so that every value arrives as what it was; what failed is told in the host's own
 * words, a denied call behind CALLBACK_DENIED.  */
#ifndef TOOL_TOOL_CALLBACK_H
#define TOOL_TOOL_CALLBACK_H

#include "tool/tool_executor.h"

tool_executor_claim tool_callback_claim; /* for a source that has a callback */

#endif
