/* SPDX-License-Identifier: MIT */
/* options_help.c - what --help prints: to people in columns, to options.md in Markdown,
 * whose test compares the two.  */
#include "door/options_help.h"

#include "base/limits.h"
#include "option_table.h"

#include <string.h>

static void help_default(const struct option *o, char *out, size_t capacity)
{
  out[0] = 0;
  if (o->kind == OPTION_NUMBER || o->kind == OPTION_USD)
    snprintf(out, capacity, "%llu", o->number);
  else if (o->kind == OPTION_TEXT && o->text && o->text[0])
    snprintf(out, capacity, "%s", o->text);
}

enum { COLUMNS = 100, HELP_AT = 34 };

/* The words of a text from column `at` on, and of its further lines from `indent` on. */
static void put_wrapped(const char *text, size_t at, size_t indent, FILE *to)
{
  for (bool first = true; *(text += strspn(text, " \n")); first = false) {
    size_t length = strcspn(text, " \n"), columns = !first;
    for (size_t i = 0; i < length; i++)
      columns += ((unsigned char)text[i] & 0xc0) != 0x80;
    bool fits = at + columns <= COLUMNS;
    if (!first)
      fprintf(to, fits ? " " : "\n%*s", (int)indent, "");
    at = fits ? at + columns : indent + columns - 1;
    fwrite(text, 1, length, to);
    text += length;
  }
  fputc('\n', to);
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
    char number[32], text[KIB];
    help_default(o, number, sizeof number);
    int left = fprintf(to, "  --%s %s", o->name, o->value ? o->value : "");
    snprintf(text, sizeof text, number[0] ? "%s [%s]" : "%s", o->help, number);
    fprintf(to, "%*s", HELP_AT - left, "");
    put_wrapped(text, HELP_AT, HELP_AT, to);
  }
}

static void help_usage(const struct door *d, FILE *to)
{
  fprintf(to, "runlet %s [OPTION…] %s\n    ", d->name, d->arguments);
  put_wrapped(d->summary, 4, 4, to);
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
    if (o->help_for->exit_status) {
      fputs("\nExit status: ", to);
      put_wrapped(o->help_for->exit_status, 13, 0, to);
    }
    return;
  }
  fprintf(to, "runlet runs agent CLIs in a sandbox and streams what they do as AG-UI "
              "events.\n\n");
  for (; *doors; doors++)
    help_usage(*doors, to);
  fprintf(to, "runlet --version\nrunlet COMMAND --help\n");
}
