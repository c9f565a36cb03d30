// SPDX-License-Identifier: MIT
// How a run ends when the API of a real agent's model fails, breaks off in an answer, or says nothing: codex, opencode,
// grok, gemini by ACP and by stream-json.  What a kind of agent cannot show is in tests/golden and src/reference/agents.md.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assertStream, resultsOf, textsOf, warningsOf } from '../support/ndjson.mjs'
import { codex, gemini, grok, opencode } from '../support/real_agents.mjs'
import { run } from '../support/runlet.mjs'
import { withScene } from '../support/scene.mjs'

const streamJson = {
  ...gemini,
  fields: { ...gemini.fields, harnessOptions: { protocol: 'stream-json' } },
  tool: undefined,
}
const codesOf = (events) => warningsOf(events).map((w) => w.code)
const abandonedIn = (events) =>
  events.filter((e) => e.name === 'runlet.message-abandoned').map((e) => e.value.messageId)
/** The texts of a client that drops what was abandoned. */
const keptIn = (events) => textsOf(events.filter((e) => !abandonedIn(events).includes(e.messageId)))

/** One run; `check(events, scene, r)`. */
const ends = (name, agent, turns, check, { more = {}, args = [] } = {}) =>
  test(
    name,
    withScene(agent)(turns, {}, async (s) => {
      const r = await run(s.request({ timeouts: { runMs: 60000 }, ...more }), { box: s.box, args, timeout: 90000 })
      await check(r.events, s, r)
    }),
  )

// -- half an answer, and then the whole

const BROKEN = [{ cut: [{ think: 'Half a thought.' }, { text: 'Half an answer.' }] }, [{ text: 'Whole answer.' }]]
for (const [name, agent] of Object.entries({ grok, opencode }))
  ends(`${name}: half an answer that is begun again is named as abandoned`, agent, BROKEN, (events) => {
    assertStream(events, 'RUN_FINISHED')
    assert.deepEqual(textsOf(events), ['Half an answer.', 'Whole answer.'])
    assert.deepEqual(keptIn(events), ['Whole answer.'])
    assert.equal(abandonedIn(events).length, 2, 'the thought, too')
    assert.deepEqual(codesOf(events), ['agent-retries'])
  })

ends('codex: half an answer is not told at all, its retry is', codex, BROKEN, (events) => {
  assertStream(events, 'RUN_FINISHED')
  assert.deepEqual(textsOf(events), ['Whole answer.'])
  assert.deepEqual(codesOf(events), ['agent-retries'])
})

ends(
  'gemini by ACP: an answer that always breaks off is no success, though it says end_turn',
  gemini,
  [BROKEN[0]],
  (events, s, r) => {
    const last = assertStream(events, 'no-result')
    assert.match(last.message, /counted no token/)
    assert.equal(r.code, 1)
    assert.deepEqual(keptIn(events), [])
  },
)

ends(
  'gemini by stream-json: the same, in its own words',
  streamJson,
  [{ cut: [{ text: 'Half an answer.' }] }],
  (events) => {
    assert.match(assertStream(events, 'agent-error').message, /^Model stream ended without a finish reason\./)
  },
)

ends(
  'opencode: a call that broke off before its arguments never was one',
  opencode,
  [{ cut: [{ text: 'Calling.' }, { tool: 'echo', bare: true }] }, [{ text: 'Done.' }]],
  (events, s) => {
    assertStream(events, 'RUN_FINISHED')
    assert.ok(!events.some((e) => e.type === 'TOOL_CALL_START'))
    assert.deepEqual(s.orch.calls, [])
    assert.deepEqual(keptIn(events), ['Done.'])
  },
)

// -- an API that fails

ends(
  'opencode: each reason of its retries is told once',
  opencode,
  [{ status: 503 }, { status: 503 }, [{ text: 'There.' }]],
  (events) => {
    assertStream(events, 'RUN_FINISHED')
    assert.deepEqual(warningsOf(events), [{ code: 'agent-retries', message: 'mock 503' }])
  },
)

ends(
  'grok: the reason of its retries is told, and stands in the words of a run that ran out of time',
  grok,
  [{ status: 503 }],
  (events, s, r) => {
    assert.equal(r.code, 124)
    assert.match(assertStream(events, 'run-timeout').message, /\(runMs\); it was trying again: .*503.*mock 503/)
    assert.deepEqual(codesOf(events), ['agent-retries'])
  },
  { more: { timeouts: { runMs: 9000 } } },
)

test(
  'codex: a network that never comes is given up, which Codex never does',
  withScene(codex)([[{ text: 'never' }]], {}, async (s) => {
    s.model.stop()
    const r = await run(s.request({ timeouts: { runMs: 60000 } }), {
      box: s.box,
      args: ['--max-agent-retries', '1'],
      timeout: 90000,
    })
    assert.equal(r.code, 1, r.stderr)
    assert.match(
      assertStream(r.events, 'agent-error').message,
      /^given up after 1 retries: Reconnecting\.\.\. waiting for network/,
    )
    assert.deepEqual(codesOf(r.events), ['agent-retries'])
  }),
)

for (const [name, agent] of Object.entries({ 'by ACP': gemini, 'by stream-json': streamJson }))
  ends(`gemini ${name}: an error of the API is its inner words and its status`, agent, [{ status: 400 }], (events) => {
    assert.equal(assertStream(events, 'agent-error').message, 'mock 400 (400 INTERNAL)')
  })

// -- an answer without a word

for (const [name, agent, blank] of [
  ['codex, no item', codex, []],
  ['codex, a blank one', codex, [{ text: '' }]],
  ['opencode', opencode, [{ text: '' }]],
  ['gemini', gemini, [{ text: '' }]],
])
  ends(`${name}: an answer without a word is a warning`, agent, [blank], (events) => {
    assertStream(events, 'RUN_FINISHED')
    assert.deepEqual(codesOf(events), ['empty-answer'])
  })

ends(
  'gemini by ACP: nothing said to the result of a tool is a warning',
  gemini,
  [[gemini.tool('echo', { text: 'x' })], [{ text: '' }]],
  (events) => {
    assertStream(events, 'RUN_FINISHED')
    assert.deepEqual(
      resultsOf(events).map((e) => e.content),
      ['x'],
    )
    assert.deepEqual(warningsOf(events), [
      { code: 'empty-answer', message: 'The agent answered without a word after its last tool call.' },
    ])
  },
)

// -- names

ends(
  'grok: a tool that it does not have has the name that the model gave it',
  grok,
  [[{ native: 'nowhere_tool', args: { a: 1 } }], [{ text: 'Sorry.' }]],
  (events) => {
    assertStream(events, 'RUN_FINISHED')
    assert.deepEqual(
      events.filter((e) => e.type === 'TOOL_CALL_START').map((e) => e.toolCallName),
      ['nowhere_tool'],
    )
    assert.match(resultsOf(events)[0].content, /Tool not found: nowhere_tool/)
  },
)
