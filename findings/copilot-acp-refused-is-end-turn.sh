#!/bin/sh
# SPDX-License-Identifier: MIT
# GitHub Copilot CLI 1.0.102 (`copilot --acp`): a prompt that the model's API refused is answered as a turn that ended well.
#
# With the CLI's own-provider setting (COPILOT_PROVIDER_BASE_URL) the model's API answers 400 or 403.  The client of the
# Agent Client Protocol then gets a normal result of session/prompt with stopReason `end_turn`, after one
# agent_message_chunk whose text begins with "Error: ": the failure is written as if the model had said it.  No JSON-RPC
# error, no other stopReason; what differs in the protocol is that `usage` is absent.
#
# Expected: a JSON-RPC error for session/prompt, by which a client can tell a failed request from an answer.
#
# Seen:
#   HTTP 200: stopReason end_turn, error undefined, usage present, text "done"
#   HTTP 400: stopReason end_turn, error undefined, usage absent, text "Error: 400 refused"
#   HTTP 403: stopReason end_turn, error undefined, usage absent, text "Error: Authentication failed with"...
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
npm install --prefix "$dir" --no-audit --no-fund --ignore-scripts --silent @github/copilot@1.0.102 || {
  echo 'the packages could not be installed' >&2
  exit 2
}

cat > "$dir/probe.mjs" <<'EOF'
import { spawn } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { createServer } from 'node:http'
import { createInterface } from 'node:readline'

const dir = import.meta.dirname
let status = 200
const model = createServer((req, res) => req.resume().on('end', () => { // OpenAI's chat completions
  if (!req.url.includes('/chat/completions')) return res.writeHead(404).end()
  if (status !== 200) return res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ error: { message: 'refused', type: 'invalid_request_error', code: null } }))
  const chunk = (delta, finish_reason, more) => `data: ${JSON.stringify({ id: 'c1', object: 'chat.completion.chunk', created: 1, model: 'mock', choices: [{ index: 0, delta, finish_reason }], ...more })}\n\n`
  const usage = { prompt_tokens: 3, completion_tokens: 1, total_tokens: 4 }
  return res.writeHead(200, { 'content-type': 'text/event-stream' }).end(`${chunk({ role: 'assistant', content: 'done' }, null)}${chunk({}, 'stop', { usage })}data: [DONE]\n\n`)
}))
await new Promise((done) => model.listen(0, '127.0.0.1', done))
mkdirSync(`${dir}/home`)
mkdirSync(`${dir}/work`)

async function prompt() {
  const env = {
    PATH: process.env.PATH, HOME: `${dir}/home`, TMPDIR: `${dir}/home`, COPILOT_OFFLINE: 'true', COPILOT_AUTO_UPDATE: 'false', COPILOT_MODEL: 'mock',
    COPILOT_PROVIDER_BASE_URL: `http://127.0.0.1:${model.address().port}/v1`, COPILOT_PROVIDER_API_KEY: 'mock',
    HTTPS_PROXY: 'http://127.0.0.1:9', NO_PROXY: '127.0.0.1', // nothing but loopback
  }
  const child = spawn(`${dir}/node_modules/.bin/copilot`, ['--acp'], { cwd: `${dir}/work`, env, stdio: ['pipe', 'pipe', 'ignore'] })
  const ended = new Promise((done) => child.on('exit', done)), waiting = new Map()
  let text = '', id = 0
  createInterface({ input: child.stdout }).on('line', (line) => {
    const message = JSON.parse(line), update = message.params?.update
    if (update?.sessionUpdate === 'agent_message_chunk') text += update.content.text
    waiting.get(message.id)?.(message)
  })
  const ask = (method, params) => new Promise((done) => {
    waiting.set(++id, done)
    child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`)
  })
  await ask('initialize', { protocolVersion: 1, clientCapabilities: {} })
  const { sessionId } = (await ask('session/new', { cwd: `${dir}/work`, mcpServers: [] })).result
  const { result, error } = await ask('session/prompt', { sessionId, prompt: [{ type: 'text', text: 'Say something.' }] })
  child.stdin.end()
  await ended
  return { stop: result?.stopReason, error: error?.code, usage: result?.usage ? 'present' : 'absent', text }
}

let same = true
for (status of [200, 400, 403]) {
  const { stop, error, usage, text } = await prompt(), good = status === 200
  console.log(`HTTP ${status}: stopReason ${stop}, error ${error}, usage ${usage}, text ${JSON.stringify(text.slice(0, 33))}${text.length > 33 ? '...' : ''}`)
  same &&= stop === 'end_turn' && error === undefined && usage === (good ? 'present' : 'absent') && (good ? text === 'done' : text.startsWith('Error: '))
}
model.close()
console.log(same ? 'as stated' : 'CHANGED')
process.exitCode = same ? 0 : 1
EOF
timeout 100 node "$dir/probe.mjs"
