#!/bin/sh
# SPDX-License-Identifier: MIT
# @ag-ui/client 1.0.0: a whole run sent as NDJSON is a successful run with nothing in it.
#
# HttpAgent asks for `accept: text/event-stream`.  A server that answers 200 with the same five valid events one
# JSON object a line, and says so (`content-type: application/x-ndjson`), gets no complaint: runAgent() resolves,
# no event reaches a subscriber, no message is added, onRunFailed is not called.  The content type is not looked at,
# and a stream that ends without RUN_STARTED and RUN_FINISHED is no error.
#
# Expected: a rejection, because of the content type that was not asked for, or because a run never began and never
# ended.  (The same client does refuse a stream whose first event is another one than RUN_STARTED or RUN_ERROR.)
#
# Seen:
#   text/event-stream     resolved, 5 events, messages ["hello"], failed 0
#   application/x-ndjson  resolved, 0 events, messages [], failed 0
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
npm install --prefix "$dir" --no-audit --no-fund --ignore-scripts --silent @ag-ui/client@1.0.0 || {
  echo 'the packages could not be installed' >&2
  exit 2
}

cat > "$dir/probe.mjs" <<'EOF'
import { createServer } from 'node:http'
import { HttpAgent } from '@ag-ui/client'

const run = { threadId: 't1', runId: 'r1' }
const events = [
  { type: 'RUN_STARTED', ...run },
  { type: 'TEXT_MESSAGE_START', messageId: 'm1', role: 'assistant' },
  { type: 'TEXT_MESSAGE_CONTENT', messageId: 'm1', delta: 'hello' },
  { type: 'TEXT_MESSAGE_END', messageId: 'm1' },
  { type: 'RUN_FINISHED', ...run },
].map((e) => JSON.stringify(e))

async function ask(type, frame) {
  const server = createServer((req, res) => req.resume().on('end', () => {
    res.writeHead(200, { 'content-type': type }).end(events.map(frame).join(''))
  }))
  await new Promise((done) => server.listen(0, '127.0.0.1', done))
  const agent = new HttpAgent({ url: `http://127.0.0.1:${server.address().port}/` })
  const seen = { end: 'resolved', events: 0, failed: 0 }
  try {
    await agent.runAgent({}, { onEvent: () => { seen.events++ }, onRunFailed: () => { seen.failed++ } })
  } catch { seen.end = 'rejected' }
  server.close()
  const text = `${seen.end}, ${seen.events} events, messages ${JSON.stringify(agent.messages.map((m) => m.content))}, failed ${seen.failed}`
  console.log(type.padEnd(21), text)
  return text
}

const sse = await ask('text/event-stream', (e) => `data: ${e}\n\n`)
const ndjson = await ask('application/x-ndjson', (e) => `${e}\n`)
const same = sse === 'resolved, 5 events, messages ["hello"], failed 0' && ndjson === 'resolved, 0 events, messages [], failed 0'
console.log(same ? 'as stated' : 'CHANGED')
process.exitCode = same ? 0 : 1
EOF
timeout 60 node "$dir/probe.mjs"
