/* SPDX-License-Identifier: MIT */
/* client_transfer.c - curl's callbacks, and the options that bind them. */
#include "client_transfer.h"

#include "base/limits.h"
#include "curl_fault.h"
#include "curl_headers.h"
#include "io/descriptors.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

bool client_transfer_is_stream(const struct client_transfer *t)
{
  long status = 0;
  if (t->streams)
    curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
  return status >= 200 && status < 300;
}

static size_t give_body(char *into, size_t size, size_t count, void *who)
{
  struct client_transfer *t = who;
  size_t n = t->body.len - t->sent;
  if (n > size * count)
    n = size * count;
  memcpy(into, t->body.at + t->sent, n);
  t->sent += n;
  return n;
}

static size_t take_answer(char *at, size_t size, size_t count, void *who)
{
  struct client_transfer *t = who;
  if (client_transfer_is_stream(t)) {
    if (t->answer.len > 0 && t->answer.len + size * count > LIMIT_STREAM_BYTES) {
      t->held = true;
      return CURL_WRITEFUNC_PAUSE;
    }
    t->on_piece(t->client);
  }
  buf_add(&t->answer, (struct span){at, size * count});
  return t->answer.overflowed ? CURL_WRITEFUNC_ERROR : size * count;
}

/* What agents let us call leaves the last descriptors to the control port. */
static curl_socket_t open_socket(void *who, curlsocktype purpose,
                                 struct curl_sockaddr *to)
{
  struct client_transfer *t = who;
  (void)purpose;
  int fd = socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
  if (!descriptors_is_spare(fd))
    return fd;
  close(fd);
  if (t->fault.kind == FAULT_NONE)
    fault_set(&t->fault, FAULT_SYSTEM, "too many open files");
  return CURL_SOCKET_BAD;
}

static size_t take_header(char *at, size_t size, size_t count, void *who)
{
  struct client_transfer *t = who;
  struct span line = {at, size * count};
  curl_headers_retry_after(line, &t->retry_after_ms);
  curl_headers_session(line, &t->session);
  return size * count;
}

/* Every option each time: the handle has those of the request before it (curl_pool.h). */
static int set_up(struct client_transfer *t, const struct http_call *call)
{
  CURL *e = t->easy;
  bool get = strcmp(call->method, "GET") == 0, post = strcmp(call->method, "POST") == 0;
  /* Counts what has come, too: nothing for a stream. */
  curl_off_t most = call->on_piece ? 0 : (curl_off_t)call->answer_ceiling;
  CURLcode bad = CURLE_OK;
  bad |= curl_easy_setopt(e, CURLOPT_URL, call->url);
  bad |= curl_easy_setopt(e, CURLOPT_ERRORBUFFER, t->error);
  bad |= curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, (long)call->connect_ms);
  bad |= curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, (long)call->total_ms);
  bad |= curl_easy_setopt(e, CURLOPT_HTTPHEADER, t->headers);
  bad |= curl_easy_setopt(e, CURLOPT_MAXFILESIZE_LARGE, most);
  bad |= curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, take_answer);
  bad |= curl_easy_setopt(e, CURLOPT_WRITEDATA, t);
  bad |= curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, take_header);
  bad |= curl_easy_setopt(e, CURLOPT_HEADERDATA, t);
  bad |= curl_easy_setopt(e, CURLOPT_OPENSOCKETFUNCTION, open_socket);
  bad |= curl_easy_setopt(e, CURLOPT_OPENSOCKETDATA, t);
  bad |= curl_easy_setopt(e, get ? CURLOPT_HTTPGET : CURLOPT_POST, 1L);
  bad |= curl_easy_setopt(e, CURLOPT_CUSTOMREQUEST, get || post ? NULL : call->method);
  bad |= curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)t->body.len);
  /* A read callback without a seek callback: see http_client.h. */
  bad |= curl_easy_setopt(e, CURLOPT_READFUNCTION, give_body);
  bad |= curl_easy_setopt(e, CURLOPT_READDATA, t);
  /* Without a body there is nothing to rewind, and curl would send it again. */
  bad |= curl_easy_setopt(e, CURLOPT_FRESH_CONNECT, !get && t->body.len == 0 ? 1L : 0L);
  return bad == CURLE_OK ? 0 : -1;
}

int client_transfer_make(struct client_transfer *t, CURL *easy,
                         const struct http_call *call, struct fault *f)
{
  t->easy = easy;
  t->body = buf_make(call->body.len + 1);
  buf_charge(&t->body, call->budget);
  buf_add(&t->body, call->body);
  t->streams = call->on_piece != NULL;
  bool small = t->streams && call->answer_ceiling < LIMIT_STREAM_BYTES;
  t->session = buf_make(LIMIT_TOKEN_BYTES);
  t->answer = buf_make(small ? LIMIT_STREAM_BYTES : call->answer_ceiling);
  buf_charge(&t->answer, call->budget);
  t->connect_ms = call->connect_ms;
  t->total_ms = call->total_ms;
  t->headers = curl_headers_new(call->headers, f);
  if (!t->headers)
    return -1;
  if (!t->easy || set_up(t, call) < 0)
    return fault_set(f, FAULT_SYSTEM, "libcurl cannot start a request");
  return 0;
}

void client_transfer_go_on(struct client_transfer *t)
{
  if (!t->held)
    return;
  t->held = false;
  curl_easy_pause(t->easy, CURLPAUSE_CONT);
}

int client_transfer_end(struct client_transfer *t, CURLcode result, int *status)
{
  struct curl_fault_facts facts = {.detail = t->error,
                                   .connect_ms = t->connect_ms,
                                   .total_ms = t->total_ms,
                                   .answer_ceiling = t->answer.ceiling};
  long code = 0;
  if (t->fault.kind == FAULT_NONE && result != CURLE_OK)
    curl_fault_set(&t->fault, t->easy, result, &facts);
  if (t->fault.kind == FAULT_NONE &&
      curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &code) != CURLE_OK)
    fault_set(&t->fault, FAULT_SYSTEM, "libcurl lost the answer");
  *status = (int)code;
  return t->fault.kind == FAULT_NONE ? 0 : -1;
}

void client_transfer_free(struct client_transfer *t)
{
  curl_headers_free(t->headers);
  buf_wipe(&t->body);
  buf_free(&t->answer);
  buf_wipe(&t->session);
}
