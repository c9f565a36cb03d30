/* SPDX-License-Identifier: MIT */
/* url.h - whether a URL is one that http_client.h may be given. */
#ifndef HTTP_URL_H
#define HTTP_URL_H

#include "base/buf.h"
#include "base/fault.h"

/* http(s) with a host and without credentials; FAULT_BAD_INPUT names what is wrong. */
int url_check(struct span url, struct fault *f);

#endif
