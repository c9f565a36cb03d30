/* SPDX-License-Identifier: MIT */
/* token.c - the variable is read and wiped even when the file wins: nobody would do it
 * later.  */
#include "door/token.h"

#include "base/limits.h"
#include "base/log.h"
#include "base/mem.h"
#include "io/files.h"

#include <string.h>
#include <sys/stat.h>

#define TOKEN_VARIABLE "RUNLET_TOKEN="

/* A token that no request can carry would lock everybody out, and say so to nobody. */
static int check(const char *from, struct span token, struct fault *f)
{
  for (size_t i = 0; i < token.len; i++) {
    unsigned char c = (unsigned char)token.at[i];
    if (c <= ' ' || c >= 0x7f)
      return fault_set(f, FAULT_BAD_INPUT,
                       "%s can never match: byte %zu of the token (0x%02x) is no visible "
                       "ASCII character (a second line, a byte order mark?)",
                       from, i + 1, c);
  }
  return 0;
}

void token_warn_of_readers(const char *option, const char *file)
{
  struct stat s;
  if (stat(file, &s) == 0 && s.st_mode & S_IROTH)
    log_line(LOG_WARN, (struct span){0},
             "%s %s can be read by every user here, the agent's too (mode %03o): chmod "
             "o-r it",
             option, file, (unsigned)s.st_mode & 0777);
}

static int read_file(const char *file, struct buf *token, struct fault *f)
{
  struct buf text;
  if (files_read(file, 4 * KIB, &text, f) < 0)
    return fault_prefix(f, "--token-file");
  token_warn_of_readers("--token-file", file);
  buf_add(token, span_trim(buf_span(&text)));
  buf_wipe(&text);
  if (token->len == 0)
    return fault_set(f, FAULT_BAD_INPUT, "--token-file %s is empty", file);
  return check("--token-file", buf_span(token), f);
}

/* The value of one entry, or NULL. */
static char *token_in(char *entry)
{
  size_t name = strlen(TOKEN_VARIABLE);
  return strncmp(entry, TOKEN_VARIABLE, name) ? NULL : entry + name;
}

void token_wipe(char *const *env)
{
  for (size_t i = 0; env[i]; i++) {
    char *value = token_in(env[i]);
    /* /proc/<pid>/environ shows this memory */
    if (value)
      mem_wipe(value, strlen(value));
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
  token_wipe(env);
  if (found > 1)
    return fault_set(f, FAULT_BAD_INPUT, "RUNLET_TOKEN is in the environment twice");
  if (found && token->len == 0)
    return fault_set(f, FAULT_BAD_INPUT, "RUNLET_TOKEN is empty");
  return check("RUNLET_TOKEN", buf_span(token), f);
}

int token_read(const char *file, char *const *env, struct buf *token, struct fault *f)
{
  struct buf from_env = buf_make(4 * KIB);
  *token = buf_make(4 * KIB);
  int failed = read_variable(env, &from_env, f);
  if (!failed && file)
    failed = read_file(file, token, f);
  else if (!failed)
    buf_add(token, buf_span(&from_env));
  buf_wipe(&from_env);
  if (!failed)
    log_hide(buf_span(token));
  return failed;
}
