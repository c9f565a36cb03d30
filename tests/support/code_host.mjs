// SPDX-License-Identifier: MIT
// The host of POST /v1/runs in its three shapes: what it sends, and the callbacks it answers.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import http from 'node:http'
import path from 'node:path'
import { ask, makeBox, serve } from './runlet.mjs'

export const TOKEN = 'the-token-of-the-service'
const SECRET = 'the-secret-of-the-host'

/** A callback host.  `tools`: {[toolPath]: (input, call) => value, or an answer with `ok`}; `before(call)` may hold, or
 * return {status, body} to be answered instead.  `calls` are all callbacks, in order. */
export async function startHost(t, tools = {}, { before = () => {} } = {}) {
  const host = { calls: [], last: 0 }
  const server = http.createServer(async (request, response) => {
    let text = ''
    for await (const piece of request) text += piece
    const call = { url: request.url, headers: request.headers, body: JSON.parse(text), at: Date.now() }
    call.args = call.body.args?.[0] ?? call.body
    call.kind = call.args.toolPath !== undefined ? 'tool' : call.args.status !== undefined ? 'end' : 'output'
    host.calls.push(call)
    request.on('close', () => (call.closed = true))
    response.on('close', () => (call.gone = !response.writableFinished))
    const special = await before(call)
    const value = special ?? { status: 200, body: await answer(tools, call) }
    response.writeHead(value.status, { 'content-type': 'application/json' })
    response.end(typeof value.body === 'string' ? value.body : JSON.stringify(value.body))
  })
  await new Promise((done) => server.listen(0, '127.0.0.1', done))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  host.url = `http://127.0.0.1:${server.address().port}`
  host.of = (kind) => host.calls.filter((call) => call.kind === kind)
  return host
}

async function answer(tools, call) {
  let value = { ok: true }
  if (call.kind === 'tool') {
    const tool = tools[call.args.toolPath]
    value = tool ? await tool(call.args.input, call) : { ok: false, kind: 'failed', error: 'no such tool' }
    if (value?.ok === undefined) value = { ok: true, value }
  }
  return call.body.path ? { status: 'success', value } : value
}

/** The three shapes: what a host of each sends, how its callbacks are signed, and where they go. */
export const SHAPES = {
  baseUrl: {
    request: (host, id, code) => ({ taskId: id, code, callback: { baseUrl: host.url, authToken: SECRET } }),
    check(call, id) {
      assert.equal(call.headers.authorization, `Bearer ${SECRET}`)
      assert.equal(call.url, `/internal/runs/${id}/${call.kind === 'tool' ? 'tool-call' : 'output'}`)
    },
  },
  convexUrl: {
    request: (host, id, code) => ({ taskId: id, code, callback: { convexUrl: host.url, internalSecret: SECRET } }),
    check(call, id) {
      const name = { tool: 'handleToolCall', output: 'appendOutput', end: 'completeRun' }[call.kind]
      assert.equal(call.url, call.kind === 'tool' ? '/api/action' : '/api/mutation')
      assert.equal(call.body.path, `runtimeCallbacks:${name}`)
      assert.equal(call.body.format, 'convex_encoded_json')
      assert.equal(call.args.internalSecret, SECRET)
      assert.equal(call.args.runId, id)
    },
  },
  url: {
    request: (host, id, code) => ({
      runId: id,
      taskId: id,
      code,
      callback: { url: `${host.url}/tool-call`, internalSecret: SECRET },
    }),
    check(call, id) {
      assert.equal(call.kind, 'tool')
      assert.equal(call.url, '/tool-call')
      assert.equal(call.headers['x-internal-secret'], SECRET)
      assert.equal(call.args.runId, id)
    },
  },
}

/** A service with a token, and the Node that runs these tests as its runtime. */
export async function codeService(t, { args = [], env = {}, node = true, agent = null } = {}) {
  const box = makeBox({ agent })
  if (node) fs.symlinkSync(process.execPath, path.join(box.bin, 'node'))
  else box.env.PATH = box.bin
  const server = await serve({ box, args: ['--workspace-per-thread', ...args], env: { RUNLET_TOKEN: TOKEN, ...env } })
  t.after(async () => {
    await server.stop()
    box.remove()
  })
  return server
}

/** POST /v1/runs: {status, json, body}. */
export async function runCode(server, request, { token = TOKEN, headers: more } = {}) {
  const headers = {
    ...more,
    'content-type': 'application/json',
    ...(token === null ? {} : { authorization: `Bearer ${token}` }),
  }
  const body = typeof request === 'string' ? request : JSON.stringify(request)
  const r = await ask(server, 'POST', '/v1/runs', { headers, body })
  const text = r.body.toString()
  return { ...r, text, json: /^\s*\{/.test(text) ? JSON.parse(text) : undefined }
}
