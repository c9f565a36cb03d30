/* SPDX-License-Identifier: MIT */
/* options_read.c - defaults, then the environment, then the flags, each over the one
 * before.  What a row means is written in option_table.c.  */
#include "door/options_read.h"

#include "base/limits.h"
#include "option_table.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

static void *field(struct options *out, const struct option *o)
{
  return (char *)out + o->at;
}

static void set_number(struct options *out, const struct option *o,
                       unsigned long long number)
{
  uint32_t half = (uint32_t)number;
  if (o->size == sizeof half)
    memcpy(field(out, o), &half, sizeof half);
  else
    memcpy(field(out, o), &number, sizeof number);
}

static int set(const struct option *o, const char *source, const char *value,
               struct options *out, struct fault *f)
{
  if (o->kind == OPTION_TEXT) {
    if (!value[0])
      return fault_set(f, FAULT_BAD_INPUT, "%s is empty", source);
    memcpy(field(out, o), &value, sizeof value);
    return 0;
  }
  if (o->kind == OPTION_NUMBER) {
    unsigned long long number;
    if (!span_to_number(span_of(value), o->lowest, o->highest, &number))
      return fault_set(f, FAULT_BAD_INPUT,
                       "%s must be a whole number from %llu to %llu, not \"%.60s\"",
                       source, o->lowest, o->highest, value);
    set_number(out, o, number);
    return 0;
  }
  if (o->kind == OPTION_USD) {
    unsigned long long parts;
    if (!run_budget_read_usd(span_of(value), &parts))
      return fault_set(f, FAULT_BAD_INPUT,
                       "%s must be an amount of US dollars as 0.25, not \"%.60s\"",
                       source, value);
    set_number(out, o, parts);
    return 0;
  }
  bool yes = !strcmp(value, "1") || !strcmp(value, "true");
  if (!yes && strcmp(value, "0") != 0 && strcmp(value, "false") != 0)
    return fault_set(f, FAULT_BAD_INPUT, "%s must be 1, 0, true or false, not \"%.60s\"",
                     source, value);
  memcpy(field(out, o), &yes, sizeof yes);
  return 0;
}

static void set_defaults(struct options *out)
{
  *out = (struct options){.file = "-", .translate.timestamp_ms = -1};
  for (size_t i = 0; i < option_count; i++) {
    const struct option *o = &option_table[i];
    if (o->kind == OPTION_TEXT)
      memcpy(field(out, o), &o->text, sizeof o->text);
    else if (o->kind == OPTION_NUMBER)
      set_number(out, o, o->number);
  }
}

static int read_environment(char *const *env, struct options *out, struct fault *f)
{
  struct buf name = buf_make(KIB);
  int r = 0;
  for (size_t i = 0; i < option_count && r == 0; i++) {
    if (!(option_table[i].groups & out->door->options))
      continue;
    buf_clear(&name);
    option_variable(&option_table[i], &name);
    for (size_t e = 0; env[e] && r == 0; e++)
      if (!strncmp(env[e], name.at, name.len) && env[e][name.len] == '=')
        r = set(&option_table[i], name.at, env[e] + name.len + 1, out, f);
  }
  buf_free(&name);
  return r;
}

static bool is_variable(struct span name)
{
  struct buf known = buf_make(KIB);
  bool found = span_is(name, "RUNLET_TOKEN") || span_starts(name, "RUNLET_SERVICE_") ||
               span_is(name, "RUNLET_PORT") || span_starts(name, "RUNLET_PORT_");
  for (size_t i = 0; i < option_count && !found; i++) {
    buf_clear(&known);
    option_variable(&option_table[i], &known);
    found = span_equal(name, buf_span(&known));
  }
  buf_free(&known);
  return found;
}

void options_warn_of_variables(char *const *env)
{
  for (; *env; env++) {
    struct span name = {*env, strcspn(*env, "=")};
    if (span_starts(name, "RUNLET_") && !is_variable(name))
      log_line(LOG_WARN, (struct span){0},
               "the variable %.*s is not known: no option has that name (runlet --help)",
               SPAN_ARG(span_cut_utf8(name, 100)));
  }
}

