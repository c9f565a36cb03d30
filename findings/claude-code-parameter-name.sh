#!/bin/sh
# SPDX-License-Identifier: MIT
# Claude Code 2.1.332: an MCP tool with a parameter called `a b` is left out, and nothing says so.
#
# A property name of a JSON Schema may be any string, so a tool with the parameter `a b` or `$id` is a valid MCP tool.  The
# CLI does not offer it to the model.  The other tools of the server are there, the server's status in the `init` line is
# `connected`, the run ends as a success with exit status 0 and stderr is empty: the only trace is a name that is missing
# in the `tools` of the `init` line.  (A parameter `a.b` is taken.)
#
# Expected: the tool, with its parameter under another name if the API of the model wants that, or a word about it.
#
# Seen:
#   listed by the server  plain, spaced, dollar, dotted
#   offered to the model  plain, dotted
#   init line             server connected, tools plain, dotted
#   the end               result success, exit status 0, stderr 0 bytes
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
npm install --prefix "$dir" --no-audit --no-fund --silent @anthropic-ai/claude-code@2.1.332 || {
  echo 'the packages could not be installed' >&2
  exit 2
}

cat > "$dir/probe.mjs" <<'EOF'
import { spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'

const dir = import.meta.dirname
const parameters = { plain: 'ab', spaced: 'a b', dollar: '$id', dotted: 'a.b' }
const tools = Object.entries(parameters).map(([name, parameter]) => (
  { name, description: `The tool ${name}.`, inputSchema: { type: 'object', properties: { [parameter]: { type: 'string' } } } }))
const names = (list) => Object.keys(parameters).filter((name) => list.includes(`mcp__mock__${name}`)).join(', ')
let offered = ''

async function listen(answer) {
  const server = createServer(async (req, res) => {
    const parts = []
    for await (const part of req) parts.push(part)
    answer(req, res, Buffer.concat(parts).toString())
  })
  await new Promise((done) => server.listen(0, '127.0.0.1', done))
  return { url: `http://127.0.0.1:${server.address().port}`, close: () => { server.closeAllConnections(); server.close() } }
}
const mcp = await listen((req, res, body) => {
  if (req.method !== 'POST') return res.writeHead(405, { allow: 'POST' }).end()
  const { id, method, params } = JSON.parse(body)
  if (id === undefined) return res.writeHead(202).end()
  const result = {
    initialize: { protocolVersion: params?.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 'mock', version: '1' } },
    'tools/list': { tools },
  }[method]
  const answer = result ? { result } : { error: { code: -32601, message: 'Method not found' } }
  return res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ jsonrpc: '2.0', id, ...answer }))
})
const model = await listen((req, res, body) => { // Anthropic's Messages API
  if (!req.url.split('?')[0].endsWith('/messages')) return res.writeHead(404).end('{}')
  const request = JSON.parse(body)
  offered ||= names((request.tools ?? []).map((t) => t.name))
  res.writeHead(200, { 'content-type': 'text/event-stream' })
  for (const data of [
    { type: 'message_start', message: { id: 'm1', type: 'message', role: 'assistant', model: request.model, content: [], stop_reason: null, stop_sequence: null, usage: { input_tokens: 1, output_tokens: 1 } } },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'done' } },
    { type: 'content_block_stop', index: 0 },
    { type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: { output_tokens: 2 } },
    { type: 'message_stop' },
  ]) res.write(`event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`)
  return res.end()
})

mkdirSync(`${dir}/home`)
mkdirSync(`${dir}/work`)
writeFileSync(`${dir}/mcp.json`, JSON.stringify({ mcpServers: { mock: { type: 'http', url: `${mcp.url}/mcp` } } }))
const { code, out, err } = await new Promise((done) => {
  const env = {
    PATH: process.env.PATH, HOME: `${dir}/home`, TMPDIR: `${dir}/home`, ANTHROPIC_API_KEY: 'mock', ANTHROPIC_BASE_URL: model.url,
    ENABLE_TOOL_SEARCH: 'false', CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1', DISABLE_AUTOUPDATER: '1',
    HTTPS_PROXY: 'http://127.0.0.1:9', NO_PROXY: '127.0.0.1', // nothing but loopback
  }
  const args = ['-p', '--output-format', 'stream-json', '--verbose', '--model', 'sonnet', '--mcp-config', `${dir}/mcp.json`, '--strict-mcp-config']
  const child = spawn(`${dir}/node_modules/.bin/claude`, args, { cwd: `${dir}/work`, env })
  let out = '', err = 0
  child.stdout.on('data', (d) => { out += d })
  child.stderr.on('data', (d) => { err += d.length })
  child.on('close', (code) => done({ code, out, err }))
  child.stdin.end('Say something.')
})
mcp.close()
model.close()

const lines = out.split('\n').filter(Boolean).map((line) => JSON.parse(line))
const init = lines.find((l) => l.type === 'system' && l.subtype === 'init'), result = lines.find((l) => l.type === 'result')
const status = init?.mcp_servers.find((s) => s.name === 'mock')?.status, listed = names(init?.tools ?? [])
console.log(`listed by the server  ${Object.keys(parameters).join(', ')}`)
console.log(`offered to the model  ${offered}`)
console.log(`init line             server ${status}, tools ${listed}`)
console.log(`the end               result ${result?.subtype}, exit status ${code}, stderr ${err} bytes`)
const same = offered === 'plain, dotted' && listed === offered && status === 'connected' && result?.subtype === 'success' && code === 0 && err === 0
console.log(same ? 'as stated' : 'CHANGED')
process.exitCode = same ? 0 : 1
EOF
timeout 100 node "$dir/probe.mjs"
