/* SPDX-License-Identifier: MIT */
/* secret.c - a comparison that ends at the first wrong byte lets a caller on the same
 * machine find a token byte for byte. */
#include "base/secret.h"

bool secret_equal(struct span a, struct span b)
{
  if (a.len != b.len)
    return false;
  volatile unsigned char differs = 0; /* volatile: no early way out may be compiled in */
  for (size_t i = 0; i < a.len; i++)
    differs = (unsigned char)(differs | (a.at[i] ^ b.at[i]));
  return differs == 0;
}

bool secret_is_bearer(struct span authorization, struct span token)
{
  struct span scheme = {authorization.at, authorization.len < 7 ? authorization.len : 7};
  if (!span_is_nocase(scheme, "bearer "))
    return false;
  return secret_equal(span_trim(span_after(authorization, 7)), token);
}