static const struct option *option_find(struct span name)
{
  for (size_t i = 0; i < option_count; i++)
    if (span_is(name, option_table[i].name))
      return &option_table[i];
  return NULL;
}

/* Its host's, and none of ours. */
static bool is_passed_over(const struct door *d, struct span name)
{
  const char *const *known = d->passed_over;
  while (known && *known && !span_is(name, *known))
    known++;
  return known && *known;
}

/* One "--name", "--name=value" or "--name value".  Moves `i` over what it used. */
static int read_flag(int argc, char *const *argv, int *i, struct options *out,
                     struct fault *f)
{
  const char *text = argv[*i] + 2, *equals = strchr(text, '=');
  struct span name = {text, equals ? (size_t)(equals - text) : strlen(text)};
  const struct option *o = option_find(name);
  if (!o && is_passed_over(out->door, name)) {
    *i += !equals && *i + 1 < argc;
    return 0;
  }
  if (!o)
    return fault_set(f, FAULT_BAD_INPUT,
                     "unknown option --%.*s (runlet %s --help lists them)", (int)name.len,
                     name.at, out->door->name);
  if (!(o->groups & out->door->options))
    return fault_set(f, FAULT_BAD_INPUT, "--%s does not belong to runlet %s", o->name,
                     out->door->name);
  const char *value = equals ? equals + 1 : NULL;
  if (!value && o->kind == OPTION_YES)
    value = "1";
  if (!value && *i + 1 < argc)
    value = argv[++*i];
  if (!value)
    return fault_set(f, FAULT_BAD_INPUT, "--%s needs a value (%s)", o->name, o->value);
  char source[64];
  snprintf(source, sizeof source, "--%s", o->name);
  return set(o, source, value, out, f);
}

/* Texts that are one of some words. */
static int check_words(struct options *o, struct fault *f)
{
  struct log_options *log = &o->log;
  const char *output = o->run.output;
  if (!log_level_read(span_of(log->level_name), &log->level))
    return fault_set(
        f, FAULT_BAD_INPUT,
        "--log-level must be debug, info, warn, error or silent, not \"%.60s\"",
        log->level_name);
  log->format = strcmp(log->format_name, "json") == 0 ? LOG_JSON : LOG_TEXT;
  if (log->format == LOG_TEXT && strcmp(log->format_name, "text") != 0)
    return fault_set(f, FAULT_BAD_INPUT,
                     "--log-format must be text or json, not \"%.60s\"",
                     log->format_name);
  if (output && strcmp(output, "ndjson") != 0 && strcmp(output, "pretty") != 0)
    return fault_set(f, FAULT_BAD_INPUT,
                     "--output must be ndjson or pretty, not \"%.60s\"", output);
  return 0;
}

/* The door that a script of this path stands for, or NULL. */
static const struct door_script *find_script(const struct door *d, const char *path)
{
  const char *slash = strrchr(path, '/');
  for (const struct door_script *s = d->scripts; slash && s && s->file; s++)
    if (!strcmp(slash + 1, s->file))
      return s;
  return NULL;
}

static int obey_script(const struct door_script *script, struct options *out,
                       struct fault *f)
{
  if (!script->flag)
    return 0;
  return set(option_find(span_of(script->flag)), script->file, "1", out, f);
}

/* --help, --version, the name of a door or of a script that it stands in for; true: there
 * is nothing more to read. */
static bool read_command(const struct door *const *doors, const char *word,
                         struct options *out, struct fault *f, int *failed)
{
  const struct door_script *script = NULL;
  *failed = 0;
  out->version = !strcmp(word, "--version");
  out->help_markdown = !strcmp(word, "--help=markdown");
  out->help = !strcmp(word, "--help") || !strcmp(word, "-h") || !strcmp(word, "help") ||
              out->help_markdown;
  for (; *doors && !out->door; doors++) {
    script = find_script(*doors, word);
    if (script || !strcmp(word, (*doors)->name))
      out->door = *doors;
  }
  if (!out->version && !out->help && !out->door)
    *failed = fault_set(f, FAULT_BAD_INPUT,
                        "unknown command %.60s (runlet --help lists them)", word);
  if (script)
    *failed = obey_script(script, out, f);
  return !out->door || *failed;
}

