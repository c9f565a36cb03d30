/* SPDX-License-Identifier: MIT */
/* auth.c - see auth.h. */
#include "door/auth.h"

#include "base/ids.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/mem.h"
#include "io/files.h"

#include <string.h>

#define TOKEN_VARIABLE "RUNLET_TOKEN="

static int read_file(const char *file, struct buf *token, struct fault *f)
{
  struct buf text;
  if (files_read(file, 4 * KIB, &text, f) < 0)
    return fault_prefix(f, "--token-file");
  buf_add(token, span_trim(buf_span(&text)));
  buf_wipe(&text);
  if (token->len == 0)
    return fault_set(f, FAULT_BAD_INPUT, "--token-file %s is empty", file);
  return 0;
}

/* The value of one entry, or NULL. */
static char *token_in(char *entry)
{
  size_t name = strlen(TOKEN_VARIABLE);
  return strncmp(entry, TOKEN_VARIABLE, name) ? NULL : entry + name;
}

void auth_wipe(char *const *env)
{
  for (size_t i = 0; env[i]; i++) {
    char *value = token_in(env[i]);
    if (value)
      mem_wipe(value, strlen(value)); /* /proc/<pid>/environ shows this memory */
  }
}

static int read_variable(char *const *env, struct buf *token, struct fault *f)
{
  unsigned found = 0;
  for (size_t i = 0; env[i]; i++) {
    const char *value = token_in(env[i]);
    if (value && found++ == 0)
      buf_add(token, span_trim(span_of(value)));
  }
  auth_wipe(env);
  if (found > 1)
    return fault_set(f, FAULT_BAD_INPUT, "RUNLET_TOKEN is in the environment twice");
  if (found && token->len == 0)
    return fault_set(f, FAULT_BAD_INPUT, "RUNLET_TOKEN is empty");
  return 0;
}

static bool is_loopback(const char *host)
{
  return !strncmp(host, "127.", 4) || !strcmp(host, "::1");
}

int auth_open(struct auth *g, const char *file, char *const *env, const char *host,
              bool allow_unauthenticated, struct fault *f)
{
  *g = (struct auth){.token = buf_make(4 * KIB), .loopback = is_loopback(host)};
  struct buf from_env = buf_make(4 * KIB);
  int failed = read_variable(env, &from_env, f); /* wiped even when the file wins */
  if (!failed && file)
    failed = read_file(file, &g->token, f);
  else if (!failed)
    buf_add(&g->token, buf_span(&from_env));
  buf_wipe(&from_env);
  if (failed)
    return -1;
  if (g->token.len == 0 && !g->loopback && !allow_unauthenticated)
    return fault_set(f, FAULT_BAD_INPUT,
                     "--listen %s without a token would let anybody in: give "
                     "--token-file or RUNLET_TOKEN, or say "
                     "--allow-unauthenticated",
                     host);
  log_hide(buf_span(&g->token));
  return 0;
}

void auth_close(struct auth *g)
{
  buf_wipe(&g->token);
}

/* 127.a.b.c in full: a name such as 127.example.org is anybody's to point at us. */
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

/* "localhost", "127.0.0.1", "[::1]", each with or without a port. */
static bool host_is_loopback(struct span host)
{
  struct span name = host;
  for (size_t i = host.len; i > 0 && host.at[i - 1] != ']'; i--)
    if (host.at[i - 1] == ':')
      name.len = i - 1;
  return span_is_nocase(name, "localhost") || span_is(name, "[::1]") ||
         is_loopback_four(name);
}

int auth_check(const struct auth *g, const struct auth_facts *facts, struct fault *f)
{
  if (facts->from_agent)
    return fault_set(f, FAULT_FORBIDDEN, "not for this machine's agent");
  if (g->token.len > 0)
    return ids_is_bearer(facts->authorization, buf_span(&g->token))
               ? 0
               : fault_set(f, FAULT_DENIED, "unauthorized");
  if (facts->has_origin)
    return fault_set(f, FAULT_FORBIDDEN, "a request with an Origin needs a token");
  if (g->loopback && !host_is_loopback(facts->host))
    return fault_set(f, FAULT_FORBIDDEN, "without a token Host must be a loopback name");
  if (!g->loopback && facts->from_here)
    return fault_set(f, FAULT_FORBIDDEN,
                     "without a token no calls from this machine itself");
  return 0;
}
