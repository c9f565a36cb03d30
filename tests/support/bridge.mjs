// SPDX-License-Identifier: MIT
// The built program with its bridge open for as long as a test wants: the agent is a shell script that shows where the
// bridge is and sleeps; the host has the tools that the conformance suites ask for by name.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import { createServer, request as httpRequest } from 'node:http'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { makeBox, RUNLET, until } from './runlet.mjs'

const AGENT = `#!/bin/sh
while [ $# -gt 0 ]; do [ "$1" = --mcp-config ] && cp "$2" "$HOME/shown" && mv "$HOME/shown" "$HOME/mcp.json"; shift; done
cat >/dev/null
echo '{"type":"system","subtype":"init","session_id":"s"}'
exec sleep 600
`
const IMAGE = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=='
const AUDIO = 'UklGRiYAAABXQVZFZm10IBAAAAABAAEAQB8AAAB9AAACABAAZGF0YQIAAAA='
const text = (t) => ({ type: 'text', text: t })
const image = { type: 'image', data: IMAGE, mimeType: 'image/png' }
const resource = (uri, mimeType, t) => ({ type: 'resource', resource: { uri, mimeType, text: t } })
const result = (r) => [200, { result: r }]

/** name -> [answer, fields of its descriptor] */
const TOOLS = {
  test_simple_text: [() => result('This is a simple text response for testing.')],
  test_error_handling: [() => [500, { error: 'This tool intentionally returns an error for testing' }]],
  test_image_content: [() => result({ content: [image] }), { resultFormat: 'mcp' }],
  test_audio_content: [
    () => result({ content: [{ type: 'audio', data: AUDIO, mimeType: 'audio/wav' }] }),
    { resultFormat: 'mcp' },
  ],
  test_embedded_resource: [
    () =>
      result({
        content: [resource('test://embedded-resource', 'text/plain', 'This is an embedded resource content.')],
      }),
    { resultFormat: 'mcp' },
  ],
  test_multiple_content_types: [
    () =>
      result({
        content: [
          text('Multiple content types test:'),
          image,
          resource('test://mixed-content-resource', 'application/json', '{"test":"data","value":123}'),
        ],
      }),
    { resultFormat: 'mcp' },
  ],
  test_tool_with_progress: [
    async () => {
      await sleep(700)
      return result('done')
    },
  ],
  test_missing_capability: [
    () => [
      400,
      {
        error: {
          code: -32021,
          message: 'Missing required client capability',
          data: { requiredCapabilities: { sampling: {} } },
        },
      },
    ],
    { resultFormat: 'mcp' },
  ],
  test_streaming_elicitation: [() => result('ok')],
  test_logging_tool: [() => result('ok')],
  json_schema_2020_12_tool: [
    () => result('ok'),
    {
      description: 'Tool with JSON Schema 2020-12 features',
      inputSchema: {
        $schema: 'https://json-schema.org/draft/2020-12/schema',
        type: 'object',
        $defs: {
          address: {
            $anchor: 'addressDef',
            type: 'object',
            properties: { street: { type: 'string' }, city: { type: 'string' } },
          },
        },
        properties: {
          name: { type: 'string' },
          address: { $ref: '#/$defs/address' },
          contactMethod: { type: 'string', enum: ['phone', 'email'] },
          phone: { type: 'string' },
          email: { type: 'string' },
        },
        allOf: [{ anyOf: [{ required: ['phone'] }, { required: ['email'] }] }],
        if: { properties: { contactMethod: { const: 'phone' } }, required: ['contactMethod'] },
        then: { required: ['phone'] },
        else: { required: ['email'] },
        additionalProperties: false,
      },
    },
  ],
  test_x_mcp_header: [
    () => result('ok'),
    {
      inputSchema: {
        type: 'object',
        properties: {
          region: { type: 'string', 'x-mcp-header': 'Region' },
          priority: { type: 'integer', 'x-mcp-header': 'Priority' },
          verbose: { type: 'boolean', 'x-mcp-header': 'Verbose' },
          query: { type: 'string' },
        },
      },
    },
  ],
  echo: [(args) => result(args), { inputSchema: { type: 'object', properties: { text: { type: 'string' } } } }],
  slow: [
    async ({ ms }) => {
      await sleep(ms, undefined, { ref: false })
      return result(`slow ${ms}`)
    },
    { inputSchema: { type: 'object', properties: { ms: { type: 'integer' } } } },
  ],
}

