// SPDX-License-Identifier: MIT
// `runlet gateway` as Paperclip's host starts it: by the path of the script that it stands for.  The test is the host.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import test from 'node:test'
import { makeBox, RUNLET, until } from '../support/runlet.mjs'

const TOKEN = 'a-token-for-the-agent'
const SCRIPT = '/assets/paperclip-bridge-server.mjs' // need not be there

/** Starts it; `ended` resolves to the exit code (null: a signal). */
function startGateway(t, more = {}, words = [SCRIPT]) {
  const box = makeBox()
  const queue = path.join(box.root, 'queue')
  const env = { ...box.env, PAPERCLIP_BRIDGE_QUEUE_DIR: queue, PAPERCLIP_BRIDGE_TOKEN: TOKEN, ...more }
  const child = spawn(RUNLET, words, { env, stdio: ['ignore', 'ignore', 'pipe'] })
  const gateway = { box, queue, child, text: '', ended: new Promise((resolve) => child.on('close', resolve)) }
  child.stderr.on('data', (bytes) => (gateway.text += bytes))
  t.after(async () => {
    child.kill('SIGKILL')
    await gateway.ended
    box.remove()
  })
  return gateway
}

async function ready(gateway) {
  const file = path.join(gateway.queue, 'ready.json')
  await until('ready.json', () => fs.existsSync(file) || gateway.child.exitCode !== null)
  const said = JSON.parse(fs.readFileSync(file, 'utf8'))
  assert.equal(said.pid, gateway.child.pid)
  assert.equal(said.baseUrl, `http://127.0.0.1:${said.port}`)
  assert.ok(Date.parse(said.startedAt) > 0)
  return said.baseUrl
}

const call = (url, options = {}) =>
  fetch(url, { ...options, headers: { authorization: `Bearer ${TOKEN}`, ...options.headers } })
const post = (url, value) =>
  call(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) })

const waiting = (gateway) =>
  fs.readdirSync(path.join(gateway.queue, 'requests')).filter((name) => name.endsWith('.json'))

/** Takes each request file and answers it with what `answer` makes of it. */
function beTheHost(t, gateway, answer) {
  const timer = setInterval(() => {
    for (const name of waiting(gateway)) {
      const file = path.join(gateway.queue, 'requests', name)
      const request = JSON.parse(fs.readFileSync(file, 'utf8'))
      fs.rmSync(file)
      const response = path.join(gateway.queue, 'responses', name)
      fs.writeFileSync(`${response}.part`, JSON.stringify({ id: request.id, ...answer(request) }))
      fs.renameSync(`${response}.part`, response)
    }
  }, 10)
  t.after(() => clearInterval(timer))
}

test('a hundred calls at once go to the host as files, and each gets its own answer', async (t) => {
  const gateway = startGateway(t, { PAPERCLIP_BRIDGE_POLL_INTERVAL_MS: '10', PAPERCLIP_BRIDGE_MAX_QUEUE_DEPTH: '1000' })
  const url = await ready(gateway)
  const seen = []
  beTheHost(t, gateway, (request) => {
    seen.push(request)
    return { status: 201, headers: { 'content-type': 'application/json', etag: '"1"' }, body: request.body }
  })
  const answers = await Promise.all(
    Array.from({ length: 100 }, (_, i) => post(`${url}/api/issues/${i}?n=${i}`, { i, text: 'é'.repeat(i * 100) })),
  )
  for (const [i, answer] of answers.entries()) {
    assert.equal(answer.status, 201)
    assert.equal(answer.headers.get('etag'), '"1"')
    assert.deepEqual(await answer.json(), { i, text: 'é'.repeat(i * 100) })
  }
  assert.equal(seen.length, 100)
  assert.equal(new Set(seen.map((request) => request.id)).size, 100)
  assert.ok(!JSON.stringify(seen).includes(TOKEN))
  assert.deepEqual(waiting(gateway), [])
  assert.deepEqual(fs.readdirSync(path.join(gateway.queue, 'responses')), [])
  const words = fs.readFileSync(`/proc/${gateway.child.pid}/cmdline`, 'latin1').split('\0')
  assert.equal(words[1], SCRIPT) // by which the host finds it
  gateway.child.kill('SIGTERM')
  assert.equal(await gateway.ended, 0)
})

