// SPDX-License-Identifier: MIT
// A word to a running agent: POST /runs/{id}/messages and --messages-fd, with the scripted agents and the stock clients.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { StreamProcessor } from '@tanstack/ai'
import { assertStream, eventsOf, messagesOf, textOf, textsOf } from '../support/ndjson.mjs'
import { runRequest } from '../support/orchestrator.mjs'
import { AGENT as SCRIPTED, ask, assertNothingLeft, makeBox, open, serve, startRun, until } from '../support/runlet.mjs'

const own = path.dirname(fileURLToPath(import.meta.resolve('@tanstack/ai-client')))
const newer = await import(path.join(own, '../../node_modules/@tanstack/ai/dist/esm/index.js'))

let server
before(async () => {
  const box = makeBox()
  fs.symlinkSync(SCRIPTED, path.join(box.bin, 'codex'))
  box.env.ACP_AGENT_MODE = 'steers'
  server = await serve({ box, args: ['--workspace-per-thread'] })
})
after(async () => {
  await server.stop()
  await assertNothingLeft(server.box)
  server.box.remove()
})

const AGENT = path.join(import.meta.dirname, '../support/acp_agent.mjs')
const acp = (prompt, more = {}) =>
  runRequest({
    harness: 'acp',
    model: 'default',
    prompt,
    harnessOptions: { command: [process.execPath, AGENT] },
    toolDescriptors: [],
    ...more,
  })
const claude = (prompt, more = {}) => runRequest({ prompt: ['@init alone', ...prompt], ...more })
const send = async (runId, message, to = server) => {
  const r = await ask(to, 'POST', `/runs/${runId}/messages`, { body: JSON.stringify(message) })
  return { status: r.status, text: r.body.toString(), id: r.status === 202 ? JSON.parse(r.body).messageId : undefined }
}
const said = (r, text) => until(text, () => textOf(r.events).includes(text), 20000)
/** Where the message was delivered, and the user's message that follows at once. */
function delivered(events, id, text) {
  const at = events.findIndex(
    (e) => e.name === 'runlet.message' && e.value.messageId === id && e.value.state === 'delivered',
  )
  assert.ok(at > 0, 'it was delivered')
  const [start, content, end] = events.slice(at + 1)
  assert.deepEqual([start.type, start.role, start.messageId], ['TEXT_MESSAGE_START', 'user', id])
  assert.deepEqual([content.type, content.delta], ['TEXT_MESSAGE_CONTENT', text])
  assert.equal(end.type, 'TEXT_MESSAGE_END')
  return at
}

test('Claude Code is steered in mid-turn: the message stands in the stream where its model gets it', async () => {
  const req = claude(['@text Go on?', '@hear', '@result success'])
  const r = await open(server, req)
  await said(r, 'Go on?')
  const m = await send(req.runId, { text: '/clear the table', when: 'now' })
  assert.equal(m.status, 202)
  await r.ended
  assertStream(r.events, 'RUN_FINISHED')
  assert.deepEqual(messagesOf(r.events), [
    [m.id, 'queued', undefined],
    [m.id, 'delivered', undefined],
  ])
  const at = delivered(r.events, m.id, '/clear the table')
  assert.equal(textOf(r.events.slice(0, at)), 'Go on?')
  assert.equal(textOf(r.events.slice(at)), 'heard: \u2060/clear the table') // words, no command
})

test('a message for the next turn is one in the same run, and tokens are added up', async () => {
  const req = claude(['@text One.', '@hear', '@result success'])
  const r = await open(server, req)
  await said(r, 'One.')
  const m = await send(req.runId, { text: '@text Two.\n@result success', when: 'next' })
  assert.equal(m.status, 202)
  await send(req.runId, { text: 'go' })
  await r.ended
  const last = assertStream(r.events, 'RUN_FINISHED')
  assert.deepEqual(textsOf(r.events), ['One.', 'heard: go', 'Two.'])
  const at = delivered(r.events, m.id, '@text Two.\n@result success')
  assert.deepEqual(textsOf(r.events.slice(0, at)), ['One.', 'heard: go'])
  assert.deepEqual([last.usage.promptTokens, last.usage.completionTokens], [20, 10])
  assert.equal(last.metadata.runlet.forced, undefined)
})

