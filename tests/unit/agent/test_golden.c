/* SPDX-License-Identifier: MIT */
/* Replays tests/golden/<harness>/<case> (see the README.md there) through the door that
 * `runlet translate` uses.  RUNLET_GOLDEN names the folder, else it is tests/golden below
 * the current one.  With RUNLET_BLESS it writes the out.ndjson files instead of judging
 * them. */
#include "agui_check.h"
#include "base/limits.h"
#include "door/translate_door.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

struct golden {
  char folder[1100], harness[256], name[256];
};

static struct golden cases[256];
static size_t case_count;

/* Where ours differs on purpose: what only ours says, NULL: all that follows. */
static const struct difference {
  const char *harness, *name, *why, *ours;
} differences[] = {
    {"claude-code", "09-noresult",
     "decisions 3.3, 3.5: open text is closed and RUN_ERROR no-result ends "
     "the stream; the reference just stops",
     NULL},
    {"claude-code", "07-error-exec", "a RUN_ERROR says what was used, too",
     ",\"usage\":{\"promptTokens\":10,\"completionTokens\":4,\"totalTokens\":14,"
     "\"providerUsageDetails\":{\"totalCostUsd\":0.0123},\"promptTokensDetails\":{"
     "\"cachedTokens\":3,\"cacheWriteTokens\":2}}"},
    {"codex", "01-basic", "file.changed for the edits of every agent",
     "{\"type\":\"CUSTOM\",\"timestamp\":0,\"name\":\"file.changed\",\"value\":{"
     "\"path\":\"a\",\"kind\":\"add\",\"diff\":\"\"},\"metadata\":{\"tanstack\":{"
     "\"model\":\"fake-model\"}}}\n"},
    {"codex", "02-failed", "every RUN_ERROR has a code", ",\"code\":\"agent-error\""},
    {"codex", "03-error", "every RUN_ERROR has a code", ",\"code\":\"agent-error\""},
};

static const struct difference *difference_of(const struct golden *g)
{
  for (size_t i = 0; i < sizeof differences / sizeof differences[0]; i++)
    if (strcmp(differences[i].name, g->name) == 0 &&
        strcmp(differences[i].harness, g->harness) == 0)
      return &differences[i];
  return NULL;
}

/* It stands there once: without it. */
static struct buf leave_out(const struct buf *stream, const char *ours)
{
  struct buf out = buf_make(LIMIT_EVENT_LINE_BYTES);
  const char *at = strstr(stream->at, ours);
  assert_non_null(at);
  buf_add(&out, (struct span){stream->at, (size_t)(at - stream->at)});
  buf_add_text(&out, at + strlen(ours));
  assert_null(strstr(buf_cstring(&out), ours));
  return out;
}

static bool read_file(const char *folder, const char *name, struct buf *out)
{
  char path[1200];
  (void)snprintf(path, sizeof path, "%s/%s", folder, name);
  FILE *file = fopen(path, "rb");
  *out = buf_make(LIMIT_EVENT_LINE_BYTES);
  if (file == NULL)
    return false;
  for (;;) {
    char piece[4096];
    size_t n = fread(piece, 1, sizeof piece, file);
    if (n == 0)
      break;
    buf_add(out, (struct span){piece, n});
  }
  (void)fclose(file);
  return true;
}

static struct buf translated(const struct golden *g, const struct event_format *format,
                             size_t read_bytes)
{
  char path[1200];
  FILE *file = tmpfile();
  struct buf end, out = buf_make(LIMIT_EVENT_LINE_BYTES);
  struct fault f = {0};
  assert_non_null(file);
  (void)snprintf(path, sizeof path, "%s/in.ndjson", g->folder);
  struct translate_options setup = {.harness = g->harness,
                                    .model = "fake-model",
                                    .file = path,
                                    .out = fileno(file),
                                    .format = format,
                                    .read_bytes = read_bytes};
  if (read_file(g->folder, "end", &end)) {
    int status = sscanf(end.at, "status %d", &setup.exit_status);
    int signal = sscanf(end.at, "signal %d", &setup.signal);
    assert_true(status == 1 || signal == 1);
  }
  buf_free(&end);
  assert_int_equal(translate_run(&setup, &f), 0);
  rewind(file);
  for (;;) {
    char piece[4096];
    size_t n = fread(piece, 1, sizeof piece, file);
    if (n == 0)
      break;
    buf_add(&out, (struct span){piece, n});
  }
  (void)fclose(file);
  return out;
}

