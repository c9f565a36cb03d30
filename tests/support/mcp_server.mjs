// SPDX-License-Identifier: MIT
// An MCP server that is not ours: the published handleBridgeJsonRpc behind node:http, as a Durable Object serves it (the
// default), or one that misbehaves.
//
//   server.url, token, name   what a request's `bridge` needs (`bridge(more)`), or a skill of kind mcp (`skill(name)`)
//   server.requests           every request: {method, url, headers, rpc, aborted}
//   server.calls              names and arguments (bytes of the body) of tools/call
import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { createToolBridgeCore, handleBridgeJsonRpc, timingSafeBearerEqual } from '@tanstack/ai-sandbox'

const object = { type: 'object', properties: { text: { type: 'string' } }, additionalProperties: true }
const tool = (name, execute) => ({ name, description: `${name} of another server`, inputSchema: object, execute })

export const serverTools = [
  tool('shout', async ({ text }) => String(text).toUpperCase()),
  tool('wait', async ({ ms }) => {
    await sleep(ms)
    return `waited ${ms}`
  }),
  tool('broken', async () => {
    throw new Error('kaboom')
  }),
]

const JSONS = { 'content-type': 'application/json' }
const answer = (res, rpc, result) =>
  res.writeHead(200, JSONS).end(JSON.stringify({ jsonrpc: '2.0', id: rpc.id, result }))
const listed = (names) => names.map((name) => ({ name, inputSchema: object }))

/** What it answers instead, by the kind of misbehaviour: method -> (res, rpc, req). */
const ODD = {
  slow: { 'tools/list': async (res, rpc) => (await sleep(60000), answer(res, rpc, { tools: [] })) },
  huge: {
    'tools/list': (res, rpc) => answer(res, rpc, { tools: listed(Array.from({ length: 2000 }, (_, i) => `t${i}`)) }),
  },
  long: {
    'tools/list': (res, rpc) =>
      answer(res, rpc, { tools: [{ name: 'a', inputSchema: object, description: 'x'.repeat(9 << 20) }] }),
  },
  loop: { 'tools/list': (res, rpc) => answer(res, rpc, { tools: listed(['a']), nextCursor: 'again' }) },
  endless: {
    'tools/list': (res, rpc) => answer(res, rpc, { tools: [], nextCursor: `${Number(rpc.params?.cursor ?? 0) + 1}` }),
  },
  pages: {
    'tools/list': (res, rpc) =>
      rpc.params?.cursor === 'two'
        ? answer(res, rpc, { tools: listed(['second']) })
        : answer(res, rpc, { tools: listed(['first']), nextCursor: 'two' }),
    'tools/call': (res, rpc) => answer(res, rpc, { content: [{ type: 'text', text: rpc.params.name }] }),
  },
  odd: {
    'tools/list': (res, rpc) =>
      answer(res, rpc, {
        tools: [
          7,
          {},
          { name: '' },
          { name: 'list', inputSchema: { type: 'array' } },
          ...listed(['echo', 'fine', 'fine']),
        ],
      }),
  },
  html: {
    initialize: (res) => res.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>login</title>'),
  },
  refuses: {
    initialize: (res, rpc) =>
      res.writeHead(200, JSONS).end(`{"jsonrpc":"2.0","id":${rpc.id},"error":{"code":-32000,"message":"not today"}}`),
  },
  500: { 'tools/call': (res) => res.writeHead(500).end('internal error') },
  reset: { 'tools/call': (res) => res.socket.resetAndDestroy() },
  unknown: {
    'tools/call': (res, rpc) =>
      res
        .writeHead(200, JSONS)
        .end(`{"jsonrpc":"2.0","id":${rpc.id},"error":{"code":-32602,"message":"Unknown tool: x"}}`),
  },
  internal: {
    'tools/call': (res, rpc) =>
      res.writeHead(200, JSONS).end(`{"jsonrpc":"2.0","id":${rpc.id},"error":{"code":-32603,"message":"it broke"}}`),
  },
  // other messages first, in pieces, and the stream stays open behind the answer
  events: {
    'tools/call': async (res, rpc) => {
      res.writeHead(200, { 'content-type': 'text/event-stream' })
      const result = {
        content: [{ type: 'text', text: 'as events' }],
        structuredContent: { n: 12345678901234 },
        isError: false,
      }
      const text = [
        ': hello\n\n',
        'event: message\ndata: {"jsonrpc":"2.0","method":"notifications/message","params":{}}\n\n',
        'data: {"jsonrpc":"2.0","id":"7","method":"ping"}\n\n',
        `id: 1\ndata: ${JSON.stringify({ jsonrpc: '2.0', id: rpc.id, result })}\n\n`,
      ].join('')
      for (let i = 0; i < text.length; i += 7) {
        res.write(text.slice(i, i + 7))
        await sleep(1)
      }
    },
  },
  bytes: {
    'tools/call': (res, rpc) =>
      res
        .writeHead(200, JSONS)
        .end(
          `{"jsonrpc":"2.0","result":{"structuredContent":{"n":1.0,"big":123456789012345678901},"content":[{"text":"\\u00e9","type":"text"}]},"id":${rpc.id}}`,
        ),
  },
}

