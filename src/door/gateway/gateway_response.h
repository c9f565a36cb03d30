/* SPDX-License-Identifier: MIT */
/* gateway_response.h - a response file, read strictly.  Pure.
 *
 * {"id","status","headers","body","bodyEncoding"?,"completedAt"}: `status` is a number
 * from 200 to 599 (none: 200), `headers` an object whose texts are taken and all else
 * dropped, `body` a text, with "bodyEncoding":"base64" canonical base64.  What tells an
 * answer's length or its connection's fate is dropped: those are ours.
 *
 * A host that cannot say whether a change was made says so by the header
 * x-paperclip-bridge-outcome: indeterminate; such an answer is a 409, for clients repeat
 * what failed with 5xx.  */
#ifndef DOOR_GATEWAY_RESPONSE_H
#define DOOR_GATEWAY_RESPONSE_H

#include "base/fault.h"
#include "http/http_answer.h"

struct json;

#define GATEWAY_OUTCOME "x-paperclip-bridge-outcome"

struct gateway_response {
  struct http_answer answer; /* its headers are the next two members */
  struct http_header *headers;
  size_t header_count;
  struct span body; /* lent by one of the next two */
  struct json *doc; /* borrows the text that was read */
  struct buf bytes;
};

/* `text` must stay until gateway_response_free(), which is due in each case.  `id`: whose
 * answer it has to be.  FAULT_BAD_INPUT, or FAULT_TOO_BIG for the body. */
int gateway_response_read(struct span text, struct span id, size_t max_body_bytes,
                          struct gateway_response *out, struct fault *f);
void gateway_response_free(struct gateway_response *r);

#endif
