/* SPDX-License-Identifier: MIT */
/* session_archive.c - the head, the checks, and the one member that is rewritten. */
#include "request/session_archive.h"

#include "base/json.h"
#include "base/json_write.h"
#include "base/limits.h"

#include <stdlib.h>
#include <string.h>

#define HEAD "runlet-session.json"
enum { PLACE_DEPTH = 2 };

/* -- the head -- */

void session_archive_begin(const struct session_store *store,
                           const struct session_archive *head, struct buf *out)
{
  struct buf text = buf_make(LIMIT_BODY_BYTES);
  struct json_writer w = json_write_to(&text);
  json_open(&w, NULL, '{');
  json_put_int(&w, "format", SESSION_FORMAT);
  json_put_text(&w, "harness", span_of(store->id));
  if (head->version.len > 0)
    json_put_text(&w, "agentVersion", head->version);
  json_put_text(&w, "sessionId", head->session_id);
  json_put_text(&w, "workspace", head->workspace);
  json_close(&w, '}');
  buf_add_char(&text, '\n');
  (void)ustar_add(out, SPAN_LITERAL(HEAD), buf_span(&text));
  buf_free(&text);
}

static int refuse(struct fault *f, const char *why)
{
  return fault_set(f, FAULT_BAD_INPUT, "the archive's %s %s", HEAD, why);
}

static int read_head(struct span text, const struct session_store *store,
                     struct session_archive *a, struct fault *f)
{
  static const struct json_rules rules = {.unique_keys = true};
  unsigned long long format = 0;
  if (text.len > LIMIT_NAME_BYTES)
    return refuse(f, "is too long");
  a->doc = json_parse(text, &rules, f);
  if (!a->doc)
    return fault_prefix(f, "the archive's " HEAD);
  json_at root = json_root(a->doc);
  struct span harness = json_member_text(a->doc, root, "harness");
  if (!json_whole(json_get(root, "format"), SIZE_MAX, &format) || format == 0)
    return refuse(f, "has no number `format`");
  if (format > SESSION_FORMAT)
    return fault_set(f, FAULT_BAD_INPUT,
                     "the archive has format %llu, which is newer than ours (%d)", format,
                     SESSION_FORMAT);
  if (!span_is(harness, store->id))
    return fault_set(f, FAULT_BAD_INPUT,
                     "the archive is a session of \"%.*s\", not of %s",
                     SPAN_ARG(span_cut_utf8(harness, 60)), store->id);
  a->session_id = json_member_text(a->doc, root, "sessionId");
  a->workspace = json_member_text(a->doc, root, "workspace");
  a->version = json_member_text(a->doc, root, "agentVersion");
  if (!session_id_is_good(a->session_id))
    return refuse(f, "has no `sessionId` that can be one");
  if (a->workspace.len == 0 || a->workspace.at[0] != '/' ||
      a->workspace.len > LIMIT_PATH_BYTES ||
      memchr(a->workspace.at, 0, a->workspace.len) != NULL)
    return refuse(f, "has no `workspace` that is an absolute path");
  return 0;
}

/* -- the files -- */

static bool is_wanted(const struct session_store *store, struct span name,
                      const struct session_archive *a)
{
  const struct session_names names = {a->session_id,
                                      SPAN_LITERAL(SESSION_ARCHIVED_FOLDER)};
  return store->export_script ? span_is(name, SESSION_EXPORTED_FILE)
                              : session_store_has(store, name, &names);
}

/* What an agent's own command takes brings the session that it names itself. */
static int check_content(const struct session_store *store, const struct ustar_file *file,
                         const struct session_archive *a, struct fault *f)
{
  static const char *const raw[] = {"info", "messages", NULL};
  static const struct json_rules rules = {.raw = raw};
  if (!store->export_script)
    return 0;
  struct json *doc = json_parse(file->content, &rules, f);
  if (!doc)
    return fault_prefix(f, "\"%s\" in the archive", file->text);
  bool same = json_slice_says(json_slice(file->content, "info.id"), a->session_id);
  json_free(doc);
  return same ? 0
              : fault_set(f, FAULT_BAD_INPUT,
                          "\"%s\" in the archive is another session than its head says",
                          file->text);
}

/* Names come in order, so that one that comes twice is seen. */
static int check_files(const struct session_store *store, struct session_archive *a,
                       struct fault *f)
{
  struct ustar_file file;
  struct span rest = a->files;
  struct buf last = buf_make(KIB);
  size_t count = 0;
  int more;
  while ((more = ustar_next(&rest, &file, f)) > 0) {
    bool ordered = last.len == 0 || strcmp(buf_cstring(&last), file.text) < 0;
    buf_clear(&last);
    buf_add(&last, file.name);
    if (!is_wanted(store, file.name, a))
      more = fault_set(f, FAULT_BAD_INPUT,
                       "\"%s\" in the archive is no file of a session of %s", file.text,
                       store->id);
    else if (!ordered)
      more = fault_set(f, FAULT_BAD_INPUT,
                       "\"%s\" in the archive stands there twice, or not in the order of "
                       "the names",
                       file.text);
    else if (++count > LIMIT_ARCHIVE_FILES)
      more = fault_set(f, FAULT_TOO_BIG, "the archive holds more than %d files",
                       LIMIT_ARCHIVE_FILES);
    else if (check_content(store, &file, a, f) < 0)
      more = -1;
    if (more < 0)
      break;
  }
  buf_free(&last);
  if (more == 0 && count == 0)
    return fault_set(f, FAULT_BAD_INPUT, "the archive holds no file of a session");
  return more;
}

