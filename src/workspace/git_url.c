/* SPDX-License-Identifier: MIT */
/* scheme, then what stands before the host, then the rest as it is. */
#include "git_url.h"

#include "base/percent.h"

#include <ctype.h>
#include <string.h>

static const char *const schemes[] = {"https://", "http://", "ssh://",
                                      "git://",   "file://", NULL};

static struct span upto(struct span s, size_t n)
{
  return (struct span){s.at, n};
}

static size_t find(struct span s, char c) /* its place, or the length */
{
  const char *at = s.len > 0 ? memchr(s.at, c, s.len) : NULL;
  return at ? (size_t)(at - s.at) : s.len;
}

static size_t find_last(struct span s, char c)
{
  for (size_t i = s.len; i > 0; i--)
    if (s.at[i - 1] == c)
      return i - 1;
  return s.len;
}

static bool ends_in_git(struct span s)
{
  return s.len >= 4 && span_is(span_after(s, s.len - 4), ".git");
}

/* Git sends it in lines, so it may hold none. */
static int unescape(struct span s, struct buf *out, struct fault *f)
{
  (void)percent_decode(s, out); /* a stray '%' is one to git, too */
  for (size_t i = 0; i < out->len; i++)
    if ((unsigned char)out->at[i] < 0x20 || out->at[i] == 0x7f)
      return fault_set(f, FAULT_BAD_INPUT,
                       "its name and password must not hold control characters");
  return 0;
}

/* https and http: all before the last '@' of the authority goes. */
static int http_read(struct span text, const char *scheme, struct git_url *out,
                     struct fault *f)
{
  struct span rest = span_after(text, strlen(scheme));
  size_t end = rest.len;
  for (size_t i = 0; i < rest.len && end == rest.len; i++)
    end = strchr("/?#", rest.at[i]) ? i : end;
  struct span authority = upto(rest, end), host = authority;
  size_t at = find_last(authority, '@');
  if (at < authority.len) {
    struct span who = upto(authority, at);
    size_t colon = find(who, ':');
    host = span_after(authority, at + 1);
    if (unescape(upto(who, colon), &out->user, f) < 0)
      return -1;
    if (colon < who.len && unescape(span_after(who, colon + 1), &out->password, f) < 0)
      return -1;
  }
  if (host.len == 0)
    return fault_set(f, FAULT_BAD_INPUT, "it names no host");
  buf_add_text(&out->origin, scheme);
  buf_add(&out->origin, host);
  buf_add(&out->clean, buf_span(&out->origin));
  buf_add(&out->clean, span_after(rest, end));
  return 0;
}

/* ssh, git: a host that begins with '-' would be an option of ssh's. */
static int host_read(struct span text, struct span authority, struct git_url *out,
                     struct fault *f)
{
  size_t at = find_last(authority, '@');
  struct span user = at < authority.len ? upto(authority, at) : (struct span){0};
  struct span host = at < authority.len ? span_after(authority, at + 1) : authority;
  if (find(user, ':') < user.len)
    return fault_set(f, FAULT_BAD_INPUT, "it must not hold a password");
  if (host.len == 0 || host.at[0] == '-' || span_starts(user, "-"))
    return fault_set(f, FAULT_BAD_INPUT, "it names no host");
  buf_add(&out->clean, text);
  return 0;
}

int git_url_read(struct span text, struct git_url *out, struct fault *f)
{
  const char *const *scheme = schemes;
  size_t room = text.len + 1;
  *out = (struct git_url){buf_make(room), buf_make(room), buf_make(room), buf_make(room)};
  for (size_t i = 0; i < text.len; i++)
    if ((unsigned char)text.at[i] <= 0x20 || text.at[i] == 0x7f)
      return fault_set(f, FAULT_BAD_INPUT,
                       "it must not hold blanks or control characters");
  while (*scheme && !span_starts(text, *scheme))
    scheme++;
  if (*scheme && (*scheme)[0] == 'h')
    return http_read(text, *scheme, out, f);
  if (*scheme && (*scheme)[0] != 'f') {
    struct span rest = span_after(text, strlen(*scheme));
    return host_read(text, upto(rest, find(rest, '/')), out, f);
  }
  size_t colon = find(text, ':'), slash = find(text, '/');
  if (*scheme || (text.len > 0 && slash == 0)) {
    buf_add(&out->clean, text);
    return 0;
  }
  /* user@host:path; "a::b" is a remote helper, "a://b" another kind of address */
  struct span path = colon < slash ? span_after(text, colon + 1) : (struct span){0};
  if (colon > 0 && path.len > 0 && path.at[0] != ':' && !span_starts(path, "//"))
    return host_read(text, upto(text, colon), out, f);
  return fault_set(f, FAULT_BAD_INPUT,
                   "it must be an https, http, ssh, git or file address, user@host:path "
                   "or an absolute path");
}

void git_url_of_repo(struct span repo, struct buf *out)
{
  bool address = find(repo, ':') < repo.len || span_starts(repo, "/");
  if (!address)
    buf_add_text(out, "https://github.com/");
  buf_add(out, repo);
  if (!address && !ends_in_git(repo))
    buf_add_text(out, ".git");
}

struct span git_url_name(struct span address)
{
  while (address.len > 0 && address.at[address.len - 1] == '/')
    address.len--;
  size_t slash = find_last(address, '/'), colon = find_last(address, ':');
  size_t from = slash < address.len ? slash : colon;
  struct span name = from < address.len ? span_after(address, from + 1) : address;
  name.len -= ends_in_git(name) ? 4 : 0;
  return span_is(name, ".") || span_is(name, "..") ? (struct span){0} : name;
}

void git_url_free(struct git_url *u)
{
  buf_wipe(&u->clean);
  buf_wipe(&u->origin);
  buf_wipe(&u->user);
  buf_wipe(&u->password);
}

bool git_ref_is_commit(struct span ref)
{
  for (size_t i = 0; i < ref.len; i++)
    if (!isxdigit((unsigned char)ref.at[i]))
      return false;
  return ref.len == 40 || ref.len == 64;
}
