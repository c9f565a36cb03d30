// SPDX-License-Identifier: MIT
// An orchestrator on the published packages: it runs the tools that runlet's bridge forwards, with the real
// executeHostTool, and can misbehave in every way a network can.
//
//   orch.url          the good endpoint, the one the stock orchestrator has
//   orch.odd(kind)    an endpoint that does `kind`, see ODD
//   orch.calls        {name, args} of each call that was understood
//   orch.requests     every request: {method, url, headers, body (bytes), socket (a number), aborted}
import { createServer } from 'node:http'
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  createSecrets,
  executeHostTool,
  isToolExecRequest,
  timingSafeBearerEqual,
  toolDescriptors,
} from '@tanstack/ai-sandbox'
import { convertSchemaToJsonSchema, toolDefinition } from '@tanstack/ai'
import { z } from 'zod'

const define = (name, shape, fn) =>
  toolDefinition({ name, description: `${name} of the test host`, inputSchema: z.object(shape) }).server(fn)

export const hostTools = [
  define('echo', { text: z.string() }, async ({ text }) => text),
  define('getTime', { tz: z.string() }, async ({ tz }) => `now in ${tz}`),
  define('fail', {}, async () => {
    throw new Error('kaboom')
  }),
  define('undef', {}, async () => undefined),
  define('nothing', {}, async () => null),
  define('big', { bytes: z.number() }, async ({ bytes }) => 'b'.repeat(bytes)),
  define('slow', { ms: z.number() }, async ({ ms }) => {
    await sleep(ms)
    return `slept ${ms}`
  }),
  define('obj', {}, async () => ({ a: [1, 2], b: null, c: { d: 'é"\\\n' }, e: 1.5, f: true })),
  define('raw', { json: z.string() }, async ({ json }) => json), // answered with the bytes in `json` as the result
  define('silent', {}, () => new Promise(() => {})), // never answers
]

const JSONS = { 'content-type': 'application/json' }
const OK = '{"result":"fine"}'

/** kind -> what happens once the request was read whole. */
const ODD = {
  500: (res) => res.writeHead(500, JSONS).end('{"error":"kaboom"}'),
  503: (res) => res.writeHead(503, JSONS).end('{"error":"busy"}'),
  404: (res) => res.writeHead(404, { 'content-type': 'text/plain' }).end('no active run'),
  401: (res) => res.writeHead(401, { 'content-type': 'text/plain' }).end('unauthorized'),
  long500: (res) => res.writeHead(500).end('é'.repeat(5000)),
  204: (res) => res.writeHead(204).end(),
  empty: (res) => res.writeHead(200, JSONS).end(),
  html: (res) => res.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>login</title>'),
  noresult: (res) => res.writeHead(200, JSONS).end('{"ok":true}'),
  array: (res) => res.writeHead(200, JSONS).end('[{"result":1}]'),
  redirect: (res) => res.writeHead(307, { location: '/redirected' }).end(),
  redirect302: (res) => res.writeHead(302, { location: '/redirected' }).end(),
  reset: (res) => res.socket.resetAndDestroy(),
  close: (res) => res.socket.end(),
  truncated: (res) => {
    res.writeHead(200, { ...JSONS, 'content-length': 1000 })
    res.write('{"result":"cut')
    setTimeout(() => res.socket.destroy(), 50)
  },
  nest: (res) => res.writeHead(200, JSONS).end(`{"result":${'['.repeat(100000)}${']'.repeat(100000)}}`),
  utf8: (res) =>
    res
      .writeHead(200, JSONS)
      .end(Buffer.concat([Buffer.from('{"result":"bad '), Buffer.from([0xff, 0xc3, 0x28]), Buffer.from(' bytes"}')])),
  oversized: async (res) => {
    res.writeHead(200, JSONS).write('{"result":"')
    const part = Buffer.alloc(1 << 20, 'x')
    for (let i = 0; i < 70 && !res.destroyed; i++)
      if (!res.write(part)) await Promise.race([new Promise((r) => res.once('drain', r)), sleep(200)])
    if (!res.destroyed) res.end('"}')
  },
  drip: async (res) => {
    res.writeHead(200, JSONS)
    for (const c of OK) {
      res.write(c)
      await sleep(5)
    }
    res.end()
  },
  twice: (res, nth) => (nth === 1 ? res.writeHead(200, JSONS).end(OK) : res.socket.destroy()), // keep-alive: the 2nd is read whole, then closed
  pending202: (res, nth) => (nth < 3 ? res.writeHead(202, JSONS).end('{}') : res.writeHead(200, JSONS).end(OK)),
  pending: (res, nth) => res.writeHead(200, JSONS).end(nth < 3 ? '{"pending":true,"retryAfterMs":20}' : OK),
}

