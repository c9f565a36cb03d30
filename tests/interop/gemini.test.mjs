// SPDX-License-Identifier: MIT
// The real Gemini CLI from npm, started by runlet over ACP (its default), against a mock Gemini API on loopback.
import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { agentCases } from '../support/agent_cases.mjs'
import { common } from '../support/gemini_cli.mjs'
import { assertStream, textOf, warningsOf } from '../support/ndjson.mjs'

agentCases({
  ...common,
  fields: { harness: 'gemini', model: 'gemini-2.5-pro' },
  tool: (tool, args) => ({ tool, args }),
  shellName: 'execute',
  reasoning: true,
  nativeResult: false, // it does not tell what a command printed
  // It names the file of a session by the minute: a load in the minute of its beginning empties it.
  beforeResume: () => sleep(60000 - Date.now() % 60000),
  noSession(r) {
    assertStream(r.events, 'RUN_FINISHED')
    assert.deepEqual(warningsOf(r.events).map((w) => w.code), ['resume-not-possible'])
    assert.equal(textOf(r.events), 'New.')
  },
})
