/* SPDX-License-Identifier: MIT */
/* code_output.c - one reader for each event that counts.  */
#include "door/http/code_output.h"

#include "base/json.h"
#include "base/json_write.h"
#include "base/limits.h"
#include "door/http/code_program.h"

#include <string.h>

struct code_output code_output_make(enum callback_shape shape, unsigned timeout_ms)
{
  return (struct code_output){.shape = shape,
                              .timeout_ms = timeout_ms,
                              .out.kept = buf_make(LIMIT_CODE_OUTPUT_BYTES),
                              .err.kept = buf_make(LIMIT_CODE_OUTPUT_BYTES),
                              .words = buf_make(LIMIT_CODE_OUTPUT_BYTES),
                              .result = buf_make(LIMIT_CODE_RESULT_BYTES),
                              .error = buf_make(2 * LIMIT_ERROR_MESSAGE_BYTES),
                              .exit_code = -1};
}

void code_output_free(struct code_output *o)
{
  buf_free(&o->out.kept);
  buf_free(&o->err.kept);
  buf_free(&o->words);
  buf_free(&o->result);
  buf_free(&o->error);
}

/* -- lines -- */

/* What has no room any more, and all after it. */
static void keep_line(struct code_stream *s, struct span line)
{
  size_t room = LIMIT_CODE_OUTPUT_BYTES - s->kept.len;
  struct span part = line;
  if (s->lines > 0 && s->missing == 0 && room > 0) {
    buf_add_char(&s->kept, '\n');
    room--;
  }
  if (s->missing > 0 || line.len > room)
    part = span_cut_utf8(line, s->missing > 0 ? 0 : room);
  buf_add(&s->kept, part);
  s->missing += line.len - part.len;
  s->lines++;
}

static void add_line(struct code_output *o, const char *stream, struct span line)
{
  keep_line(!strcmp(stream, "stderr") ? &o->err : &o->out, line);
  if (o->on_line)
    o->on_line(o->who, stream, line);
}

/* A text as it is, anything else as its JSON. */
static void add_value(struct code_output *o, const char *stream, const char *before,
                      struct span raw)
{
  struct buf line = buf_make(raw.len + KIB);
  buf_add_text(&line, before);
  if (json_slice_kind(raw) == JSON_STRING)
    json_unescape(raw, &line);
  else
    buf_add(&line, raw);
  add_line(o, stream, buf_span(&line));
  buf_free(&line);
}

static void end_words(struct code_output *o)
{
  if (o->words.len > 0)
    add_line(o, "stdout", buf_span(&o->words));
  buf_clear(&o->words);
}

/* An agent that writes no line end has lines all the same, of what is kept of them. */
static void add_words(struct code_output *o, struct span delta)
{
  o->spoken = true;
  for (;;) {
    const char *newline = delta.len ? memchr(delta.at, '\n', delta.len) : NULL;
    size_t n = newline ? (size_t)(newline - delta.at) : delta.len;
    if (o->words.len + n > o->words.ceiling)
      end_words(o);
    if (n > o->words.ceiling)
      add_line(o, "stdout", (struct span){delta.at, n});
    else
      buf_add(&o->words, (struct span){delta.at, n});
    if (!newline)
      return;
    add_line(o, "stdout", buf_span(&o->words));
    buf_clear(&o->words);
    delta = span_after(delta, n + 1);
  }
}

/* -- the end -- */

static const char *status_of(struct span code, struct span message)
{
  if (span_starts(message, CALLBACK_DENIED))
    return "denied";
  if (span_is(code, "run-timeout") || span_is(code, "start-timeout"))
    return "timed_out";
  return "failed";
}

static void read_exit(struct code_output *o, json_at root)
{
  json_at runlet = json_get(json_get(root, "metadata"), "runlet");
  unsigned long long code;
  if (json_whole(json_get(runlet, "exitCode"), 255, &code))
    o->exit_code = (long long)code;
}

static void on_error(struct code_output *o, const struct json *doc, json_at root)
{
  struct span message = json_member_text(doc, root, "message");
  o->status = status_of(json_member_text(doc, root, "code"), message);
  if (!strcmp(o->status, "failed"))
    read_exit(o, root);
  if (!strcmp(o->status, "timed_out"))
    buf_addf(&o->error, "Execution timed out after %ums", o->timeout_ms);
  else if (!strcmp(o->status, "denied"))
    buf_add(&o->error, span_trim(span_after(message, sizeof CALLBACK_DENIED - 1)));
  else
    buf_add(&o->error, message);
}

