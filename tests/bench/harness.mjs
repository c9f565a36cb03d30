// SPDX-License-Identifier: MIT
// `runlet bridge` beside the package's own bridge: node harness.mjs RUNLET AGENT ROUNDS SIZE.  Prints one table.
//
// Both sides take turns in each round, with the same scripted agent and this process as their host: one socket, by the
// `ws` that the package has.  Ratios count.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { WebSocket } from '../node/harness/packages.mjs'

const [runlet, agent, rounds, size] = [
  process.argv[2],
  process.argv[3],
  Number(process.argv[4]),
  Number(process.argv[5]),
]
const TOKEN = 'b'.repeat(64)
const TICK_MS = 10 // of /proc/PID/stat
const root = fs.mkdtempSync(path.join(os.tmpdir(), 'runlet-bench-'))
const running = new Set()
process.on('exit', () => {
  running.forEach((child) => child.kill('SIGKILL'))
  fs.rmSync(root, { recursive: true, force: true })
})
for (const name of ['bin', 'tmp', 'work']) fs.mkdirSync(path.join(root, name))
fs.symlinkSync(path.resolve(agent), path.join(root, 'bin/claude'))

const sides = {
  runlet: [path.resolve(runlet)],
  node: [process.execPath, path.join(import.meta.dirname, 'node_bridge.mjs')],
}
const median = (list) => list.toSorted((a, b) => a - b)[list.length >> 1]
const figures = {}
const note = (side, what, value) => (figures[what] ??= { runlet: [], node: [] })[side].push(value)

let states = 0
async function startBridge(side) {
  const [program, ...words] = sides[side]
  words.push('bridge', '--harness', 'claude-code', '--workdir', path.join(root, 'work'))
  words.push('--bridge-state-dir', path.join(root, `state-${states++}`), '--bridge-type', 'bench')
  const begun = performance.now()
  const child = spawn(program, words, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      PATH: `${root}/bin:${path.dirname(process.execPath)}:/usr/bin:/bin`,
      HOME: root,
      TMPDIR: path.join(root, 'tmp'),
      NODE_ENV: 'production',
      BRIDGE_CHANNEL_TOKEN: TOKEN,
      BRIDGE_WS_PORT: '0',
    },
  })
  running.add(child)
  const ended = new Promise((done) => child.on('exit', () => (running.delete(child), done())))
  let said = ''
  const port = await new Promise((done, broken) => {
    child.on('exit', () => broken(new Error(`${side} ended: ${said}`)))
    child.stdout.on('data', (d) => {
      said += d
      if (said.includes('\n')) done(JSON.parse(said.split('\n')[0]).port)
    })
  })
  const readyMs = performance.now() - begun
  const end = async () => {
    child.kill('SIGKILL')
    await ended
  }
  return { child, port, readyMs, end }
}

const cpuMs = (pid) => {
  const text = fs.readFileSync(`/proc/${pid}/stat`, 'latin1')
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS
}
const memoryMib = (pid, file, name) =>
  Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(fs.readFileSync(`/proc/${pid}/${file}`, 'latin1'))[1]) / 1024

/** One turn over a socket of its own: every frame to `take`, until finish. */
async function turn(bridge, prompt, take, tools = []) {
  const ws = new WebSocket(`ws://127.0.0.1:${bridge.port}/?agent_bridge_token=${TOKEN}`)
  const cpu = cpuMs(bridge.child.pid)
  let first, last
  await new Promise((done, broken) => {
    ws.on('error', broken)
    ws.on('close', () => broken(new Error('the socket was closed')))
    ws.on('message', (data) => {
      const frame = JSON.parse(data.toString())
      if (frame.type === 'bridge-hello') return ws.send(JSON.stringify({ type: 'start', prompt, tools, model: 'm' }))
      if (frame.type === 'error') return broken(new Error(JSON.stringify(frame)))
      if (frame.type === 'text-delta') first ??= performance.now()
      take(frame, ws)
      if (frame.type !== 'finish') return undefined
      last = performance.now()
      return done()
    })
  })
  ws.removeAllListeners('close')
  ws.terminate()
  return { ms: last - first, cpuMs: cpuMs(bridge.child.pid) - cpu }
}