/** `odd`: one of ODD.  `sessions`: it wants the Mcp-Session-Id that its initialize gave. */
export async function startMcpServer({ name = 'tanstack', tools = serverTools, odd, sessions = false } = {}) {
  const token = randomUUID() + randomUUID().replaceAll('-', '')
  const core = createToolBridgeCore(tools)
  const requests = [],
    session = randomUUID()
  const serve = async (req, res, record) => {
    const { rpc } = record
    if (!timingSafeBearerEqual(req.headers.authorization, token)) return res.writeHead(401).end('unauthorized')
    if (req.method !== 'POST' && odd === undefined) res.statusCode = 200 // as the Durable Object: a parse error, in JSON
    if (rpc === undefined)
      return res
        .writeHead(200, JSONS)
        .end('{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"Parse error"}}')
    if (sessions && rpc.method !== 'initialize' && req.headers['mcp-session-id'] !== session)
      return res.writeHead(404).end('no such session')
    if (sessions) res.setHeader('Mcp-Session-Id', session)
    const instead = ODD[odd]?.[rpc.method]
    if (instead) return instead(res, rpc, req)
    try {
      const said = await handleBridgeJsonRpc(core, rpc)
      if (said === null) res.writeHead(202).end()
      else res.writeHead(200, JSONS).end(JSON.stringify(said))
    } catch (e) {
      res.writeHead(500).end(e.message)
    }
  }
  const server = createServer(async (req, res) => {
    const record = { method: req.method, url: req.url, headers: req.headers, aborted: false }
    res.on('close', () => {
      record.aborted = !res.writableFinished
    })
    const parts = []
    for await (const part of req) parts.push(part)
    record.body = Buffer.concat(parts).toString()
    try {
      record.rpc = JSON.parse(record.body)
    } catch {
      /* a GET */
    }
    requests.push(record)
    await serve(req, res, record)
  })
  server.listen(0, '127.0.0.1')
  await new Promise((r) => server.once('listening', r))
  const url = `http://127.0.0.1:${server.address().port}/_bridge/run-1?threadId=t%201`
  return {
    name,
    url,
    token,
    requests,
    asked: (method) => requests.filter((r) => r.rpc?.method === method),
    bridge: (more = {}) => ({ name, url, token, ...more }),
    stop: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

/** A skill of kind mcp on that server, its token as the secret `secret` of the workspace. */
export const mcpSkill = (server, name, secret) => ({
  kind: 'mcp',
  name,
  config: {
    url: server.url,
    headers: { Authorization: { __bearerRef: { __secretName: secret } }, 'X-Plain': 'as it is' },
  },
})
