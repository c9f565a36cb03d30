#!/bin/sh
# SPDX-License-Identifier: MIT
# @tanstack/ai-client 0.33.2: a frontend tool call as AG-UI tells it is shown, but the tool is never run.
#
# An AG-UI agent asks for a tool of the frontend by TOOL_CALL_START, _ARGS and _END without a _RESULT; AG-UI 1.0 lets
# RUN_FINISHED name the open calls besides, in outcome.pendingToolCallIds.  ChatClient has the tool with its `execute`,
# shows the call as `input-complete`, calls onFinish and stops: `execute` is not called, the server gets no second
# request and there is no error, so the conversation waits for a result that nobody works on.  With one event more that
# AG-UI does not define, CUSTOM `tool-input-available`, the same client runs the tool and sends its result.
#
# Expected: a pending call of a tool that the client was given to execute is executed.
#
# Seen:
#   pendingToolCallIds alone          execute called 0 times, 1 request, state input-complete, errors 0
#   and CUSTOM tool-input-available   execute called 1 times, 2 requests, state complete, errors 0
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
npm install --prefix "$dir" --no-audit --no-fund --ignore-scripts --silent @tanstack/ai-client@0.33.2 @tanstack/ai@0.58.0 || {
  echo 'the packages could not be installed' >&2
  exit 2
}

cat > "$dir/probe.mjs" <<'EOF'
import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { toolDefinition } from '@tanstack/ai'
import { ChatClient, fetchServerSentEvents } from '@tanstack/ai-client'

const run = { threadId: 't1', runId: 'r1' }
const call = [
  { type: 'RUN_STARTED', ...run },
  { type: 'TOOL_CALL_START', toolCallId: 'c1', toolCallName: 'pick_colour' },
  { type: 'TOOL_CALL_ARGS', toolCallId: 'c1', delta: '{"of":"sky"}' },
  { type: 'TOOL_CALL_END', toolCallId: 'c1' },
]
const custom = { type: 'CUSTOM', name: 'tool-input-available', value: { toolCallId: 'c1', toolName: 'pick_colour', input: { of: 'sky' } } }
const pending = { type: 'RUN_FINISHED', ...run, outcome: { type: 'success', pendingToolCallIds: ['c1'] } }
const answer = [
  { type: 'RUN_STARTED', threadId: 't1', runId: 'r2' },
  { type: 'TEXT_MESSAGE_START', messageId: 'm1', role: 'assistant' },
  { type: 'TEXT_MESSAGE_CONTENT', messageId: 'm1', delta: 'blue' },
  { type: 'TEXT_MESSAGE_END', messageId: 'm1' },
  { type: 'RUN_FINISHED', threadId: 't1', runId: 'r2' },
]

async function ask(name, first) {
  let requests = 0, executed = 0, errors = 0
  const server = createServer((req, res) => req.resume().on('end', () => {
    const events = ++requests === 1 ? first : answer
    res.writeHead(200, { 'content-type': 'text/event-stream' }).end(events.map((e) => `data: ${JSON.stringify(e)}\n\n`).join(''))
  }))
  await new Promise((done) => server.listen(0, '127.0.0.1', done))
  const tool = toolDefinition({
    name: 'pick_colour', description: 'Picks a colour.', inputSchema: { type: 'object', properties: { of: { type: 'string' } } },
  }).client(async () => { executed++; return { colour: 'blue' } })
  const client = new ChatClient({
    connection: fetchServerSentEvents(`http://127.0.0.1:${server.address().port}/`), tools: [tool], onError: () => { errors++ },
  })
  await client.sendMessage('Which colour?')
  await sleep(3000) // time enough to run the tool and to post its result
  server.close()
  const part = client.getMessages().flatMap((m) => m.parts).find((p) => p.type === 'tool-call')
  const text = `execute called ${executed} times, ${requests} request${requests > 1 ? 's' : ''}, state ${part?.state}, errors ${errors}`
  console.log(name.padEnd(33), text)
  return text
}

const plain = await ask('pendingToolCallIds alone', [...call, pending])
const helped = await ask('and CUSTOM tool-input-available', [...call, custom, pending])
const same = plain === 'execute called 0 times, 1 request, state input-complete, errors 0'
  && helped === 'execute called 1 times, 2 requests, state complete, errors 0'
console.log(same ? 'as stated' : 'CHANGED')
process.exit(same ? 0 : 1)
EOF
timeout 60 node "$dir/probe.mjs"