static void on_finished(struct code_output *o)
{
  o->status = "completed";
  o->exit_code = 0;
  if (!o->result_is_lost)
    return;
  o->status = "failed";
  buf_addf(&o->error, "the result is longer than %zu bytes", LIMIT_CODE_RESULT_BYTES);
}

/* What the code printed past us, and is not here for it. */
static void on_warning(struct code_output *o, struct span value)
{
  struct span code = json_slice(value, "code");
  if (json_slice_kind(code) == JSON_STRING &&
      (json_slice_says(code, SPAN_LITERAL("unparsable-line")) ||
       json_slice_says(code, SPAN_LITERAL("line-too-long"))))
    add_value(o, "stderr", "runlet: ", json_slice(value, "message"));
}

static void on_custom(struct code_output *o, const struct json *doc, json_at root)
{
  struct span name = json_member_text(doc, root, "name");
  struct span value = json_raw(json_get(root, "value"));
  if (span_is(name, "runlet.warning")) {
    on_warning(o, value);
  } else if (span_is(name, CODE_OUTPUT)) {
    struct span stream = json_slice(value, "stream");
    bool err = json_slice_kind(stream) == JSON_STRING &&
               json_slice_says(stream, SPAN_LITERAL("stderr"));
    add_value(o, err ? "stderr" : "stdout", "", json_slice(value, "line"));
  } else if (span_is(name, CODE_RESULT) && o->shape == CALLBACK_URL) {
    buf_clear(&o->result);
    buf_add(&o->result, value);
    o->result_is_lost = value.len == 0 || o->result.overflowed;
  } else if (span_is(name, CODE_RESULT)) {
    add_value(o, "stdout", "result: ", value);
  }
}

void code_output_event(struct code_output *o, struct span line)
{
  static const char *const raw[] = {"value", "input", "rawEvent", NULL};
  struct fault ignored = {0};
  struct json *doc = json_parse(line, &(struct json_rules){.raw = raw}, &ignored);
  json_at root = json_root(doc);
  struct span type = json_member_text(doc, root, "type");
  if (span_is(type, "CUSTOM"))
    on_custom(o, doc, root);
  else if (span_is(type, "TEXT_MESSAGE_CONTENT"))
    add_words(o, json_member_text(doc, root, "delta"));
  else if (span_is(type, "TEXT_MESSAGE_END"))
    end_words(o);
  else if (span_is(type, "RUN_FINISHED"))
    on_finished(o);
  else if (span_is(type, "RUN_ERROR"))
    on_error(o, doc, root);
  json_free(doc);
}

/* -- the answer -- */

static void put_stream(struct json_writer *w, const char *name,
                       const struct code_stream *s)
{
  struct buf text = buf_make(LIMIT_CODE_OUTPUT_BYTES + KIB);
  buf_add(&text, buf_span(&s->kept));
  if (s->missing > 0)
    buf_addf(&text, "\n[%llu bytes more were cut]", s->missing);
  json_put_text(w, name, buf_span(&text));
  buf_free(&text);
}

void code_output_put(const struct code_output *o, struct buf *out)
{
  struct buf whole = buf_make(out->ceiling);
  struct json_writer w = json_write_to(&whole);
  const char *status = o->status ? o->status : "failed";
  json_open(&w, NULL, '{');
  json_put_text(&w, "status", span_of(status));
  if (o->shape != CALLBACK_URL) {
    put_stream(&w, "stdout", &o->out);
    put_stream(&w, "stderr", &o->err);
  } else if (!strcmp(status, "completed")) {
    if (o->spoken && o->result.len == 0)
      put_stream(&w, "result", &o->out);
    else
      json_put_raw(&w, "result", buf_span(&o->result)); /* none: null */
  }
  if (o->exit_code >= 0)
    json_put_int(&w, "exitCode", o->exit_code);
  if (o->error.len > 0)
    json_put_text(&w, "error", buf_span(&o->error));
  json_close(&w, '}');
  buf_add(out, (struct span){whole.at + 1, whole.len - 2});
  buf_free(&whole);
}
