#!/bin/sh
# SPDX-License-Identifier: MIT
# @ag-ui/client 1.0.0: a Server-Sent Events stream whose lines end in CRLF is refused.
#
# The event stream format lets a line end in LF, CR or CRLF.
# HttpAgent looks for two LF in a row only.  With CRLF it takes the whole stream for one event, joins its data and
# fails at the end with an error of JSON.parse; so nothing is shown before the run is over, and then nothing either.
#
# Expected: the same run from the same events, whichever of the line ends the format has.  (eventsource-parser,
# which other clients of this field read with, is asked beside it and finds the five events in both.)
#
# Seen:
#   LF    HttpAgent: 5 events, hello                                         eventsource-parser: 5 events
#   CRLF  HttpAgent: 0 events, Unexpected non-whitespace character after JS  eventsource-parser: 5 events
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
npm install --prefix "$dir" --no-audit --no-fund --ignore-scripts --silent @ag-ui/client@1.0.0 eventsource-parser@4.1.3 || {
  echo 'the packages could not be installed' >&2
  exit 2
}

cat > "$dir/probe.mjs" <<'EOF'
import { createServer } from 'node:http'
import { HttpAgent } from '@ag-ui/client'
import { createParser } from 'eventsource-parser'

console.error = () => {} // HttpAgent writes its stack there
const run = { threadId: 't1', runId: 'r1' }
const events = [
  { type: 'RUN_STARTED', ...run },
  { type: 'TEXT_MESSAGE_START', messageId: 'm1', role: 'assistant' },
  { type: 'TEXT_MESSAGE_CONTENT', messageId: 'm1', delta: 'hello' },
  { type: 'TEXT_MESSAGE_END', messageId: 'm1' },
  { type: 'RUN_FINISHED', ...run },
]

async function ask(name, eol) {
  const stream = events.map((e) => `data: ${JSON.stringify(e)}${eol}${eol}`).join('')
  const server = createServer((req, res) => req.resume().on('end', () => res.writeHead(200, { 'content-type': 'text/event-stream' }).end(stream)))
  await new Promise((done) => server.listen(0, '127.0.0.1', done))
  const agent = new HttpAgent({ url: `http://127.0.0.1:${server.address().port}/` })
  let count = 0, end
  try {
    await agent.runAgent({}, { onEvent: () => { count++ } })
    end = agent.messages.map((m) => m.content).join()
  } catch (error) { end = error.message.slice(0, 44) }
  server.close()
  let other = 0
  const parser = createParser({ onEvent: () => { other++ } })
  parser.feed(stream)
  console.log(`${name.padEnd(5)} HttpAgent: ${count} events, ${end.padEnd(44)}  eventsource-parser: ${other} events`)
  return { count, other }
}

const lf = await ask('LF', '\n'), crlf = await ask('CRLF', '\r\n')
const same = lf.count === 5 && crlf.count === 0 && lf.other === 5 && crlf.other === 5
console.log(same ? 'as stated' : 'CHANGED')
process.exitCode = same ? 0 : 1
EOF
timeout 60 node "$dir/probe.mjs"