int session_archive_read(struct span bytes, const struct session_store *store,
                         struct session_archive *a, struct fault *f)
{
  struct ustar_file file;
  *a = (struct session_archive){.files = bytes};
  if (bytes.len > LIMIT_ARCHIVE_BYTES)
    return fault_set(f, FAULT_TOO_BIG, "the archive is longer than %zu bytes",
                     LIMIT_ARCHIVE_BYTES);
  int first = ustar_next(&a->files, &file, f);
  if (first < 0)
    return -1;
  if (first == 0 || !span_is(file.name, HEAD))
    return fault_set(f, FAULT_BAD_INPUT, "the archive does not begin with " HEAD);
  return read_head(file.content, store, a, f) < 0 ? -1 : check_files(store, a, f);
}

void session_archive_free(struct session_archive *a)
{
  json_free(a->doc);
  a->doc = NULL;
}

void session_archive_path(const struct session_store *store, struct span name,
                          struct span folder, struct buf *out)
{
  size_t before = store->folder ? strlen(store->folders) + 1 : 0;
  if (before > 0) {
    buf_addf(out, "%s/%.*s", store->folders, SPAN_ARG(folder));
    before += strlen(SESSION_ARCHIVED_FOLDER);
  }
  size_t from = out->len;
  buf_add(out, span_after(name, before));
  for (size_t i = from; store->lowers && i < out->len; i++)
    out->at[i] = out->at[i] == store->lowers ? (char)(store->lowers | 0x20) : out->at[i];
}

/* -- texts -- */

static size_t skip_blanks(struct span text, size_t i)
{
  while (i < text.len && (text.at[i] == ' ' || text.at[i] == '\n' || text.at[i] == '\r' ||
                          text.at[i] == '\t'))
    i++;
  return i;
}

/* Behind the string that begins at `i`; a line that was cut off in it ends it. */
static size_t skip_string(struct span text, size_t i)
{
  for (i++; i < text.len && text.at[i] != '"' && text.at[i] != '\n'; i++)
    i += text.at[i] == '\\';
  return i < text.len ? i + 1 : text.len;
}

struct span session_archive_find(struct span text, const char *member)
{
  size_t length = strlen(member);
  for (size_t i = 0, end; i < text.len; i = end) {
    end = i + 1;
    if (text.at[i] != '"')
      continue;
    end = skip_string(text, i);
    if (end - i != length + 2 || memcmp(text.at + i + 1, member, length) != 0)
      continue;
    size_t at = skip_blanks(text, end);
    if (at >= text.len || text.at[at] != ':')
      continue;
    at = skip_blanks(text, at + 1);
    size_t behind = at < text.len && text.at[at] == '"' ? skip_string(text, at) : 0;
    if (behind > at + 1)
      return (struct span){text.at + at + 1, behind - at - 2};
  }
  return (struct span){0};
}

struct mover {
  struct span text, key; /* the member's name with its quotes */
  struct buf from, to;   /* as they stand in JSON, without quotes */
  unsigned depth, array; /* in which array its strings are paths; 0: in none */
  bool next;             /* the value that comes is the member's */
};

/* A string from i to end: the path, or one that leads on from it? */
static bool is_below(const struct mover *m, size_t i, size_t end)
{
  struct span s = {m->text.at + i + 1, end - i - 2};
  return end >= i + 2 && s.len >= m->from.len &&
         memcmp(s.at, m->from.at, m->from.len) == 0 &&
         (s.len == m->from.len || s.at[m->from.len] == '/');
}

static size_t move_string(struct mover *m, size_t i, struct buf *out)
{
  size_t end = skip_string(m->text, i), behind = skip_blanks(m->text, end);
  struct span whole = {m->text.at + i, end - i};
  bool is_key = behind < m->text.len && m->text.at[behind] == ':';
  bool path = !is_key && (m->next || (m->array > 0 && m->depth == m->array));
  m->next = is_key && m->depth <= PLACE_DEPTH && span_equal(whole, m->key);
  if (path && is_below(m, i, end)) {
    buf_add_char(out, '"');
    buf_add(out, buf_span(&m->to));
    whole = span_after(whole, 1 + m->from.len);
  }
  buf_add(out, whole);
  return end;
}

/* A line that begins an object is a new value, whatever the line before it left open. */
static void step(struct mover *m, char c, bool begins)
{
  if (c == '{' || c == '[') {
    m->depth = begins ? 1 : m->depth + 1;
    if (m->next && c == '[')
      m->array = m->depth;
  } else if (c == '}' || c == ']') {
    m->array = m->array == m->depth ? 0 : m->array;
    m->depth -= m->depth > 0;
  }
  if (c != ':' && c != ' ' && c != '\n' && c != '\r' && c != '\t')
    m->next = false;
}

static struct buf escaped(struct span path)
{
  struct buf quoted = buf_make(SIZE_MAX);
  json_escape(&quoted, path);
  buf_drop_front(&quoted, 1);
  quoted.len--;
  return quoted;
}

void session_archive_move(const struct session_store *store, struct span text,
                          struct span from, struct span to, struct buf *out)
{
  if (!store->place || span_equal(from, to)) {
    buf_add(out, text);
    return;
  }
  struct buf key = buf_make(KIB);
  buf_addf(&key, "\"%s\"", store->place);
  struct mover m = {text, buf_span(&key), escaped(from), escaped(to), 0, 0, false};
  for (size_t i = 0, end; i < text.len; i = end) {
    if (text.at[i] == '"') {
      end = move_string(&m, i, out);
      continue;
    }
    for (end = i; end < text.len && text.at[end] != '"'; end++)
      step(&m, text.at[end], end == 0 || text.at[end - 1] == '\n');
    buf_add(out, (struct span){text.at + i, end - i});
  }
  buf_free(&key);
  buf_free(&m.from);
  buf_free(&m.to);
}
