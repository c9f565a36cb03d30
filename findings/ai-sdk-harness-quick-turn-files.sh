#!/bin/sh
# SPDX-License-Identifier: MIT
# @ai-sdk/harness 1.0.122: after a quick turn the bridge's files on disk may not say what happened.
#
# runBridge writes bridge-meta.json and event-log.ndjson without waiting for the write before.  Two writes of one file
# are then under way at a time: a turn that is over within some milliseconds may leave bridge-meta.json at "running" (or
# as text that is no JSON), and the log, which is to have the current turn only, still has events of the turn before.  A
# host that looks there (a second one takes "waiting" for ready, recovery reads the log) is told wrong.
#
# Expected: one second after `finish` bridge-meta.json says "waiting" and event-log.ndjson has the last turn's events.
#
# Seen (40 bridges, five turns each; the counts differ from run to run):
#   state: waiting 37, running 3      log: whole 25, long 15
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
npm install --prefix "$dir" --no-audit --no-fund --ignore-scripts --silent @ai-sdk/harness@1.0.122 ws@8.23.0 zod@4.6.7 || {
  echo 'the packages could not be installed' >&2
  exit 2
}
cat > "$dir/bridge.mjs" <<'EOF'
import { runBridge } from '@ai-sdk/harness/bridge'
const usage = { inputTokens: {}, outputTokens: {} }
await runBridge({
  bridgeType: 'probe',
  bridgeStateDir: process.argv[2],
  token: 'x',
  port: 0,
  async onStart(start, turn) {
    turn.emit({ type: 'text-start', id: '1' })
    turn.emit({ type: 'text-delta', id: '1', delta: 'hello' })
    turn.emit({ type: 'text-end', id: '1' })
    turn.emit({ type: 'finish', finishReason: { unified: 'stop' }, totalUsage: usage })
  },
})
EOF
cat > "$dir/probe.mjs" <<'EOF'
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { WebSocket } from 'ws'

async function once(i) {
  const state = path.join(import.meta.dirname, `state-${i}`)
  const child = spawn(process.execPath, [path.join(import.meta.dirname, 'bridge.mjs'), state])
  const { port } = await new Promise((done) => child.stdout.once('data', (d) => done(JSON.parse(d))))
  let turns = 5
  const ws = new WebSocket(`ws://127.0.0.1:${port}/?agent_bridge_token=x`)
  await new Promise((done) =>
    ws.on('message', (data) => {
      const { type } = JSON.parse(data)
      if (type === 'finish' && --turns === 0) done()
      else if (type === 'bridge-hello' || type === 'finish') ws.send('{"type":"start","prompt":""}')
    }),
  )
  await new Promise((done) => setTimeout(done, 1000))
  child.kill('SIGKILL')
  const read = (name) => fs.readFileSync(path.join(state, name), 'utf8')
  let said
  try { said = JSON.parse(read('bridge-meta.json')).state } catch { said = 'no JSON' }
  const lines = read('event-log.ndjson').split('\n').filter(Boolean).length
  return { said, log: lines === 4 ? 'whole' : lines < 4 ? 'short' : 'long' }
}

const all = []
for (let i = 0; i < 40; i += 8) all.push(...(await Promise.all([...Array(8).keys()].map((k) => once(i + k)))))
const count = (list) => [...new Set(list)].map((name) => `${name} ${list.filter((x) => x === name).length}`).join(', ')
console.log(`state: ${count(all.map((r) => r.said))}      log: ${count(all.map((r) => r.log))}`)
const same = all.some((r) => r.said !== 'waiting') || all.some((r) => r.log !== 'whole')
console.log(same ? 'as stated' : 'CHANGED')
process.exitCode = same ? 0 : 1
EOF

node "$dir/probe.mjs"
