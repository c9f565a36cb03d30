/* SPDX-License-Identifier: MIT */
/* log.c - what is logged may hold anything an agent printed.  So the hidden words are
 * struck out first, while they are whole; then the record is cut and made valid UTF-8,
 * and its control bytes are escaped last. */
#include "base/log.h"

#include "base/clock.h"
#include "base/json_write.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "log_out.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { HIDE_FROM_BYTES = 6, SHOWN_END_BYTES = 4 };

struct hidden {
  char *word;
  size_t len;
  unsigned times; /* log_hide() calls not yet taken back: two runs may share a secret */
};

static enum log_level least_level = LOG_INFO;
static enum log_form form_used = LOG_TEXT;
static struct hidden *hidden; /* longest first, so that the longest match wins */
static size_t hidden_count, hidden_capacity;

static struct traced {
  char *run, id[33], span[17];
} * traced; /* the runs that are a part of a trace */
static size_t traced_count, traced_capacity;

static const char *const level_names[] = {
    [LOG_DEBUG] = "debug", [LOG_INFO] = "info",     [LOG_WARN] = "warn",
    [LOG_ERROR] = "error", [LOG_SILENT] = "silent",
};

void log_setup(enum log_level least, enum log_form form)
{
  least_level = least;
  form_used = form;
}

bool log_level_read(struct span name, enum log_level *level)
{
  for (size_t i = 0; i < sizeof level_names / sizeof *level_names; i++) {
    if (span_is(name, level_names[i])) {
      *level = (enum log_level)i;
      return true;
    }
  }
  return false;
}

static struct hidden *hidden_find(struct span word)
{
  for (size_t i = 0; i < hidden_count; i++) {
    if (span_equal(word, (struct span){hidden[i].word, hidden[i].len}))
      return &hidden[i];
  }
  return NULL;
}

void log_hide(struct span word)
{
  if (word.len < HIDE_FROM_BYTES)
    return;
  struct hidden *known = hidden_find(word);
  if (known) {
    known->times++;
    return;
  }
  hidden = mem_reserve(hidden, hidden_count, &hidden_capacity, sizeof *hidden);
  size_t at = hidden_count++;
  while (at > 0 && hidden[at - 1].len < word.len) {
    hidden[at] = hidden[at - 1];
    at--;
  }
  hidden[at] = (struct hidden){.word = span_copy(word), .len = word.len, .times = 1};
}

static struct traced *traced_find(struct span run)
{
  for (size_t i = 0; i < traced_count; i++)
    if (span_is(run, traced[i].run))
      return &traced[i];
  return NULL;
}

void log_trace(struct span run, struct span id, struct span span)
{
  struct traced *known = traced_find(run);
  if (known) {
    free(known->run);
    *known = traced[--traced_count];
  }
  if (id.len == 0 || id.len >= sizeof known->id || span.len >= sizeof known->span)
    return;
  traced = mem_reserve(traced, traced_count, &traced_capacity, sizeof *traced);
  struct traced *t = &traced[traced_count++];
  *t = (struct traced){.run = span_copy(run)};
  memcpy(t->id, id.at, id.len);
  if (span.len > 0)
    memcpy(t->span, span.at, span.len);
}

static void hidden_drop(size_t index)
{
  mem_wipe(hidden[index].word, hidden[index].len);
  free(hidden[index].word);
  hidden_count--;
  memmove(hidden + index, hidden + index + 1, (hidden_count - index) * sizeof *hidden);
}

void log_unhide(struct span word)
{
  struct hidden *known = hidden_find(word);
  if (known && --known->times == 0)
    hidden_drop((size_t)(known - hidden));
}

void log_forget_all(void)
{
  while (hidden_count > 0)
    hidden_drop(hidden_count - 1);
  free(hidden);
  hidden = NULL;
  hidden_capacity = 0;
  while (traced_count > 0)
    free(traced[--traced_count].run);
  free(traced);
  traced = NULL;
  traced_capacity = 0;
}

/* The length of the longest hidden word that stands at the beginning of `text`, or 0. */
static size_t hidden_at(struct span text)
{
  for (size_t i = 0; i < hidden_count; i++) {
    if (hidden[i].len <= text.len && memcmp(hidden[i].word, text.at, hidden[i].len) == 0)
      return hidden[i].len;
  }
  return 0;
}

void log_redact(struct span text, struct buf *out)
{
  bool begins[256] = {false}; /* some hidden word begins with this byte */
  for (size_t i = 0; i < hidden_count; i++)
    begins[(unsigned char)hidden[i].word[0]] = true;
  size_t kept = 0;
  for (size_t i = 0; i < text.len;) {
    size_t len = begins[(unsigned char)text.at[i]] ? hidden_at(span_after(text, i)) : 0;
    if (len == 0) {
      i++;
      continue;
    }
    buf_add(out, (struct span){text.at + kept, i - kept});
    buf_add(out, SPAN_LITERAL("***"));
    i += len;
    kept = i;
  }
  buf_add(out, span_after(text, kept));
}

