/* SPDX-License-Identifier: MIT */
/* talker.c - one run with somebody who talks with its agent (run/run_dialogue.h), for
 * tests of what no door of the program does by itself.
 *
 *   talker REQUEST.json WORKSPACE STATE_FOLDER QUESTION_MS
 *
 * Its environment is the agent's.  On stdout: the run's events, and between them
 *   {"question":ID,"toolCallId":…,"tool":…,"input":…}   {"questionOver":ID,"why":N}
 *   {"permitted":BOOL}   {"said":BOOL,"fault":…}        {"over":BOOL,"code":…}
 * On stdin, a line each:
 *   {"permit":ID,"yes":BOOL,"reason":…}   {"permit":ID,"input":{…}}
 *   {"say":TEXT,"id":…,"next":BOOL}       {"cancel":true} */
#include "base/json.h"
#include "base/json_write.h"
#include "base/limits.h"
#include "base/log.h"
#include "http/http_client.h"
#include "io/lines.h"
#include "io/loop.h"
#include "process/keeper.h"
#include "process/orphans.h"
#include "request/request_read.h"
#include "run/environment.h"
#include "run/run.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <uv.h>

struct talker {
  struct sink sink; /* first */
  struct run *run;
  bool over;
  uv_pipe_t in;
  struct lines lines;
  char piece[64 * KIB];
};

static void put_line(struct span line)
{
  (void)fwrite(line.at, 1, line.len, stdout);
  (void)fflush(stdout);
}

static size_t put(struct sink *self, struct span line)
{
  (void)self;
  put_line(line);
  return 0;
}

static void ended(struct sink *self)
{
  (void)self;
}

static struct json_writer begin(struct buf *out)
{
  *out = buf_make(LIMIT_LINE_BYTES);
  struct json_writer w = json_write_to(out);
  json_open(&w, NULL, '{');
  return w;
}

static void finish(struct json_writer *w)
{
  json_close(w, '}');
  buf_add_char(w->out, '\n');
  put_line(buf_span(w->out));
  buf_free(w->out);
}

static void on_question(void *who, const struct run_question *q)
{
  struct buf out;
  struct json_writer w = begin(&out);
  (void)who;
  json_put_text(&w, "question", q->id);
  if (q->tool_call_json.len > 0)
    json_put_raw(&w, "toolCallId", q->tool_call_json);
  json_put_text(&w, "tool", q->tool);
  if (q->input.len > 0)
    json_put_raw(&w, "input", q->input);
  finish(&w);
}

static void on_question_over(void *who, struct span id, enum run_question_end why)
{
  struct buf out;
  struct json_writer w = begin(&out);
  (void)who;
  json_put_text(&w, "questionOver", id);
  json_put_int(&w, "why", why);
  finish(&w);
}

static void on_over(void *who, const struct run_outcome *outcome)
{
  struct talker *t = who;
  struct buf out;
  struct json_writer w = begin(&out);
  json_put_bool(&w, "over", outcome->finished);
  json_put_text(&w, "code", span_of(outcome->code));
  finish(&w);
  t->over = true;
  uv_close((uv_handle_t *)&t->in, NULL);
}

static void say(struct talker *t, const struct json *doc, json_at root)
{
  struct fault f = {0};
  struct buf out;
  int rc = run_message(
      t->run, json_member_text(doc, root, "id"), json_member_text(doc, root, "say"),
      json_kind(json_get(root, "next")) == JSON_TRUE ? RUN_NEXT : RUN_NOW, &f);
  struct json_writer w = begin(&out);
  json_put_bool(&w, "said", rc == 0);
  json_put_text(&w, "fault", span_of(f.text));
  finish(&w);
}

static void permit(struct talker *t, const struct json *doc, json_at root)
{
  struct span id = json_member_text(doc, root, "permit");
  struct span input = json_raw(json_get(root, "input"));
  bool yes = json_kind(json_get(root, "yes")) == JSON_TRUE;
  struct buf out;
  bool open = input.len > 0
                  ? run_permit_input(t->run, id, input)
                  : run_permit(t->run, id, yes, json_member_text(doc, root, "reason"));
  struct json_writer w = begin(&out);
  json_put_bool(&w, "permitted", open);
  finish(&w);
}

