/* SPDX-License-Identifier: MIT */
#include "door/http/message_post.h"

#include "base/limits.h"

#include "door_fixture.h"
#include "process/keeper.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_message_post__hands_words_to_the_run_and_says_what_is_wrong(void **state)
{
  (void)state;
  struct door_fixture d;
  door_fixture_open(&d, "read -r prompt; INIT; SAY; read -r more; GOOD");
  char *body = door_fixture_request("a", ",\"onDisconnect\":\"detach\"");
  struct loopback_client *posted = calloc(1, sizeof *posted);
  struct buf text = buf_make(64 * KIB);
  loopback_connect(posted, d.runtime.loop, http_server_port(d.server));
  buf_addf(&text, "POST /run HTTP/1.1\r\nHost: x\r\nContent-Length: %zu\r\n\r\n%s",
           strlen(body), body);
  loopback_send(posted, buf_cstring(&text), 0);
  loopback_wait_text(posted, "hello");
  static const char words[] = "{\"text\":\"go on\",\"messageId\":\"m\"}";
  door_fixture_expect(door_fixture_whole(&d, "POST", "/runs/a/messages", "", "{}"), "400",
                      "text must be a string that is not blank");
  door_fixture_expect(door_fixture_whole(&d, "POST", "/runs/b/messages", "", words),
                      "404", "no such run");
  door_fixture_expect(door_fixture_whole(&d, "POST", "/runs/a/messages", "", words),
                      "202", "{\"messageId\":\"m\"}");
  loopback_wait_text(posted, "\"role\":\"user\"");
  door_fixture_wait_over(&d, "a");
  door_fixture_expect(
      door_fixture_whole(&d, "POST", "/runs/a/messages", "", "{\"text\":\"late\"}"),
      "409", "the run is over");
  loopback_close(posted, true);
  buf_free(&text);
  free(posted);
  free(body);
  door_fixture_close(&d);
}

int main(int argc, char **argv)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_message_post__hands_words_to_the_run_and_says_what_is_wrong),
  };
  if (argc > 1 && !strcmp(argv[1], KEEPER_ARGUMENT))
    return keeper_main(argc, argv);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
