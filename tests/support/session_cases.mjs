// SPDX-License-Identifier: MIT
// A thread goes on in a fresh container: a real agent's own session, taken along from one HOME and workspace to another.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { assertStream, otherWarningsOf, textOf, warningsOf } from './ndjson.mjs'
import { ask, post, run, serve } from './runlet.mjs'
import { assertOursGone, openScene } from './scene.mjs'
import { filesOf } from './tar.mjs'

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

/** A turn, its archive, and the next turn elsewhere: the model is told the old one.  Answers the archive's files. */
export async function goOnElsewhere(agent, { turns = [[{ text: 'The word is Sesame.' }]], settings } = {}) {
  const a = await openScene(agent, turns, settings)
  const b = await openElsewhere(agent, [[{ text: 'Sesame, I said.' }], [{ text: 'Once more.' }]], settings)
  try {
    const { archive, sessionId } = await exportFrom(a)
    const more = { ...userSays(OTHER), session: { import: archive.toString('base64') } }
    const r = await run(b.request({ ...more, modelOptions: { sessionId } }), { box: b.box, timeout: 200000 })
    assert.equal(r.code, 0, r.stderr)
    assertStream(r.events, 'RUN_FINISHED')
    assert.deepEqual(otherWarningsOf(r.events), [])
    assert.equal(textOf(r.events), 'Sesame, I said.')
    assert.equal(sessionOf(r.events, agent), sessionId)
    const asked = b.asked().find((q) => agent.shows(OTHER, q))
    assert.ok(agent.shows('The word is Sesame.', asked), 'the model is told the old turn')
    await assertOursGone(b.box)
    return filesOf(archive)
  } finally {
    a.end()
    b.end()
  }
}
