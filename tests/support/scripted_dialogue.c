/* SPDX-License-Identifier: MIT */
/* scripted_dialogue.c - Claude Code's `--input-format stream-json`: a JSON object a line,
 * both ways.  The first user line is the prompt; what comes while the script runs is kept
 * for the directives, and an interrupt ends the turn as the real one does it. */
#include "scripted_dialogue.h"

#include "scripted_agent.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static struct dialogue {
  bool on, ended, ending;
  struct text in;     /* bytes of stdin, not yet a line */
  struct text words;  /* user messages that nobody heard yet, each ended by a NUL … */
  struct text ids;    /* … and their uuids; empty: it has none */
  struct text answer; /* control_responses nobody looked at, each ended by a NUL */
  unsigned asked, open;
  unsigned tools[16]; /* of the questions, by their numbers */
} dialogue;

/* -- JSON strings -- */

static void add_utf8(struct text *out, unsigned code)
{
  char bytes[3] = {(char)(0xe0 | code >> 12), (char)(0x80 | (code >> 6 & 0x3f)),
                   (char)(0x80 | (code & 0x3f))};

  if (code < 0x80)
    text_add(out, (char[]){(char)code}, 1);
  else if (code < 0x800)
    text_add(out, (char[]){(char)(0xc0 | code >> 6), bytes[2]}, 2);
  else
    text_add(out, bytes, 3);
}

/* What a raw JSON string says; surrogate pairs are not put together. */
static void unescape(struct slice json, struct text *out)
{
  static const char from[] = "nrtbf", to[] = "\n\r\t\b\f";

  for (size_t i = 1; i + 1 < json.len; i++) {
    const char *special;

    if (json.at[i] != '\\') {
      text_add(out, json.at + i, 1);
    } else if (json.at[++i] == 'u') {
      char hex[5] = {0};

      memcpy(hex, json.at + i + 1, 4);
      add_utf8(out, (unsigned)strtoul(hex, NULL, 16));
      i += 4;
    } else if ((special = strchr(from, json.at[i])) && *special) {
      text_add(out, to + (special - from), 1);
    } else {
      text_add(out, json.at + i, 1);
    }
  }
}

/* The text of a user line: a string, or blocks. */
static void add_words(struct slice line, struct text *out)
{
  struct slice content = slice_member(slice_member(line, "message"), "content"), block;

  if (content.len && content.at[0] == '"')
    unescape(content, out);
  for (size_t i = 0;
       content.len && content.at[0] == '[' && (block = slice_element(content, i)).at; i++)
    if (slice_is(slice_member(block, "type"), "\"text\""))
      unescape(slice_member(block, "text"), out);
}

/* -- what comes -- */

static void interrupted(struct agent *a, struct slice id)
{
  text_format(&a->out,
              "{\"type\":\"control_response\",\"response\":{\"subtype\":\"success\","
              "\"request_id\":%.*s}}\n",
              (int)id.len, id.at);
  a->format->result(a, slice_of("error_during_execution"), slice_of("interrupted"));
  dialogue_end(a);
  exit(0);
}

static void take_line(struct agent *a, struct slice line)
{
  struct slice type = slice_member(line, "type");
  struct slice request = slice_member(line, "request");

  if (slice_is(type, "\"user\"")) {
    add_words(line, &dialogue.words);
    text_add(&dialogue.words, "", 1);
    unescape(slice_member(line, "uuid"), &dialogue.ids);
    text_add(&dialogue.ids, "", 1);
  } else if (slice_is(type, "\"control_response\"")) {
    text_add(&dialogue.answer, line.at, line.len);
    text_add(&dialogue.answer, "", 1);
  } else if (slice_is(slice_member(request, "subtype"), "\"interrupt\"") &&
             !dialogue.ending) {
    interrupted(a, slice_member(line, "request_id"));
  }
}

/* Reads once, waiting at most so long (-1: for ever), and takes the whole lines. */
static void hear(struct agent *a, int ms)
{
  static char part[65536];
  struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
  ssize_t got;
  char *end;

  if (dialogue.ended || poll(&input, 1, ms) <= 0)
    return;
  got = read(STDIN_FILENO, part, sizeof(part));
  if (got < 0 && errno == EINTR)
    return;
  if (got <= 0) {
    dialogue.ended = true;
    return;
  }
  text_add(&dialogue.in, part, (size_t)got);
  while ((end = memchr(dialogue.in.at, '\n', dialogue.in.len))) {
    size_t len = (size_t)(end - dialogue.in.at);
    struct text line = {0};

    text_add(&line, dialogue.in.at, len);
    memmove(dialogue.in.at, end + 1, dialogue.in.len - len); /* and the NUL */
    dialogue.in.len -= len + 1;
    take_line(a, (struct slice){line.at, line.len});
    text_free(&line);
  }
}

static void take_front(struct text *from, struct text *out)
{
  size_t len = strlen(from->at);

  text_add(out, from->at, len);
  memmove(from->at, from->at + len + 1, from->len - len);
  from->len -= len + 1;
}

