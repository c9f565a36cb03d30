// SPDX-License-Identifier: MIT
// Somebody talks with the real Claude Code (support/talker.c): leave for its own tools, more words, a polite end.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { assertStream, resultsOf, textOf } from '../support/ndjson.mjs'
import { claude } from '../support/real_agents.mjs'
import { processesOf, until } from '../support/runlet.mjs'
import { withScene } from '../support/scene.mjs'
import { talk } from '../support/talker.mjs'

const with_ = withScene(claude)
const DEFAULT = { modelOptions: { permissionMode: 'default' } }
const WRITES = [[{ text: 'I try.' }, { bash: 'echo hi > there.txt && cat there.txt' }], [{ text: 'So it is.' }]]

const textsOfUsers = (request) =>
  request.body.messages
    .filter((m) => m.role === 'user')
    .flatMap((m) => (typeof m.content === 'string' ? [{ type: 'text', text: m.content }] : m.content))
    .filter((c) => c.type === 'text')
    .map((c) => c.text)

for (const [how, answer] of [
  ['allowed', { yes: true }],
  ['denied with a reason', { yes: false, reason: 'There is a rule against files.' }],
])
  test(
    `a shell command is asked about and ${how}`,
    with_(WRITES, {}, async (s) => {
      const t = talk(s.box, s.request(DEFAULT), { on: (l, t) => l.question && t.permit(l.question, answer) })
      await t.end()
      assertStream(t.events, 'RUN_FINISHED')
      const call = t.events.find((e) => e.type === 'TOOL_CALL_START')
      const [question] = t.told
      assert.equal(question.toolCallId, call.toolCallId)
      assert.equal(question.tool, 'Bash')
      assert.equal(question.input.command, WRITES[0][1].bash)
      const [result] = resultsOf(t.events)
      assert.equal(result.content.trim(), answer.yes ? 'hi' : answer.reason)
      assert.equal(fs.existsSync(path.join(s.box.work, 'there.txt')), answer.yes)
      if (!answer.yes) assert.ok(claude.shows(answer.reason, s.asked()[1]), 'the model is told why')
    }),
  )

test(
  'a tool of the host is not asked about',
  with_([[{ tool: 'echo', args: { text: 'ping' } }], [{ text: 'Done.' }]], {}, async (s) => {
    const t = await talk(s.box, s.request(DEFAULT)).end()
    assertStream(t.events, 'RUN_FINISHED')
    assert.deepEqual(
      resultsOf(t.events).map((r) => r.content),
      ['ping'],
    )
    assert.deepEqual(t.told, [{ over: true, code: '' }])
  }),
)

const ASK = {
  questions: [
    {
      question: 'Which?',
      header: 'Drink',
      multiSelect: false,
      options: [
        { label: 'Tea', description: 'hot' },
        { label: 'Water', description: 'cold' },
      ],
    },
  ],
}
test(
  'its own question is answered by the input, in bypassPermissions too',
  with_([[{ native: 'AskUserQuestion', args: ASK }], [{ text: 'Done.' }]], {}, async (s) => {
    const t = talk(s.box, s.request(), {
      on: (l, t) => l.question && t.permit(l.question, { input: { ...l.input, answers: { 'Which?': 'Tea' } } }),
    })
    await t.end()
    assertStream(t.events, 'RUN_FINISHED')
    assert.ok(claude.shows('"Which?"="Tea"', s.asked()[1]))
  }),
)

test(
  'more words in mid-turn are in the next request of its model, and never a command',
  with_([[{ bash: 'while [ -e wait ]; do sleep 0.05; done' }], [{ text: 'Steered.' }]], {}, async (s) => {
    const wait = path.join(s.box.work, 'wait')
    fs.writeFileSync(wait, '')
    const t = talk(s.box, s.request(), {
      on: (l, t) => {
        if (l.type === 'TOOL_CALL_END') t.say('/clear the other table instead', 'u1')
        if (l.said) setTimeout(() => fs.rmSync(wait), 200) // it is read meanwhile
      },
    })
    await t.end()
    assertStream(t.events, 'RUN_FINISHED')
    assert.equal(textOf(t.events), 'Steered.')
    assert.deepEqual(t.told, [
      { said: true, fault: '' },
      { over: true, code: '' },
    ])
    assert.equal(s.asked().length, 2)
    assert.ok(!textsOfUsers(s.asked()[0]).some((text) => text.includes('the other table')))
    assert.ok(textsOfUsers(s.asked()[1]).some((text) => text.includes('/clear the other table instead')))
  }),
)

test(
  'words that come with its last ones are a turn more of the run',
  with_([[{ text: 'First.' }], [{ text: 'Second.' }]], {}, async (s) => {
    const t = talk(s.box, s.request(), { on: (l, t) => l.delta === 'First.' && t.say('And now?') })
    await t.end()
    assertStream(t.events, 'RUN_FINISHED')
    assert.equal(textOf(t.events), 'First.Second.')
    assert.ok(textsOfUsers(s.asked()[1]).some((text) => text.includes('And now?')))
  }),
)

test(
  'a cancel is an interrupt: a shell tool that hangs is gone, and Claude Code has ended its own turn',
  with_([[{ bash: 'tail -f /dev/null' }]], {}, async (s) => {
    const t = talk(s.box, s.request())
    await until('the shell', () => processesOf(s.box.mark).some((p) => p.name === 'tail'), 20000)
    const begun = Date.now()
    t.cancel()
    await t.end()
    console.log(`# interrupted: over ${Date.now() - begun} ms after the cancel`)
    const last = assertStream(t.events, 'cancelled')
    assert.ok(last.metadata.tanstack.usage, 'its result was heard')
    const [result] = resultsOf(t.events)
    assert.match(result.content, /^The user doesn't want to proceed/, 'its own word about the call')
  }),
)

test(
  'a model that a task in the background has woken asks leave, too',
  with_(
    [
      [{ bash: 'sleep 1; echo late', background: true }],
      [{ text: 'Waiting.' }],
      [{ bash: 'touch woken.txt' }],
      [{ text: 'Woken.' }],
    ],
    {},
    async (s) => {
      const t = talk(s.box, s.request(DEFAULT), { on: (l, t) => l.question && t.permit(l.question, { yes: true }) })
      await t.end()
      assertStream(t.events, 'RUN_FINISHED')
      assert.deepEqual(
        t.told.filter((l) => l.question).map((l) => l.input.command),
        ['touch woken.txt'],
      )
      assert.ok(fs.existsSync(path.join(s.box.work, 'woken.txt')))
      assert.equal(textOf(t.events), 'Waiting.Woken.')
    },
  ),
)