static void on_line(void *who, struct span line)
{
  static const char *const raw[] = {"input", NULL};
  static const struct json_rules rules = {.raw = raw};
  struct talker *t = who;
  struct fault f = {0};
  struct json *doc = json_parse(line, &rules, &f);
  if (t->over || !doc)
    abort();
  json_at root = json_root(doc);
  if (json_kind(json_get(root, "permit")) == JSON_STRING)
    permit(t, doc, root);
  else if (json_kind(json_get(root, "say")) == JSON_STRING)
    say(t, doc, root);
  else
    run_cancel(t->run, "client", "cancelled", "the talker has cancelled it", 0);
  json_free(doc);
}

static void on_too_long(void *who, size_t ceiling)
{
  (void)who, (void)ceiling;
  abort();
}

static void room(uv_handle_t *handle, size_t wanted, uv_buf_t *buf)
{
  struct talker *t = handle->data;
  (void)wanted;
  *buf = uv_buf_init(t->piece, sizeof t->piece);
}

static void came(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
  static const struct lines_calls calls = {.on_line = on_line,
                                           .on_too_long = on_too_long};
  struct talker *t = stream->data;
  if (n > 0)
    (void)lines_add(&t->lines, (struct span){buf->base, (size_t)n}, &calls, t);
  else if (n < 0)
    (void)uv_read_stop(stream);
}

static struct run_request *read_request(const char *path, struct fault *f)
{
  struct request_rules rules = {.is_harness = run_is_harness,
                                .lenient = true,
                                .run_id = SPAN_LITERAL("r1"),
                                .thread_id = SPAN_LITERAL("t1"),
                                .local_tools = true};
  struct buf text = buf_make(LIMIT_PROMPT_BYTES);
  char piece[4096];
  FILE *file = fopen(path, "rb");
  for (size_t n; file && (n = fread(piece, 1, sizeof piece, file)) > 0;)
    buf_add(&text, (struct span){piece, n});
  if (file)
    (void)fclose(file);
  return run_request_read(&text, &rules, f);
}

static int talk(char **argv, struct talker *t)
{
  extern char **environ;
  struct fault f = {0};
  struct uv_loop_s *loop = loop_new(&f);
  struct http_client_setup client = {.loop = loop};
  struct strv env = environment_of_runner(environ);
  struct run_settings settings = {.loop = loop,
                                  .client = http_client_open(&client, &f),
                                  .environment = &env,
                                  .agent_environment = &env,
                                  .workspace = argv[2],
                                  .run_folders = argv[3],
                                  .line_ceiling = LIMIT_LINE_BYTES,
                                  .deadlines = {.run_ms = 60000,
                                                .start_ms = 30000,
                                                .idle_ms = 20000,
                                                .tool_ms = 20000,
                                                .kill_grace_ms = LIMIT_KILL_GRACE_MS,
                                                .drain_ms = 300,
                                                .background_ms = 20000},
                                  .result_grace_ms = 5000,
                                  .bridge_hold_ms = 5000,
                                  .bridge_progress_ms = 5000};
  const struct run_dialogue dialogue = {on_question, on_question_over,
                                        (unsigned)strtoul(argv[4], NULL, 10), t};
  struct run_request *req = read_request(argv[1], &f);
  t->run = req && orphans_open(loop, &f) == 0 ? run_new(&settings, req, &f) : NULL;
  if (!t->run) {
    (void)fprintf(stderr, "talker: %s\n", f.text);
    return 2;
  }
  (void)uv_pipe_init(loop, &t->in, 0);
  t->in.data = t;
  (void)uv_pipe_open(&t->in, dup(STDIN_FILENO));
  (void)uv_read_start((uv_stream_t *)&t->in, room, came);
  run_talk(t->run, &dialogue);
  run_start(t->run, &t->sink, on_over, t);
  while (!t->over)
    (void)uv_run(loop, UV_RUN_ONCE);
  http_client_close(settings.client, NULL, NULL);
  orphans_close(loop);
  lines_free(&t->lines);
  strv_free(&env);
  return loop_free(loop) ? 0 : 3; /* nothing of the run is left on it */
}

int main(int argc, char **argv)
{
  static struct talker talker;
  struct fault f = {0};
  if (argc > 1 && !strcmp(argv[1], KEEPER_ARGUMENT))
    return keeper_main(argc, argv);
  if (argc != 5 || keeper_prepare(&f) < 0)
    return 2;
  (void)signal(SIGPIPE, SIG_IGN);
  log_setup(LOG_SILENT, LOG_TEXT);
  talker.sink = (struct sink){.put = put, .end = ended};
  talker.lines = lines_make(LIMIT_LINE_BYTES);
  return talk(argv, &talker);
}
