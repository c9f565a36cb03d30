// SPDX-License-Identifier: MIT
// A thread goes on in a fresh container: the real agents' own sessions, taken along from one HOME and workspace to
// another.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { assertStream, otherWarningsOf, textOf, warningsOf } from '../support/ndjson.mjs'
import { claudeAgent, codexAgent } from '../support/acp_agents.mjs'
import { realAgents } from '../support/real_agents.mjs'
import { ask, post, run, serve } from '../support/runlet.mjs'
import { assertOursGone, openScene } from '../support/scene.mjs'

const OTHER = 'And what was it?'
const userSays = (content) => ({ messages: [{ role: 'user', content }] })
const sessionOf = (events, agent) => events.find((e) => e.name === agent.session).value.sessionId

/** One turn in a service; answers its events and the archive that the record keeps. */
async function exportFrom(s, more = {}) {
  const server = await serve({ box: s.box })
  try {
    const request = s.request({ runId: 'first', session: { export: true }, ...more })
    const { events } = await post(server, request)
    assertStream(events, 'RUN_FINISHED')
    const told = events.find((e) => e.name === 'runlet.session')
    assert.ok(told, JSON.stringify(warningsOf(events)))
    assert.equal(events.filter((e) => e.name === 'runlet.session').length, 1)
    assert.match(events.at(-1).type, /RUN_FINISHED/, 'it comes before the terminal event')
    const kept = await ask(server, 'GET', '/runs/first/session')
    assert.equal(kept.status, 200)
    const archive = kept.body
    assert.deepEqual(told.value, {
      bytes: archive.length,
      sha256: createHash('sha256').update(archive).digest('hex'),
    })
    return { events, archive, sessionId: sessionOf(events, s.agent) }
  } finally {
    await server.stop()
  }
}

/** Another HOME and another workspace. */
async function openElsewhere(agent, turns, settings) {
  const s = await openScene(agent, turns, settings)
  const work = path.join(s.box.root, 'another place', 'wörk')
  fs.mkdirSync(work, { recursive: true })
  s.box.work = work
  return s
}

const { opencode, ...plain } = realAgents
for (const [name, agent] of Object.entries({ ...plain, 'acp claude': claudeAgent, 'acp codex': codexAgent }))
  test(`${name}: a session goes on in another HOME, in another workspace`, async () => {
    const a = await openScene(agent, [[{ text: 'The word is Sesame.' }]])
    const b = await openElsewhere(agent, [[{ text: 'Sesame, I said.' }], [{ text: 'Once more.' }]])
    try {
      const { archive, sessionId } = await exportFrom(a)
      const more = { ...userSays(OTHER), session: { import: archive.toString('base64'), export: true } }
      const r = await run(b.request({ ...more, modelOptions: { sessionId } }), { box: b.box })
      assert.equal(r.code, 0, r.stderr)
      assertStream(r.events, 'RUN_FINISHED')
      assert.deepEqual(otherWarningsOf(r.events), [])
      assert.equal(textOf(r.events), 'Sesame, I said.')
      assert.equal(sessionOf(r.events, agent), sessionId)
      const asked = b.asked().find((q) => agent.shows(OTHER, q))
      assert.ok(agent.shows('The word is Sesame.', asked), 'the model is told the old turn')
      await assertOursGone(b.box)
    } finally {
      a.end()
      b.end()
    }
  })
