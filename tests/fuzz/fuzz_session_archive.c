/* SPDX-License-Identifier: MIT */
/* What is taken of an archive lies in it, and each of its files has a name from which no
 * path leads away.  A text whose path is rewritten has no other byte that changes, when
 * it is rewritten to what it was. */
#include "request/session_archive.h"

#include <stdlib.h>
#include <string.h>

static const char *const paths[] = {"projects/{w}/{i}.jsonl",
                                    "projects/{w}/{i}/subagents/agent-*.jsonl", NULL};
static const struct session_store store = {.id = "claude-code",
                                           .paths = paths,
                                           .folder = SESSION_DASHES,
                                           .folders = "projects",
                                           .version = "version",
                                           .place = "cwd"};

static void must(bool kept)
{
  if (!kept)
    abort();
}

static bool has(struct span s, const char *words)
{
  size_t n = strlen(words);
  for (size_t i = 0; i + n <= s.len; i++)
    if (memcmp(s.at + i, words, n) == 0)
      return true;
  return false;
}

static void check_files(const struct session_archive *a, struct span all)
{
  struct ustar_file file;
  struct span rest = a->files;
  struct fault f = {0};
  struct buf path = buf_make(4096);
  int more;
  while ((more = ustar_next(&rest, &file, &f)) > 0) {
    must(file.content.at >= all.at &&
         file.content.at + file.content.len <= all.at + all.len);
    buf_clear(&path);
    session_archive_path(&store, file.name, SPAN_LITERAL("-new"), &path);
    must(span_starts(buf_span(&path), "projects/-new/"));
    must(!has(buf_span(&path), "..") && !has(buf_span(&path), "//") &&
         !has(buf_span(&path), "/."));
  }
  must(more == 0);
  must(a->session_id.len >= 8 && !has(a->session_id, "/") && !has(a->session_id, "."));
  must(a->workspace.len > 0 && a->workspace.at[0] == '/');
  buf_free(&path);
}

static void check_text(struct span text)
{
  struct buf moved = buf_make(16 * text.len + 64), back = buf_make(16 * text.len + 64);
  struct span version = session_archive_find(text, store.version);
  must(version.len == 0 || (version.at > text.at && version.at < text.at + text.len));
  session_archive_move(&store, text, SPAN_LITERAL("/old"), SPAN_LITERAL("/other"),
                       &moved);
  session_archive_move(&store, buf_span(&moved), SPAN_LITERAL("/other"),
                       SPAN_LITERAL("/old"), &back);
  must(moved.len >= text.len);
  if (!has(text, "/other"))
    must(span_equal(buf_span(&back), text));
  buf_free(&moved);
  buf_free(&back);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct span all = {(const char *)data, size};
  struct session_archive a;
  struct fault f = {0};
  if (session_archive_read(all, &store, &a, &f) == 0)
    check_files(&a, all);
  else
    must(f.text[0] != 0);
  session_archive_free(&a);
  if (size < 65536)
    check_text(all);
  return 0;
}
