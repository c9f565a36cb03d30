/* SPDX-License-Identifier: MIT */
/* report.c - the members of the report, and stderr made fit to be shown.
 *
 * stderr is the agent's and may hold anything; it ends in an event that a terminal or a
 * web page shows, so escape sequences and secrets go.  */
#include "report.h"

#include "base/json.h"
#include "base/json_write.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/signal_name.h"

/* How long the terminal sequence at `s` is; 0: none is there.  CSI ends with a letter or
 * so, OSC with BEL or ESC \. */
static size_t ansi_length(struct span s)
{
  if (s.len < 2 || s.at[0] != 0x1b)
    return 0;
  size_t i = 2;
  if (s.at[1] == '[') {
    while (i < s.len && !(s.at[i] >= 0x40 && s.at[i] <= 0x7e))
      i++;
    return i < s.len ? i + 1 : s.len;
  }
  if (s.at[1] != ']')
    return 2;
  while (i < s.len && s.at[i] != 0x07 && s.at[i] != 0x1b)
    i++;
  if (i < s.len && s.at[i] == 0x1b)
    i++;
  return i < s.len ? i + 1 : s.len;
}

/* U+0080 to U+009F are control characters too: some terminals take U+009B for ESC [. */
static bool is_c1(struct span s)
{
  return s.len > 1 && (unsigned char)s.at[0] == 0xc2 && (unsigned char)s.at[1] < 0xa0;
}

/* The last bytes of valid UTF-8 that fit, on a character border. */
static struct span last_bytes(struct span text, size_t most)
{
  if (text.len <= most)
    return text;
  struct span shown = span_after(text, text.len - most);
  while (shown.len > 0 && ((unsigned char)shown.at[0] & 0xc0) == 0x80)
    shown = span_after(shown, 1);
  return shown;
}

static void strip(struct span text, struct buf *plain)
{
  while (text.len > 0) {
    size_t skip = is_c1(text) ? 2 : ansi_length(text);
    unsigned char c = (unsigned char)text.at[0];
    if (!skip && (c >= 0x20 || c == '\n' || c == '\t') && c != 0x7f)
      buf_add_char(plain, (char)c);
    text = span_after(text, skip ? skip : 1);
  }
}

/* Secrets are struck as they were printed (one may hold a control byte), then once more
 * as they will be read (colours may stand within one), and both times before the cut:
 * half a secret would not be recognised. */
void report_clean(struct span stderr_tail, struct buf *out)
{
  struct buf struck = buf_make(MIB), plain = buf_make(MIB);
  log_redact_tail(stderr_tail, LIMIT_SETUP_TAIL, &struck); /* the smallest tail's */
  strip(buf_span(&struck), &plain);
  struct buf valid = buf_make(3 * plain.len + 1), safe = buf_make(MIB);
  utf8_repair(buf_span(&plain), &valid);
  log_redact(buf_span(&valid), &safe);
  buf_add(out, last_bytes(buf_span(&safe), LIMIT_STDERR_TAIL_BYTES));
  buf_free(&struck);
  buf_free(&plain);
  buf_free(&valid);
  buf_free(&safe);
}

static void put_end(struct json_writer *w, const struct report *r)
{
  const struct process_end *end = r->end;
  const char *name = signal_name(end->signal);
  if (end->signal && name)
    json_put_text(w, "signal", span_of(name));
  else if (end->signal)
    json_put_int(w, "signal", end->signal);
  else
    json_put_int(w, "exitCode", end->status);
  if (end->oom)
    json_put_bool(w, "oom", true);
  json_put_int(w, "cpuMs", (long long)end->cpu_ms);
  json_put_int(w, "maxRssKiB", (long long)end->max_rss_kib);
  if (end->forced)
    json_put_bool(w, "forced", true);
  if (end->leftover_count == 0)
    return;
  json_open(w, "leftovers", '[');
  for (size_t i = 0; i < end->leftover_count; i++) {
    json_open(w, NULL, '{');
    json_put_int(w, "pid", end->leftovers[i].pid);
    struct buf name_text = buf_make(64);
    utf8_repair(span_of(end->leftovers[i].name), &name_text);
    json_put_text(w, "name", buf_span(&name_text));
    buf_free(&name_text);
    json_close(w, '}');
  }
  json_close(w, ']');
}

void report_write(const struct report *r, struct buf *members)
{
  struct buf text = buf_make(MIB);
  struct json_writer w = json_write_to(&text);
  json_open(&w, NULL, '{');
  json_put_int(&w, "durationMs", (long long)r->duration_ms);
  if (r->startup_ms)
    json_put_int(&w, "startupMs", (long long)r->startup_ms);
  if (r->files_told + r->files_folded + r->files_rescans > 0) {
    json_open(&w, "files", '{');
    json_put_int(&w, "told", (long long)r->files_told);
    json_put_int(&w, "folded", (long long)r->files_folded);
    json_put_int(&w, "rescans", (long long)r->files_rescans);
    json_close(&w, '}');
  }
  if (r->end)
    put_end(&w, r);
  if (r->cancelled_by)
    json_put_text(&w, "cancelledBy", span_of(r->cancelled_by));
  if (r->end && r->failed && r->end->stderr_tail.len > 0)
    json_put_text(&w, "stderrTail", r->end->stderr_tail);
  json_close(&w, '}');
  buf_add(members, (struct span){text.at + 1, text.len - 2});
  buf_free(&text);
}
