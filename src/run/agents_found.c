/* SPDX-License-Identifier: MIT */
/* agents_found.c - a walk over the table of agents.  */
#include "run/agents_found.h"

#include "agent/harnesses.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/strv.h"
#include "io/files.h"

#include <ctype.h>
#include <string.h>

enum { FOLDERS_UP = 4 }; /* from a package's program to its package.json */

/* False: there is no such file, or it has no version. */
static bool put_package_version(const char *file, struct buf *out)
{
  struct buf text = {0};
  struct fault ignored = {0};
  struct json *doc = NULL;
  struct span version = {0};
  if (files_read(file, LIMIT_PACKAGE_BYTES, &text, &ignored) == 0)
    doc = json_parse(buf_span(&text), NULL, &ignored);
  if (doc)
    version = json_member_text(doc, json_root(doc), "version");
  buf_add(out, span_cut_utf8(version, LIMIT_SHOWN_BYTES));
  json_free(doc);
  buf_free(&text);
  return version.len > 0;
}

void agents_version_put(const char *program, struct buf *out)
{
  struct buf folder = buf_make(8 * KIB), file = buf_make(8 * KIB + 16);
  struct fault ignored = {0};
  bool known = files_real_path(program, &folder, &ignored) < 0;
  for (int up = 0; up < FOLDERS_UP && !known; up++) {
    char *slash = strrchr(buf_cstring(&folder), '/');
    if (!slash)
      break;
    known = up < 2 && isdigit((unsigned char)slash[1]) && strchr(slash, '.');
    if (known)
      buf_add_text(out, slash + 1);
    *slash = 0;
    folder.len = (size_t)(slash - folder.at);
    buf_clear(&file);
    buf_addf(&file, "%s/package.json", folder.at);
    known = known || put_package_version(file.at, out);
  }
  buf_free(&folder);
  buf_free(&file);
}

static bool find(const struct harness *h, const struct strv *env, struct buf *program)
{
  struct fault ignored = {0};
  buf_clear(program);
  return h->program && files_find_program(h->program, strv_env(env, "PATH"), "/", program,
                                          &ignored) == 0;
}

void agents_found_put(const struct strv *env, bool details, struct buf *out)
{
  struct buf program = buf_make(8 * KIB), version = buf_make(KIB);
  const struct harness *h;
  const char *before = "";
  for (size_t i = 0; (h = harness_at(i)); i++) {
    if (!find(h, env, &program))
      continue;
    buf_addf(out, "%s%s", before, h->id);
    before = ", ";
    if (!details)
      continue;
    buf_clear(&version);
    agents_version_put(program.at, &version);
    buf_addf(out, "%s%s (%s)", version.len > 0 ? " " : "", buf_cstring(&version),
             program.at);
  }
  if (!before[0])
    buf_add_text(out, "none");
  buf_free(&program);
  buf_free(&version);
}

void agents_known_put(const void *env, struct buf *out)
{
  const struct harness *h;
  for (size_t i = 0; (h = harness_at(i)); i++)
    buf_addf(out, "%s%s", i > 0 ? ", " : "", h->id);
  buf_add_text(out, "; found on PATH: ");
  agents_found_put(env, false, out);
}
