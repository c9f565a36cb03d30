// SPDX-License-Identifier: MIT
// The WebSocket of our server before the clients of others: `ws` of npm and Debian's python3-websockets, against
// support/ws_echo.c.
import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import http from 'node:http'
import net from 'node:net'
import path from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { WebSocket } from '../node/harness/packages.mjs'

const ECHO = process.env.RUNLET_WS_ECHO ?? assert.fail('RUNLET_WS_ECHO is not set: run this by tests/run.sh')

const started = []
async function echo(...args) {
  const child = spawn(ECHO, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  started.push(child)
  let said = ''
  child.stdout.on('data', (d) => (said += d))
  while (!said.includes('\n')) await once(child.stdout, 'data')
  return { port: Number.parseInt(said), said: () => said.split('\n').slice(1, -1) }
}
after(() => started.forEach((child) => child.kill('SIGKILL')))

async function connect(server, options) {
  const ws = new WebSocket(`ws://127.0.0.1:${server.port}/?agent_bridge_token=x`, options)
  const messages = []
  const waiting = []
  ws.on('message', (data, binary) => {
    assert.equal(binary, false)
    messages.push(data.toString())
    waiting.shift()?.()
  })
  ws.closed = new Promise((done) => ws.on('close', (code, reason) => done([code, reason.toString()])))
  ws.next = async () => {
    if (messages.length === 0) await new Promise((done) => waiting.push(done))
    return messages.shift()
  }
  await once(ws, 'open')
  return ws
}

test('ws: messages of every length form come back as they were', async () => {
  const ws = await connect(await echo())
  assert.equal(ws.extensions, '', 'an offered permessage-deflate is not agreed to')
  for (const length of [0, 1, 125, 126, 127, 65535, 65536, 20_000_000]) {
    const text = 'ä'.repeat(length >> 1) + 'x'.repeat(length & 1)
    ws.send(text)
    assert.ok((await ws.next()) === text, `${length} bytes`)
  }
  ws.close(1000)
  assert.deepEqual(await ws.closed, [1000, ''])
})

test('ws: fragments with a ping between them make one message, and the ping is answered', async () => {
  const ws = await connect(await echo())
  const pong = once(ws, 'pong')
  ws.send('one ', { fin: false })
  ws.ping('are you there')
  ws.send('', { fin: false })
  ws.send('message', { fin: true })
  assert.equal((await pong)[0].toString(), 'are you there')
  assert.equal(await ws.next(), 'one message')
  ws.terminate()
})

test('ws: closes of both sides carry their code and reason', async () => {
  const server = await echo()
  let ws = await connect(server)
  ws.close(4001, 'bye')
  assert.equal((await ws.closed)[0], 4001)
  for (const [code, reason] of [
    [1000, 'stop'],
    [1008, 'unauthorized'],
    [1011, 'broken'],
  ]) {
    ws = await connect(server)
    ws.send(`close ${code} ${reason}`)
    assert.deepEqual(await ws.closed, [code, reason])
  }
  ws = await connect(server)
  ws.terminate()
  await sleep(100)
  assert.deepEqual(server.said(), [
    'closed 4001 bye',
    'closed 1000 stop',
    'closed 1008 unauthorized',
    'closed 1011 broken',
    'closed 1006 ',
  ])
})

test('ws: what a client may not send ends the socket with its code', async () => {
  const server = await echo('1000')
  for (const [code, send] of [
    [1003, (ws) => ws.send(Buffer.from('bytes'))],
    [1007, (ws) => ws.send(Buffer.from([0x61, 0xff]), { binary: false })],
    [1009, (ws) => ws.send('x'.repeat(1001))],
    [1009, (ws) => (ws.send('x'.repeat(600), { fin: false }), ws.send('x'.repeat(600)))],
    [1002, (ws) => ws._socket.write(Buffer.from([0x81, 0x02, 0x68, 0x69]))], // no mask
    [1002, (ws) => ws._socket.write(Buffer.from([0x81, 0xfe, 0x00, 0x01, 0, 0, 0, 0, 0x61]))], // a length too long
    [1002, (ws) => ws._socket.write(Buffer.from([0xc1, 0x80, 0, 0, 0, 0]))], // compressed
  ]) {
    const ws = await connect(server)
    send(ws)
    assert.equal((await ws.closed)[0], code, send.toString())
  }
})

test('ws: a client that answers pings is kept, one that is silent is let go', async () => {
  const server = await echo('1000', '100')
  const ws = await connect(server)
  let pings = 0
  ws.on('ping', () => pings++)
  const silent = await connect(server, { autoPong: false })
  assert.equal((await silent.closed)[0], 1006)
  await sleep(500)
  assert.ok(pings >= 4, `${pings} pings`)
  ws.send('still here')
  assert.equal(await ws.next(), 'still here')
  ws.terminate()
})

test('ws: a slow client gets all of it, in order', async () => {
  const ws = await connect(await echo())
  const count = 300_000
  ws.send(`count ${count}`)
  ws.send(`send ${8 << 20}`)
  let n = 0
  let big
  while (n < count || !big) {
    const message = await ws.next()
    if (message.length > 100) big = message
    else assert.equal(message, String(n++))
    if (n !== 10) continue
    ws._socket.pause()
    await sleep(300)
    ws._socket.resume()
  }
  assert.equal(big.length, 8 << 20)
  ws.terminate()
})

test('what is no opening of a WebSocket is told what is missing', async () => {
  const server = await echo()
  const status = (method, headers) =>
    new Promise((done, broken) => {
      const req = http.request({ port: server.port, method, headers }, (res) => done(res.statusCode))
      req.on('upgrade', (res, socket) => (socket.destroy(), done(res.statusCode)))
      req.on('error', broken)
      req.end()
    })
  const opening = {
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': Buffer.alloc(16).toString('base64'),
  }
  assert.equal(await status('GET', opening), 101)
  assert.equal(await status('GET', {}), 426)
  assert.equal(await status('POST', opening), 405)
  assert.equal(await status('GET', { ...opening, 'sec-websocket-version': '8' }), 426)
  assert.equal(await status('GET', { ...opening, 'sec-websocket-key': 'short' }), 400)
  // A client that goes away in mid-handshake harms nobody.
  for (let i = 0; i < 20; i++) {
    const socket = net.connect(server.port, '127.0.0.1', () => {
      socket.write('GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n')
      setTimeout(() => socket.resetAndDestroy(), i)
    })
  }
  await sleep(50)
  const ws = await connect(server)
  ws.send('still here')
  assert.equal(await ws.next(), 'still here')
  ws.terminate()
})

test('python3-websockets: fragments, pings, big messages and close codes', async () => {
  const server = await echo()
  const script = path.join(import.meta.dirname, '../support/ws_client.py')
  const { stdout } = await promisify(execFile)('/usr/bin/python3', [script, `ws://127.0.0.1:${server.port}/`])
  assert.deepEqual(JSON.parse(stdout), {
    extensions: 0,
    echo: 'grüß dich 😀',
    fragments: 'one message',
    pong: true,
    big: true,
    count: true,
    'own close': [4001, ''],
    'close 1008 unauthorized': [1008, 'unauthorized'],
    'close 1000 stop': [1000, 'stop'],
    'close 1011 broken': [1011, 'broken'],
    binary: 1003,
    version: 426,
  })
})
