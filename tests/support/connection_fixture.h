/* SPDX-License-Identifier: MIT */
/* connection_fixture.h - a server with one client, for the tests of a connection.
 *
 * The owner answers "<method> <target> <body>", or keeps the exchange when the target is
 * /keep; on_head answers 401 to /secret. */
#ifndef CONNECTION_FIXTURE_H
#define CONNECTION_FIXTURE_H

#include "http/http_server.h"
#include "loopback.h"

#define GET(target) "GET " target " HTTP/1.1\r\nHost: x\r\n\r\n"

struct connection_fixture {
  uv_loop_t loop;
  struct http_server *server;
  struct http_server_setup setup;
  struct loopback_client client;
  struct http_exchange *kept;
  unsigned heads, requests, gone;
};

/* Between the first two the test may change the server's setup; the third is both. */
void connection_fixture_open(struct connection_fixture *d);
void connection_fixture_start(struct connection_fixture *d);
void connection_fixture_setup(struct connection_fixture *d);
void connection_fixture_finish(struct connection_fixture *d);
/* Sends the request in pieces of `step`; fails unless one answer with this status comes,
 * and then an end that is no reset. */
void connection_fixture_expect(struct connection_fixture *d, const char *request,
                               size_t step, const char *status);

#endif