/** `answers`: results by the name of a tool, instead of what hostTools would give; `host`: its address. */
export async function startOrchestrator({
  token = randomUUID() + randomUUID().replaceAll('-', ''),
  answers = {},
  host = '127.0.0.1',
} = {}) {
  const calls = [],
    requests = [],
    counts = new Map()
  let sockets = 0
  const good = async (req, res, body) => {
    const send = (status, value) => res.writeHead(status, JSONS).end(JSON.stringify(value))
    if (!timingSafeBearerEqual(req.headers.authorization, token))
      return res.writeHead(401, { 'content-type': 'text/plain' }).end('unauthorized')
    let asked
    try {
      asked = JSON.parse(body)
    } catch {
      return send(400, { error: 'body must be valid JSON' })
    }
    if (!isToolExecRequest(asked)) return send(400, { error: 'body must be { name, args }' })
    calls.push(asked)
    if (Object.hasOwn(answers, asked.name)) return send(200, { result: answers[asked.name] })
    if (asked.name === 'raw') return res.writeHead(200, JSONS).end(`{"result":${asked.args.json}}`)
    try {
      send(200, { result: await executeHostTool(hostTools, asked.name, asked.args) })
    } catch (e) {
      send(500, { error: e.message })
    }
  }
  const server = createServer(async (req, res) => {
    const parts = []
    const record = {
      method: req.method,
      url: req.url,
      headers: req.headers,
      socket: req.socket.number,
      at: Date.now(),
      aborted: false,
    }
    res.on('close', () => {
      record.aborted = !res.writableFinished
    })
    for await (const part of req) parts.push(part)
    record.body = Buffer.concat(parts)
    requests.push(record)
    const path = req.url.split('?')[0]
    const kind = /^\/odd\/(\w+)/.exec(path)?.[1]
    if (kind) {
      counts.set(kind, (counts.get(kind) ?? 0) + 1)
      return ODD[kind](res, counts.get(kind))
    }
    return path.startsWith('/tool-exec/')
      ? good(req, res, record.body.toString())
      : res.writeHead(404).end('no such path')
  })
  server.keepAliveTimeout = 60000
  server.on('connection', (s) => {
    s.number = ++sockets
    s.on('error', () => {})
  })
  server.listen(0, host)
  await new Promise((r) => server.once('listening', r))
  const base = `http://${host}:${server.address().port}`
  return {
    token,
    calls,
    requests,
    base,
    url: `${base}/tool-exec/run?threadId=t%201`,
    odd: (kind) => {
      if (!(kind in ODD)) throw new Error(`no such oddity: ${kind}`)
      return `${base}/odd/${kind}?threadId=t`
    },
    descriptors: toolDescriptors(
      hostTools.map((t) => ({ ...t, inputSchema: convertSchemaToJsonSchema(t.inputSchema) })),
    ),
    connections: () => sockets,
    stop: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

let made = 0
/** A valid request.  `prompt` may be an array of lines; everything else overrides a field (undefined removes it). */
export function runRequest({ orch, prompt = 'hi', secrets, ...fields } = {}) {
  const n = ++made
  const request = {
    runId: `run-${process.pid}-${n}`,
    threadId: `thread-${process.pid}-${n}`,
    messages: [{ role: 'user', content: Array.isArray(prompt) ? prompt.join('\n') : prompt }],
    harness: 'claude-code',
    model: 'fake-model',
    workspace: { source: { type: 'none' }, ...(secrets ? { secrets: createSecrets(secrets) } : {}) },
    toolDescriptors: orch?.descriptors ?? [],
    toolExecUrl: orch?.url ?? 'http://127.0.0.1:9/tool-exec/none',
    toolExecToken: orch?.token ?? 'unused-token-unused',
    ...fields,
  }
  return JSON.parse(JSON.stringify(request))
}
