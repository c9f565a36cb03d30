// SPDX-License-Identifier: MIT
// Somebody talks with the scripted agent, which is Claude Code by what it says: questions for leave, more words, the end.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assertStream, resultsOf, textOf } from '../support/ndjson.mjs'
import { assertNothingLeft, makeBox } from '../support/runlet.mjs'
import { talk } from '../support/talker.mjs'

const request = (prompt, more = {}) => ({
  harness: 'claude-code',
  model: 'm',
  prompt: prompt.join('\n'),
  modelOptions: { permissionMode: 'default' },
  ...more,
})

const withBox = (fn) => async () => {
  const box = makeBox()
  try {
    await fn(box)
    await assertNothingLeft(box)
  } finally {
    box.remove()
  }
}

const answering = (answer) => (line, t) => line.question && t.permit(line.question, answer)
const ASKS = ['@init alone', '@ask Bash {"command": "ls"}', '@text Well.', '@result success']

for (const [how, answer, content, failed] of [
  ['allowed', { yes: true }, 'done', false],
  ['denied with a reason', { yes: false, reason: 'not here' }, 'not here', true],
])
  test(
    `a question is told with its call, and ${how}`,
    withBox(async (box) => {
      const t = await talk(box, request(ASKS), { on: answering(answer) }).end()
      assertStream(t.events, 'RUN_FINISHED')
      const start = t.events.find((e) => e.type === 'TOOL_CALL_START')
      assert.deepEqual(t.told, [
        { question: 'ask-1', toolCallId: start.toolCallId, tool: 'Bash', input: { command: 'ls' } },
        { permitted: true },
        { over: true, code: '' },
      ])
      const [result] = resultsOf(t.events)
      assert.equal(result.content, content)
      assert.equal(result.metadata.tanstack.state === 'output-error', failed)
      assert.equal(textOf(t.events), 'Well.')
    }),
  )

test(
  "what nobody answers is denied in time, and the host's tools are never asked about",
  withBox(async (box) => {
    const t = await talk(
      box,
      request(['@init alone', '@ask mcp__tanstack__echo {}', '@ask Bash {}', '@result success'], {
        toolDescriptors: [{ name: 'echo', description: 'e', inputSchema: { type: 'object' } }],
        toolExecUrl: 'http://127.0.0.1:9/none',
        toolExecToken: 't',
      }),
      { questionMs: 100 },
    ).end()
    assertStream(t.events, 'RUN_FINISHED')
    assert.deepEqual(
      t.told.map((l) => Object.keys(l)[0]),
      ['question', 'questionOver', 'over'],
    )
    assert.equal(t.told[1].why, 0)
    assert.deepEqual(
      resultsOf(t.events).map((r) => r.content),
      ['done', 'Nobody answered in time.'],
    )
  }),
)

test(
  'more words are heard in mid-turn, once each, and after the turn they are refused',
  withBox(async (box) => {
    const t = await talk(box, request(['@init alone', '@text Go on?', '@hear', '@result success', '@sleep 300']), {
      on: (line, talking) => {
        if (line.delta === 'Go on?') {
          talking.say('/clear the table', 'u1')
          talking.say('/clear the table', 'u1')
        }
        if (line.said === true && talking.told.length === 2) setTimeout(() => talking.say('late', 'u2'), 100)
      },
    }).end()
    assertStream(t.events, 'RUN_FINISHED')
    assert.equal(textOf(t.events), 'Go on?heard: \u2060/clear the table') // words, no command
    assert.deepEqual(t.told, [
      { said: true, fault: '' },
      { said: true, fault: '' },
      { said: false, fault: "the agent's turn is over" },
      { over: true, code: '' },
    ])
  }),
)

test(
  'a cancel is an interrupt first: the agent ends its own turn, and its question is over',
  withBox(async (box) => {
    const t = await talk(box, request(ASKS), { on: (line, talking) => line.question && talking.cancel() }).end()
    const last = assertStream(t.events, 'cancelled')
    assert.ok(last.metadata.tanstack.usage, 'its result was heard, so it was interrupted before it was signalled')
    assert.deepEqual(t.told.slice(1), [
      { questionOver: 'ask-1', why: 2 },
      { over: false, code: 'cancelled' },
    ])
  }),
)
