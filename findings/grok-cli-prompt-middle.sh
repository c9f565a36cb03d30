#!/bin/sh
# SPDX-License-Identifier: MIT
# Grok CLI 1.0.41: the middle of a long prompt is not sent to the model, and the model is asked not to say so.
#
# `grok -p` sends a prompt of 50,000 bytes whole.  Of one of 120,000 bytes (some 40,000 tokens, to a model whose context
# window is set to 1,000,000) the model gets the beginning and the end.  The lines between are put into a file, which the
# model may read by a tool if it wants to, and a note tells it to mention neither the file nor the omission to the user.
# Standard output, standard error and the exit status 0 tell nothing of it.  The mock model below does not
# read the file, as any model may: it answers, and the user does not learn that it never saw a fifth of the text.
#
# Expected: the whole prompt while it fits the context window, an error when it does not, or at least a line on stdout.
#
# Seen (a line more or less with the length of a path in the note):
#   50000 bytes: 2500 of 2500 lines sent, exit status 0
#   120000 bytes: 4920 of 6000 lines sent, exit status 0, told on stdout or stderr: false, note says not to mention it: true
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
npm install --prefix "$dir" --no-audit --no-fund --ignore-scripts --silent @xai-official/grok@1.0.41 || {
  echo 'the packages could not be installed' >&2
  exit 2
}

cat > "$dir/probe.mjs" <<'EOF'
import { spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'

const dir = import.meta.dirname
let first
const model = createServer(async (req, res) => { // OpenAI's chat completions
  const parts = []
  for await (const part of req) parts.push(part)
  if (!req.url.includes('/chat/completions')) return res.writeHead(404).end('{}')
  first ??= JSON.parse(Buffer.concat(parts).toString()).messages
  const chunk = (delta, finish_reason, more) => `data: ${JSON.stringify({ id: 'c1', object: 'chat.completion.chunk', created: 1, model: 'mock', choices: [{ index: 0, delta, finish_reason }], ...more })}\n\n`
  const usage = { prompt_tokens: 3, completion_tokens: 1, total_tokens: 4 }
  return res.writeHead(200, { 'content-type': 'text/event-stream' }).end(`${chunk({ role: 'assistant', content: 'done' }, null)}${chunk({}, 'stop', { usage })}data: [DONE]\n\n`)
})
await new Promise((done) => model.listen(0, '127.0.0.1', done))

mkdirSync(`${dir}/home/.grok`, { recursive: true })
mkdirSync(`${dir}/work`)
writeFileSync(`${dir}/home/.grok/config.toml`, `[cli]
auto_update = false
[features]
telemetry = false
[telemetry]
trace_upload = false
[models]
default = "mock"
[model.mock]
model = "mock"
base_url = "http://127.0.0.1:${model.address().port}/v1"
api_key = "mock"
api_backend = "chat_completions"
context_window = 1000000
`)
const grok = (prompt) => new Promise((done) => {
  const env = {
    PATH: process.env.PATH, HOME: `${dir}/home`, TMPDIR: `${dir}/home`, XAI_API_KEY: 'mock', GROK_DISABLE_AUTOUPDATER: '1', GROK_TELEMETRY_ENABLED: '0',
    HTTPS_PROXY: 'http://127.0.0.1:9', NO_PROXY: '127.0.0.1', // nothing but loopback
  }
  const args = ['-p', prompt, '--output-format', 'streaming-json', '--model', 'mock', '--cwd', `${dir}/work`, '--no-plan', '--no-auto-update']
  const child = spawn(`${dir}/node_modules/.bin/grok`, args, { cwd: `${dir}/work`, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let out = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (d) => { out += d })
  child.on('close', (code) => done({ code, out }))
})

async function ask(bytes) {
  const lines = Array.from({ length: bytes / 20 }, (_, i) => `line ${String(i).padStart(6, '0')} .......`) // 19 bytes and the newline
  first = undefined
  const { code, out } = await grok(lines.join('\n'))
  const text = (first ?? []).map((m) => (typeof m.content === 'string' ? m.content : JSON.stringify(m.content))).join('\n')
  return { all: lines.length, sent: lines.filter((l) => text.includes(l)).length, code, told: /omit|offload|truncat/i.test(out), hushed: /not mention[^.]*omission/i.test(text) }
}
const short = await ask(50000), long = await ask(120000)
model.close()
console.log(`50000 bytes: ${short.sent} of ${short.all} lines sent, exit status ${short.code}`)
console.log(`120000 bytes: ${long.sent} of ${long.all} lines sent, exit status ${long.code}, told on stdout or stderr: ${long.told}, note says not to mention it: ${long.hushed}`)
const same = short.sent === short.all && short.code === 0 && long.sent > 0 && long.sent < long.all && long.code === 0 && !long.told && long.hushed
console.log(same ? 'as stated' : 'CHANGED')
process.exitCode = same ? 0 : 1
EOF
timeout 100 node "$dir/probe.mjs"
