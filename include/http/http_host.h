/* SPDX-License-Identifier: MIT */
/* http_host.h - is this a name of the machine itself?  Pure.
 *
 * A web page can make a name of its own mean 127.0.0.1 (DNS rebinding); its requests then
 * come from this machine, but their Host and Origin still carry that name.  So what
 * listens on loopback takes loopback names only: "localhost" in any case, 127.a.b.c in
 * full (127.example.org is anybody's), "[::1]"; each with a port or without.  */
#ifndef HTTP_HTTP_HOST_H
#define HTTP_HTTP_HOST_H

#include "base/buf.h"

/* The value of a Host header. */
bool http_host_is_loopback(struct span host);
/* The value of an Origin header: http or https, and a loopback name. */
bool http_origin_is_loopback(struct span origin);

#endif
