/* SPDX-License-Identifier: MIT */
/* secret.h - comparing secrets, so that the time it takes tells nothing.  */
#ifndef BASE_SECRET_H
#define BASE_SECRET_H

#include "base/buf.h"

/* Equal, in time that depends on the lengths only. */
bool secret_equal(struct span a, struct span b);
/* An Authorization header's value is "Bearer <token>": the scheme in any case, the token
 * in constant time. */
bool secret_is_bearer(struct span authorization, struct span token);

#endif