async function measure(side) {
  for (let i = 0; i < 3; i++) {
    const b = await startBridge(side)
    note(side, 'spawn to the ready line [ms]', b.readyMs)
    if (i === 0) {
      await sleep(2000)
      note(side, 'idle RSS [MiB]', memoryMib(b.child.pid, 'status', 'VmRSS'))
      note(side, 'idle PSS [MiB]', memoryMib(b.child.pid, 'smaps_rollup', 'Pss'))
    }
    await b.end()
  }
  const b = await startBridge(side)
  let count = 0
  const counted = (frame) => {
    if (frame.type !== 'text-delta') return
    assert.equal(Number(frame.delta.slice(0, 8)), count++)
  }
  await turn(b, '@init alone\n@count 2000 40\n@result success', counted) // warm
  count = 0
  const flood = await turn(b, `@init alone\n@count ${size} 40\n@result success`, counted)
  assert.equal(count, size)
  note(side, 'text frames a second [1/s]', (size / flood.ms) * 1000)
  note(side, 'CPU a text frame [us]', (flood.cpuMs / size) * 1000)
  note(side, 'peak RSS of that turn [MiB]', memoryMib(b.child.pid, 'status', 'VmHWM'))
  const beats = Math.ceil(size / 40)
  const paced = await turn(b, `@init alone\n@repeat ${beats}\n@count 20 40\n@sleep 1\n@end\n@result success`, () => {})
  note(side, 'at the pace of 20 a ms: frames a second [1/s]', ((beats * 20) / paced.ms) * 1000)
  note(side, '… CPU a second of it [ms]', (paced.cpuMs / paced.ms) * 1000)
  await calls(side, b)
  await b.end()
}

/** From the frame tool-call to the frame tool-call of the next: our result, the bridge, the agent, the bridge. */
async function calls(side, bridge) {
  const count = Math.min(2000, Math.ceil(size / 20))
  const prompt =
    side === 'node' ? `@calls ${count}` : `@init\n@repeat ${count}\n@tool echo {"text":"x"}\n@end\n@result success`
  const times = []
  let at
  const tools = [{ name: 'echo', description: 'echo', inputSchema: { type: 'object', properties: {} } }]
  const { cpuMs } = await turn(
    bridge,
    prompt,
    (frame, ws) => {
      if (frame.type !== 'tool-call') return
      const now = performance.now()
      if (at) times.push((now - at) * 1000)
      at = now
      ws.send(JSON.stringify({ type: 'tool-result', toolCallId: frame.toolCallId, output: 'x' }))
    },
    tools,
  )
  assert.equal(times.length, count - 1)
  note(side, 'tool call round trip, p50 [us]', median(times))
  note(side, 'tool call: bridge CPU a call [us]', (cpuMs / count) * 1000)
}

for (let round = 0; round < rounds; round++) {
  process.stderr.write(`round ${round + 1} of ${rounds}\n`)
  for (const side of Object.keys(sides)) await measure(side)
}
const told = (value) => (value >= 100 ? Math.round(value).toLocaleString('en') : value.toPrecision(3))
console.log(`${rounds} rounds, alternating; ${size.toLocaleString('en')} text frames; Node ${process.version}\n`)
console.log('| | runlet bridge | Node bridge | ratio |\n| --- | ---: | ---: | ---: |')
for (const [what, { runlet: ours, node: theirs }] of Object.entries(figures)) {
  const [a, b] = [median(ours), median(theirs)]
  const ratio = a > b ? `${(a / b).toFixed(1)}x` : `1/${(b / a).toFixed(1)}`
  console.log(`| ${what} | ${told(a)} | ${told(b)} | ${ratio} |`)
}