for (const when of ['now', 'next'])
  test(`ten messages at once, ${when}, keep their order`, async () => {
    const hears = Array(when === 'now' ? 11 : 1).fill('@hear')
    const req = claude(['@text Go.', ...hears, '@result success'])
    const r = await open(server, req)
    await said(r, 'Go.')
    const ids = Array.from({ length: 10 }, (_, i) => `m-${when}-${i}-${req.runId}`)
    const text = (i) => (when === 'now' ? `word ${i}` : `@text word ${i}\n@result success`)
    for (const [i, messageId] of ids.entries())
      assert.equal((await send(req.runId, { text: text(i), when, messageId })).id, messageId)
    const go = (await send(req.runId, { text: 'go' })).id
    await r.ended
    assertStream(r.events, 'RUN_FINISHED')
    const states = messagesOf(r.events).filter((s) => s[0] !== go)
    for (const state of ['queued', 'delivered'])
      assert.deepEqual(
        states.filter((s) => s[1] === state).map((s) => s[0]),
        ids,
      )
    assert.deepEqual(
      textsOf(r.events)
        .slice(1)
        .map((t) => t.replace('heard: ', ''))
        .filter((t) => t !== 'go'),
      ids.map((_, i) => `word ${i}`),
    )
  })

test('a message that is sent again is not said again', async () => {
  const req = claude(['@text Go.', '@hear', '@hear', '@result success'])
  const r = await open(server, req)
  await said(r, 'Go.')
  const messageId = `again-${req.runId}`
  for (let i = 0; i < 3; i++) assert.equal((await send(req.runId, { text: 'hi', messageId })).id, messageId)
  await send(req.runId, { text: 'go' })
  await r.ended
  assertStream(r.events, 'RUN_FINISHED')
  assert.equal(messagesOf(r.events).length, 4)
  assert.deepEqual(textsOf(r.events), ['Go.', 'heard: hi', 'heard: go'])
})

test('what waits when the run is cancelled, or fails, is refused before its terminal event', async () => {
  for (const [how, prompt, code] of [
    ['cancelled', ['@text Go.', '@hang'], 'cancelled'],
    ['failed', ['@text Go.', '@hear', '@result is_error no more'], 'agent-error'],
  ]) {
    const req = claude(prompt)
    const r = await open(server, req)
    await said(r, 'Go.')
    const m = await send(req.runId, { text: 'and then', when: 'next' })
    assert.equal(m.status, 202)
    if (how === 'cancelled') await ask(server, 'POST', `/runs/${req.runId}/cancel`)
    else await send(req.runId, { text: 'go' })
    await r.ended
    assertStream(r.events, code)
    const states = messagesOf(r.events).filter((s) => s[0] === m.id)
    assert.deepEqual(
      states.map((s) => s[1]),
      ['queued', 'refused'],
    )
    assert.ok(states[1][2])
    assert.deepEqual(textsOf(r.events, 'user'), how === 'cancelled' ? [] : ['go'])
  }
})

test('a message that comes as the run ends is refused and not lost', async () => {
  const req = claude(['@text Go.', '@result success', '@sleep 500'])
  const r = await open(server, req)
  await said(r, 'Go.')
  const answers = []
  for (let status = 0; status !== 409 && answers.length < 20; answers.push(status))
    ({ status } = await send(req.runId, { text: '@text More.\n@result success', when: 'next' }))
  await r.ended
  assertStream(r.events, 'RUN_FINISHED')
  const taken = answers.filter((s) => s === 202).length
  assert.equal(messagesOf(r.events).filter((s) => s[1] === 'queued').length, taken)
  assert.equal(messagesOf(r.events).filter((s) => s[1] !== 'queued').length, taken, 'each came to an end')
  const late = await send(req.runId, { text: 'late' })
  assert.equal(late.status, 409)
  assert.equal(late.text, 'the run is over')
})

