/* SPDX-License-Identifier: MIT */
/* check_report.c - "ok" is known at the end, so it stands there in the JSON.  */
#include "door/check_report.h"

#include "base/limits.h"
#include "base/utf8.h"
#include "base/version.h"

static const char *const states[] = {
    [CHECK_OK] = "ok", [CHECK_WARNING] = "warning", [CHECK_FAILED] = "failed"};

void check_report_open(struct check_report *r, bool json)
{
  *r = (struct check_report){.json = json, .text = buf_make(LIMIT_EVENT_LINE_BYTES)};
  r->writer = json_write_to(&r->text);
  if (!json)
    return;
  json_open(&r->writer, NULL, '{');
  json_put_text(&r->writer, "version", SPAN_LITERAL(RUNLET_VERSION));
  json_open(&r->writer, "checks", '[');
}

static void add_line(struct check_report *r, const char *state, const char *name,
                     struct span text)
{
  buf_addf(&r->text, "%-8s %s: ", state, name);
  for (struct span c; text.len > 0; text = span_after(text, c.len)) {
    c = (struct span){text.at, utf8_length(text)};
    bool shown = (unsigned char)c.at[0] >= 0x20 && !utf8_is_hostile(c);
    buf_add(&r->text, shown ? c : SPAN_LITERAL(" "));
  }
  buf_add_char(&r->text, '\n');
}

void check_report_add(struct check_report *r, enum check_state state, const char *name,
                      struct span text)
{
  struct buf valid = buf_make(3 * text.len + 1);
  r->failed = r->failed || state == CHECK_FAILED;
  utf8_repair(text, &valid);
  if (!r->json) {
    add_line(r, states[state], name, buf_span(&valid));
  } else {
    json_open(&r->writer, NULL, '{');
    json_put_text(&r->writer, "name", span_of(name));
    json_put_text(&r->writer, "state", span_of(states[state]));
    json_put_text(&r->writer, "text", buf_span(&valid));
    json_close(&r->writer, '}');
  }
  buf_free(&valid);
}

struct span check_report_end(struct check_report *r)
{
  if (r->json) {
    json_close(&r->writer, ']');
    json_put_bool(&r->writer, "ok", !r->failed);
    json_close(&r->writer, '}');
    buf_add_char(&r->text, '\n');
  }
  return buf_span(&r->text);
}

void check_report_close(struct check_report *r)
{
  buf_free(&r->text);
}
