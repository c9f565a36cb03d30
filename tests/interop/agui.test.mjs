// SPDX-License-Identifier: MIT
// POST /agui with the real agents behind it and the stock HttpAgent before it: a tool of the page is held and answered by
// the next request, in one process, under the id by which the agent announced it; then a turn more of the same session.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { assertClean, clients } from '../support/agui.mjs'
import { realAgents } from '../support/real_agents.mjs'
import { serve } from '../support/runlet.mjs'
import { assertOursGone, openScene } from '../support/scene.mjs'

/** A service with this agent for all pages. */
async function open(t, agent, turns, more = {}) {
  const s = await openScene(agent, turns)
  const secrets = Object.fromEntries(Object.keys(agent.keys).map((name) => [name, {}]))
  const defaults = { ...agent.fields, workspace: { source: { type: 'none' }, secrets }, ...more }
  fs.writeFileSync(path.join(s.box.root, 'defaults.json'), JSON.stringify(defaults))
  const server = await serve({
    box: s.box,
    args: ['--workspace-per-thread', '--agui-defaults', path.join(s.box.root, 'defaults.json')],
  })
  t.after(async () => {
    await server.stop()
    await assertOursGone(s.box)
    s.end()
  })
  return { ...s, server }
}

for (const [name, agent] of Object.entries(realAgents)) {
  test(`${name}: a tool of the page is held, answered, and the next turn is of the same session`, async (t) => {
    const s = await open(t, agent, [
      [{ text: 'I ask. ' }, agent.tool('getColor', { of: 'sky' })],
      [{ text: 'It is red.' }],
      [{ text: 'Bye.' }],
    ])
    const calls = []
    const tools = {
      getColor: {
        execute: (args) => {
          calls.push(args)
          return 'red-of-the-page'
        },
      },
    }
    const chat = clients.HttpAgent(`${s.server.url}/agui`, { threadId: 'page', tools })
    await chat.ask('What is its colour?')
    assert.deepEqual(calls, [{ of: 'sky' }])
    await assertClean(chat)
    const [end, last] = chat.seen.filter((e) => e.type === 'RUN_FINISHED')
    const start = chat.seen.find((e) => e.type === 'TOOL_CALL_START' && e.toolCallName === 'getColor')
    assert.deepEqual(end.outcome.pendingToolCallIds, [start.toolCallId])
    assert.equal(last.outcome, undefined)
    assert.equal(chat.seen.filter((e) => e.type === 'TOOL_CALL_START').length, 1)
    assert.equal(chat.seen.filter((e) => e.type === 'TOOL_CALL_RESULT').length, 0, 'the result is the page’s own')
    assert.equal(chat.seen.filter((e) => e.name === agent.session).length > 0, true)
    assert.ok(chat.turns()[0][2].endsWith('It is red.'), chat.turns()[0][2])
    assert.ok(agent.shows('red-of-the-page', s.asked().at(-1)), 'its model has seen the result')
    await chat.ask('And now?')
    assert.equal(chat.turns()[1][2], 'Bye.')
    const asked = s.asked().at(-1)
    assert.ok(agent.shows('What is its colour?', asked) && agent.shows('And now?', asked), 'one session')
    // Gemini finds none of its sessions: it is told the conversation instead.
    assert.equal(agent.shows('Previous conversation', asked), name === 'gemini', 'and not told once more')
    await assertClean(chat)
  })
}

test('claude: a shell command is asked about, allowed by the next request, and runs', async (t) => {
  const s = await open(
    t,
    realAgents.claude,
    [[{ text: 'I try.' }, { bash: 'echo hi > there.txt && cat there.txt' }], [{ text: 'So it is.' }]],
    { modelOptions: { permissionMode: 'default' } },
  )
  const chat = clients.HttpAgent(`${s.server.url}/agui`, { threadId: 'leave' })
  await chat.ask('Write it.')
  assert.equal(chat.waiting()[0].message, 'May the agent use Bash?')
  await chat.permit(true)
  assert.deepEqual(
    chat.turns()[0][1].map(([name, result]) => [name, result.trim()]),
    [['Bash', 'hi']],
  )
  assert.equal(chat.turns()[0][2], 'I try.So it is.')
  await assertClean(chat)
})