/** {url, headers, calls, pid, host, stop()}: `calls` are the host's {name, args, body, aborted}.  `tools` stand in for
 * those above; a tool that answers nothing did it itself, with its second argument.  `rewrite` gets the request's text. */
export async function startBridge(args = [], { tools = TOOLS, rewrite = (request) => request } = {}) {
  const box = makeBox({ agent: null }),
    calls = []
  fs.writeFileSync(path.join(box.bin, 'claude'), AGENT, { mode: 0o755 })
  const host = createServer(async (req, res) => {
    const parts = []
    for await (const part of req) parts.push(part)
    const body = Buffer.concat(parts).toString()
    const call = { ...JSON.parse(body), body, aborted: false }
    calls.push(call)
    res.on('close', () => {
      call.aborted = !res.writableFinished
    })
    const answer = await tools[call.name][0](call.args, res)
    if (answer) res.writeHead(answer[0], { 'content-type': 'application/json' }).end(JSON.stringify(answer[1]))
  })
  host.listen(0, '127.0.0.1')
  await new Promise((r) => host.once('listening', r))
  const request = {
    harness: 'claude-code',
    model: 'm',
    messages: [{ role: 'user', content: 'hi' }],
    workspace: { source: { type: 'none' } },
    runId: 'r',
    threadId: 't',
    toolDescriptors: Object.entries(tools).map(([name, [, fields]]) => ({
      name,
      description: `the tool ${name}`,
      inputSchema: { type: 'object', properties: {} },
      ...fields,
    })),
    toolExecUrl: `http://127.0.0.1:${host.address().port}/tools`,
    toolExecToken: 'token-of-the-host',
  }
  const child = spawn(RUNLET, ['run', '-', '--output', 'ndjson', ...args], {
    cwd: box.work,
    env: box.env,
    stdio: ['pipe', 'ignore', 'pipe'],
  })
  const errors = []
  child.stderr.on('data', (d) => errors.push(d))
  const ended = new Promise((r) => child.once('close', r))
  child.stdin.end(rewrite(JSON.stringify(request)))
  const shown = path.join(box.home, 'mcp.json')
  await until('the agent to show its bridge', () => fs.existsSync(shown), 10000)
  const server = Object.values(JSON.parse(fs.readFileSync(shown)).mcpServers)[0]
  return {
    url: server.url,
    headers: server.headers,
    calls,
    host,
    pid: child.pid,
    async stop() {
      child.kill('SIGTERM')
      await ended
      host.closeAllConnections()
      host.close()
      box.remove()
      assert.doesNotMatch(Buffer.concat(errors).toString(), /Sanitizer|runtime error/)
    },
  }
}

/** For clients that cannot be given a header: adds it (unless `add` is false), and maps our port to the bridge's in Host
 * and Origin.  All else passes as it is.  `requests` are those that passed: {method, rpc, version, status}. */
export async function startProxy(bridge, { add = true } = {}) {
  const to = new URL(bridge.url),
    requests = []
  const hop = /^(connection|transfer-encoding|keep-alive)$/i
  const server = createServer((req, res) => {
    const own = `:${server.address().port}`,
      headers = []
    for (let i = 0; i < req.rawHeaders.length; i += 2) {
      const [name, value] = req.rawHeaders.slice(i, i + 2)
      if (!hop.test(name)) headers.push(name, /^(host|origin)$/i.test(name) ? value.replace(own, `:${to.port}`) : value)
    }
    if (add) for (const [name, value] of Object.entries(bridge.headers)) headers.push(name, value)
    const record = { method: req.method, version: req.headers['mcp-protocol-version'] }
    requests.push(record)
    req.once('data', (d) => {
      record.rpc = /"method":"([^"]+)"/.exec(d)?.[1]
    })
    const forward = httpRequest(
      { host: to.hostname, port: to.port, path: req.url, method: req.method, headers, setHost: false },
      (answer) => {
        record.status = answer.statusCode
        res.writeHead(
          answer.statusCode,
          answer.rawHeaders.filter((_, i, all) => !hop.test(all[i - (i % 2)])),
        )
        res.flushHeaders()
        answer.on('error', () => res.destroy())
        answer.pipe(res)
      },
    )
    forward.on('error', () => res.destroy())
    res.on('close', () => forward.destroy())
    req.pipe(forward)
  })
  server.listen(0, '127.0.0.1')
  await new Promise((r) => server.once('listening', r))
  return {
    url: `http://localhost:${server.address().port}/mcp`,
    requests,
    stop: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}
