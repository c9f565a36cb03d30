/* SPDX-License-Identifier: MIT */
/* gateway_settings.h - what Paperclip's host tells the gateway by its environment.  Pure.
 *
 * PAPERCLIP_API_BRIDGE_MODE (queue_v1 and no other), PAPERCLIP_BRIDGE_QUEUE_DIR and
 * _TOKEN (both must be there), _HOST (an IP literal or localhost), _PORT (0: any),
 * _POLL_INTERVAL_MS, _RESPONSE_TIMEOUT_MS, _MAX_QUEUE_DEPTH, _MAX_BODY_BYTES.  What is
 * empty counts as unset.  Numbers are strict; a fault names its variable.  */
#ifndef DOOR_GATEWAY_SETTINGS_H
#define DOOR_GATEWAY_SETTINGS_H

#include "base/buf.h"
#include "base/fault.h"

struct gateway_settings { /* texts are lent by the environment */
  const char *token, *queue, *host;
  unsigned port, poll_ms, response_ms;
  unsigned long long depth;
  size_t max_body_bytes;
};

int gateway_settings_read(char *const *env, struct gateway_settings *out,
                          struct fault *f);
/* A request or response file around a body of that size has at most so many bytes: JSON
 * may need six for one. */
size_t gateway_settings_envelope(size_t body_bytes);
/* How many bytes all requests together may hold; more are answered 503. */
size_t gateway_settings_ceiling(const struct gateway_settings *s);

#endif
