#!/bin/sh
# SPDX-License-Identifier: MIT
# Gemini CLI 0.61.0: an MCP tool whose result is the text of a list, a number, true or null is told to the model as a failure.
#
# Where a result of tools/call has no structuredContent and its first content is a text that is JSON, the CLI makes that value
# the structuredContent, though the tool declared no outputSchema, and then holds the result against MCP's own schema, in
# which structuredContent is an object.  So text that is any other JSON becomes an error, after the tool has run: the model
# is told that it failed, and may well call it again.
#
# Expected: the text, as for any other text.
#
# Seen:
#   the server gives           {"content":[{"type":"text","text":"[1,2]"}]}
#   the model is told          an error: expected record, received array
#   with a word before it      the text
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
const inputSchema = { type: 'object', properties: {} }
const texts = ['[1,2]', 'The list is [1,2]']
const told = []
let calls = 0

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
  const result = {
    initialize: { protocolVersion: params?.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 'mock', version: '1' } },
    'tools/list': { tools: [{ name: 'list', description: 'A list.', inputSchema }] },
    'tools/call': { content: [{ type: 'text', text: texts[calls++ % 2] }] },
  }[method]
  return json(res, 200, { jsonrpc: '2.0', id, result: result ?? {} })
})
const model = await listen((req, res, body) => { // the Gemini API
  if (req.url.includes(':countTokens')) return json(res, 200, { totalTokens: 10 })
  const { tools, contents } = JSON.parse(body)
  const tool = (tools ?? []).flatMap((t) => t.functionDeclarations ?? []).find((f) => f.name.endsWith('list'))
  const last = contents?.at(-1)?.parts?.[0]?.functionResponse
  if (last) told.push(last.response)
  const part = tool && told.length < 2 ? { functionCall: { id: `c${told.length}`, name: tool.name, args: {} } } : { text: 'done' }
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

const [first, second] = told
const error = /expected record, received array/.exec(first?.error ?? '')?.[0]
console.log(`the server gives           ${JSON.stringify({ content: [{ type: 'text', text: texts[0] }] })}`)
console.log(`the model is told          ${error ? `an error: ${error}` : JSON.stringify(first)}`)
console.log(`with a word before it      ${second?.output?.includes(texts[1]) ? 'the text' : JSON.stringify(second)}`)
const same = error && second?.output?.includes(texts[1])
console.log(same ? 'as stated' : 'CHANGED')
process.exitCode = same ? 0 : 1
EOF
timeout 100 node "$dir/probe.mjs"
