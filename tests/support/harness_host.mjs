// SPDX-License-Identifier: MIT
// A stock vercel/ai host around `runlet bridge`: HarnessAgent, our adapter, a local sandbox, and a wire between the two
// that can break.  Every frame that any bridge sends to this process is kept and must fit the published schema.
import assert from 'node:assert/strict'
import net from 'node:net'
import { loadAdapter, loadHost, WebSocket } from '../node/harness/packages.mjs'
import { localSandbox } from './local_sandbox.mjs'
import { makeBox, processesOf, RUNLET, until } from './runlet.mjs'

export const host = await loadHost()
const { createRunlet } = await loadAdapter()
const { HarnessAgent, harnessV1BridgeOutboundMessageSchema: schema, tool, z } = host

/** All text frames that came to this process, parsed; and what of them the schema does not take. */
export const frames = []
const emit = WebSocket.prototype.emit
WebSocket.prototype.emit = function (name, ...args) {
  if (name === 'message') frames.push(JSON.parse(args[0].toString()))
  return emit.call(this, name, ...args)
}
export function assertFrames(sent = frames, by = schema) {
  for (const frame of sent) {
    const { success, error } = by.safeParse(frame)
    assert.ok(success, `${JSON.stringify(frame).slice(0, 300)}: ${error?.message}`)
  }
}

/** TCP to a port of the sandbox, through us.  cut(): every connection is reset; down: new ones are refused. */
export async function breakableWire() {
  const wire = { down: false, target: undefined, connections: 0 }
  const open = new Set()
  const server = net.createServer((near) => {
    if (wire.down) return near.resetAndDestroy()
    wire.connections++
    const far = net.connect(wire.target, '127.0.0.1')
    const pair = [near, far]
    open.add(pair)
    const end = () => {
      open.delete(pair)
      for (const socket of pair) socket.destroy()
    }
    for (const socket of pair) socket.on('error', end).on('close', end)
    near.pipe(far)
    far.pipe(near)
  })
  await new Promise((done) => server.listen(0, '127.0.0.1', done))
  wire.through = (port) => {
    wire.target = port
    return server.address().port
  }
  wire.cut = () => {
    for (const [near, far] of open) {
      near.resetAndDestroy()
      far.resetAndDestroy()
    }
  }
  wire.close = () => {
    wire.cut()
    server.close()
  }
  return wire
}

const text = z.object({ text: z.string() })
export const hostTools = {
  echo: tool({ description: 'echo of the test host', inputSchema: text, execute: async ({ text }) => text }),
  fail: tool({
    description: 'fails',
    inputSchema: z.object({}),
    execute: async () => {
      throw new Error('kaboom')
    },
  }),
  big: tool({
    description: 'many bytes',
    inputSchema: z.object({ bytes: z.number() }),
    execute: async ({ bytes }) => 'b'.repeat(bytes),
  }),
  slow: tool({
    description: 'takes its time',
    inputSchema: z.object({ ms: z.number() }),
    execute: ({ ms }) => new Promise((done) => setTimeout(done, ms, `slept ${ms}`)),
  }),
}

/** One host with its box, sandbox and agent.  `prompt(...lines)` is a script of the scripted agent. */
export async function openHost({ tools = hostTools, settings = {}, harness: own = {}, env = {}, ...more } = {}) {
  const box = makeBox({ agent: more.agent })
  const wire = await breakableWire()
  const sandbox = localSandbox(box, wire)
  const harness = createRunlet({ harness: 'claude-code', command: RUNLET, env, ...own })
  const makeAgent = (changed = {}) => new HarnessAgent({ harness, sandbox, tools, ...settings, ...changed })
  const agent = makeAgent()
  return {
    box,
    wire,
    sandbox,
    harness,
    agent,
    makeAgent,
    /** The bridges that run in the sandbox. */
    bridges: () => processesOf(box.mark).filter((p) => p.cmd.includes('bridge') && p.cmd.includes('--bridge-type')),
    bridgeLog: (session) =>
      `${sandbox.sandboxes.get(session.sessionId).folder}/.agent-runs/${session.sessionId}/bridge`,
    async close() {
      wire.close()
      for (const one of sandbox.sandboxes.values()) one.children.forEach((child) => process.kill(-child.pid, 'SIGKILL'))
      await until('processes of the sandbox', () => processesOf(box.mark).length === 0, 5000)
      box.remove()
    },
  }
}

export const script = (...lines) => ['@init', ...lines, '@result success'].join('\n')

/** All parts of a stream, and its text. */
export async function read(result, each) {
  const parts = []
  for await (const part of result.fullStream) {
    parts.push(part)
    await each?.(part, parts)
  }
  return { parts, text: parts.flatMap((p) => (p.type === 'text-delta' ? [p.text] : [])).join('') }
}
