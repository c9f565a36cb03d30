/* SPDX-License-Identifier: MIT */
/* run_files.c - between the watch and the events. */
#include "run_files.h"

#include "base/clock.h"
#include "base/json_write.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "event/formats.h"

static void on_file(void *who, const char *type, struct span path)
{
  struct run *r = who;
  struct span root = r->req->root;
  struct buf name = buf_make(LIMIT_PATH_BYTES + root.len);
  struct buf valid = buf_make(3 * (LIMIT_PATH_BYTES + root.len));
  struct buf value = buf_make(MIB);
  struct json_writer w = json_write_to(&value);
  while (root.len > 0 && root.at[root.len - 1] == '/')
    root.len--;
  buf_add(&name, root);
  buf_add(&name, path);
  utf8_repair(buf_span(&name), &valid);
  json_open(&w, NULL, '{');
  json_put_text(&w, "type", span_of(type));
  json_put_text(&w, "path", buf_span(&valid));
  json_put_int(&w, "timestamp", clock_now_ms());
  json_close(&w, '}');
  events_custom(r->events, "sandbox.file", buf_span(&value));
  buf_free(&name);
  buf_free(&valid);
  buf_free(&value);
}

static void on_warning(void *who, const char *code, const char *text)
{
  struct run *r = who;
  events_warn(r->events, code, span_of(text));
}

static bool may_tell(void *who)
{
  const struct run *r = who;
  return events_backlog(r->events) <= LIMIT_SINK_HIGH_BYTES;
}

static void on_finished(void *who)
{
  struct run *r = who;
  r->files_told(r, r->end);
}

void run_files_open(struct run *r)
{
  static const struct file_watch_calls calls = {on_file, on_warning, may_tell,
                                                on_finished};
  const struct file_watch_setup setup = {.loop = r->settings->loop,
                                         .folder = buf_cstring(&r->resources.workspace),
                                         .own = r->settings->run_folders};
  const struct event_format *format = formats_find(r->req->event_format);
  if (!r->req->no_file_events && format && (format->is_wire || format->tells_files))
    r->files = file_watch_open(&setup, &calls, r);
}

void run_files_finish(struct run *r, const struct process_end *end,
                      void (*told)(struct run *r, const struct process_end *end))
{
  r->files_told = told;
  r->end = end;
  if (r->files)
    file_watch_finish(r->files, r->code[0] ? LIMIT_FILES_CUT_MS : LIMIT_FILES_LAST_MS);
  else
    told(r, end);
}

void run_files_close(struct run *r)
{
  file_watch_close(r->files);
  r->files = NULL;
}
