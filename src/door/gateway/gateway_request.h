/* SPDX-License-Identifier: MIT */
/* gateway_request.h - an agent's request as the text of a request file.  Pure.
 *
 * {"id","method","path","query","headers","body","createdAt"} and a line end.  Of the
 * headers only those go along that the host forwards; Authorization never.  The body is
 * text (invalid UTF-8 becomes U+FFFD), or "bodyEncoding":"base64" for an upload of an
 * attachment.  */
#ifndef DOOR_GATEWAY_REQUEST_H
#define DOOR_GATEWAY_REQUEST_H

#include "base/fault.h"
#include "gateway_target.h"
#include "http/http_parse.h"

/* POST /api/companies/<x>/issues/<y>/attachments with multipart/form-data. */
bool gateway_request_is_upload(const struct http_request *r,
                               const struct gateway_target *target);
/* The host takes its body: there is none to be expected, or JSON, or an upload. */
bool gateway_request_is_fit(const struct http_request *r,
                            const struct gateway_target *target);
/* It changes nothing at the host, so that it may be sent again. */
bool gateway_request_is_safe(const struct http_request *r);

struct gateway_request {
  const struct http_request *head;
  const struct gateway_target *target;
  struct span body, id, created_at;
  size_t max_body_bytes;
};

/* Onto `out`.  FAULT_TOO_BIG: the body has grown over the limit by being made text. */
int gateway_request_put(const struct gateway_request *r, struct buf *out,
                        struct fault *f);

#endif