static void assert_same(const struct golden *g, const char *what, const struct buf *got,
                        const struct buf *wanted)
{
  if (span_equal(buf_span(got), buf_span(wanted)))
    return;
  fail_msg("%s/%s, %s: got\n%.*s\nwanted\n%.*s", g->harness, g->name, what, (int)got->len,
           got->at ? got->at : "", (int)wanted->len, wanted->at ? wanted->at : "");
}

static void assert_grammar(const struct golden *g, const struct buf *stream,
                           const struct event_format *format)
{
  const char *why = agui_check_stream(buf_span(stream), format);
  if (why != NULL)
    fail_msg("%s/%s: %s\n%.*s", g->harness, g->name, why, (int)stream->len, stream->at);
}

static void bless(const struct golden *g, const struct buf *out)
{
  char path[1200];
  (void)snprintf(path, sizeof path, "%s/out.ndjson", g->folder);
  FILE *file = fopen(path, "wb");
  assert_non_null(file);
  assert_int_equal(fwrite(out->at, 1, out->len, file), out->len);
  assert_int_equal(fclose(file), 0);
}

static void test_golden__the_same_bytes_come_out(void **state)
{
  const struct golden *g = *state;
  struct buf wanted, out = translated(g, &event_format_tanstack, 0);
  assert_grammar(g, &out, &event_format_tanstack);
  if (getenv("RUNLET_BLESS") != NULL) {
    bless(g, &out);
  } else {
    assert_true(read_file(g->folder, "out.ndjson", &wanted));
    assert_same(g, "out.ndjson", &out, &wanted);
    buf_free(&wanted);
  }
  buf_free(&out);
}

static void test_golden__however_the_input_is_cut(void **state)
{
  static const size_t pieces[] = {1, 2, 7, 61, 1000};
  const struct golden *g = *state;
  struct buf whole = translated(g, &event_format_tanstack, 0);
  for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
    struct buf out = translated(g, &event_format_tanstack, pieces[i]);
    assert_same(g, "cut into pieces", &out, &whole);
    buf_free(&out);
  }
  buf_free(&whole);
}

static void test_golden__ag_ui_form_keeps_the_grammar(void **state)
{
  const struct golden *g = *state;
  struct buf out = translated(g, &event_format_ag_ui, 0);
  assert_grammar(g, &out, &event_format_ag_ui);
  buf_free(&out);
}

/* The value of the first member of that name, in bytes. */
static struct span first_text(struct span text, const char *name)
{
  char key[64];
  (void)snprintf(key, sizeof key, "\"%s\":\"", name);
  const char *at = strstr(text.at, key); /* a buf's bytes end in NUL */
  assert_non_null(at);
  at += strlen(key);
  const char *end = strchr(at, '"');
  assert_non_null(end);
  return (struct span){at, (size_t)(end - at)};
}

static bool starts_with(struct span text, struct span front)
{
  return front.len > 0 && text.len >= front.len &&
         memcmp(text.at, front.at, front.len) == 0;
}

/* "Ids that an agent counts by itself go out as <runId>-<native>": all native ids of these
 * cases are such, and the reference has them bare. */
static bool is_native_id(struct span at, struct span run, size_t *key)
{
  static const char *const names[] = {"\"messageId\":\"", "\"toolCallId\":\""};
  for (size_t i = 0; i < 2; i++) {
    *key = strlen(names[i]);
    if (span_starts(at, names[i]) && !starts_with(span_after(at, *key), run))
      return true;
  }
  return false;
}

