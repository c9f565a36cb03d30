/* SPDX-License-Identifier: MIT */
/* tool_schema.h - a tool's schemas and annotations as every agent can read them.  Pure.
 *
 * Agents check the list of tools by the types of MCP, and one malformed member costs them
 * the whole list.  So what they would refuse is mended, and what is no fault keeps its
 * bytes:
 *   no schema, {} or no object         {"type":"object"}
 *   a root without a type              "type":"object" in front
 *   type as a list with "object"       "object"
 *   properties that is no object,      left out
 *   required that is no list of texts
 *   a property's schema true, false    {}, {"not":{}}; of any other kind: {}
 *   annotations: a title that is no    left out
 *   text, a …Hint that is no boolean
 * `why` gets a clause for each loss ("properties is no object and was left out"), joined
 * by "; "; what means the same is no loss.  All schemas are raw JSON that was checked. */
#ifndef REQUEST_TOOL_SCHEMA_H
#define REQUEST_TOOL_SCHEMA_H

#include "base/buf.h"

enum tool_schema_root {
  SCHEMA_ROOT_OBJECT, /* "type":"object", or a list with it */
  SCHEMA_ROOT_NONE,   /* no schema, or one that does not say */
  SCHEMA_ROOT_OTHER
};
enum tool_schema_root tool_schema_root(struct span schema);

/* `union_keys`: the parameters that stand in branches of anyOf, oneOf, allOf or behind a
 * $ref of the root stand in its properties too, as {}. */
void tool_schema_write(struct span schema, bool union_keys, struct buf *out,
                       struct buf *why);
/* Nothing when nothing is left. */
void tool_annotations_write(struct span annotations, struct buf *out, struct buf *why);
/* Has the schema a parameter of that name? */
bool tool_schema_has(struct span schema, struct span name);
/* The first parameter whose name is not 1 to 64 of [A-Za-z0-9_.-], onto `name`; false:
 * there is none. */
bool tool_schema_odd_parameter(struct span schema, struct buf *name);

#endif
