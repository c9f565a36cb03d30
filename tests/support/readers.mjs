// SPDX-License-Identifier: MIT
// Readers of the service of every temper: they take bytes, count and hash them, and know what they should have got.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import http from 'node:http'
import net from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { processesOf, RUNLET } from './runlet.mjs'

/** Sanitizers keep what was freed: their memory says nothing of ours. */
export const sanitized = fs.readFileSync(RUNLET).includes('__asan_init')
export const slow = !!process.env.RUNLET_SLOW

/** What `@count n size` says: the texts of all its deltas, and the hash of them joined. */
export const counted = (n, size) => {
  const hash = createHash('sha256')
  const tail = Array.from({ length: size }, (_, i) => String.fromCharCode(97 + (i % 26)))
    .join('')
    .slice(9)
  for (let i = 0; i < n; i++) hash.update(`${String(i).padStart(8, '0')} ${tail}`)
  return hash.digest('hex')
}

/** Takes the bytes of an NDJSON stream in pieces: {lines, bytes, hash of all bytes, hash of the text deltas, last}. */
export function makeTaker() {
  const all = createHash('sha256'),
    texts = createHash('sha256')
  let held = ''
  const t = { lines: 0, bytes: 0, deltas: 0, first: undefined, last: undefined }
  t.take = (data) => {
    t.bytes += data.length
    all.update(data)
    const parts = (held + data.toString('latin1')).split('\n')
    held = parts.pop()
    for (const line of parts) {
      if (!line.trim()) continue
      t.lines++
      t.first ??= line
      t.last = line
      const at = line.startsWith('{"type":"TEXT_MESSAGE_CONTENT"') ? line.indexOf('"delta":"') : -1
      if (at < 0) continue
      t.deltas++
      texts.update(line.slice(at + 9, -2))
    }
  }
  t.cut = () => held.length > 0 // ended in the middle of a line
  t.end = () => Object.assign(t, { hash: all.digest('hex'), text: texts.digest('hex') })
  return t
}

/** A request on a connection of its own, HTTP/1.0 so that the body has no chunks; the caller paces the socket.
 * {socket, head (once it is there), taker, ended} */
export function reader(server, method, target, { body = '', headers = {}, paused = false } = {}) {
  const socket = net.connect(server.port, '127.0.0.1')
  const r = { socket, taker: makeTaker() }
  let held = Buffer.alloc(0)
  let told
  r.begun = new Promise((done) => {
    told = done
  })
  const lines = Object.entries({ host: 'localhost', 'content-length': Buffer.byteLength(body), ...headers }).map(
    ([k, v]) => `${k}: ${v}\r\n`,
  )
  socket.write(`${method} ${target} HTTP/1.0\r\n${lines.join('')}\r\n${body}`)
  socket.on('data', (data) => {
    if (r.head) return r.taker.take(data)
    held = Buffer.concat([held, data])
    const at = held.indexOf('\r\n\r\n')
    if (at < 0) return undefined
    r.head = held.subarray(0, at).toString()
    r.status = Number(r.head.split(' ')[1])
    r.first = Number(/x-runlet-first-seq: (\d+)/.exec(r.head)?.[1])
    told()
    return r.taker.take(held.subarray(at + 4))
  })
  socket.on('error', () => {})
  r.ended = new Promise((done) =>
    socket.on('close', () => {
      told()
      done(r.taker.end())
    }),
  )
  if (paused) socket.pause()
  return r
}

export const poster = (server, request, options) =>
  reader(server, 'POST', '/run', { ...options, body: typeof request === 'string' ? request : JSON.stringify(request) })

/** Reads at most `rate` bytes a second for `ms`, then as fast as it comes. */
export async function trickle(r, rate, ms) {
  const { socket } = r
  const end = Date.now() + ms,
    begun = Date.now()
  socket.pause()
  while (Date.now() < end && !socket.destroyed) {
    const due = ((Date.now() - begun) / 1000) * rate
    if (r.taker.bytes < due) {
      socket.resume()
      await sleep(1)
      socket.pause()
    }
    await sleep(20)
  }
  socket.resume()
}

export const rssOf = (server) => Number(/VmRSS:\s+(\d+)/.exec(fs.readFileSync(`/proc/${server.pid}/status`, 'utf8'))[1])
export const peakOf = (server) =>
  Number(/VmHWM:\s+(\d+)/.exec(fs.readFileSync(`/proc/${server.pid}/status`, 'utf8'))[1])
export const agentsOf = (server) =>
  processesOf(server.box.mark, [server.pid]).filter((p) => p.cmd[0]?.endsWith('claude'))

/** The agent does not get on: no processor time over a while, asleep. */
export async function isBlocked(agent) {
  const ticks = () => {
    const stat = fs.readFileSync(`/proc/${agent.pid}/stat`, 'latin1')
    const [state, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return `${state} ${rest[10]} ${rest[11]} ${/ctxt.*/s.exec(fs.readFileSync(`/proc/${agent.pid}/status`, 'utf8'))?.[0]}`
  }
  const before = ticks()
  await sleep(400)
  return before === ticks() && before.startsWith('S')
}

export async function json(server, target, { method = 'GET', headers = {} } = {}) {
  return new Promise((done, broken) => {
    const req = http.request(
      { host: '127.0.0.1', port: server.port, path: target, method, headers, agent: false },
      async (res) => {
        const parts = []
        for await (const part of res) parts.push(part)
        const text = Buffer.concat(parts).toString()
        let value
        try {
          value = JSON.parse(text)
        } catch {
          /* not JSON: `text` is it */
        }
        done({ status: res.statusCode, headers: res.headers, text, value })
      },
    )
    req.on('error', broken)
    req.end()
  })
}

export const stateOf = async (server, id) => (await json(server, `/runs/${encodeURIComponent(id)}`)).value?.state
export const assertWhole = (t, n, size) => {
  assert.equal(t.deltas, n)
  assert.equal(t.text, counted(n, size), 'the text, by its hash')
  assert.equal(t.cut(), false, 'it ends with a newline')
  assert.match(t.last, /^\{"type":"RUN_FINISHED"/)
}