/* How much of the text's front is the end of a hidden word. */
static size_t hidden_end_at(struct span text)
{
  size_t longest = 0;
  for (size_t i = 0; i < hidden_count; i++) {
    size_t n = hidden[i].len - 1 < text.len ? hidden[i].len - 1 : text.len;
    while (n > longest && memcmp(hidden[i].word + hidden[i].len - n, text.at, n) != 0)
      n--;
    longest = n > longest ? n : longest;
  }
  return longest;
}

void log_redact_tail(struct span text, size_t room, struct buf *out)
{
  bool full = text.len + 4 >= room; /* blanks may have been trimmed */
  size_t end = full && hidden_at(text) == 0 ? hidden_end_at(text) : 0;
  if (end >= SHOWN_END_BYTES) {
    buf_add(out, SPAN_LITERAL("***"));
    text = span_after(text, end);
  }
  log_redact(text, out);
}

/* A terminal must not be driven, nor its reader misled, by what an agent printed. */
static void add_visible(struct buf *out, struct span text)
{
  while (text.len > 0) {
    struct span c = {text.at, utf8_length(text)};
    if (c.at[0] == '\n')
      buf_add_text(out, "\\n");
    else if (c.at[0] == '\t')
      buf_add_text(out, "\\t");
    else if (c.len == 2 && utf8_is_hostile(c) && (unsigned char)c.at[0] == 0xc2)
      buf_addf(out, "\\x%02x", (unsigned char)c.at[1]);
    else if (utf8_is_hostile(c))
      for (size_t i = 0; i < c.len; i++)
        buf_addf(out, "\\x%02x", (unsigned char)c.at[i]);
    else
      buf_add(out, c);
    text = span_after(text, c.len);
  }
}

/* Redacted before it is cut: half a secret would not be known for one. */
static struct buf log_clean(struct span text)
{
  struct buf redacted = buf_make(SIZE_MAX);
  struct buf repaired = buf_make(SIZE_MAX);
  log_redact(text, &redacted);
  struct span cut = span_cut_utf8(buf_span(&redacted), LIMIT_LOG_RECORD_BYTES);
  (void)utf8_repair(cut, &repaired); /* how many were replaced does not matter here */
  buf_free(&redacted);
  return repaired;
}

static void put_record(enum log_level level, struct span run, const struct traced *trace,
                       struct span message, struct buf *line)
{
  struct buf time = buf_make(64);
  clock_put(clock_now_ms(), &time);
  if (form_used == LOG_JSON) {
    struct json_writer w = json_write_to(line);
    json_open(&w, NULL, '{');
    json_put_text(&w, "time", buf_span(&time));
    json_put_text(&w, "level", span_of(level_names[level]));
    if (run.len > 0)
      json_put_text(&w, "run", run);
    if (trace)
      json_put_text(&w, "trace", span_of(trace->id));
    if (trace && trace->span[0])
      json_put_text(&w, "span", span_of(trace->span));
    json_put_text(&w, "message", message);
    json_close(&w, '}');
  } else {
    buf_addf(line, "%s %s ", buf_cstring(&time), level_names[level]);
    if (run.len > 0) {
      buf_add_text(line, "run=");
      add_visible(line, run);
      if (trace)
        buf_addf(line, trace->span[0] ? " trace=%s span=%s" : " trace=%s", trace->id,
                 trace->span);
      buf_add_char(line, ' ');
    }
    add_visible(line, message);
  }
  buf_add_char(line, '\n');
  buf_free(&time);
}

static void put_lost(unsigned long long lost, struct buf *line)
{
  struct buf text = buf_make(KIB);
  buf_addf(&text, "%llu log lines were lost: stderr was not read", lost);
  put_record(LOG_WARN, (struct span){0}, NULL, buf_span(&text), line);
  buf_free(&text);
}

void log_line(enum log_level level, struct span run, const char *fmt, ...)
{
  if (level < least_level || level >= LOG_SILENT)
    return;
  struct buf text = buf_make(SIZE_MAX);
  va_list args;
  va_start(args, fmt);
  buf_addv(&text, fmt, args);
  va_end(args);
  struct buf message = log_clean(buf_span(&text));
  struct buf name = log_clean(run);
  struct buf line = buf_make(SIZE_MAX);
  put_record(level, buf_span(&name), run.len > 0 ? traced_find(run) : NULL,
             buf_span(&message), &line);
  log_out(buf_span(&line), put_lost);
  buf_wipe(&line);
  buf_free(&name);
  buf_wipe(&message);
  buf_wipe(&text);
}
