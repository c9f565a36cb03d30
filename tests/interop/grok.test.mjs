// SPDX-License-Identifier: MIT
// The real Grok Build from npm, started by runlet over ACP, against a mock chat completions API on loopback.
import assert from 'node:assert/strict'
import { agentCases } from '../support/agent_cases.mjs'
import { assertStream, textOf, warningsOf } from '../support/ndjson.mjs'
import { grok } from '../support/real_agents.mjs'

agentCases({
  ...grok,
  reasoning: true,
  usage: true,
  patience: 20000,
  words: { 401: /Unauthorized \(401\).*mock 401/, 500: 'run-timeout' },
  noSession(r) {
    assertStream(r.events, 'RUN_FINISHED')
    assert.deepEqual(
      warningsOf(r.events).map((w) => w.code),
      ['resume-not-possible'],
    )
    assert.equal(textOf(r.events), 'New.')
  },
})
