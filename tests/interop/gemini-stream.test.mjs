// SPDX-License-Identifier: MIT
// The real Gemini CLI from npm, started by runlet with stream-json, against a mock Gemini API on loopback.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { agentCases } from '../support/agent_cases.mjs'
import { assertStream } from '../support/ndjson.mjs'
import { gemini } from '../support/real_agents.mjs'
import { post, run, serve } from '../support/runlet.mjs'

const { with_ } = agentCases({
  ...gemini,
  fields: { ...gemini.fields, harnessOptions: { protocol: 'stream-json' } },
  tool: undefined, // it takes none of ours this way
  usage: true,
  patience: 20000,
  words: { 401: /mock 401/, 500: 'run-timeout' },
  shellName: 'run_shell_command',
  noSession: (r) => assert.match(assertStream(r.events, 'agent-exit').message, /session/i),
})

test(
  'another protocol, and what it has no way for, are refused',
  with_([[{ text: 'never' }]], async (s) => {
    const r = await run(s.request({ harnessOptions: { protocol: 'telepathy' } }), { box: s.box })
    assert.deepEqual([r.code, r.events.length, r.events[0].code], [2, 1, 'bad-request'])
    assert.match(r.events[0].message, /harnessOptions\.protocol must be acp or stream-json/)
    const tools = await run(s.request({ toolDescriptors: s.orch.descriptors }), { box: s.box })
    assert.equal(tools.code, 2)
    assert.match(tools.events[0].message, /tools over acp only/)
    const server = await serve({ box: s.box })
    try {
      const refused = await post(server, s.request({ modelOptions: { maxTurns: 2 } }))
      assert.equal(refused.status, 400)
      assert.match(refused.text, /modelOptions\.maxTurns is not supported by harness gemini/)
    } finally {
      await server.stop()
    }
  }),
)
