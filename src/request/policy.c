/* SPDX-License-Identifier: MIT */
/* policy.c - patterns are looked for piece by piece, each as early as it is there: that
 * finds a match where there is one, and no command line takes longer than its length. */
#include "request/policy.h"

#include "base/limits.h"
#include "base/sha256.h"

#include <string.h>

bool policy_pattern_matches(struct span pattern, struct span text)
{
  const char *star = pattern.len ? memchr(pattern.at, '*', pattern.len) : NULL;
  if (!star)
    return span_equal(pattern, text);
  struct span piece = {pattern.at, (size_t)(star - pattern.at)};
  if (text.len < piece.len || !span_equal((struct span){text.at, piece.len}, piece))
    return false;
  text = span_after(text, piece.len);
  for (;;) {
    pattern = span_after(pattern, piece.len + 1);
    star = pattern.len ? memchr(pattern.at, '*', pattern.len) : NULL;
    piece = (struct span){pattern.at, star ? (size_t)(star - pattern.at) : pattern.len};
    if (text.len < piece.len)
      return false;
    if (!star) /* the end of both */
      return span_equal(span_after(text, text.len - piece.len), piece);
    const char *at = piece.len ? memmem(text.at, text.len, piece.at, piece.len) : text.at;
    if (!at)
      return false;
    text = span_after(text, (size_t)(at - text.at) + piece.len);
  }
}

bool policy_pattern_is_word(struct span pattern)
{
  for (size_t i = 0; i < pattern.len; i++) {
    char c = pattern.at[i];
    bool letter = (c | 32) >= 'a' && (c | 32) <= 'z';
    if (!letter && !(c >= '0' && c <= '9') && c != '_' && c != '-')
      return false;
  }
  return pattern.len > 0;
}

bool policy_restricts(const struct policy *p)
{
  bool all = p->otherwise == PERMISSION_ALLOW && p->file_write == PERMISSION_ALLOW &&
             p->network == PERMISSION_ALLOW;
  return p->given &&
         !(all && (p->rule_count == 0 || p->rules[0].says == PERMISSION_ALLOW));
}

/* -- scripts: a name and its command are one and the same -- */

struct forms {
  const struct workspace_plan *workspace;
  struct span text;
  size_t next; /* 0: the text itself */
};

static bool next_form(struct forms *f, struct span *form)
{
  size_t count = f->workspace ? f->workspace->script_count : 0;
  if (f->next++ == 0) {
    *form = f->text;
    return true;
  }
  for (; f->next - 2 < count; f->next++) {
    const struct workspace_script *s = &f->workspace->scripts[f->next - 2];
    bool named = span_equal(s->name, f->text);
    if (!named && !span_equal(s->command, f->text))
      continue;
    *form = named ? s->command : s->name;
    return true;
  }
  return false;
}

static bool rule_matches(const struct policy *p, const struct policy_rule *rule,
                         const struct policy_act *act)
{
  struct forms patterns = {p->workspace, rule->pattern, 0};
  struct span pattern, command;
  if (span_equal(rule->pattern, act->tool))
    return true;
  if (act->kind != PERMISSION_KIND_COMMAND)
    return false;
  while (next_form(&patterns, &pattern)) {
    struct forms commands = {p->workspace, span_trim(act->command), 0};
    while (next_form(&commands, &command))
      if (policy_pattern_matches(pattern, command))
        return true;
  }
  return false;
}

enum permission policy_decide(const struct policy *p, const struct policy_act *act)
{
  for (size_t i = 0; i < p->rule_count; i++)
    if (rule_matches(p, &p->rules[i], act))
      return p->rules[i].says;
  if (act->kind == PERMISSION_KIND_EDIT)
    return p->file_write;
  return act->kind == PERMISSION_KIND_NETWORK ? p->network : p->otherwise;
}

/* -- approvals -- */

void policy_put_id(const char *harness, const struct policy_act *act, struct buf *out)
{
  static const char *const kinds[] = {[PERMISSION_KIND_OTHER] = "tool",
                                      [PERMISSION_KIND_READ] = "tool",
                                      [PERMISSION_KIND_EDIT] = "fileWrite",
                                      [PERMISSION_KIND_NETWORK] = "network",
                                      [PERMISSION_KIND_COMMAND] = "command"};
  struct span what = act->kind == PERMISSION_KIND_COMMAND ? act->command : act->tool;
  struct span shown = span_cut_utf8(what, POLICY_TARGET_BYTES);
  buf_addf(out, "%s:%s:", harness, kinds[act->kind]);
  buf_add(out, shown);
  if (shown.len == what.len)
    return;
  uint8_t hash[SHA256_BYTES];
  sha256(what, hash);
  buf_add_text(out, "...");
  for (size_t i = 0; i < 8; i++)
    buf_addf(out, "%02x", hash[i]);
}

enum permission policy_answered(const struct policy *p, struct span id)
{
  for (size_t i = 0; i < p->approval_count; i++)
    if (span_equal(p->approvals[i].id, id))
      return p->approvals[i].yes ? PERMISSION_ALLOW : PERMISSION_DENY;
  return PERMISSION_ASK;
}
