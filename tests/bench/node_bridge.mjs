#!/usr/bin/env node
// SPDX-License-Identifier: MIT
// The Node side of `run.sh harness`: the package's own bridge (runBridge of @ai-sdk/harness) around the same agent, with
// the least translation that gives the same frames: its lines are parsed, deltas passed on, host tools asked for.
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { runBridge } from '../node/harness/bridge.mjs'

const option = (name) => process.argv[process.argv.indexOf(name) + 1]
const usage = { inputTokens: {}, outputTokens: {} }

await runBridge({
  bridgeType: option('--bridge-type'),
  bridgeStateDir: option('--bridge-state-dir'),
  async onStart(start, turn) {
    turn.emit({ type: 'stream-start', modelId: start.model })
    if (/^@calls (\d+)$/.test(start.prompt)) await calls(turn, Number(start.prompt.slice(7)))
    else await relay(start, turn)
    turn.emit({ type: 'finish', finishReason: { unified: 'stop' }, totalUsage: usage })
  },
})

/** Without an agent: what no bridge in Node can beat. */
async function calls(turn, count) {
  for (let i = 0; i < count; i++) {
    const call = { toolCallId: `t${i}`, toolName: 'echo' }
    turn.emit({ type: 'tool-call', ...call, input: '{"text":"x"}' })
    const { output } = await turn.requestToolResult(call.toolCallId)
    turn.emit({ type: 'tool-result', ...call, result: output })
  }
}

async function relay(start, turn) {
  const args = ['-p', '--output-format', 'stream-json', '--verbose', '--include-partial-messages']
  const child = spawn('claude', args, { stdio: ['pipe', 'pipe', 'inherit'] })
  child.stdin.end(start.prompt)
  let id
  for await (const line of createInterface({ input: child.stdout })) {
    const { type, event } = JSON.parse(line)
    if (type !== 'stream_event') continue
    if (event.type === 'message_start') id = event.message.id
    if (event.type === 'content_block_start') turn.emit({ type: 'text-start', id })
    if (event.type === 'content_block_delta') turn.emit({ type: 'text-delta', id, delta: event.delta.text })
    if (event.type === 'content_block_stop') turn.emit({ type: 'text-end', id })
  }
}
