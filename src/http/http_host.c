/* SPDX-License-Identifier: MIT */
/* http_host.c - nothing is resolved: only the spelling counts. */
#include "http/http_host.h"

static bool is_loopback_four(struct span name)
{
  unsigned long long number;
  for (int part = 0; part < 4; part++) {
    size_t len = 0;
    while (len < name.len && name.at[len] != '.')
      len++;
    bool last = part == 3;
    if (last != (len == name.len) || len > 3 ||
        !span_to_number((struct span){name.at, len}, part ? 0 : 127, part ? 255 : 127,
                        &number))
      return false;
    name = span_after(name, last ? len : len + 1);
  }
  return true;
}

/* A port must be a number: what follows "localhost:" is not a name of ours otherwise. */
static bool take_port(struct span *host)
{
  size_t name = host->len;
  while (name > 0 && host->at[name - 1] != ':' && host->at[name - 1] != ']')
    name--;
  if (name == 0 || host->at[name - 1] == ']')
    return true; /* there is no port */
  unsigned long long port;
  if (!span_to_number(span_after(*host, name), 0, 65535, &port))
    return false;
  host->len = name - 1;
  return true;
}

bool http_host_is_loopback(struct span host)
{
  return take_port(&host) && (span_is_nocase(host, "localhost") ||
                              span_is(host, "[::1]") || is_loopback_four(host));
}

bool http_origin_is_loopback(struct span origin)
{
  if (span_starts(origin, "http://"))
    return http_host_is_loopback(span_after(origin, 7));
  return span_starts(origin, "https://") && http_host_is_loopback(span_after(origin, 8));
}
