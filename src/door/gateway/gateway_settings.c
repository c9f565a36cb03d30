/* SPDX-License-Identifier: MIT */
/* gateway_settings.c - one row a number.  The order of the checks is that of Paperclip's
 * own gateway, whose words its host and its tests look for.  */
#include "gateway_settings.h"

#include "base/limits.h"

#include <string.h>

#define MS_MOST 2147483647ull

/* "" when it is not set. */
static const char *value_of(char *const *env, const char *name)
{
  size_t len = strlen(name);
  for (; *env; env++)
    if (!strncmp(*env, name, len) && (*env)[len] == '=')
      return *env + len + 1;
  return "";
}

static int read_number(char *const *env, const char *name, unsigned long long least,
                       unsigned long long most, unsigned long long *number,
                       struct fault *f)
{
  const char *value = value_of(env, name);
  if (!value[0] || span_to_number(span_of(value), least, most, number))
    return 0;
  return fault_set(f, FAULT_BAD_INPUT,
                   "%s must be a whole number from %llu to %llu, not \"%.60s\"", name,
                   least, most, value);
}

static int read_numbers(char *const *env, struct gateway_settings *out, struct fault *f)
{
  unsigned long long port = 0, poll = LIMIT_GATEWAY_POLL_MS,
                     response = LIMIT_GATEWAY_RESPONSE_MS, depth = LIMIT_GATEWAY_DEPTH,
                     body = LIMIT_GATEWAY_BODY_BYTES;
  const struct {
    const char *name;
    unsigned long long least, most, *number;
  } rows[] = {{"PAPERCLIP_BRIDGE_PORT", 0, 65535, &port},
              {"PAPERCLIP_BRIDGE_POLL_INTERVAL_MS", 1, MS_MOST, &poll},
              {"PAPERCLIP_BRIDGE_RESPONSE_TIMEOUT_MS", 1, MS_MOST, &response},
              {"PAPERCLIP_BRIDGE_MAX_QUEUE_DEPTH", 1, 1000000, &depth},
              {"PAPERCLIP_BRIDGE_MAX_BODY_BYTES", 1, LIMIT_GATEWAY_BYTES, &body}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    if (read_number(env, rows[i].name, rows[i].least, rows[i].most, rows[i].number, f) <
        0)
      return -1;
  out->port = (unsigned)port;
  out->poll_ms = (unsigned)poll;
  out->response_ms = (unsigned)response;
  out->depth = depth;
  out->max_body_bytes = (size_t)body;
  return 0;
}

int gateway_settings_read(char *const *env, struct gateway_settings *out, struct fault *f)
{
  const char *mode = value_of(env, "PAPERCLIP_API_BRIDGE_MODE");
  const char *host = value_of(env, "PAPERCLIP_BRIDGE_HOST");
  *out = (struct gateway_settings){
      .token = value_of(env, "PAPERCLIP_BRIDGE_TOKEN"),
      .queue = value_of(env, "PAPERCLIP_BRIDGE_QUEUE_DIR"),
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