/* And says so of what has a uuid. */
static bool take_words(struct agent *a, struct text *out)
{
  struct text id = {0};

  if (dialogue.words.len == 0)
    return false;
  take_front(&dialogue.words, out);
  text_str(&id, "");
  take_front(&dialogue.ids, &id);
  if (id.len)
    text_format(&a->out,
                "{\"type\":\"command_lifecycle\",\"command_uuid\":\"%s\",\"state\":"
                "\"started\"}\n",
                id.at);
  text_free(&id);
  return true;
}

bool dialogue_next(struct agent *a)
{
  flush(a);
  dialogue.ending = true;
  while (dialogue.on && !dialogue.ended && !dialogue.words.len)
    hear(a, -1);
  dialogue.ending = false;
  text_clear(&a->prompt);
  return dialogue.on && take_words(a, &a->prompt);
}

bool dialogue_open(struct agent *a)
{
  const char *format = option(a, "--input-format");

  if (!format || strcmp(format, "stream-json") != 0)
    return false;
  dialogue.on = true;
  while (!take_words(a, &a->prompt) && !dialogue.ended)
    hear(a, -1);
  return true;
}

bool dialogue_pause(struct agent *a, long long ms)
{
  struct timespec now;
  long long end;

  if (!dialogue.on)
    return false;
  clock_gettime(CLOCK_MONOTONIC, &now);
  end = now.tv_sec * 1000LL + now.tv_nsec / 1000000 + ms;
  do {
    clock_gettime(CLOCK_MONOTONIC, &now);
    long long left = end - (now.tv_sec * 1000LL + now.tv_nsec / 1000000);
    int wait = ms < 0 ? 60000 : left > 0 ? (int)left : 0;

    if (dialogue.ended)
      poll(NULL, 0, wait);
    else
      hear(a, wait);
    if (ms >= 0 && left <= 0)
      break;
  } while (true);
  return true;
}

void dialogue_end(struct agent *a)
{
  flush(a);
  dialogue.ending = true;
  while (dialogue.on && !dialogue.ended)
    hear(a, -1);
}

/* -- directives -- */

/* Calls one of the agent's own tools, and asks leave for it. */
static void ask(struct agent *a, struct slice rest)
{
  size_t len = strcspn(rest.at, " \n");
  struct slice name = {rest.at, len < rest.len ? len : rest.len};
  struct slice input = {rest.at + name.len + 1, rest.len - name.len - 1};

  if (name.len == rest.len)
    input = slice_of("{}");
  a->format->tool_use(a, name, input);
  dialogue.tools[++dialogue.asked % 16] = a->tools;
  dialogue.open++;
  if (dialogue.on)
    text_format(&a->out,
                "{\"type\":\"control_request\",\"request_id\":\"ask-%u\",\"request\":{"
                "\"subtype\":\"can_use_tool\",\"tool_name\":\"%.*s\",\"input\":%.*s,"
                "\"tool_use_id\":\"toolu_%u\"}}\n",
                dialogue.asked, (int)name.len, name.at, (int)input.len, input.at,
                a->tools);
  flush(a);
}

/* "Does" what is allowed, in the order of the answers; outside of a dialogue everything. */
static void take_answer(struct agent *a)
{
  unsigned number = dialogue.asked - dialogue.open + 1, tools = a->tools;
  struct text told = {0};
  bool yes = !dialogue.on;

  while (dialogue.on && !dialogue.answer.len && !dialogue.ended)
    hear(a, -1);
  if (dialogue.answer.len) {
    struct slice line = slice_of(dialogue.answer.at);
    struct slice said = slice_member(line, "response");
    struct slice response = slice_member(said, "response");

    (void)sscanf(slice_member(said, "request_id").at, "\"ask-%u", &number);
    yes = slice_is(slice_member(response, "behavior"), "\"allow\"");
    if (!yes)
      text_add(&told, slice_member(response, "message").at,
               slice_member(response, "message").len);
    memmove(dialogue.answer.at, dialogue.answer.at + line.len + 1,
            dialogue.answer.len - line.len);
    dialogue.answer.len -= line.len + 1;
  }
  if (told.len == 0)
    text_str(&told, yes ? "\"done\"" : "\"nobody answered\"");
  a->tools = dialogue.tools[number % 16];
  a->format->tool_result(a, (struct slice){told.at, told.len}, !yes);
  a->tools = tools;
  dialogue.open--;
  text_free(&told);
}

/* One of the agent's own tools, about which it asks before it "does" it. */
void do_ask(struct agent *a, struct slice rest)
{
  ask(a, rest);
  take_answer(a);
}

/* The same, but it goes on: the answers are taken by @answers. */
void do_asks(struct agent *a, struct slice rest)
{
  ask(a, rest);
}

void do_answers(struct agent *a, struct slice rest)
{
  (void)rest;
  while (dialogue.open)
    take_answer(a);
}

/* Waits for more words of the user, and says them. */
void do_hear(struct agent *a, struct slice rest)
{
  struct text told = {0};

  (void)rest;
  flush(a);
  text_str(&told, "heard: ");
  while (!take_words(a, &told) && dialogue.on && !dialogue.ended)
    hear(a, -1);
  message(a, "text", (struct slice){told.at, told.len});
  text_free(&told);
}
