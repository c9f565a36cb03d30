// SPDX-License-Identifier: MIT
// `runlet bridge` (or another) started by hand, and its sockets without a host around them.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import path from 'node:path'
import { WebSocket } from '../node/harness/packages.mjs'
import { makeBox, processesOf, until } from './runlet.mjs'

export const TOKEN = 'a3f1'.repeat(16)

/** `bridge` is {command, env?}; ready when this returns, unless `ready: false`. */
export async function startBridge(bridge, { box = makeBox(), env = {}, args = [], ready = true } = {}) {
  const state = path.join(box.work, 'state')
  const words = ['bridge', '--harness', 'claude-code', '--workdir', box.work, '--bridge-state-dir', state]
  const child = spawn(bridge.command, [...words, '--bridge-type', 'test-type', ...args], {
    cwd: box.work,
    env: { ...box.env, BRIDGE_CHANNEL_TOKEN: TOKEN, BRIDGE_WS_PORT: '0', ...bridge.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const said = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr']) child[name].setEncoding('utf8').on('data', (d) => (said[name] += d))
  const ended = once(child, 'close').then(([code, signal]) => ({ code, signal }))
  let over
  ended.then((end) => (over = end))
  const b = { box, child, said, ended, file: (name) => path.join(state, name) }
  b.json = (name) => JSON.parse(fs.readFileSync(b.file(name), 'utf8'))
  b.log = () => fs.readFileSync(b.file('event-log.ndjson'), 'utf8').split('\n').filter(Boolean).map(JSON.parse) // prettier-ignore
  b.state = () => {
    try {
      return b.json('bridge-meta.json').state
    } catch {
      return undefined
    }
  }
  b.close = async () => {
    if (!over) child.kill('SIGKILL')
    await ended
    await until('processes of the bridge', () => processesOf(box.mark).length === 0, 5000)
    box.remove()
  }
  if (!ready) return b
  await until('the ready line', () => said.stdout.includes('\n') || over, 10000)
  assert.ok(!over, `the bridge ended: ${JSON.stringify(over)} ${said.stdout} ${said.stderr}`)
  b.port = JSON.parse(said.stdout.split('\n')[0]).port
  return b
}

/** A socket: frames (all that came), next(type) the next of it, send(frame), closed. */
export function connect(bridge, { token = TOKEN, query = `?agent_bridge_token=${token}`, ...options } = {}) {
  const ws = new WebSocket(`ws://127.0.0.1:${bridge.port}/${query}`, options)
  const c = { ws, frames: [] }
  let seen = 0
  ws.on('message', (data) => c.frames.push(JSON.parse(data.toString())))
  ws.on('error', (e) => (c.error = e))
  c.closed = new Promise((done) => ws.on('close', (code, reason) => done([code, reason.toString()])))
  c.opened = once(ws, 'open')
  c.send = (frame) => ws.send(typeof frame === 'string' ? frame : JSON.stringify(frame))
  c.next = (type, ms = 5000) =>
    until(
      `a frame ${type}`,
      () => {
        while (seen < c.frames.length) if (c.frames[seen++].type === type) return c.frames[seen - 1]
      },
      ms,
    )
  c.count = (type) => c.frames.filter((f) => f.type === type).length
  c.hello = async () => {
    await c.next('bridge-hello')
    return c
  }
  return c
}