test('agents that read one prompt a run refuse by name; what is wrong is said', async () => {
  const command = ['sh', '-c', 'echo Hello; exec sleep 60']
  for (const [req, name] of [
    [runRequest({ harness: 'codex', prompt: ['@init', '@text Go.', '@hang'] }), 'codex'],
    [runRequest({ harness: 'command', prompt: 'x', harnessOptions: { command }, toolDescriptors: [] }), 'command'],
  ]) {
    const r = await open(server, req)
    assert.equal(r.status, 200, name)
    await until('its start', () => r.events.length > 0)
    for (const when of ['now', 'next']) {
      const m = await send(req.runId, { text: 'hi', when })
      assert.deepEqual([m.status, m.text], [409, `${name} takes no messages: it reads one prompt a run`])
    }
    const words = { text: '', when: 'now' }
    for (const [body, text] of [
      [words, 'text must be a string that is not blank'],
      [{ text: 'x', when: 'later' }, 'when must be "now" or "next"'],
      [{ text: 'x', messageId: 7 }, 'messageId must be a string of 1 to 256 bytes'],
    ])
      assert.deepEqual(await send(req.runId, body), { status: 400, text, id: undefined })
    assert.equal((await send('nobody', { text: 'x' })).status, 404)
    await ask(server, 'POST', `/runs/${req.runId}/cancel`)
    await r.ended
    assert.deepEqual(messagesOf(r.events), [])
  }
})

test('so many may wait, and one more is refused', async () => {
  const req = claude(['@text Go.', '@hang'])
  const r = await open(server, req)
  await said(r, 'Go.')
  for (let i = 0; i < 64; i++) assert.equal((await send(req.runId, { text: 'x', when: 'next' })).status, 202)
  const m = await send(req.runId, { text: 'x', when: 'next' })
  assert.deepEqual([m.status, m.text], [409, '64 messages wait for the agent: that is as many as may'])
  await ask(server, 'POST', `/runs/${req.runId}/cancel`)
  await r.ended
  assert.equal(messagesOf(r.events).filter((s) => s[1] === 'refused').length, 64)
})

test('OpenCode is steered, and given two more turns', async () => {
  const agent = path.join(import.meta.dirname, '../support/opencode_agent.mjs')
  const script = `#!/bin/sh\nexec ${process.execPath} ${agent}\n`
  fs.writeFileSync(path.join(server.box.bin, 'opencode'), script, { mode: 0o755 })
  const req = runRequest({ harness: 'opencode', model: 'mock/m', prompt: ['say Go.', 'hear'], toolDescriptors: [] })
  const r = await open(server, req)
  assert.equal(r.status, 200)
  await said(r, 'Go.')
  const next = await send(req.runId, { text: 'say Two.', when: 'next' })
  const last = await send(req.runId, { text: 'say Three.', when: 'next' })
  const now = await send(req.runId, { text: '/quick' })
  assert.equal(now.status, 202, now.text)
  await r.ended
  const end = assertStream(r.events, 'RUN_FINISHED')
  for (const [m, text] of [
    [now, '/quick'],
    [next, 'say Two.'],
    [last, 'say Three.'],
  ])
    delivered(r.events, m.id, text)
  assert.deepEqual(textsOf(r.events), ['Go.', 'heard: /quick', 'Two.', 'Three.'])
  assert.deepEqual(textsOf(r.events, 'user'), ['/quick', 'say Two.', 'say Three.'])
  assert.deepEqual([end.usage.promptTokens, end.usage.completionTokens], [40, 20])
})

