#!/usr/bin/env node
// SPDX-License-Identifier: MIT
// The package's own bridge (runBridge of @ai-sdk/harness) around a runtime that does what its prompt says, in the words
// of the scripted agent; started with the options of `runlet bridge`.
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { runBridge } from '../node/harness/bridge.mjs'

const option = (name) => process.argv[process.argv.indexOf(name) + 1]
const usage = { inputTokens: { total: 10 }, outputTokens: { total: 5 } }

function say(turn, kind, pieces) {
  const id = randomUUID()
  turn.emit({ type: `${kind}-start`, id })
  for (const delta of pieces) turn.emit({ type: `${kind}-delta`, id, delta })
  turn.emit({ type: `${kind}-end`, id })
}

function endStep(turn, unified) {
  turn.emit({ type: 'finish-step', finishReason: { unified }, usage })
}

const aborted = (turn) =>
  new Promise((done) => (turn.abortSignal.aborted ? done() : turn.abortSignal.addEventListener('abort', done)))

const directives = {
  text: (turn, rest) => say(turn, 'text', [rest]),
  think: (turn, rest) => say(turn, 'reasoning', [rest]),
  argv: (turn, rest, start) => say(turn, 'text', [`--model ${start.model}`]),
  structured: (turn, rest) => say(turn, 'text', [rest]),
  compact: (turn) => turn.emit({ type: 'compaction', trigger: 'auto', summary: 'all of it' }),
  sleep: (turn, rest) => Promise.race([sleep(Number(rest)), aborted(turn)]),
  hang: aborted,
  async count(turn, rest) {
    const [count, size, us] = rest.split(' ').map(Number)
    const id = randomUUID()
    turn.emit({ type: 'text-start', id })
    for (let i = 0; i < count; i++) {
      turn.emit({ type: 'text-delta', id, delta: `${String(i).padStart(8, '0')} `.padEnd(size, 'x') })
      if (us) await sleep(us / 1000)
    }
    turn.emit({ type: 'text-end', id })
  },
  async tool(turn, rest) {
    const [toolName, input = '{}'] = rest.split(/ (.*)/)
    const toolCallId = randomUUID()
    turn.emit({ type: 'tool-call', toolCallId, toolName, input, providerExecuted: false })
    const { output = null, isError } = await turn.requestToolResult(toolCallId)
    turn.emit({ type: 'tool-result', toolCallId, toolName, result: output, isError })
    endStep(turn, 'tool-calls')
  },
  async ask(turn, rest) {
    const [toolName, input = '{}'] = rest.split(/ (.*)/)
    const toolCallId = randomUUID()
    turn.emit({ type: 'tool-call', toolCallId, toolName, input, providerExecuted: true })
    turn.emit({ type: 'tool-approval-request', approvalId: toolCallId, toolCallId })
    const { approved, reason } = await turn.requestToolApproval(toolCallId)
    turn.emit({ type: 'tool-result', toolCallId, toolName, result: approved ? 'done' : reason, isError: !approved })
    endStep(turn, 'tool-calls')
  },
  async hear(turn) {
    for await (const message of turn.experimental_userMessages) {
      message.accept()
      return say(turn, 'text', [`heard: ${message.text}`])
    }
  },
}

await runBridge({
  bridgeType: option('--bridge-type'),
  bridgeStateDir: option('--bridge-state-dir'),
  async onStart(start, turn) {
    turn.emit({ type: 'bridge-thread', threadId: 'thread' })
    turn.emit({ type: 'stream-start', modelId: start.model ?? 'none' })
    for (const line of start.prompt.split('\n')) {
      const [, name, rest = ''] = /^@(\S+) ?(.*)$/.exec(line) ?? []
      if (!turn.abortSignal.aborted) await directives[name]?.(turn, rest, start)
    }
    const unified = turn.abortSignal.aborted ? 'other' : 'stop'
    endStep(turn, unified)
    turn.emit({ type: 'finish', finishReason: { unified }, totalUsage: usage })
  },
})
