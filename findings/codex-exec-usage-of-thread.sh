#!/bin/sh
# SPDX-License-Identifier: MIT
# Codex CLI 0.171.0: `turn.completed` of a resumed thread counts the tokens of all turns before it too.
#
# `codex exec --json` ends each turn with `turn.completed` and a `usage` in it, and makes one turn a process.  In a thread
# that is resumed the numbers are the sum since the thread began: with a model that counts 10 tokens in and 3 out
# each time, the third turn tells 30 and 9.  Nothing in the line says that it is a sum, and the turn's own numbers are
# in no line; who adds up the turns of a thread counts the first turn once for each turn.
#
# Expected: the usage of the turn that was completed.
#
# Seen (in/out):
#   turn 1: the API counted 10/3, turn.completed tells 10/3
#   turn 2: the API counted 10/3, turn.completed tells 20/6
#   turn 3: the API counted 10/3, turn.completed tells 30/9
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
npm install --prefix "$dir" --no-audit --no-fund --ignore-scripts --silent @openai/codex@0.171.0 || {
  echo 'the packages could not be installed' >&2
  exit 2
}

cat > "$dir/probe.mjs" <<'EOF'
import { spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'

const dir = import.meta.dirname
let requests = 0
const model = createServer(async (req, res) => { // OpenAI's Responses API
  req.resume()
  await new Promise((done) => req.on('end', done))
  if (req.method !== 'POST' || !req.url.split('?')[0].endsWith('/responses')) return res.writeHead(404).end()
  const turn = ++requests
  const item = { type: 'message', id: `msg_${turn}`, role: 'assistant', status: 'completed', content: [{ type: 'output_text', text: 'done', annotations: [] }] }
  const usage = { input_tokens: 10, input_tokens_details: { cached_tokens: 0 }, output_tokens: 3, output_tokens_details: { reasoning_tokens: 0 }, total_tokens: 13 }
  const response = { id: `resp_${turn}`, object: 'response', created_at: 1, model: 'mock', output: [] }
  const send = (type, data) => res.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`)
  res.writeHead(200, { 'content-type': 'text/event-stream' })
  send('response.created', { response: { ...response, status: 'in_progress' } })
  send('response.output_item.done', { output_index: 0, item })
  send('response.completed', { response: { ...response, status: 'completed', output: [item], usage } })
  return res.end()
})
await new Promise((done) => model.listen(0, '127.0.0.1', done))

mkdirSync(`${dir}/home/.codex`, { recursive: true })
mkdirSync(`${dir}/work`)
writeFileSync(`${dir}/home/.codex/config.toml`, `model_provider = "mock"
check_for_update_on_startup = false
[analytics]
enabled = false
[model_providers.mock]
name = "mock"
base_url = "http://127.0.0.1:${model.address().port}/v1"
wire_api = "responses"
env_key = "MOCK_KEY"
`)
const codex = (...args) => new Promise((done) => {
  const env = {
    PATH: process.env.PATH, HOME: `${dir}/home`, TMPDIR: `${dir}/home`, MOCK_KEY: 'mock',
    HTTPS_PROXY: 'http://127.0.0.1:9', NO_PROXY: '127.0.0.1', // nothing but loopback
  }
  const child = spawn(`${dir}/node_modules/.bin/codex`, ['exec', ...args, '--json', '--skip-git-repo-check', '--model', 'mock', '-'], { cwd: `${dir}/work`, env, stdio: ['pipe', 'pipe', 'ignore'] })
  const out = []
  child.stdout.on('data', (d) => out.push(d))
  child.on('close', () => done(Buffer.concat(out).toString().split('\n').filter(Boolean).map((line) => JSON.parse(line))))
  child.stdin.end('Say something.')
})
let thread, same = true
for (const turn of [1, 2, 3]) {
  const lines = await codex(...(thread ? ['resume', thread] : []))
  thread ??= lines.find((l) => l.type === 'thread.started')?.thread_id
  const usage = lines.find((l) => l.type === 'turn.completed')?.usage
  console.log(`turn ${turn}: the API counted 10/3, turn.completed tells ${usage?.input_tokens}/${usage?.output_tokens}`)
  same &&= requests === turn && usage?.input_tokens === 10 * turn && usage.output_tokens === 3 * turn
}
model.close()
console.log(same ? 'as stated' : 'CHANGED')
process.exitCode = same ? 0 : 1
EOF
timeout 100 node "$dir/probe.mjs"
