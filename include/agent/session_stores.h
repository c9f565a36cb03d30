/* SPDX-License-Identifier: MIT */
/* session_stores.h - where the agents keep their sessions (request/session_store.h).
 *
 * A row of its own, for an agent may be reached by several harnesses: by its own, and as
 * an ACP agent.  */
#ifndef AGENT_SESSION_STORES_H
#define AGENT_SESSION_STORES_H

#include "request/session_store.h"

extern const struct session_store session_store_claude, session_store_codex,
    session_store_copilot, session_store_gemini, session_store_grok, session_store_kilo,
    session_store_opencode, session_store_qwen;

#endif