test('what all requests hold together has a ceiling: the fifth gets 503 and the first four their answers', async (t) => {
  // Each small request holds 4 * (6 * body + 64 KiB), and with bodies of 1000 bytes there is room for four.
  const gateway = startGateway(t, { PAPERCLIP_BRIDGE_MAX_BODY_BYTES: '1000', PAPERCLIP_BRIDGE_POLL_INTERVAL_MS: '10' })
  const url = await ready(gateway)
  const four = Array.from({ length: 4 }, () => post(`${url}/api/x`, {}))
  await until('four requests', () => waiting(gateway).length === 4)
  const fifth = await post(`${url}/api/x`, {})
  assert.equal(fifth.status, 503)
  assert.match((await fifth.json()).error, /Retry later/)
  beTheHost(t, gateway, () => ({ status: 200, headers: {}, body: 'ok' }))
  for (const answer of await Promise.all(four)) assert.equal(await answer.text(), 'ok')
  assert.equal(await (await post(`${url}/api/x`, {})).text(), 'ok') // what was held is given back
})

test('bodies that are only announced count too', async (t) => {
  const gateway = startGateway(t, { PAPERCLIP_BRIDGE_MAX_BODY_BYTES: '100000' })
  const url = new URL(await ready(gateway))
  const most = 4 * (4 * (6 * 100000 + 65536) + 4 * 100000)
  const head = `POST /x HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${TOKEN}\r\nContent-Type: application/json\r\n`
  const sockets = []
  t.after(() => sockets.forEach((socket) => socket.destroy()))
  for (let i = 0; i < Math.floor(most / 200000); i++) {
    const socket = net.connect(url.port, '127.0.0.1')
    sockets.push(socket)
    socket.write(`${head}Content-Length: 100000\r\n\r\n`)
  }
  await until('503', async () => (await post(`${url}x`, 'x'.repeat(99000))).status === 503)
  sockets.splice(0).forEach((socket) => socket.destroy())
  beTheHost(t, gateway, () => ({ body: 'ok' }))
  await until('room again', async () => (await post(`${url}x`, {})).status === 200)
})

test('what is wrong in the environment is named and ends it at once', async (t) => {
  for (const [more, code, said] of [
    [{ PAPERCLIP_BRIDGE_PORT: '90s' }, 2, /PAPERCLIP_BRIDGE_PORT must be a whole number/],
    [{ PAPERCLIP_BRIDGE_MAX_BODY_BYTES: '1e6' }, 2, /PAPERCLIP_BRIDGE_MAX_BODY_BYTES must be a whole number/],
    [{ PAPERCLIP_API_BRIDGE_MODE: 'http2_v1' }, 2, /Unsupported PAPERCLIP_API_BRIDGE_MODE: http2_v1/],
    [{ PAPERCLIP_BRIDGE_TOKEN: '' }, 2, /PAPERCLIP_BRIDGE_TOKEN is required/],
    [{ PAPERCLIP_BRIDGE_QUEUE_DIR: '' }, 2, /PAPERCLIP_BRIDGE_QUEUE_DIR/],
    [{ PAPERCLIP_BRIDGE_HOST: 'not.an.address' }, 1, /\[paperclip-bridge\] server error/],
  ]) {
    const gateway = startGateway(t, more)
    assert.equal(await gateway.ended, code)
    assert.match(gateway.text, said)
    assert.ok(!fs.existsSync(path.join(gateway.queue, 'ready.json')))
  }
})

test('by its name it is the same, and a token of an address in the log is not seen', async (t) => {
  const gateway = startGateway(t, {}, ['gateway', '--log-level', 'debug'])
  const url = await ready(gateway)
  assert.equal((await fetch(`${url}/x`, { headers: { authorization: 'Bearer no' } })).status, 401)
  gateway.child.kill('SIGINT')
  assert.equal(await gateway.ended, 0)
  assert.ok(!gateway.text.includes(TOKEN))
})
