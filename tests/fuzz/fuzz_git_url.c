/* SPDX-License-Identifier: MIT */
/* An address is refused with a text, or what comes of it can stand in an argv: it is no
 * option and no remote helper, and holds neither a blank nor a password. */
#include "workspace/git_url.h"

#include <stdlib.h>
#include <string.h>

static void must(bool kept)
{
  if (!kept)
    abort();
}

static bool has_control(struct span s)
{
  for (size_t i = 0; i < s.len; i++)
    if ((unsigned char)s.at[i] < 0x20 || s.at[i] == 0x7f)
      return true;
  return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct git_url u;
  struct fault f = {0};
  if (git_url_read((struct span){(const char *)data, size}, &u, &f) < 0) {
    must(f.kind == FAULT_BAD_INPUT && f.text[0] != 0);
  } else {
    struct span clean = buf_span(&u.clean);
    must(clean.len > 0 && clean.at[0] != '-' && !has_control(clean));
    must(!memchr(clean.at, ' ', clean.len));
    must(!has_control(buf_span(&u.user)) && !has_control(buf_span(&u.password)));
    must(u.origin.len == 0 || !memchr(u.origin.at, '@', u.origin.len));
    must(u.origin.len <= clean.len);
    /* again it is the same, and names nobody */
    struct git_url again;
    must(git_url_read(clean, &again, &f) == 0);
    must(span_equal(buf_span(&again.clean), clean));
    must(u.origin.len == 0 || (again.user.len == 0 && again.password.len == 0));
    git_url_free(&again);
  }
  git_url_free(&u);
  struct buf address = buf_make(size + 64);
  git_url_of_repo((struct span){(const char *)data, size}, &address);
  struct span name = git_url_name(buf_span(&address));
  must(!address.overflowed && !span_is(name, "..") && !span_is(name, "."));
  must(name.len == 0 || !memchr(name.at, '/', name.len));
  buf_free(&address);
  return 0;
}
