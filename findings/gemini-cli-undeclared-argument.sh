#!/bin/sh
# SPDX-License-Identifier: MIT
# Gemini CLI 0.61.0: a parameter that no MCP server declared is offered to the model and sent to the server.
#
# Into the schema of each MCP tool the CLI puts a boolean `wait_for_previous`, by which the model tells it whether calls of
# one turn may run side by side.  It is the CLI's own and yet is not taken out of the arguments again: tools/call carries
# it.  A tool whose schema says `additionalProperties: false` gets an argument that its own schema forbids, and a server
# that validates, as it should, answers a correct call with an error; the model can help itself only by leaving out what
# the CLI told it to use.
#
# Expected: tools/call with the parameters of the server's schema, the CLI's own one removed.
#
# Seen:
#   the server's schema has    ["a"] additionalProperties false
#   the model is offered       ["a","wait_for_previous"] additionalProperties false
#   the model answers with     {"a":"x","wait_for_previous":true}
#   the server is called with  {"a":"x","wait_for_previous":true}
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
npm install --prefix "$dir" --no-audit --no-fund --ignore-scripts --silent @google/gemini-cli@0.61.0 || {
  echo 'the packages could not be installed' >&2
  exit 2
}

cat > "$dir/probe.mjs" <<'EOF'
import { spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'

const dir = import.meta.dirname
const inputSchema = { type: 'object', properties: { a: { type: 'string' } }, required: ['a'], additionalProperties: false }
const own = ['a'], args = { a: 'x', wait_for_previous: true }
let offered, called

async function listen(answer) {
  const server = createServer(async (req, res) => {
    const parts = []
    for await (const part of req) parts.push(part)
    answer(req, res, Buffer.concat(parts).toString())
  })
  await new Promise((done) => server.listen(0, '127.0.0.1', done))
  return { url: `http://127.0.0.1:${server.address().port}`, close: () => server.close() }
}
const json = (res, code, value) => res.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(value))

const mcp = await listen((req, res, body) => {
  if (req.method !== 'POST') return res.writeHead(405, { allow: 'POST' }).end()
  const { id, method, params } = JSON.parse(body)
  if (id === undefined) return res.writeHead(202).end()
  if (method === 'tools/call') called = params.arguments
  const result = {
    initialize: { protocolVersion: params?.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 'mock', version: '1' } },
    'tools/list': { tools: [{ name: 'strict', description: 'Takes a, and nothing else.', inputSchema }] },
    'tools/call': { content: [{ type: 'text', text: 'ok' }] },
  }[method]
  return json(res, 200, { jsonrpc: '2.0', id, result: result ?? {} })
})
const model = await listen((req, res, body) => { // the Gemini API
  if (req.url.includes(':countTokens')) return json(res, 200, { totalTokens: 10 })
  const tool = (JSON.parse(body).tools ?? []).flatMap((t) => t.functionDeclarations ?? []).find((f) => f.name.endsWith('strict'))
  const part = tool && !offered ? { functionCall: { id: 'c1', name: tool.name, args } } : { text: 'done' }
  if (tool) offered ??= tool.parametersJsonSchema ?? tool.parameters
  const answer = {
    candidates: [{ index: 0, finishReason: 'STOP', content: { role: 'model', parts: [part] } }],
    usageMetadata: { promptTokenCount: 1, candidatesTokenCount: 1, totalTokenCount: 2 }, modelVersion: 'mock', responseId: 'r1',
  }
  return req.url.includes(':streamGenerateContent')
    ? res.writeHead(200, { 'content-type': 'text/event-stream' }).end(`data: ${JSON.stringify(answer)}\n\n`) : json(res, 200, answer)
})

mkdirSync(`${dir}/home/.gemini`, { recursive: true })
mkdirSync(`${dir}/work`)
writeFileSync(`${dir}/home/.gemini/settings.json`, JSON.stringify({
  security: { auth: { selectedType: 'gemini-api-key' } }, general: { enableAutoUpdate: false },
  privacy: { usageStatisticsEnabled: false }, telemetry: { enabled: false },
  mcpServers: { mock: { httpUrl: `${mcp.url}/mcp`, trust: true } },
}))
await new Promise((done) => {
  const env = {
    PATH: process.env.PATH, HOME: `${dir}/home`, TMPDIR: `${dir}/home`, GEMINI_API_KEY: 'mock', GOOGLE_GEMINI_BASE_URL: model.url, GEMINI_CLI_NO_RELAUNCH: 'true',
    HTTPS_PROXY: 'http://127.0.0.1:9', NO_PROXY: '127.0.0.1', // nothing but loopback
  }
  const options = ['--output-format', 'stream-json', '--model', 'gemini-2.5-pro', '--skip-trust', '--approval-mode', 'yolo']
  const child = spawn(process.execPath, [`${dir}/node_modules/.bin/gemini`, ...options], { cwd: `${dir}/work`, env, stdio: ['pipe', 'ignore', 'ignore'] })
  child.on('close', done)
  child.stdin.end('Use the tool.')
})
mcp.close()
model.close()

const names = Object.keys(offered?.properties ?? {})
console.log(`the server's schema has    ${JSON.stringify(own)} additionalProperties ${inputSchema.additionalProperties}`)
console.log(`the model is offered       ${JSON.stringify(names)} additionalProperties ${offered?.additionalProperties}`)
console.log(`the model answers with     ${JSON.stringify(args)}`)
console.log(`the server is called with  ${JSON.stringify(called)}`)
const same = names.join() === 'a,wait_for_previous' && offered.additionalProperties === false && called?.wait_for_previous === true
console.log(same ? 'as stated' : 'CHANGED')
process.exitCode = same ? 0 : 1
EOF
timeout 100 node "$dir/probe.mjs"
