/* SPDX-License-Identifier: MIT */
/* workspace_files.c - first the notes, then all other files. */
#include "workspace_files.h"

#include "base/limits.h"
#include "beneath.h"
#include "notes.h"

#include <string.h>

static const char *const notes_names[] = {"AGENTS.md", "CLAUDE.md", "GEMINI.md", NULL};

struct place {
  const struct run_request *req;
  const char *folder;
  const struct files_owner *owner;
};

struct span workspace_files_inside(const struct run_request *req, struct span path)
{
  size_t n = req->root.len;
  bool below = path.len > n && n > 0 &&
               span_equal((struct span){path.at, n}, req->root) && path.at[n] == '/';
  path = below ? span_after(path, n) : path;
  while (span_starts(path, "/") || span_starts(path, "./"))
    path = span_after(path, path.at[0] == '/' ? 1 : 2);
  return path;
}

/* The file skill of that name; the last one counts, as with all files. */
static struct span content_of(const struct run_request *req, const char *name)
{
  const struct workspace_plan *plan = &req->workspace;
  for (size_t i = plan->file_count; i > 0; i--)
    if (span_is(workspace_files_inside(req, plan->files[i - 1].path), name))
      return plan->files[i - 1].content;
  return (struct span){0};
}

static void add_part(struct buf *notes, struct span part)
{
  if (notes->len > 0 && part.len > 0)
    buf_add_text(notes, "\n\n");
  buf_add(notes, part);
}

/* 1: nothing is there. */
static int merge(const struct place *p, const char *name, struct span notes,
                 struct fault *f)
{
  struct buf there = buf_make(LIMIT_NOTES_BYTES), merged = buf_make(SIZE_MAX);
  int r = beneath_read(p->folder, span_of(name), &there, f);
  if (r == 0 && notes_merge(buf_span(&there), notes, &merged))
    r = beneath_write(p->folder, span_of(name), buf_span(&merged), p->owner, f);
  buf_free(&there);
  buf_free(&merged);
  return r;
}

static int create(const struct place *p, const char *name, struct span notes, bool link,
                  struct fault *f)
{
  struct buf block = buf_make(SIZE_MAX);
  if (link)
    return beneath_link(p->folder, span_of(name), "AGENTS.md", p->owner, f) < 0 ? -1 : 0;
  (void)notes_merge((struct span){0}, notes, &block);
  int r = beneath_write(p->folder, span_of(name), buf_span(&block), p->owner, f);
  buf_free(&block);
  return r;
}

/* What stands in none of the files that are there is a fault; `refused` says why. */
static int write_notes(const struct place *p, struct fault *f)
{
  struct buf all = buf_make(SIZE_MAX), notes = buf_make(SIZE_MAX); /* the request's */
  struct fault refused = {0};
  size_t carried = 0;
  bool agents = false; /* AGENTS.md says them */
  int r = 0;
  notes_write(&p->req->workspace, &all);
  add_part(&all, content_of(p->req, notes_names[0]));
  for (size_t i = 0; r == 0 && notes_names[i]; i++) {
    struct span own = i > 0 ? content_of(p->req, notes_names[i]) : (struct span){0};
    struct fault why = {0};
    buf_clear(&notes);
    buf_add(&notes, buf_span(&all));
    add_part(&notes, own);
    r = merge(p, notes_names[i], buf_span(&notes), &why);
    if (r == 1 && notes.len > 0)
      r = create(p, notes_names[i], buf_span(&notes), agents && own.len == 0, &why);
    carried += r == 0;
    agents = agents || (r == 0 && i == 0);
    r = r < 0 && (why.kind != FAULT_BAD_INPUT || own.len > 0) ? -1 : 0;
    if (r < 0)
      *f = why;
    if (why.kind != FAULT_NONE && refused.kind == FAULT_NONE)
      refused = why;
  }
  if (r == 0 && all.len > 0 && carried == 0) {
    *f = refused;
    r = -1;
  }
  buf_free(&all);
  buf_free(&notes);
  return r < 0 ? fault_prefix(f, "the workspace's notes") : 0;
}

static bool is_notes(struct span path)
{
  for (const char *const *name = notes_names; *name; name++)
    if (span_is(path, *name))
      return true;
  return false;
}

int workspace_files_write(const struct run_request *req, const char *folder,
                          const struct files_owner *owner, struct fault *f)
{
  const struct place place = {req, folder, owner};
  const struct workspace_plan *plan = &req->workspace;
  if (write_notes(&place, f) < 0)
    return -1;
  for (size_t i = 0; i < plan->file_count; i++) {
    struct span path = workspace_files_inside(req, plan->files[i].path);
    if (!is_notes(path) &&
        beneath_write(folder, path, plan->files[i].content, owner, f) < 0)
      return fault_prefix(f, "workspace.skills");
  }
  return 0;
}
