// SPDX-License-Identifier: MIT
// A word to a running agent, with the real ones: steered in mid-turn and given a next turn, seen in the model's requests;
// those that cannot say so by name.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import * as acp from '../support/acp_agents.mjs'
import { assertStream, messagesOf, textOf } from '../support/ndjson.mjs'
import { claude, codex, gemini, grok, opencode } from '../support/real_agents.mjs'
import { ask, open, serve, until } from '../support/runlet.mjs'
import { withScene } from '../support/scene.mjs'

const HOLD = 'while [ -e wait ]; do sleep 0.05; done; echo free'
const STEER = 'Take /the other road instead.'
const NEXT = 'And what of the third road?'
const agents = {
  'claude-code': { agent: claude, shell: { bash: HOLD }, steers: true },
  opencode: { agent: opencode, steers: true },
  'acp claude': { agent: acp.claudeAgent, steers: true, answers: true },
  'acp codex': { agent: acp.codexAgent, steers: true },
  gemini: { agent: gemini },
  'grok-build': { agent: grok },
  'acp copilot': { agent: acp.copilot },
  'acp qwen': { agent: acp.qwen },
  'acp kimi': { agent: acp.kimi },
  'acp opencode': { agent: acp.opencodeAcp },
  'acp kilo': { agent: acp.kilo },
}

const say = async (server, runId, message) => {
  const r = await ask(server, 'POST', `/runs/${runId}/messages`, { body: JSON.stringify(message) })
  return { status: r.status, text: r.body.toString(), id: r.status === 202 ? JSON.parse(r.body).messageId : undefined }
}
/** Those that tell each turn whole, by tokens of the model's answer. */
const PER_ANSWER = { 'claude-code': 30, opencode: 25, gemini: 30, 'acp copilot': 30 }
const shown = (agent, text, requests) => requests.map((q) => agent.shows(text, q))

for (const [name, { agent, shell, steers }] of Object.entries(agents))
  test(
    `${name}: ${steers ? 'steered in mid-turn, then a next turn' : 'a next turn; it cannot be steered, and says so'}`,
    { timeout: 120000 },
    withScene(agent)(
      [
        ...(agent.before ?? []),
        [{ text: 'I wait.' }, shell ?? agent.shell(HOLD)],
        [{ text: 'First.' }],
        [{ text: 'Second.' }],
        [{ text: 'Third.' }],
      ],
      {},
      async (s) => {
        const server = await serve({ box: s.box })
        const wait = path.join(s.box.work, 'wait')
        fs.writeFileSync(wait, '')
        const req = s.request()
        const r = await open(server, req)
        assert.equal(r.status, 200)
        await until('the tool', () => r.events.some((e) => e.type === 'TOOL_CALL_END'), 60000)
        const now = await say(server, req.runId, { text: STEER, when: 'now' })
        assert.equal(now.status, steers ? 202 : 409, now.text)
        if (!steers) assert.match(now.text, /cannot be steered/)
        const next = await say(server, req.runId, { text: NEXT, when: 'next' })
        assert.equal(next.status, 202, next.text)
        await new Promise((done) => setTimeout(done, 500)) // the agent reads it
        fs.rmSync(wait)
        await r.ended
        const end = assertStream(r.events, 'RUN_FINISHED')
        console.log(
          `# ${s.asked().length} ${name}: ${textOf(r.events)} ${JSON.stringify(messagesOf(r.events))} ${JSON.stringify(end.usage)}`,
        )
        assert.deepEqual(
          messagesOf(r.events)
            .filter((m) => m[1] === 'delivered')
            .map((m) => m[0]),
          steers ? [now.id, next.id] : [next.id],
        )
        const asked = s.asked()
        const steered = shown(agent, STEER, asked),
          more = shown(agent, NEXT, asked)
        const own = agent.before?.length ?? 0
        assert.equal(steered.includes(true), !!steers)
        if (PER_ANSWER[name]) assert.equal(end.usage.completionTokens, PER_ANSWER[name] * asked.length)
        assert.ok(!steered[own] && !more[own], 'not in the first request')
        assert.ok(more.at(-1), 'the last request has the next turn')
        if (steers) assert.ok(steered.indexOf(true) < more.indexOf(true), 'one after the other')
        await server.stop()
      },
    ),
  )

for (const [name, { agent, shell, steers }] of Object.entries(agents).filter(([, a]) => a.steers))
  test(
    `${name}: ten messages at once keep their order; what comes as the run ends is refused or answered`,
    { timeout: 120000 },
    withScene(agent)([[{ text: 'I wait.' }, shell ?? agent.shell(HOLD)], [{ text: 'Well.' }]], {}, async (s) => {
      const server = await serve({ box: s.box })
      const wait = path.join(s.box.work, 'wait')
      fs.writeFileSync(wait, '')
      const req = s.request()
      const r = await open(server, req)
      await until('the tool', () => r.events.some((e) => e.type === 'TOOL_CALL_END'), 60000)
      const words = Array.from({ length: 10 }, (_, i) => `Word number ${i} of ten.`)
      const ids = []
      for (const text of words) ids.push((await say(server, req.runId, { text })).id)
      await new Promise((done) => setTimeout(done, 500)) // the agent reads it
      fs.rmSync(wait)
      await until('its answer', () => textOf(r.events).includes('Well.'), 60000)
      const late = []
      for (let answer = { status: 202 }; answer.status === 202 && late.length < 5;) {
        const text = `Late word ${late.length}.`
        answer = await say(server, req.runId, { text })
        if (answer.status === 202) late.push([answer.id, text])
      }
      await r.ended
      assertStream(r.events, 'RUN_FINISHED')
      const states = messagesOf(r.events)
      const delivered = states.filter((m) => m[1] === 'delivered').map((m) => m[0])
      console.log(`# ${name}: ${late.length} late, ${delivered.length} delivered, ${JSON.stringify(states.at(-1))}`)
      assert.deepEqual(delivered.slice(0, 10), ids)
      const last = JSON.stringify(s.asked().findLast((q) => agent.shows(words[9], q))?.body)
      const places = words.map((text) => last.indexOf(text))
      assert.ok(!places.includes(-1), 'all are in what its model is asked')
      assert.deepEqual(
        places,
        places.toSorted((a, b) => a - b),
      )
      for (const [id, text] of late) {
        const end = states.find((m) => m[0] === id && m[1] !== 'queued')
        assert.ok(end, 'it came to an end')
        assert.equal(
          s.asked().some((q) => agent.shows(text, q)),
          end[1] === 'delivered',
          `${text} ${end}`,
        )
      }
      await server.stop()
    }),
  )

test(
  'codex takes one prompt, and says so',
  { timeout: 120000 },
  withScene(codex)([[{ text: 'I wait.' }, codex.shell(HOLD)], [{ text: 'First.' }]], {}, async (s) => {
    const server = await serve({ box: s.box })
    const wait = path.join(s.box.work, 'wait')
    fs.writeFileSync(wait, '')
    const req = s.request()
    const r = await open(server, req)
    await until('the tool', () => r.events.some((e) => e.type === 'TOOL_CALL_END'), 60000)
    for (const when of ['now', 'next']) {
      const m = await say(server, req.runId, { text: STEER, when })
      assert.deepEqual([m.status, m.text], [409, 'codex takes no messages: it reads one prompt a run'])
    }
    fs.rmSync(wait)
    await r.ended
    assertStream(r.events, 'RUN_FINISHED')
    await server.stop()
  }),
)
