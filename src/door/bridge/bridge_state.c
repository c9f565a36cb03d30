/* SPDX-License-Identifier: MIT */
/* One job of io/file_job.h each, done here and now. */
#include "bridge_state.h"

#include "base/json_write.h"
#include "base/limits.h"
#include "base/log.h"
#include "io/file_job.h"
#include "io/files.h"

#include <unistd.h>

static int put(const struct bridge_state *s, const char *name, struct span bytes,
               bool secret, struct fault *f)
{
  struct file_job job = {.kind = FILE_PUT,
                         .path = buf_make(LIMIT_PATH_BYTES),
                         .bytes = buf_make(bytes.len + 1),
                         .secret = secret};
  buf_addf(&job.path, "%s/%s", s->folder, name);
  buf_add(&job.bytes, bytes);
  int failed = file_job_run(&job);
  if (failed)
    *f = job.fault;
  file_job_free(&job);
  return failed;
}

static void put_or_tell(const struct bridge_state *s, const char *name, struct span bytes,
                        bool secret)
{
  struct fault f = {0};
  if (put(s, name, bytes, secret, &f) < 0)
    log_line(LOG_WARN, (struct span){0}, "%s: %s", name, f.text);
}

static void put_meta(const struct bridge_state *s, struct buf *out)
{
  struct json_writer w = json_write_to(out);
  json_open(&w, NULL, '{');
  json_put_text(&w, "type", span_of(s->type));
  json_put_int(&w, "port", s->port);
  json_put_text(&w, "state", span_of(s->name));
  json_put_int(&w, "pid", getpid());
  json_close(&w, '}');
}

int bridge_state_open(struct bridge_state *s, struct fault *f)
{
  struct buf meta = buf_make(KIB + 2 * LIMIT_PATH_BYTES);
  s->name = "init";
  put_meta(s, &meta);
  int failed = files_make_path(s->folder, f);
  if (!failed)
    failed = put(s, "bridge-meta.json", buf_span(&meta), false, f);
  buf_free(&meta);
  return failed ? fault_prefix(f, "--bridge-state-dir") : 0;
}

void bridge_state_set(struct bridge_state *s, const char *name)
{
  struct buf meta = buf_make(KIB + 2 * LIMIT_PATH_BYTES);
  s->name = name;
  put_meta(s, &meta);
  put_or_tell(s, "bridge-meta.json", buf_span(&meta), false);
  buf_free(&meta);
}

void bridge_state_put_start(const struct bridge_state *s, struct span frame)
{
  struct buf path = buf_make(LIMIT_PATH_BYTES);
  put_or_tell(s, "start-config.json", frame, true);
  buf_addf(&path, "%s/rerun-start-config.json", s->folder);
  if (access(buf_cstring(&path), F_OK) != 0)
    put_or_tell(s, "rerun-start-config.json", frame, true);
  buf_free(&path);
}