test('an ACP agent that offers it is steered, and given two more turns', async () => {
  const req = acp(['say Go.', 'hear'])
  const r = await open(server, req)
  await said(r, 'Go.')
  const next = await send(req.runId, { text: 'say Two.\nsleep 1', when: 'next' })
  const last = await send(req.runId, { text: 'say Three.', when: 'next' })
  const now = await send(req.runId, { text: '/quick @there' })
  await r.ended
  const end = assertStream(r.events, 'RUN_FINISHED')
  assert.deepEqual(
    messagesOf(r.events)
      .filter((s) => s[1] === 'delivered')
      .map((s) => s[0]),
    [now.id, next.id, last.id],
  )
  assert.deepEqual(textsOf(r.events), ['Go.', 'heard: User: /quick @\u2060there', 'Two.', 'Three.'])
  assert.deepEqual([end.usage.promptTokens, end.usage.completionTokens, end.usage.totalTokens], [30, 15, 45])
})

test('an ACP agent that does not offer it cannot be steered, but has a next turn', async () => {
  const plain = makeBox({ agent: null })
  const s = await serve({ box: plain })
  const wait = path.join(plain.work, 'wait')
  fs.writeFileSync(wait, '')
  const req = acp(['say Go.', 'sleep 1', 'bash while [ -e wait ]; do sleep 0.05; done'])
  const r = await open(s, req)
  await said(r, 'Go.')
  const now = await send(req.runId, { text: 'x' }, s)
  assert.equal(now.status, 409)
  assert.match(now.text, /^acp cannot be steered/)
  assert.equal((await send(req.runId, { text: 'say Two.', when: 'next' }, s)).status, 202)
  fs.rmSync(wait)
  await r.ended
  assertStream(r.events, 'RUN_FINISHED')
  assert.deepEqual(textsOf(r.events), ['Go.', 'Two.'])
  await s.stop()
  await assertNothingLeft(plain)
  plain.remove()
})

test('runlet run takes them from a descriptor, and tells what it refuses', async () => {
  const box = makeBox()
  const req = claude(['@text Go.', '@hear', '@result success'])
  const r = startRun(req, { box, args: ['--messages-fd', '3'], pipes: ['pipe'] })
  const to = r.child.stdio[3]
  const events = () => eventsOf(r.stdout().subarray(0, r.stdout().lastIndexOf(10) + 1))
  await until('its words', () => textOf(events()).includes('Go.'))
  to.write('{"text":7,"messageId":"bad"}\nno json\n\n')
  to.write('{"when":"next","text":"@text Two.\\n@result success","messageId":"n"}\n{"text":"one"}\n')
  const { code } = await r.ended
  assert.equal(code, 0, r.stderr())
  assertStream(events(), 'RUN_FINISHED')
  assert.deepEqual(textsOf(events()), ['Go.', 'heard: one', 'Two.'])
  const refused = messagesOf(events()).filter((s) => s[1] === 'refused')
  assert.equal(refused[0][2], 'text must be a string that is not blank')
  assert.match(refused[1][2], /^the message is not valid JSON/)
  await assertNothingLeft(box)
  box.remove()
})

for (const [version, Processor] of [
  ['0.42', StreamProcessor],
  ['0.58', newer.StreamProcessor],
])
  test(`StreamProcessor ${version}: the user's message stands between those of the agent`, async () => {
    const req = claude(['@text Go.', '@ask Bash {"command":"ls"}', '@hear', '@result success'])
    const r = await open(server, req)
    await said(r, 'Go.')
    const m = await send(req.runId, { text: 'this way' })
    await r.ended
    const processor = new Processor({})
    processor.prepareAssistantMessage()
    for (const e of r.events) processor.processChunk(e)
    const shown = processor.getMessages().map((x) => [
      x.role,
      x.parts
        .filter((p) => p.type === 'text')
        .map((p) => p.content)
        .join(''),
    ])
    assert.deepEqual(
      shown.filter((x) => x[1]),
      [
        ['assistant', 'Go.'],
        ['user', 'this way'],
        ['assistant', 'heard: this way'],
      ],
    )
    assert.equal(processor.getMessages().find((x) => x.role === 'user').id, m.id)
  })
