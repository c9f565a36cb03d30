/* SPDX-License-Identifier: MIT */
/* tool_command.h - the executor that runs a local command, --tool-command.
 *
 * `/bin/sh -c command` gets {"name":…,"args":…} on stdin.  Exit status 0: one JSON value
 * on stdout is the result as it stands, anything else becomes a string.  Any other end is
 * a failure in the words of its stderr, or else in ours.  Bytes that are no UTF-8 become
 * U+FFFD.  */
#ifndef TOOL_TOOL_COMMAND_H
#define TOOL_TOOL_COMMAND_H

#include "tool/tool_executor.h"

tool_executor_claim tool_command_claim; /* for a source that names a command */

#endif
