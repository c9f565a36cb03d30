/* SPDX-License-Identifier: MIT */
#include "door/http/approval_post.h"

#include "base/limits.h"

#include "door_fixture.h"
#include "process/keeper.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Asks leave for a command line, and says what it was told. */
#define ASK                                                                              \
  "read -r prompt; INIT; echo '{\"type\":\"control_request\",\"request_id\":\"q1\","     \
  "\"request\":{\"subtype\":\"can_use_tool\",\"tool_name\":\"Bash\",\"input\":{"         \
  "\"command\":\"ls a/b\"}}}'; read -r said; case $said in *allow*) SAY;; esac; GOOD; "  \
  "exec sleep 1"
#define ADDRESS "/runs/a/approvals/claude-code%3Acommand%3Als%20a%2Fb"

static void test_approval_post__answers_what_waits_and_says_what_is_wrong(void **state)
{
  (void)state;
  struct door_fixture d;
  door_fixture_open(&d, ASK);
  char *body = door_fixture_request("a", ",\"policy\":{},\"onDisconnect\":\"detach\"");
  struct loopback_client *posted = calloc(1, sizeof *posted);
  struct buf text = buf_make(64 * KIB);
  loopback_connect(posted, d.runtime.loop, http_server_port(d.server));
  buf_addf(&text, "POST /run HTTP/1.1\r\nHost: x\r\nContent-Length: %zu\r\n\r\n%s",
           strlen(body), body);
  loopback_send(posted, buf_cstring(&text), 0);
  loopback_wait_text(posted, "approval-requested");
  static const char *const bad[][2] = {
      {"", "the body is not valid JSON"},
      {"{}", "approved must be true or false"},
      {"{\"approved\":1}", "approved must be true or false"},
      {"[true]", "approved must be true or false"},
      {"{\"approved\":true,\"reason\":{}}", "reason must be a string"},
  };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    door_fixture_expect(door_fixture_whole(&d, "POST", ADDRESS, "", bad[i][0]), "400",
                        bad[i][1]);
  static const char yes[] = "{\"approved\":true,\"more\":1}";
  door_fixture_expect(door_fixture_whole(&d, "POST", "/runs/b/approvals/x", "", yes),
                      "404", "no such run");
  door_fixture_expect(door_fixture_whole(&d, "POST", "/runs/a/approvals/x", "", yes),
                      "404", "has asked for no such approval");
  door_fixture_expect(door_fixture_whole(&d, "POST", ADDRESS "%2", "", yes), "400",
                      "hex digits");
  door_fixture_expect(door_fixture_whole(&d, "POST", ADDRESS, "", yes), "200",
                      "{\"runId\":\"a\",\"approvalId\":\"claude-code:command:ls "
                      "a/b\",\"approved\":true}");
  loopback_wait_text(posted, "hello"); /* it heard of it */
  door_fixture_wait_over(&d, "a");
  door_fixture_expect(door_fixture_whole(&d, "POST", ADDRESS, "", yes), "409",
                      "the run is over");
  loopback_close(posted, true);
  buf_free(&text);
  free(posted);
  free(body);
  door_fixture_close(&d);
}

int main(int argc, char **argv)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_approval_post__answers_what_waits_and_says_what_is_wrong),
  };
  if (argc > 1 && !strcmp(argv[1], KEEPER_ARGUMENT))
    return keeper_main(argc, argv);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
