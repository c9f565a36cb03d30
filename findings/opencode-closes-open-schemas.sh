#!/bin/sh
# SPDX-License-Identifier: MIT
# OpenCode 1.18.33: an MCP tool whose parameters stand in a oneOf, or are free, is offered to the model as a tool that
# takes no parameter at all.
#
# Whatever an MCP server's schema says, `opencode run` shows the model the tool with `"additionalProperties": false` at
# its root and with `"properties": {}` where there were none.  In JSON Schema that keyword looks at the `properties`
# beside it only, not into the branches of a oneOf.  So the schema shown is one that nothing fits: each branch requires
# a name that the root forbids.  A map (`additionalProperties: {type: string}`) loses its entries the same way,
# and `additionalProperties: true` is turned round.
#
# Expected: the server's schema, or nothing added to it that turns valid arguments into invalid ones.
#
# Seen (ajv says which of the arguments fit; the server's schemas allow all of them):
#   either {"id":"7"}           server true  shown to the model false
#   map    {"colour":"blue"}    server true  shown to the model false
#   open   {"x":"1","more":2}   server true  shown to the model false
#   plain  {"x":"1"}            server true  shown to the model true
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
npm install --prefix "$dir" --no-audit --no-fund --silent opencode-ai@1.18.33 ajv@8.17.1 || {
  echo 'the packages could not be installed' >&2
  exit 2
}

cat > "$dir/probe.mjs" <<'EOF'
import { spawn } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { createServer } from 'node:http'
import Ajv from 'ajv/dist/2020.js'

const dir = import.meta.dirname, text = { type: 'string' }
const tools = {
  either: { type: 'object', oneOf: [{ properties: { id: text }, required: ['id'] }, { properties: { name: text }, required: ['name'] }] },
  map: { type: 'object', additionalProperties: text },
  open: { type: 'object', properties: { x: text }, additionalProperties: true },
  plain: { type: 'object', properties: { x: text }, required: ['x'] },
}
const args = { either: { id: '7' }, map: { colour: 'blue' }, open: { x: '1', more: 2 }, plain: { x: '1' } }
let shown

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
    'tools/list': { tools: Object.entries(tools).map(([name, inputSchema]) => ({ name, description: name, inputSchema })) },
  }[method]
  return res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ jsonrpc: '2.0', id, result: result ?? {} }))
})
const model = await listen((req, res, body) => { // OpenAI's chat completions
  if (!req.url.includes('/chat/completions')) return res.writeHead(404).end()
  const offered = (JSON.parse(body).tools ?? []).map((t) => t.function).filter((f) => f.name.startsWith('mock_'))
  if (offered.length > 0) shown = Object.fromEntries(offered.map((f) => [f.name.slice(5), f.parameters]))
  const chunk = (delta, finish_reason) => `data: ${JSON.stringify({ id: 'c1', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta, finish_reason }] })}\n\n`
  return res.writeHead(200, { 'content-type': 'text/event-stream' }).end(`${chunk({ role: 'assistant', content: 'done' }, null)}${chunk({}, 'stop')}data: [DONE]\n\n`)
})

mkdirSync(`${dir}/home`)
mkdirSync(`${dir}/work`)
const config = {
  autoupdate: false, share: 'disabled', small_model: 'mock/m',
  provider: { mock: { npm: '@ai-sdk/openai-compatible', name: 'mock', options: { baseURL: `${model.url}/v1`, apiKey: 'mock' }, models: { m: { name: 'm', tool_call: true, limit: { context: 200000, output: 8000 } } } } },
  mcp: { mock: { type: 'remote', url: `${mcp.url}/mcp`, enabled: true } },
}
await new Promise((done) => {
  const env = {
    PATH: process.env.PATH, HOME: `${dir}/home`, TMPDIR: `${dir}/home`, OPENCODE_CONFIG_CONTENT: JSON.stringify(config),
    OPENCODE_DISABLE_AUTOUPDATE: '1', OPENCODE_DISABLE_MODELS_FETCH: '1', OPENCODE_DISABLE_LSP_DOWNLOAD: '1', OPENCODE_DISABLE_DEFAULT_PLUGINS: '1',
    HTTPS_PROXY: 'http://127.0.0.1:9', NO_PROXY: '127.0.0.1', // nothing but loopback
  }
  const child = spawn(`${dir}/node_modules/.bin/opencode`, ['run', '--format', 'json', '--model', 'mock/m'], { cwd: `${dir}/work`, env, stdio: ['pipe', 'ignore', 'ignore'] })
  child.on('close', done)
  child.stdin.end('Say something.')
})
mcp.close()
model.close()

const fits = (schema, value) => (schema ? new Ajv({ strict: false }).validate(schema, value) : undefined)
let same = true
for (const name of Object.keys(tools)) {
  const server = fits(tools[name], args[name]), model = fits(shown?.[name], args[name])
  console.log(`${name.padEnd(6)} ${JSON.stringify(args[name]).padEnd(20)} server ${server}  shown to the model ${model}`)
  same &&= server === true && model === (name === 'plain')
}
console.log(`either is shown as ${JSON.stringify(shown?.either)}`)
console.log(same ? 'as stated' : 'CHANGED')
process.exitCode = same ? 0 : 1
EOF
timeout 100 node "$dir/probe.mjs"