/* The reference's stream with its ids and times as ours. */
static struct buf normalised(const struct buf *reference)
{
  struct buf out = buf_make(LIMIT_EVENT_LINE_BYTES);
  struct span rest = buf_span(reference);
  struct span run = first_text(rest, "runId"), thread = first_text(rest, "threadId");
  size_t key = 0;
  while (rest.len > 0) {
    if (is_native_id(rest, run, &key)) {
      buf_add(&out, (struct span){rest.at, key});
      buf_add_text(&out, "run-");
      rest = span_after(rest, key);
    } else if (starts_with(rest, run)) {
      buf_add_text(&out, "run");
      rest = span_after(rest, run.len);
    } else if (starts_with(rest, thread)) {
      buf_add_text(&out, "thread");
      rest = span_after(rest, thread.len);
    } else if (span_starts(rest, "\"timestamp\":")) {
      buf_add_text(&out, "\"timestamp\":0");
      rest = span_after(rest, strlen("\"timestamp\":"));
      while (rest.len > 0 && rest.at[0] >= '0' && rest.at[0] <= '9')
        rest = span_after(rest, 1);
    } else {
      buf_add_char(&out, rest.at[0]);
      rest = span_after(rest, 1);
    }
  }
  return out;
}

static void test_golden__the_reference_says_the_same(void **state)
{
  const struct golden *g = *state;
  struct buf reference;
  /* a case of our own */
  if (!read_file(g->folder, "reference.ndjson", &reference))
    return;
  struct buf out = translated(g, &event_format_tanstack, 0),
             wanted = normalised(&reference);
  const struct difference *d = difference_of(g);
  if (d == NULL) {
    assert_same(g, "reference.ndjson", &out, &wanted);
  } else if (d->ours == NULL) { /* ours begins with all of it */
    assert_true(out.len > wanted.len);
    out.len = wanted.len;
    assert_same(g, d->why, &out, &wanted);
  } else {
    struct buf rest = leave_out(&out, d->ours);
    assert_same(g, d->why, &rest, &wanted);
    buf_free(&rest);
  }
  buf_free(&reference);
  buf_free(&wanted);
  buf_free(&out);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
  return strcmp((*a)->d_name, (*b)->d_name);
}

/* Calls `found` for each folder entry that does not begin with a dot. */
static void each_entry(const char *folder, void (*found)(const char *, const char *))
{
  struct dirent **names = NULL;
  int n = scandir(folder, &names, NULL, by_name);
  for (int i = 0; i < n; i++) {
    if (names[i]->d_name[0] != '.' && names[i]->d_type == DT_DIR)
      found(folder, names[i]->d_name);
    free(names[i]);
  }
  free(names);
}

static void found_case(const char *harness_folder, const char *name)
{
  if (case_count == sizeof cases / sizeof cases[0])
    return;
  struct golden *g = &cases[case_count++];
  const char *harness = strrchr(harness_folder, '/') + 1;
  (void)snprintf(g->folder, sizeof g->folder, "%s/%s", harness_folder, name);
  (void)snprintf(g->harness, sizeof g->harness, "%s", harness);
  (void)snprintf(g->name, sizeof g->name, "%s", name);
}

static void found_harness(const char *golden, const char *harness)
{
  char folder[800];
  (void)snprintf(folder, sizeof folder, "%s/%s", golden, harness);
  each_entry(folder, found_case);
}

int main(void)
{
  static const struct {
    const char *name;
    CMUnitTestFunction run;
  } tests[] = {
      {"the_same_bytes_come_out", test_golden__the_same_bytes_come_out},
      {"however_the_input_is_cut", test_golden__however_the_input_is_cut},
      {"ag_ui_form_keeps_the_grammar", test_golden__ag_ui_form_keeps_the_grammar},
      {"the_reference_says_the_same", test_golden__the_reference_says_the_same},
  };
  enum { TESTS = sizeof tests / sizeof tests[0] };
  static struct CMUnitTest all[256 * TESTS];
  static char names[256 * TESTS][600];
  const char *folder = getenv("RUNLET_GOLDEN");
  size_t count = 0;
  each_entry(folder != NULL ? folder : "tests/golden", found_harness);
  if (case_count == 0) {
    (void)fprintf(stderr, "no golden cases: set RUNLET_GOLDEN\n");
    return 1;
  }
  for (size_t i = 0; i < case_count; i++)
    for (size_t t = 0; t < TESTS; t++) {
      (void)snprintf(names[count], sizeof names[count], "%s/%s__%s", cases[i].harness,
                     cases[i].name, tests[t].name);
      all[count] = (struct CMUnitTest){
          .name = names[count], .test_func = tests[t].run, .initial_state = &cases[i]};
      count++;
    }
  return _cmocka_run_group_tests("golden", all, count, NULL, NULL);
}
