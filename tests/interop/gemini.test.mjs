// SPDX-License-Identifier: MIT
// The real Gemini CLI from npm, started by runlet over ACP (its default), against a mock Gemini API on loopback.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { agentCases } from '../support/agent_cases.mjs'
import { assertStream, textOf, warningsOf } from '../support/ndjson.mjs'
import { gemini } from '../support/real_agents.mjs'
import { run } from '../support/runlet.mjs'
import { withScene } from '../support/scene.mjs'

agentCases({
  ...gemini,
  reasoning: true,
  usage: true,
  patience: 20000,
  words: { 401: /mock 401/, 500: 'run-timeout' },
  nativeResult: false, // it does not tell what a command printed
  // It names the file of a session by the minute: a load in the minute of its beginning empties it.
  beforeResume: () => sleep(60000 - (Date.now() % 60000)),
  noSession(r) {
    assertStream(r.events, 'RUN_FINISHED')
    assert.deepEqual(
      warningsOf(r.events).map((w) => w.code),
      ['resume-not-possible'],
    )
    assert.equal(textOf(r.events), 'New.')
  },
})

const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
test(
  'an image of the last message reaches its model',
  withScene(gemini)([[{ text: 'Seen.' }]], {}, async (s) => {
    const content = [
      { type: 'text', text: 'What is this?' },
      { type: 'image', source: { type: 'data', value: PNG, mimeType: 'image/png' } },
    ]
    const r = await run(s.request({ messages: [{ role: 'user', content }] }), { box: s.box })
    assertStream(r.events, 'RUN_FINISHED')
    assert.deepEqual(
      warningsOf(r.events).filter((w) => w.code === 'image-not-passed'),
      [],
    )
    const parts = s.asked()[0].body.contents.at(-1).parts
    assert.deepEqual(parts.find((p) => p.inlineData)?.inlineData, { mimeType: 'image/png', data: PNG })
  }),
)

const VALUES = { list: [1, 2], number: 42, boolean: true, nothing: null, text: '"quoted"', object: { a: 1 } }
for (const [kind, value] of Object.entries(VALUES))
  test(
    `what a tool gives reaches its model, and is no error: a ${kind}`,
    withScene(gemini)(
      [[gemini.tool('echo', { text: 'x' })], [{ text: 'Seen.' }]],
      { answers: { echo: value } },
      async (s) => {
        assertStream((await run(s.request(), { box: s.box })).events, 'RUN_FINISHED')
        const { response } = s.asked().at(-1).body.contents.at(-1).parts[0].functionResponse
        assert.equal(response.error, undefined)
        const text = typeof value === 'string' ? value : JSON.stringify(value)
        assert.ok(response.output.includes(`\n${text}\n`), response.output)
      },
    ),
  )
