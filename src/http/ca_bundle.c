/* SPDX-License-Identifier: MIT */
/* ca_bundle.c - a static program has no compiled-in place for certificates that holds on
 * every image. */
#include "http/ca_bundle.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

static const char *const places[] = {
    "/etc/ssl/certs/ca-certificates.crt", /* Debian, Ubuntu, Alpine, distroless */
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", /* Fedora, RHEL */
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem", /* SUSE */
    "/etc/ssl/cert.pem",      /* Alpine, BSD */
};

static int use_named(const char *file, const char *named_by, struct buf *path,
                     struct fault *f)
{
  if (access(file, R_OK) < 0) {
    fault_system(f, -errno, "%s %s cannot be read", named_by, file);
    f->kind = FAULT_BAD_INPUT;
    return -1;
  }
  buf_add_text(path, file);
  return 0;
}

int ca_bundle_look_up(const char *given, struct buf *path, struct fault *f)
{
  const char *variable = getenv("SSL_CERT_FILE");
  if (given)
    return use_named(given, "--ca-file", path, f);
  if (variable && variable[0])
    return use_named(variable, "SSL_CERT_FILE", path, f);
  for (size_t i = 0; i < sizeof places / sizeof *places; i++)
    if (access(places[i], R_OK) == 0) {
      buf_add_text(path, places[i]);
      return 0;
    }
  return fault_set(f, FAULT_SYSTEM,
                   "no CA certificates here: give --ca-file or SSL_CERT_FILE, or install "
                   "ca-certificates");
}
