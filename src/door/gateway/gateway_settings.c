/* SPDX-License-Identifier: MIT */
/* gateway_settings.c - the order of the checks is that of Paperclip's
 * own gateway, whose words its host and its tests look for.  */
#include "gateway_settings.h"

#include "base/limits.h"
#include "door/env_number.h"

#include <string.h>

#define MS_MOST   2147483647ull
#define NAME(end) "PAPERCLIP_BRIDGE_" end

static int read_numbers(char *const *env, struct gateway_settings *out, struct fault *f)
{
  struct env_number numbers[] = {
      {NAME("PORT"), 0, 65535, 0},
      {NAME("POLL_INTERVAL_MS"), 1, MS_MOST, LIMIT_GATEWAY_POLL_MS},
      {NAME("RESPONSE_TIMEOUT_MS"), 1, MS_MOST, LIMIT_GATEWAY_RESPONSE_MS},
      {NAME("MAX_QUEUE_DEPTH"), 1, 1000000, LIMIT_GATEWAY_DEPTH},
      {NAME("MAX_BODY_BYTES"), 1, LIMIT_GATEWAY_BYTES, LIMIT_GATEWAY_BODY_BYTES}};
  if (env_numbers_read(env, numbers, sizeof numbers / sizeof *numbers, f) < 0)
    return -1;
  out->port = (unsigned)numbers[0].number;
  out->poll_ms = (unsigned)numbers[1].number;
  out->response_ms = (unsigned)numbers[2].number;
  out->depth = numbers[3].number;
  out->max_body_bytes = (size_t)numbers[4].number;
  return 0;
}

int gateway_settings_read(char *const *env, struct gateway_settings *out, struct fault *f)
{
  const char *mode = env_text(env, "PAPERCLIP_API_BRIDGE_MODE");
  const char *host = env_text(env, "PAPERCLIP_BRIDGE_HOST");
  *out = (struct gateway_settings){
      .token = env_text(env, "PAPERCLIP_BRIDGE_TOKEN"),
      .queue = env_text(env, "PAPERCLIP_BRIDGE_QUEUE_DIR"),
      .host = !host[0] || !strcmp(host, "localhost") ? "127.0.0.1" : host};
  if (!out->token[0])
    return fault_set(f, FAULT_BAD_INPUT, "PAPERCLIP_BRIDGE_TOKEN is required.");
  if (mode[0] && strcmp(mode, "queue_v1") != 0)
    return fault_set(f, FAULT_BAD_INPUT,
                     "Unsupported PAPERCLIP_API_BRIDGE_MODE: %.100s (queue_v1 is the "
                     "one that runlet knows)",
                     mode);
  if (!out->queue[0])
    return fault_set(
        f, FAULT_BAD_INPUT,
        "PAPERCLIP_BRIDGE_QUEUE_DIR and PAPERCLIP_BRIDGE_TOKEN are required.");
  return read_numbers(env, out, f);
}

size_t gateway_settings_envelope(size_t body_bytes)
{
  return 6 * body_bytes + 64 * KIB;
}

size_t gateway_settings_ceiling(const struct gateway_settings *s)
{
  size_t wanted =
      4 * (4 * gateway_settings_envelope(s->max_body_bytes) + 4 * s->max_body_bytes);
  return wanted < LIMIT_GATEWAY_BYTES ? wanted : LIMIT_GATEWAY_BYTES;
}
