/* SPDX-License-Identifier: MIT */
/* auth.c - the order of the questions matters: the agent never enters, a token decides
 * alone, and only without one do Host, Origin and the peer's address.  */
#include "door/auth.h"

#include "base/secret.h"
#include "http/http_host.h"

#include <string.h>

static bool is_loopback(const char *host)
{
  return !strncmp(host, "127.", 4) || !strcmp(host, "::1");
}

int auth_open(struct auth *a, struct buf *token, const char *host,
              bool allow_unauthenticated, struct fault *f)
{
  *a = (struct auth){.token = buf_take(token), .loopback = is_loopback(host)};
  if (a->token.len == 0 && !a->loopback && !allow_unauthenticated)
    return fault_set(f, FAULT_BAD_INPUT,
                     "--listen %s without a token would let anybody in: give "
                     "--token-file or RUNLET_TOKEN, or say "
                     "--allow-unauthenticated",
                     host);
  return 0;
}

void auth_close(struct auth *a)
{
  buf_wipe(&a->token);
}

int auth_check(const struct auth *a, const struct auth_facts *facts, struct fault *f)
{
  if (facts->from_agent)
    return fault_set(f, FAULT_FORBIDDEN, "not for this machine's agent");
  if (a->token.len > 0)
    return facts->authorizations == 1 &&
                   secret_is_bearer(facts->authorization, buf_span(&a->token))
               ? 0
               : fault_set(f, FAULT_DENIED, "unauthorized");
  if (facts->has_origin)
    return fault_set(f, FAULT_FORBIDDEN, "a request with an Origin needs a token");
  if (a->loopback && !http_host_is_loopback(facts->host))
    return fault_set(f, FAULT_FORBIDDEN, "without a token Host must be a loopback name");
  if (!a->loopback && facts->from_here)
    return fault_set(f, FAULT_FORBIDDEN,
                     "without a token no calls from this machine itself");
  return 0;
}
