/* SPDX-License-Identifier: MIT */
/* changed.c - a list of lines in a place of fixed size.  */
#include "changed.h"

#include "base/json.h"

#include <string.h>

static char *find(struct changed *c, struct span path)
{
  for (char *at = c->text, *end = c->text + c->len; at < end;) {
    char *newline = memchr(at, '\n', (size_t)(end - at));
    if (span_equal((struct span){at + 1, (size_t)(newline - at) - 1}, path))
      return at;
    at = newline + 1;
  }
  return NULL;
}

static void add(struct changed *c, char what, struct span path)
{
  char *at = find(c, path);
  if (at && *at == 'n' && what == 'd') { /* it came and went */
    size_t gone = path.len + 2;
    memmove(at, at + gone, (size_t)(c->text + c->len - at) - gone);
    c->len -= gone;
  } else if (at && *at != 'n') {
    *at = what == 'd' ? 'd' : 'c';
  } else if (!at && c->len + path.len + 2 <= sizeof c->text) {
    c->text[c->len] = what;
    memcpy(c->text + c->len + 1, path.at, path.len);
    c->text[c->len + 1 + path.len] = '\n';
    c->len += path.len + 2;
  } else if (!at) {
    c->more++;
  }
}

void changed_note(struct changed *c, const struct event *e)
{
  bool watch = span_is(e->name, "sandbox.file");
  if (e->kind != EVENT_CUSTOM ||
      !(watch || (!c->watched && span_is(e->name, "file.changed"))))
    return;
  if (watch && !c->watched)
    c->len = 0;
  c->watched = watch;
  struct fault ignored = {0};
  struct json *doc = json_parse(e->json, NULL, &ignored);
  json_at root = json_root(doc);
  struct span kind = json_member_text(doc, root, watch ? "type" : "kind");
  struct span path = json_member_text(doc, root, "path");
  bool is_new = span_is(kind, "create") || span_is(kind, "add");
  if (path.len > 0 && !memchr(path.at, '\n', path.len))
    add(c, is_new ? 'n' : span_is(kind, "delete") ? 'd' : 'c', path);
  json_free(doc);
}

void changed_put(const struct changed *c, struct buf *out)
{
  struct span rest = {c->text, c->len};
  for (size_t i = 0; rest.len > 0; i++) {
    const char *newline = memchr(rest.at, '\n', rest.len);
    struct span path = {rest.at + 1, (size_t)(newline - rest.at) - 1};
    if (i > 0)
      buf_add_text(out, ", ");
    buf_add(out, path);
    if (rest.at[0] != 'c')
      buf_add_text(out, rest.at[0] == 'n' ? " (new)" : " (deleted)");
    rest = span_after(rest, path.len + 2);
  }
  if (c->more > 0)
    buf_addf(out, " and %lu more", c->more);
}
