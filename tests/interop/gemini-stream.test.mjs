// SPDX-License-Identifier: MIT
// The real Gemini CLI from npm, started by runlet with stream-json, against a mock Gemini API on loopback.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { agentCases } from '../support/agent_cases.mjs'
import { common } from '../support/gemini_cli.mjs'
import { assertStream } from '../support/ndjson.mjs'
import { post, run, serve } from '../support/runlet.mjs'

const { with_ } = agentCases({
  ...common,
  fields: { harness: 'gemini', model: 'gemini-2.5-pro', harnessOptions: { protocol: 'stream-json' } },
  shellName: 'run_shell_command',
  noSession: (r) => assert.match(assertStream(r.events, 'agent-exit').message, /session/i),
})

test('another protocol, and what it has no way for, are refused', with_([[{ text: 'never' }]], async (s) => {
  const r = await run(s.request({ harnessOptions: { protocol: 'telepathy' } }), { box: s.box })
  assert.match(assertStream(r.events).message, /harnessOptions\.protocol must be acp or stream-json/)
  const tools = await run(s.request({ toolDescriptors: s.orch.descriptors }), { box: s.box })
  assert.match(assertStream(tools.events, 'prompt-invalid').message, /tools over acp only/)
  const server = await serve({ box: s.box })
  try {
    const refused = await post(server, s.request({ modelOptions: { maxTurns: 2 } }))
    assert.equal(refused.status, 400)
    assert.match(refused.text, /modelOptions\.maxTurns is not supported by harness gemini/)
  } finally {
    await server.stop()
  }
}))
