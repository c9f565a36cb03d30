#!/bin/sh
# SPDX-License-Identifier: MIT
# @tanstack/ai-client 0.33.2: an answer sent as AG-UI's TEXT_MESSAGE_CHUNK events is lost without a word.
#
# AG-UI has two ways to send a text: START, CONTENT, END, or TEXT_MESSAGE_CHUNK alone, which an agent may use when it
# does not want to keep track of beginnings and ends.  The client's library knows the second by name (it re-exports the
# event types of @ag-ui/core), yet ChatClient has no reading of it: the run ends, the status is `ready`, onError and
# onFinish are not called and the list of messages holds the user's question only.  @ag-ui/client, asked the same by
# the same server, shows the answer.
#
# Expected: the text, or an error that says which event is not taken.
#
# Seen:
#   START, CONTENT, END   ChatClient ["hi","hello"], finished 1, errors 0, ready   HttpAgent ["hello"]
#   CHUNK                 ChatClient ["hi"], finished 0, errors 0, ready           HttpAgent ["hello"]
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
npm install --prefix "$dir" --no-audit --no-fund --ignore-scripts --silent @tanstack/ai-client@0.33.2 @tanstack/ai@0.58.0 @ag-ui/client@1.0.0 || {
  echo 'the packages could not be installed' >&2
  exit 2
}

cat > "$dir/probe.mjs" <<'EOF'
import { createServer } from 'node:http'
import { HttpAgent } from '@ag-ui/client'
import { ChatClient, fetchServerSentEvents } from '@tanstack/ai-client'
import { EventType } from '@tanstack/ai'

if (!EventType.TEXT_MESSAGE_CHUNK) throw new Error('the library no longer names TEXT_MESSAGE_CHUNK')
const run = { threadId: 't1', runId: 'r1' }
const message = { messageId: 'm1', role: 'assistant' }
const ways = {
  'START, CONTENT, END': [
    { type: 'TEXT_MESSAGE_START', ...message },
    { type: 'TEXT_MESSAGE_CONTENT', messageId: 'm1', delta: 'hel' },
    { type: 'TEXT_MESSAGE_CONTENT', messageId: 'm1', delta: 'lo' },
    { type: 'TEXT_MESSAGE_END', messageId: 'm1' },
  ],
  CHUNK: [
    { type: 'TEXT_MESSAGE_CHUNK', ...message, delta: 'hel' },
    { type: 'TEXT_MESSAGE_CHUNK', messageId: 'm1', delta: 'lo' },
  ],
}

async function ask(name) {
  const events = [{ type: 'RUN_STARTED', ...run }, ...ways[name], { type: 'RUN_FINISHED', ...run }]
  const server = createServer((req, res) => req.resume().on('end', () => {
    res.writeHead(200, { 'content-type': 'text/event-stream' }).end(events.map((e) => `data: ${JSON.stringify(e)}\n\n`).join(''))
  }))
  await new Promise((done) => server.listen(0, '127.0.0.1', done))
  const url = `http://127.0.0.1:${server.address().port}/`
  let finished = 0, errors = 0
  const client = new ChatClient({ connection: fetchServerSentEvents(url), onFinish: () => { finished++ }, onError: () => { errors++ } })
  await client.sendMessage('hi')
  const shown = JSON.stringify(client.getMessages().map((m) => m.parts.map((p) => p.content).join('')))
  const agent = new HttpAgent({ url })
  await agent.runAgent({})
  server.close()
  const other = JSON.stringify(agent.messages.map((m) => m.content))
  const text = `ChatClient ${shown}, finished ${finished}, errors ${errors}, ${client.getStatus()}`
  console.log(`${name.padEnd(21)} ${text.padEnd(56)} HttpAgent ${other}`)
  return { text, other }
}

const whole = await ask('START, CONTENT, END'), chunk = await ask('CHUNK')
const same = whole.text === 'ChatClient ["hi","hello"], finished 1, errors 0, ready' && chunk.text === 'ChatClient ["hi"], finished 0, errors 0, ready'
  && whole.other === '["hello"]' && chunk.other === '["hello"]'
console.log(same ? 'as stated' : 'CHANGED')
process.exit(same ? 0 : 1)
EOF
timeout 60 node "$dir/probe.mjs"
