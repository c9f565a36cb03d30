#!/bin/sh
# SPDX-License-Identifier: MIT
# Claude Code 2.1.332 and OpenCode 1.18.33: of the MCP tools `a.b` and `a_b` each offers one, and not the same one.
#
# MCP allows letters, digits, `_`, `-` and `.` in the name of a tool, so one server may have both.  Both CLIs write the dot
# as `_` for the model's API, so two tools come to have one name.  Neither makes the names differ again nor says a
# word: Claude Code keeps the tool that the server listed first, OpenCode the last.  The model's call of the one name that
# it sees reaches `a.b` from the one agent and `a_b` from the other; the other tool cannot be called.
#
# Expected: two tools under two names, or an error.
#
# Seen (the server lists a.b, then a_b):
#   claude    offers mcp__mock__a_b "It is a.b."   its call reaches a.b
#   opencode  offers mock_a_b "It is a_b."         its call reaches a_b
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
npm install --prefix "$dir" --no-audit --no-fund --silent @anthropic-ai/claude-code@2.1.332 opencode-ai@1.18.33 || {
  echo 'the packages could not be installed' >&2
  exit 2
}

cat > "$dir/probe.mjs" <<'EOF'
import { spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'

const dir = import.meta.dirname
let offered = [], reached = []
const isOurs = (name) => name.startsWith('mcp__mock__') || name.startsWith('mock_')

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
  if (method === 'tools/call') reached.push(params.name)
  const result = {
    initialize: { protocolVersion: params?.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 'mock', version: '1' } },
    'tools/list': { tools: ['a.b', 'a_b'].map((name) => ({ name, description: `It is ${name}.`, inputSchema: { type: 'object', properties: {} } })) },
    'tools/call': { content: [{ type: 'text', text: 'ok' }] },
  }[method]
  const answer = result ? { result } : { error: { code: -32601, message: 'Method not found' } }
  return res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ jsonrpc: '2.0', id, ...answer }))
})

/** The tool that the model calls: the first of ours, once. */
function callOf(tools) {
  const ours = tools.filter((t) => isOurs(t.name))
  if (ours.length === 0 || offered.length > 0) return undefined
  offered = ours
  return ours[0].name
}
function messages(res, request) { // Anthropic's Messages API
  const name = callOf(request.tools ?? [])
  const block = name ? { type: 'tool_use', id: 'toolu_1', name, input: {} } : { type: 'text', text: '' }
  const delta = name ? { type: 'input_json_delta', partial_json: '{}' } : { type: 'text_delta', text: 'done' }
  const usage = { input_tokens: 1, output_tokens: 1 }
  const message = { id: 'm1', type: 'message', role: 'assistant', model: request.model, content: [], stop_reason: null, stop_sequence: null, usage }
  for (const data of [
    { type: 'message_start', message },
    { type: 'content_block_start', index: 0, content_block: block },
    { type: 'content_block_delta', index: 0, delta },
    { type: 'content_block_stop', index: 0 },
    { type: 'message_delta', delta: { stop_reason: name ? 'tool_use' : 'end_turn', stop_sequence: null }, usage: { output_tokens: 2 } },
    { type: 'message_stop' },
  ]) res.write(`event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`)
  res.end()
}
function completions(res, request) { // OpenAI's chat completions
  const name = callOf((request.tools ?? []).map((t) => t.function))
  const delta = name ? { tool_calls: [{ index: 0, id: 'call_1', type: 'function', function: { name, arguments: '{}' } }] } : { content: 'done' }
  const base = { id: 'c1', object: 'chat.completion.chunk', created: 1, model: 'm' }
  const chunk = (d, finish_reason) => `data: ${JSON.stringify({ ...base, choices: [{ index: 0, delta: d, finish_reason }] })}\n\n`
  res.end(`${chunk({ role: 'assistant', ...delta }, null)}${chunk({}, name ? 'tool_calls' : 'stop')}data: [DONE]\n\n`)
}
const model = await listen((req, res, body) => {
  const answer = { messages, completions }[req.url.split('?')[0].split('/').pop()]
  if (!answer) return res.writeHead(404).end('{}')
  res.writeHead(200, { 'content-type': 'text/event-stream' })
  return answer(res, JSON.parse(body))
})

mkdirSync(`${dir}/work`)
writeFileSync(`${dir}/mcp.json`, JSON.stringify({ mcpServers: { mock: { type: 'http', url: `${mcp.url}/mcp` } } }))
const config = {
  autoupdate: false, share: 'disabled', small_model: 'mock/m',
  provider: { mock: {
    npm: '@ai-sdk/openai-compatible', name: 'mock', options: { baseURL: `${model.url}/v1`, apiKey: 'mock' },
    models: { m: { name: 'm', tool_call: true, limit: { context: 200000, output: 8000 } } },
  } },
  mcp: { mock: { type: 'remote', url: `${mcp.url}/mcp`, enabled: true } },
}
const agents = {
  claude: {
    args: ['-p', '--model', 'sonnet', '--mcp-config', `${dir}/mcp.json`, '--strict-mcp-config', '--allowedTools', 'mcp__mock__a_b'],
    env: { ANTHROPIC_API_KEY: 'mock', ANTHROPIC_BASE_URL: model.url, ENABLE_TOOL_SEARCH: 'false', CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1', DISABLE_AUTOUPDATER: '1' },
  },
  opencode: {
    args: ['run', '--format', 'json', '--model', 'mock/m'],
    env: {
      OPENCODE_CONFIG_CONTENT: JSON.stringify(config), OPENCODE_DISABLE_AUTOUPDATE: '1', OPENCODE_DISABLE_MODELS_FETCH: '1',
      OPENCODE_DISABLE_LSP_DOWNLOAD: '1', OPENCODE_DISABLE_DEFAULT_PLUGINS: '1',
    },
  },
}
async function run(name) {
  offered = []
  reached = []
  mkdirSync(`${dir}/${name}`)
  const env = {
    PATH: process.env.PATH, HOME: `${dir}/${name}`, TMPDIR: `${dir}/${name}`, ...agents[name].env,
    HTTPS_PROXY: 'http://127.0.0.1:9', NO_PROXY: '127.0.0.1', // nothing but loopback
  }
  const child = spawn(`${dir}/node_modules/.bin/${name}`, agents[name].args, { cwd: `${dir}/work`, env, stdio: ['pipe', 'ignore', 'ignore'] })
  child.stdin.end('Use the tool.')
  await new Promise((done) => child.on('close', done))
  const text = `offers ${offered.map((t) => `${t.name} ${JSON.stringify(t.description)}`).join(' and ')}`
  console.log(`${name.padEnd(9)} ${text.padEnd(36)} its call reaches ${reached.join()}`)
  return offered.length === 1 ? reached.join() : 'more than one tool'
}

const claude = await run('claude'), opencode = await run('opencode')
mcp.close()
model.close()
const same = claude === 'a.b' && opencode === 'a_b'
console.log(same ? 'as stated' : 'CHANGED')
process.exitCode = same ? 0 : 1
EOF
timeout 110 node "$dir/probe.mjs"
