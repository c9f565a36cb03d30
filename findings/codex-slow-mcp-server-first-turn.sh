#!/bin/sh
# SPDX-License-Identifier: MIT
# Codex CLI 0.171.0: `codex exec` waits one second for an MCP server, then asks its model without the server's tools.
#
# A server over HTTP that needs two and a half seconds for each answer is configured once plainly, once with
# startup_timeout_sec = 20, once with required = true.  Only the last makes Codex wait; nothing on stdout or stderr
# tells that the others' tools are missing, and the exit status is 0.
#
# Expected: the tools of a configured server in the first request, or a word that they are not there.
#
# Seen:
#   plain                    first request has the tool: no   said a word of it: no   exit 0
#   startup_timeout_sec = 20 first request has the tool: no   said a word of it: no   exit 0
#   required = true          first request has the tool: yes  said a word of it: no   exit 0
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
npm install --prefix "$dir" --no-audit --no-fund --ignore-scripts --silent @openai/codex@0.171.0 || {
  echo 'the package could not be installed' >&2
  exit 2
}

cat > "$dir/probe.mjs" <<'END'
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import http from 'node:http'
import path from 'node:path'

const dir = process.argv[2]
const body = async (req) => {
  const parts = []
  for await (const part of req) parts.push(part)
  return Buffer.concat(parts).toString()
}
const listen = (fn) =>
  new Promise((done) => {
    const s = http.createServer(fn).listen(0, '127.0.0.1', () => done({ s, url: `http://127.0.0.1:${s.address().port}` }))
  })

const results = {
  initialize: { protocolVersion: '2025-06-18', capabilities: { tools: {} }, serverInfo: { name: 'docs', version: '1' } },
  'tools/list': { tools: [{ name: 'look_up', description: 'x', inputSchema: { type: 'object' } }] },
}
const mcp = await listen(async (req, res) => {
  if (req.method !== 'POST') return res.writeHead(405).end()
  const rpc = JSON.parse(await body(req))
  await new Promise((done) => setTimeout(done, 2500))
  if (rpc.id === undefined) return res.writeHead(202).end()
  const said = results[rpc.method] ? { result: results[rpc.method] } : { error: { code: -32601, message: 'no such method' } }
  res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ jsonrpc: '2.0', id: rpc.id, ...said }))
})

let asked = []
const model = await listen(async (req, res) => {
  const text = await body(req)
  if (req.method !== 'POST') return res.writeHead(404).end()
  asked.push(text)
  const item = { type: 'message', role: 'assistant', id: 'msg_1', content: [{ type: 'output_text', text: 'done' }] }
  const usage = { input_tokens: 1, output_tokens: 1, total_tokens: 2, input_tokens_details: null, output_tokens_details: null }
  const events = [
    ['response.created', { response: { id: 'resp_1' } }],
    ['response.output_item.done', { item, output_index: 0 }],
    ['response.completed', { response: { id: 'resp_1', usage } }],
  ]
  res.writeHead(200, { 'content-type': 'text/event-stream' })
  res.end(events.map(([type, e]) => `event: ${type}\ndata: ${JSON.stringify({ type, ...e })}\n\n`).join(''))
})

async function play(name, line) {
  const home = fs.mkdtempSync(path.join(dir, 'home-'))
  fs.writeFileSync(
    path.join(home, 'config.toml'),
    `model = "m"\nmodel_provider = "mock"\n[model_providers.mock]\nname = "mock"\nbase_url = "${model.url}/v1"\nwire_api = "responses"\nenv_key = "KEY"\n` +
      `[mcp_servers.docs]\nurl = "${mcp.url}/mcp"\n${line}\n`,
  )
  asked = []
  const child = spawn(process.execPath, [path.join(dir, 'node_modules/@openai/codex/bin/codex.js'), 'exec', '--json', '--skip-git-repo-check', 'hi'], {
    cwd: home,
    env: { PATH: process.env.PATH, HOME: home, CODEX_HOME: home, KEY: 'k' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let words = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (d) => (words += d))
  const status = await new Promise((done) => child.on('close', done))
  const has = /look_up/.test(asked[0] ?? '')
  const told = /docs|mcp/i.test(words)
  console.log(`${name.padEnd(24)} first request has the tool: ${has ? 'yes' : 'no '}  said a word of it: ${told ? 'yes' : 'no '}  exit ${status}`)
  return `${has} ${told} ${status}`
}

const seen = [await play('plain', ''), await play('startup_timeout_sec = 20', 'startup_timeout_sec = 20'), await play('required = true', 'required = true')]
const same = seen.join() === 'false false 0,false false 0,true false 0'
console.log(same ? 'as stated' : 'CHANGED')
process.exit(same ? 0 : 1)
END
timeout 120 node "$dir/probe.mjs" "$dir"