static int ask_for_a_command(const struct door *const *doors, struct fault *f)
{
  struct buf names = buf_make(KIB);
  for (const struct door *const *d = doors; *d; d++)
    buf_addf(&names, "%s%s", d == doors ? "" : d[1] ? ", " : " or ", (*d)->name);
  (void)fault_set(f, FAULT_BAD_INPUT, "what to do? runlet %s (runlet --help)",
                  buf_cstring(&names));
  buf_free(&names);
  return -1;
}

/* Where the companion's words begin, "--" itself; argc: there is none. */
static int find_companion(int argc, char *const *argv)
{
  for (int i = 2; i < argc; i++)
    if (!strcmp(argv[i], "--"))
      return i;
  return argc;
}

static int read_companion(char *const *words, struct options *out, struct fault *f)
{
  if (!out->door->takes_companion)
    return fault_set(f, FAULT_BAD_INPUT,
                     "-- COMMAND belongs to runlet serve, not to runlet %s",
                     out->door->name);
  if (!words[0] || !words[0][0])
    return fault_set(f, FAULT_BAD_INPUT,
                     "-- needs a command to run beside the service "
                     "(runlet serve -- COMMAND [ARG…])");
  out->companion = words;
  return 0;
}

/* Something that is no flag: the door's file, if it takes one and has none yet. */
static int read_word(const char *word, bool has_file, struct options *out,
                     struct fault *f)
{
  const struct door *d = out->door;
  const struct door_script *script = find_script(d, word);
  if (script)
    return obey_script(script, out, f);
  if (d->takes_companion && word[0] != '-')
    return fault_set(f, FAULT_BAD_INPUT,
                     "unexpected argument %.60s (a command to run beside the service "
                     "stands after --)",
                     word);
  if (!d->takes_file || has_file || (word[0] == '-' && word[1]))
    return fault_set(f, FAULT_BAD_INPUT, "unexpected argument %.60s (runlet %s --help)",
                     word, d->name);
  out->file = word;
  return 0;
}

static bool asks_for_help(int argc, char *const *argv)
{
  for (int i = 2; i < argc; i++)
    if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h"))
      return true;
  return false;
}

int options_read(const struct door *const *doors, int argc, char *const *argv,
                 char *const *env, struct options *out, struct fault *f)
{
  int failed;
  set_defaults(out);
  if (argc < 2)
    return ask_for_a_command(doors, f);
  if (read_command(doors, argv[1], out, f, &failed))
    return failed;
  int companion_at = find_companion(argc, argv);
  char *const *companion = companion_at < argc ? argv + companion_at + 1 : NULL;
  argc = companion_at; /* what follows is not ours to read */
  if (asks_for_help(argc, argv)) {
    out->help = true;
    out->help_for = out->door;
    out->door = NULL;
    return 0;
  }
  if (read_environment(env, out, f) < 0)
    return -1;
  bool has_file = false;
  for (int i = 2; i < argc; i++) {
    bool flag = !strncmp(argv[i], "--", 2);
    failed =
        flag ? read_flag(argc, argv, &i, out, f) : read_word(argv[i], has_file, out, f);
    if (failed)
      return -1;
    has_file = has_file || !flag;
    out->has_file = has_file;
  }
  if (companion && read_companion(companion, out, f) < 0)
    return -1;
  return check_words(out, f);
}

int options_listen(const char *text, struct buf *host, unsigned *port, struct fault *f)
{
  const char *colon = strrchr(text, ':');
  unsigned long long number = 0;
  struct span name =
      colon ? (struct span){text, (size_t)(colon - text)} : (struct span){0};
  if (!colon || !span_to_number(span_of(colon + 1), 0, 65535, &number) || name.len == 0)
    return fault_set(
        f, FAULT_BAD_INPUT,
        "--listen must be HOST:PORT with a port from 0 to 65535, not \"%.60s\"", text);
  if (name.len > 2 && name.at[0] == '[' && name.at[name.len - 1] == ']')
    name = (struct span){name.at + 1, name.len - 2};
  if (span_is(name, "localhost"))
    name = SPAN_LITERAL("127.0.0.1");
  buf_clear(host);
  buf_add(host, name);
  *port = (unsigned)number;
  return 0;
}
