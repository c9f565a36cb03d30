#!/bin/sh
# SPDX-License-Identifier: MIT
# Codex CLI 0.171.0: a thread that is resumed gives its items the ids that it gave before.
#
# `codex exec --json` names each item of a thread (`item_1`, ...), and `codex exec resume ID --json` goes on with the same
# thread: the same thread_id, and the model is shown the first answer.  The numbering however begins again with each
# process, so the second answer is told under the id of the first, though the model's API gave the two messages ids of
# their own.  Who keeps a thread's items by thread and id overwrites an answer, or joins two.
#
# Expected: ids that are unique in the thread they belong to.
#
# Seen:
#   first run    same thread: -     the model saw 0 earlier answers   API id msg_first    agent_message item_1 "answer first"
#   resumed run  same thread: true  the model saw 1 earlier answers   API id msg_second   agent_message item_1 "answer second"
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

const dir = import.meta.dirname, turns = ['first', 'second'], shown = []
const model = createServer(async (req, res) => { // OpenAI's Responses API
  const parts = []
  for await (const part of req) parts.push(part)
  if (req.method !== 'POST' || !req.url.split('?')[0].endsWith('/responses')) return res.writeHead(404).end()
  shown.push(JSON.parse(Buffer.concat(parts).toString()).input.filter((i) => i.role === 'assistant').length)
  const turn = turns[shown.length - 1], text = `answer ${turn}`
  const item = { type: 'message', id: `msg_${turn}`, role: 'assistant', status: 'completed', content: [{ type: 'output_text', text, annotations: [] }] }
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
const read = (lines) => ({
  thread: lines.find((l) => l.type === 'thread.started')?.thread_id,
  item: lines.find((l) => l.type === 'item.completed' && l.item.type === 'agent_message')?.item,
})
const first = read(await codex()), second = read(await codex('resume', first.thread))
model.close()

const told = (name, same, n, { item }) => console.log(`${name.padEnd(12)} same thread: ${String(same).padEnd(5)} the model saw ${shown[n]} earlier answers   API id ${`msg_${turns[n]}`.padEnd(12)} agent_message ${item?.id} ${JSON.stringify(item?.text)}`)
const thread = first.thread === second.thread
told('first run', '-', 0, first)
told('resumed run', thread, 1, second)
const same = thread && shown[1] === 1 && first.item?.id !== undefined && first.item.id === second.item?.id && first.item.text !== second.item.text
console.log(same ? 'as stated' : 'CHANGED')
process.exitCode = same ? 0 : 1
EOF
timeout 100 node "$dir/probe.mjs"
