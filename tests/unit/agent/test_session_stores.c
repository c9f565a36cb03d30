/* SPDX-License-Identifier: MIT */
#include "agent/session_stores.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define ID "01a22277-7b57-77b2-aa9e-f96c27e7d572"
static const struct session_names names = {SPAN_LITERAL(ID), SPAN_LITERAL("W")};

static void has(const struct session_store *store, bool wanted, const char *path)
{
  if (session_store_has(store, span_of(path), &names) != wanted)
    fail_msg("%s: %s", store->id, path);
}

static void test_session_stores__the_sessions_files_are_in_and_nothing_else(void **state)
{
  (void)state;
  const struct session_store *claude = &session_store_claude,
                             *codex = &session_store_codex,
                             *gemini = &session_store_gemini, *grok = &session_store_grok;
  has(claude, true, "projects/W/" ID ".jsonl");
  has(claude, true, "projects/W/" ID "/subagents/agent-a1b2.jsonl");
  has(claude, true, "projects/W/" ID "/subagents/agent-a1b2.meta.json");
  has(claude, true, "projects/W/" ID "/subagents/workflows/w_1/agent-a.jsonl");
  has(claude, true, "projects/W/" ID "/tool-results/toolu_1.txt");
  has(claude, false, "projects/W/" ID "/.credentials.json");
  has(claude, false, "projects/W/" ID "/subagents/credentials.json");
  has(claude, false, "projects/W/settings.json");
  has(claude, false, "settings.json");
  has(claude, false, ".credentials.json");
  has(codex, true, "sessions/2026/11/28/rollout-2026-11-28T14-03-05-" ID ".jsonl");
  has(codex, false, "sessions/2026/11/28/rollout-2026-11-28T14-03-05-" ID ".jsonl.bak");
  has(codex, false, "auth.json");
  has(codex, false, "config.toml");
  has(gemini, true, "tmp/W/chats/session-2026-11-28T14-03-01a22277.jsonl");
  has(gemini, false, "tmp/W/chats/session-2026-11-28T14-03-01a22278.jsonl");
  has(gemini, false, "oauth_creds.json");
  has(gemini, false, "tmp/W/shell_history");
  has(grok, true, "sessions/W/" ID "/chat_history.jsonl");
  has(grok, true, "sessions/W/" ID "/compaction_checkpoints/1.json");
  has(grok, false, "sessions/W/prompt_history.jsonl");
  has(grok, false, "auth.json");
  has(&session_store_copilot, true, "session-state/" ID "/events.jsonl");
  has(&session_store_copilot, false, "session-state/" ID "/.workspace-fork.lock");
  has(&session_store_copilot, false, "config.json");
  has(&session_store_qwen, true, "projects/W/chats/" ID ".jsonl");
  has(&session_store_qwen, false, "projects/W/memory/MEMORY.md");
  has(&session_store_qwen, false, "settings.json");
}

static void test_session_stores__a_row_is_whole(void **state)
{
  (void)state;
  const struct session_store *const all[] = {&session_store_claude,  &session_store_codex,
                                             &session_store_gemini,  &session_store_grok,
                                             &session_store_copilot, &session_store_qwen};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
    assert_non_null(all[i]->root);
    for (const char *const *p = all[i]->paths; *p; p++) {
      if (!all[i]->folder)
        continue;
      size_t n = strlen(all[i]->folders);
      assert_int_equal(strncmp(*p, all[i]->folders, n), 0);
      assert_int_equal(strncmp(*p + n, "/{w}/", 5), 0);
    }
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_session_stores__the_sessions_files_are_in_and_nothing_else),
      cmocka_unit_test(test_session_stores__a_row_is_whole),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
