/* SPDX-License-Identifier: MIT */
/* options_help.c - what --help prints: to people in columns, to the README in Markdown,
 * whose test compares the two.  */
#include "door/options_help.h"

#include "base/limits.h"
#include "option_table.h"

static void help_default(const struct option *o, char *out, size_t capacity)
{
  out[0] = 0;
  if (o->kind == OPTION_NUMBER || o->kind == OPTION_USD)
    snprintf(out, capacity, "%llu", o->number);
  else if (o->kind == OPTION_TEXT && o->text && o->text[0])
    snprintf(out, capacity, "%s", o->text);
}

static void help_markdown(const struct door *const *doors, FILE *to)
{
  fprintf(to, "| option | variable | command | default | what |\n| --- | --- | --- | --- "
              "| --- |\n");
  for (size_t i = 0; i < option_count; i++) {
    const struct option *o = &option_table[i];
    struct buf name = buf_make(KIB), where = buf_make(KIB);
    char number[32];
    option_variable(o, &name);
    help_default(o, number, sizeof number);
    for (const struct door *const *d = doors; *d; d++)
      if (o->groups & (*d)->options)
        buf_addf(&where, "%s%s", where.len ? " " : "", (*d)->name);
    fprintf(to, "| `--%s%s", o->name, o->value ? " " : "");
    for (const char *c = o->value ? o->value : ""; *c; c++)
      fprintf(to, *c == '|' ? "\\|" : "%c", *c);
    fprintf(to, "` | `%s` | %s | %s | %s |\n", name.at, where.at, number, o->help);
    buf_free(&name);
    buf_free(&where);
  }
}

static void help_options(const struct door *door, FILE *to)
{
  fprintf(
      to,
      "\nOptions (each also as RUNLET_<NAME>, upper case, _ for -; the flag wins):\n");
  for (size_t i = 0; i < option_count; i++) {
    const struct option *o = &option_table[i];
    if (!(o->groups & door->options))
      continue;
    char number[32], left[64];
    help_default(o, number, sizeof number);
    snprintf(left, sizeof left, "--%s %s", o->name, o->value ? o->value : "");
    fprintf(to, "  %-32s %s%s%s%s\n", left, o->help, number[0] ? " [" : "", number,
            number[0] ? "]" : "");
  }
}

static void help_usage(const struct door *d, FILE *to)
{
  fprintf(to, "runlet %s [OPTION…] %s\n    %s\n", d->name, d->arguments, d->summary);
}

void options_help(const struct door *const *doors, const struct options *o, FILE *to)
{
  if (o->help_markdown) {
    help_markdown(doors, to);
    return;
  }
  if (o->help_for) {
    help_usage(o->help_for, to);
    help_options(o->help_for, to);
    if (o->help_for->exit_status)
      fprintf(to, "\nExit status: %s\n", o->help_for->exit_status);
    return;
  }
  fprintf(to, "runlet runs agent CLIs in a sandbox and streams what they do as AG-UI "
              "events.\n\n");
  for (; *doors; doors++)
    help_usage(*doors, to);
  fprintf(to, "runlet --version\nrunlet COMMAND --help\n");
}
