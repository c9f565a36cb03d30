/* SPDX-License-Identifier: MIT */
/* cors.h - which web pages may call, and what their browsers are told (--allow-origin).
 *
 * A page of an allowed origin may call what is meant for pages (routes.h) and nothing
 * else.  It needs the token as everybody does; where there is none, its origin is what
 * lets it in, so "*" is refused then.  A browser asks first (OPTIONS, without a token)
 * and is answered for such addresses only.  Wire: the Fetch standard, CORS protocol.  */
#ifndef DOOR_CORS_H
#define DOOR_CORS_H

#include "base/buf.h"
#include "base/fault.h"

struct http_exchange;

/* `list`: origins with commas between them, as browsers send them, or "*"; NULL: none. */
int cors_check(const char *list, bool has_token, struct fault *f);
/* Is this the Origin of a page that may call? */
bool cors_allows(const char *list, struct span origin);
/* True: the request is a page's that may make it, and its answer will say so. `answered`:
 * the browser's question was answered. */
bool cors_admit(const char *list, struct http_exchange *x, bool *answered);

#endif
