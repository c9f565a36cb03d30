/* SPDX-License-Identifier: MIT */
/* mcp_result.h - an MCP result that its agent could not read, mended.  Pure.
 *
 * A client that was told an outputSchema makes an error of a result without
 * structuredContent, after the tool ran (seen: claude in 2026-07-28, opencode, gemini).
 * So for a tool whose outputSchema is listed:
 *   one text block that is a JSON object   it is structuredContent too
 *   anything else                          isError, which is held against no schema, and
 *                                          a text in front that says why
 * And where a model would see nothing of the whole result, a text is added: the words of
 * resource links and of audio, or the JSON of structuredContent.  */
#ifndef BRIDGE_MCP_RESULT_H
#define BRIDGE_MCP_RESULT_H

#include "base/buf.h"

struct mcp_result_wish {
  bool structured; /* the tool's outputSchema is listed */
  bool links;      /* the agent's model sees nothing of links and audio … */
  bool structure;  /* … of structuredContent */
  bool some;       /* a structuredContent that says nothing keeps a text from being one */
};

/* `result` is a raw object with a content array.  `out` stays empty when nothing has to
 * be changed.  False: it is no error, and has no structuredContent. */
bool mcp_result_mend(struct span result, const struct mcp_result_wish *wish,
                     struct buf *out);

#endif
