// SPDX-License-Identifier: MIT
// What MCP clients and networks do to a bridge, one test an item: the bridge of the built program, on raw sockets.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import { connect } from 'node:net'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { startBridge } from '../support/bridge.mjs'
import { warningsOf } from '../support/ndjson.mjs'
import { runRequest } from '../support/orchestrator.mjs'
import { makeBox, run, until } from '../support/runlet.mjs'

// -- the wire ---------------------------------------------------------------------------------------------------------

let bridge, port, auth

/** One connection: what it sent back so far is `got`. */
function open(to = port) {
  const socket = connect({ port: to, host: '127.0.0.1', allowHalfOpen: true }),
    c = { socket, got: '', bytes: 0, ended: false }
  socket.setNoDelay(true)
  socket.setEncoding('utf8')
  socket.on('data', (d) => {
    c.got += d
  })
  socket.on('error', () => {
    c.ended = true
  })
  socket.on('end', () => {
    c.ended = true
  })
  c.send = (data) => new Promise((r) => socket.write(data, r))
  c.until = (what) =>
    until(
      `${what} in ${JSON.stringify(c.got.slice(-300))}`,
      () => (typeof what === 'string' ? c.got.includes(what) : what.exec(c.got)),
      10000,
    )
  c.end = () => until(`the end of ${JSON.stringify(c.got.slice(-300))}`, () => c.ended, 15000)
  c.close = () => socket.destroy()
  return c
}

const head = (
  lines,
  line = 'POST /mcp HTTP/1.1',
  own = [`Host: 127.0.0.1:${port}`, `Authorization: ${auth}`, 'Content-Type: application/json'],
) => [line, ...own, ...lines, '', ''].join('\r\n')
const whole = (body, lines = []) => head([`Content-Length: ${Buffer.byteLength(body)}`, ...lines]) + body
const BOTH = 'Accept: application/json, text/event-stream'

/** Sends a text on a connection of its own and gives the first answer: {status, head, body}. */
async function say(text) {
  const c = open()
  await c.send(text)
  const answer = await answerOf(c)
  c.close()
  return answer
}

async function answerOf(c) {
  await c.until(/\r\n\r\n/)
  const length = /content-length: (\d+)/i.exec(c.got)
  const at = c.got.indexOf('\r\n\r\n') + 4
  if (length) await until('the body', () => Buffer.byteLength(c.got.slice(at)) >= +length[1])
  else await c.until(/\r\n0\r\n\r\n$/).catch(() => c.end())
  return { status: +c.got.slice(9, 12), head: c.got.slice(0, at), body: c.got.slice(at) }
}

const rpc = (method, params, id = 1) => JSON.stringify({ jsonrpc: '2.0', id, method, params })
const PING = rpc('ping'),
  PONG = '{"jsonrpc":"2.0","id":1,"result":{}}'
const call = (name, args, more = {}, id = 1) => rpc('tools/call', { name, arguments: args, ...more }, id)
/** One POST; what came, with the JSON of it. */
async function post(body, lines = [BOTH]) {
  const a = await say(whole(body, lines))
  try {
    a.json = JSON.parse(a.body)
  } catch {
    /* not JSON */
  }
  return a
}
const status = async (text) => (await say(text)).status
const codeOf = (a) => a.json?.error?.code
const textOf = (a) => a.json.result.content[0].text

const META = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientCapabilities': {},
}
/** A request of 2026-07-28; `heads` replaces lines of its head, null drops one. */
function modern(method, params = {}, heads = {}, id = 1) {
  const lines = {
    'MCP-Protocol-Version': '2026-07-28',
    'Mcp-Method': method,
    ...(params.name ? { 'Mcp-Name': params.name } : {}),
    Accept: BOTH.slice(8),
    ...heads,
  }
  return post(
    rpc(method, { _meta: META, ...params }, id),
    Object.entries(lines)
      .filter(([, v]) => v !== null)
      .map(([k, v]) => `${k}: ${v}`),
  )
}

// -- the host -----------------------------------------------------------------------------------------------------------

const SCHEMA =
  '{"type":"object","z":1e400,"properties":{"b":{"$ref":"#/$defs/x"},"a":{"const":12345678901234567890}},"$defs":{"x":{"type":"string"}}}'
const result = (value) => [200, { result: value }]
const raw = (text) => (_, res) => {
  res.writeHead(200, { 'content-type': 'application/json' }).end(text)
}
const TOOLS = {
  echo: [(args) => result(args)],
  'größe✓': [() => result('gut')],
  oddSchema: [() => result('ok'), { inputSchema: { oneOf: [{ required: ['a'] }] } }],
  look: [() => result({ content: [{ type: 'text', text: 'not a result' }] })],
  mcp: [
    () => result({ content: [{ type: 'text', text: 'a result' }], structuredContent: { n: 1 } }),
    { resultFormat: 'mcp' },
  ],
  region: [
    () => result('ok'),
    {
      inputSchema: {
        type: 'object',
        properties: {
          region: { type: 'string', 'x-mcp-header': 'Region' },
          n: { type: 'integer', 'x-mcp-header': 'N' },
          yes: { type: 'boolean', 'x-mcp-header': 'Yes' },
        },
      },
    },
  ],
  slow: [
    async ({ ms }, res) => {
      await Promise.race([sleep(ms, undefined, { ref: false }), new Promise((r) => res.on('close', r))])
      return res.destroyed ? null : result(`slow ${ms}`)
    },
  ],
  raw: [({ text }, res) => raw(text)(null, res)],
  big: [({ bytes }) => result('b'.repeat(bytes))],
  badUtf8: [
    (_, res) => {
      res.writeHead(200).end(Buffer.from([...Buffer.from('{"result":"bad '), 0xff, 0xc3, 0x28, 0x22, 0x7d]))
    },
  ],
  status: [
    ({ status: s, text }, res) => {
      res.writeHead(s, { location: '/elsewhere' }).end(text)
    },
  ],
  midBody: [
    (_, res) => {
      res.writeHead(200, { 'content-length': 1000 })
      res.write('{"result":"cut')
      setTimeout(() => res.socket.destroy(), 20)
    },
  ],
  reset: [
    (_, res) => {
      res.socket.resetAndDestroy()
    },
  ],
  drip: [
    async (_, res) => {
      res.writeHead(200)
      for (const c of '{"result":"dripped"}') {
        res.write(c)
        await sleep(3)
      }
      res.end()
    },
  ],
  stall: [() => new Promise(() => {})],
}

const HOLD = ['--bridge-hold-ms', '9000'],
  PACE = ['--bridge-hold-ms', '150', '--bridge-progress-ms', '100']
const started = []
/** From here on all goes to a bridge of its own. */
async function use(args, options = {}) {
  bridge = await startBridge(args, { tools: TOOLS, ...options })
  started.push(bridge)
  port = +new URL(bridge.url).port
  auth = bridge.headers.Authorization
}
let lazy
before(async () => {
  await use(HOLD)
  lazy = open() // slowloris: looked at in the end
  lazy.send('POST /mcp HTTP/1.1\r\nHost: 127.')
})
after(() => Promise.all(started.map((b) => b.stop())))

describe('HTTP', () => {
  test('header names in any case, blanks around values, duplicate headers', async () => {
    const odd = [
      `hOsT: 127.0.0.1:${port}`,
      `AUTHORIZATION:\t ${auth} \t`,
      'content-TYPE:application/json;charset=utf-8',
      'X-Same: 1',
      'X-Same: 2',
      `content-length:  ${PING.length} `,
    ]
    assert.equal((await say(head([], undefined, odd) + PING)).body, PONG)
    assert.equal(await status(whole(PING, [`Host: 127.0.0.1:${port}`, 'Host: evil.example.com'])), 400)
    assert.equal(
      codeOf(
        await post(rpc('tools/list', { _meta: META }), [
          'MCP-Protocol-Version: 2026-07-28',
          'Mcp-Method: tools/list',
          'Mcp-Method: tools/list',
        ]),
      ),
      -32020,
    )
  })
  test('chunked request body', async () => {
    const chunks = [PING.slice(0, 7), PING.slice(7)].map((p) => `${p.length.toString(16)};x=1\r\n${p}\r\n`).join('')
    assert.equal((await say(head(['Transfer-Encoding: chunked']) + chunks + '0\r\nTrailer: x\r\n\r\n')).body, PONG)
  })
  test('Expect: 100-continue', async () => {
    const c = open()
    await c.send(head(['Expect: 100-continue', `Content-Length: ${PING.length}`]))
    await c.until('HTTP/1.1 100 Continue\r\n\r\n')
    await c.send(PING)
    await c.until(PONG)
    c.close()
    assert.equal(
      (await say(head(['Expect: 100-continue', 'Content-Length: 5'], undefined, [`Host: 127.0.0.1:${port}`]))).status,
      401,
      'refused instead',
    )
  })
  test('pipelined requests are answered in order', async () => {
    const c = open()
    await c.send(
      whole(call('slow', { ms: 60 }, {}, 'a')) +
        whole(rpc('ping', undefined, 'b')) +
        whole(call('echo', {}, {}, 'c')) +
        whole(rpc('ping', undefined, 'd')),
    )
    await c.until('"id":"d"')
    assert.deepEqual(
      [...c.got.matchAll(/"id":"(.)"/g)].map((m) => m[1]),
      ['a', 'b', 'c', 'd'],
    )
    c.close()
  })
  test('a body split at every byte, UTF-8 split across reads', async () => {
    const body = Buffer.from(call('echo', { t: 'é✓😀' })),
      lead = head([`Content-Length: ${body.length}`, BOTH])
    const c = open()
    for (let i = 1; i < body.length; i++) {
      c.got = ''
      await c.send(lead)
      await c.send(body.subarray(0, i))
      await new Promise(setImmediate)
      await c.send(body.subarray(i))
      const { body: got } = await answerOf(c)
      assert.equal(textOf({ json: JSON.parse(got) }), '{"t":"é✓😀"}')
    }
    c.close()
  })
  test('Content-Length 0, missing, a lie, negative, two values', async () => {
    assert.equal(codeOf(await post('')), -32700)
    assert.equal(await status(head([]) + PING), 400, 'no length: no body')
    assert.equal(await status(head(['Content-Length: -1']) + PING), 400)
    assert.equal(await status(head(['Content-Length: 5x']) + PING), 400)
    assert.equal(await status(head(['Content-Length: 40', 'Content-Length: 41']) + PING), 400)
    assert.equal(await status(head(['Content-Length: 99999999999999999999999']) + PING), 400)
    const short = open() // what is left over is no request
    await short.send(head([`Content-Length: ${PING.length}`]) + PING + 'xxxx\r\n\r\n')
    await short.until(/HTTP\/1\.1 400/)
    await short.end()
    assert.ok(short.got.includes(PONG))
    const long = open() // waits for the rest
    await long.send(head([`Content-Length: ${PING.length + 1}`]) + PING)
    await sleep(100)
    assert.equal(long.got, '')
    await long.send(' ')
    await long.until(PONG)
    for (const c of [short, long]) c.close()
  })
  test('Transfer-Encoding and Content-Length together are 400', async () => {
    assert.equal(await status(head(['Transfer-Encoding: chunked', 'Content-Length: 3']) + '0\r\n\r\n'), 400)
    assert.equal(await status(head(['Transfer-Encoding: gzip']) + 'x'), 400)
  })
  test('a body above the limit is 413 before it was read', async () => {
    assert.equal(await status(head([`Content-Length: ${33 << 20}`])), 413)
    assert.equal(await status(head(['Transfer-Encoding: chunked']) + '2100001\r\n'), 413)
  })
  test('oversize headers are 431', async () => {
    assert.equal(await status(head([`X-Long: ${'x'.repeat(20000)}`])), 431)
    assert.equal(await status(head(Array.from({ length: 120 }, (_, i) => `X-${i}: 1`))), 431)
  })
  test('HTTP/1.0, Connection: close, half-close', async () => {
    for (const [line, lines] of [
      ['POST /mcp HTTP/1.0', []],
      ['POST /mcp HTTP/1.1', ['Connection: close']],
    ]) {
      const c = open()
      await c.send(head([`Content-Length: ${PING.length}`, ...lines], line) + PING)
      await c.end()
      assert.ok(c.got.includes(PONG))
      c.close()
    }
    const c = open()
    await c.send(whole(call('slow', { ms: 400 }), [BOTH]))
    c.socket.end() // its other half still listens
    await c.until('slow 400')
    c.close()
  })
  test('HEAD, PUT, OPTIONS, DELETE are 405 with Allow', async () => {
    for (const method of ['HEAD', 'PUT', 'OPTIONS', 'DELETE', 'PATCH']) {
      const c = open()
      await c.send(head(['Connection: close'], `${method} /mcp HTTP/1.1`))
      await c.end()
      assert.match(c.got, /^HTTP\/1\.1 405 [^]*\r\nallow: POST\r\n/i, method)
      assert.equal(c.got.endsWith('\r\n\r\n'), method === 'HEAD', 'no body for HEAD')
      c.close()
    }
  })
  test('GET with and without Accept, before initialize and without a token, is 405', async () => {
    for (const lines of [[], ['Accept: text/event-stream'], ['Accept: text/event-stream', 'Last-Event-ID: 7']]) {
      const a = await say(head(lines, 'GET /mcp HTTP/1.1'))
      assert.equal(a.status, 405)
      assert.match(a.head, /\r\nallow: POST\r\n/i)
    }
    assert.equal(
      await status(head([], 'GET /mcp HTTP/1.1', [`Host: 127.0.0.1:${port}`])),
      405,
      'a 401 would send clients into OAuth',
    )
  })
  test('other paths are 404, a query is not looked at', async () => {
    for (const target of ['/', '/mcp/', '/mcpx', '/MCP', '/sse', '/register', '*'])
      assert.equal(
        await status(head([`Content-Length: ${PING.length}`], `POST ${target} HTTP/1.1`) + PING),
        404,
        target,
      )
    assert.equal((await say(head([`Content-Length: ${PING.length}`], 'POST /mcp?x=1 HTTP/1.1') + PING)).body, PONG)
  })
  test('absolute-form target', async () => {
    assert.equal(
      (await say(head([`Content-Length: ${PING.length}`], `POST http://127.0.0.1:${port}/mcp HTTP/1.1`) + PING)).body,
      PONG,
    )
  })
  test('100 parallel calls on 100 connections, and on one', async () => {
    const all = await Promise.all(Array.from({ length: 100 }, (_, i) => post(call('echo', { i }, {}, i))))
    assert.deepEqual(
      all.map((a) => [a.json.id, textOf(a)]),
      all.map((_, i) => [i, `{"i":${i}}`]),
    )
    const c = open()
    await c.send(Array.from({ length: 100 }, (_, i) => whole(call('echo', { i }, {}, i), [BOTH])).join(''))
    await c.until('"id":99,')
    assert.deepEqual(
      [...c.got.matchAll(/"id":(\d+),/g)].map((m) => +m[1]),
      all.map((_, i) => i),
    )
    c.close()
  })
})

describe('auth', () => {
  test('no, wrong, short, long, prefix token; bearer in lower case; two Authorization headers', async () => {
    const token = auth.slice(7),
      own = (value) => [
        `Host: 127.0.0.1:${port}`,
        'Content-Type: application/json',
        ...(value === null ? [] : [`Authorization: ${value}`]),
      ]
    for (const value of [
      null,
      '',
      'Bearer',
      'Bearer ',
      `Bearer ${token.slice(0, -1)}`,
      `Bearer ${token}0`,
      `Bearer ${token.slice(0, -1)}${token.endsWith('0') ? 1 : 0}`,
      `Bearer ${token} x`,
      `Basic ${token}`,
      token,
      `Bearer${token}`,
    ])
      assert.equal(
        await status(head([`Content-Length: ${PING.length}`], undefined, own(value)) + PING),
        401,
        `${value}`,
      )
    assert.equal(await status(whole(PING, [`Authorization: ${auth}`])), 401, 'two')
    assert.equal(await status(head([`Content-Length: ${PING.length}`], undefined, own(`bearer ${token}`)) + PING), 200)
  })
  test('401 before the body is read, with WWW-Authenticate', async () => {
    const a = await say(
      head([`Content-Length: ${1 << 20}`], undefined, [`Host: 127.0.0.1:${port}`, 'Content-Type: application/json']),
    )
    assert.equal(a.status, 401)
    assert.match(a.head, /\r\nwww-authenticate: Bearer\r\n/i)
  })
  test('Origin evil, null, localhost with a port, absent; Host evil, IPv6, without a port', async () => {
    const host = (h, ...more) =>
      head([`Content-Length: ${PING.length}`, ...more], undefined, [
        ...(h === null ? [] : [`Host: ${h}`]),
        `Authorization: ${auth}`,
        'Content-Type: application/json',
      ]) + PING
    const local = `127.0.0.1:${port}`
    for (const [text, want] of [
      [host(local), 200],
      [host('localhost'), 200],
      [host('127.0.0.1'), 200],
      [host(`[::1]:${port}`), 200],
      [host('evil.example.com'), 403],
      [host(`127.0.0.1.evil.example.com:${port}`), 403],
      [host(local, 'Origin: https://evil.example.com'), 403],
      [host(local, 'Origin: null'), 403],
      [host(local, `Origin: http://localhost:${port}`), 200],
      [host(local, 'Origin: http://localhost:5173'), 200],
      [host(local, 'Origin: http://localhost@evil.example.com'), 403],
    ])
      assert.equal(await status(text), want, text)
  })
  test('.well-known/* is 404 without a token', async () => {
    for (const name of [
      'oauth-protected-resource',
      'oauth-protected-resource/mcp',
      'oauth-authorization-server',
      'openid-configuration',
    ])
      assert.equal(await status(head([], `GET /.well-known/${name} HTTP/1.1`, [`Host: 127.0.0.1:${port}`])), 404)
  })
})

describe('JSON-RPC', () => {
  const error = async (body, code, want = 400, id = null) => {
    const a = await post(body)
    assert.deepEqual([a.status, codeOf(a), a.json.id], [want, code, id], body.slice(0, 100))
  }
  test('bad JSON, empty, BOM, NUL, deep nesting, 10 MB', async () => {
    for (const body of [
      '{',
      'null,',
      '{"jsonrpc":"2.0","id":1,"method":"ping"}}',
      '\0',
      '{"jsonrpc":"2.0",\0"id":1}',
      '',
    ])
      await error(body, -32700)
    assert.equal((await post('\ufeff' + PING)).body, PONG)
    await error(call('echo', 0).replace('0}', `${'['.repeat(100000)}${']'.repeat(100000)}}`), -32700)
    const t = 'x'.repeat(10 << 20)
    assert.equal(textOf(await post(call('echo', { t }))).length, t.length + 8)
  })
  test('ids: string, "1" and 1, 0, -1, 2^53+1, 1.5, null, object, missing', async () => {
    for (const id of ['"x"', '"1"', '1', '0', '-1', '9007199254740993', '"\\u00e9"'])
      assert.equal(
        (await post(`{"jsonrpc":"2.0","id":${id},"method":"ping"}`)).body,
        `{"jsonrpc":"2.0","id":${id},"result":{}}`,
      )
    for (const id of ['1.5', 'null', '{}', '[]', 'true'])
      await error(`{"jsonrpc":"2.0","id":${id},"method":"ping"}`, -32600)
    assert.equal((await post('{"jsonrpc":"2.0","method":"ping"}')).status, 202)
  })
  test('missing or wrong jsonrpc', async () => {
    for (const v of ['', '"jsonrpc":"1.0",', '"jsonrpc":2,'])
      await error(`{${v}"id":1,"method":"ping"}`, -32600, 400, 1)
  })
  test('a method that is no string', async () => {
    for (const m of ['7', 'null', '{}']) await error(`{"jsonrpc":"2.0","id":1,"method":${m}}`, -32600, 400, 1)
    await error('{"jsonrpc":"2.0","id":1}', -32600, 400, 1)
    await error('7', -32600)
  })
  test('params that are an array, or null', async () => {
    await error('{"jsonrpc":"2.0","id":1,"method":"tools/list","params":[]}', -32602, 200, 1)
    assert.equal((await post('{"jsonrpc":"2.0","id":1,"method":"ping","params":null}')).body, PONG)
  })
  test('a stray response is 202', async () => {
    for (const body of [
      '{"jsonrpc":"2.0","id":9,"result":{}}',
      '{"jsonrpc":"2.0","id":null,"error":{"code":1,"message":""}}',
    ])
      assert.equal((await post(body)).status, 202)
  })
  test('an unknown notification is 202 without body and type', async () => {
    const a = await post('{"jsonrpc":"2.0","method":"notifications/whatever"}')
    assert.deepEqual([a.status, a.body], [202, ''])
    assert.match(a.head, /content-length: 0\r\n/i)
    assert.doesNotMatch(a.head, /content-type/i)
  })
  test('arrays: empty, mixed, only notifications, in 2025-06-18', async () => {
    const note = '{"jsonrpc":"2.0","method":"x"}'
    await error('[]', -32600)
    const mixed = await post(`[${PING},${note},${call('echo', {}, {}, 'c')},7]`)
    assert.deepEqual(
      mixed.json.map((m) => m.id),
      [1, 'c', null],
    )
    assert.equal((await post(`[${note},${note}]`)).status, 202)
    for (const version of ['2025-06-18', '2025-11-25', '2026-07-28'])
      assert.equal((await post(`[${PING}]`, [`MCP-Protocol-Version: ${version}`])).status, 400, version)
  })
  test('duplicate keys, lone surrogates, \\u0000', async () => {
    assert.equal((await post('{"jsonrpc":"2.0","id":7,"method":"nope","method":"ping","id":1}')).body, PONG)
    const args = '{"a":"\\ud83d","b":"\\u0000","a":1,"n\\u0000":2}'
    const a = await post(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":${args}}}`)
    assert.equal(a.status, 200)
    assert.equal(bridge.calls.at(-1).body, `{"name":"echo","args":${args}}`)
    assert.equal(
      (await post('{"jsonrpc":"2.0","id":"\\ud83d","method":"ping"}')).body,
      '{"jsonrpc":"2.0","id":"\\ud83d","result":{}}',
    )
  })
})

describe('lifecycle', () => {
  const VERSIONS = ['2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25']
  const greet = (params, lines) => post(rpc('initialize', params), lines)
  test('initialize with each version, an unknown one, none, with the header there already', async () => {
    for (const protocolVersion of VERSIONS) {
      const a = await greet({ protocolVersion, capabilities: {}, clientInfo: { name: 't', version: '1' } })
      assert.equal(a.json.result.protocolVersion, protocolVersion)
      assert.deepEqual(a.json.result.capabilities, { tools: {} })
      assert.match(a.head, /\r\nmcp-session-id: [\x21-\x7e]+\r\n/i)
    }
    for (const params of [
      { protocolVersion: '2099-01-01' },
      { protocolVersion: '2026-07-28' },
      { protocolVersion: 7 },
      {},
      undefined,
    ])
      assert.equal((await greet(params)).json.result.protocolVersion, '2025-11-25')
    for (const v of ['2025-11-25', '2026-07-28', '2099-01-01'])
      assert.equal(
        (await greet({ protocolVersion: '2025-06-18' }, [`MCP-Protocol-Version: ${v}`])).json.result.protocolVersion,
        '2025-06-18',
      )
  })
  test('a call without initialize', async () => assert.equal(textOf(await post(call('echo', { a: 1 }))), '{"a":1}'))
  test('initialize again, on the same connection and in the same session', async () => {
    const [, session] = /mcp-session-id: (\S+)/i.exec((await greet({ protocolVersion: '2025-11-25' })).head)
    const [, again] = /mcp-session-id: (\S+)/i.exec(
      (await greet({ protocolVersion: '2025-06-18' }, [`Mcp-Session-Id: ${session}`])).head,
    )
    assert.notEqual(session, again)
    for (const id of [session, again]) assert.equal((await post(PING, [`Mcp-Session-Id: ${id}`])).body, PONG)
    assert.equal((await post(PING, ['Mcp-Session-Id: 0123456789'])).status, 404)
  })
  test('the version header absent, each legacy one, a future one, garbage', async () => {
    for (const lines of [[], ...VERSIONS.map((v) => [`MCP-Protocol-Version: ${v}`])])
      assert.equal((await post(PING, lines)).body, PONG)
    for (const v of ['2099-01-01', 'garbage', '1']) {
      const a = await post(PING, [`MCP-Protocol-Version: ${v}`])
      assert.equal(a.status, 400)
      assert.match(a.json.error.message, /2025-11-25/)
    }
  })
  test('modern: every missing or mismatched _meta and header', async () => {
    const params = { name: 'echo', arguments: {} }
    const expect = async (a, want, code) => {
      const got = await a
      assert.deepEqual([got.status, codeOf(got)], [want, code], got.body)
    }
    await expect(modern('tools/call', params), 200)
    await expect(modern('tools/call', { ...params, _meta: {} }), 400, -32602)
    for (const key of Object.keys(META))
      await expect(modern('tools/call', { ...params, _meta: { ...META, [key]: undefined } }), 400, -32602)
    await expect(
      modern('tools/call', { ...params, _meta: { ...META, 'io.modelcontextprotocol/clientCapabilities': [] } }),
      400,
      -32602,
    )
    for (const name of ['MCP-Protocol-Version', 'Mcp-Method', 'Mcp-Name']) {
      await expect(modern('tools/call', params, { [name]: null }), 400, -32020)
      await expect(
        modern('tools/call', params, { [name]: name === 'MCP-Protocol-Version' ? '2025-11-25' : 'other' }),
        400,
        -32020,
      )
      await expect(modern('tools/call', params, { [name.toLowerCase()]: 'other' }), 400, -32020)
    }
    await expect(modern('tools/call', params, { 'Mcp-Name': 'ECHO' }), 400, -32020)
    const future = { ...META, 'io.modelcontextprotocol/protocolVersion': '2099-01-01' }
    const a = await modern('tools/list', { _meta: future }, { 'MCP-Protocol-Version': '2099-01-01' })
    assert.deepEqual([a.status, codeOf(a), a.json.error.data.requested], [400, -32022, '2099-01-01'])
    assert.ok(a.json.error.data.supported.includes('2026-07-28'))
  })
  test('modern: base64 names', async () => {
    const name = 'größe✓',
      encoded = Buffer.from(name).toString('base64')
    assert.equal(textOf(await modern('tools/call', { name }, { 'Mcp-Name': `=?base64?${encoded}?=` })), 'gut')
    for (const bad of [`=?BASE64?${encoded}?=`, `=?base64?${encoded.slice(1)}?=`, '=?base64?%%%%?=', encoded])
      assert.equal(codeOf(await modern('tools/call', { name }, { 'Mcp-Name': bad })), -32020, bad)
  })
  test('modern: x-mcp-header parameters', async () => {
    const to = (args, heads) => modern('tools/call', { name: 'region', arguments: args }, heads)
    const good = { 'Mcp-Param-Region': 'eu', 'mcp-param-n': '42.0', 'Mcp-Param-Yes': 'true' },
      args = { region: 'eu', n: 42, yes: true }
    assert.equal(textOf(await to(args, good)), 'ok')
    assert.equal(textOf(await to({ region: null }, {})), 'ok')
    for (const name of Object.keys(good))
      for (const value of [null, 'other'])
        assert.equal(codeOf(await to(args, { ...good, [name]: value })), -32020, `${name} ${value}`)
    assert.equal(codeOf(await to({}, { 'Mcp-Param-Region': 'eu' })), -32020, 'a header without its parameter')
  })
  test('modern: discover, the list, and 404 for what is gone', async () => {
    const d = (await modern('server/discover')).json.result
    assert.deepEqual(
      [d.resultType, d.capabilities, d.cacheScope, Number.isInteger(d.ttlMs)],
      ['complete', { tools: {} }, 'private', true],
    )
    assert.ok(d.supportedVersions.includes('2026-07-28') && d._meta['io.modelcontextprotocol/serverInfo'].version)
    const l = (await modern('tools/list')).json.result
    assert.deepEqual(
      [l.resultType, l.cacheScope, l.tools.length, 'nextCursor' in l],
      ['complete', 'private', Object.keys(TOOLS).length, false],
    )
    for (const gone of ['initialize', 'ping', 'logging/setLevel', 'resources/subscribe', 'nope']) {
      const a = await modern(gone)
      assert.deepEqual([a.status, codeOf(a), a.json.id], [404, -32601, 1], gone)
    }
  })
  test('modern: listen, and its close', async () => {
    const a = await modern('subscriptions/listen', { notifications: { toolsListChanged: true } })
    assert.deepEqual([a.status, codeOf(a)], [404, -32601], 'nothing here changes')
  })
  test('the eras interleaved on one connection', async () => {
    const c = open(),
      lines = ['MCP-Protocol-Version: 2026-07-28', 'Mcp-Method: tools/list']
    await c.send(
      whole(rpc('tools/list', { _meta: META }, 'a'), lines) +
        whole(rpc('initialize', { protocolVersion: '2025-06-18' }, 'b')) +
        whole(rpc('tools/list', { _meta: META }, 'c'), lines) +
        whole(rpc('tools/list', {}, 'd')),
    )
    await c.until('"id":"d"')
    assert.equal(c.got.match(/"resultType"/g).length, 2)
    assert.deepEqual(
      [...c.got.matchAll(/"id":"(.)"/g)].map((m) => m[1]),
      ['a', 'b', 'c', 'd'],
    )
    c.close()
  })
})

describe('tools', () => {
  test('no arguments, null, an array', async () => {
    for (const more of ['', ',"arguments":null', ',"arguments":{}'])
      assert.equal(
        textOf(await post(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo"${more}}}`)),
        '{}',
      )
    for (const more of ['[]', '7', '"x"'])
      assert.equal(
        codeOf(
          await post(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":${more}}}`),
        ),
        -32602,
      )
  })
  test('an unknown tool is -32602', async () => {
    const a = await post(call('nope', {}))
    assert.deepEqual([a.status, codeOf(a), a.json.error.message], [200, -32602, 'Unknown tool: nope'])
    assert.equal(codeOf(await post(rpc('tools/call', {}))), -32602)
  })
  test('tool names in unicode', async () => assert.equal(textOf(await post(call('größe✓', {}))), 'gut'))
  test('no schema is {type:object}; one without a type gets it in front', async () => {
    const { tools } = (await post(rpc('tools/list', {}))).json.result
    assert.equal(
      JSON.stringify(tools.find((t) => t.name === 'oddSchema').inputSchema),
      '{"type":"object","oneOf":[{"required":["a"]}]}',
    )
  })
  test('a name that agents do not take has an alias, which calls it too', async () => {
    const { tools } = (await post(rpc('tools/list', {}))).json.result
    const { name } = tools.find((t) => t.description.startsWith('größe✓'))
    assert.match(name, /^gr__e__[0-9a-f]{4}$/)
    assert.equal(textOf(await post(call(name, {}))), 'gut')
  })
  test('results: string, "", number, null, false, object, array, absent', async () => {
    for (const [json, want] of [
      ['"a\\n\\u00e9"', 'a\né'],
      ['""', ''],
      ['1.0', '1.0'],
      ['12345678901234567890', '12345678901234567890'],
      ['1e400', '1e400'],
      ['null', 'null'],
      ['false', 'false'],
      ['{"b":1,"a":2}', '{"b":1,"a":2}'],
      ['[ 1, 2 ]', '[ 1, 2 ]'],
      ['"\\u2028"', '\u2028'],
    ]) {
      const a = await post(call('raw', { text: `{"result":${json}}` }))
      assert.equal(textOf(a), want)
      assert.ok(!a.json.result.isError)
    }
    const none = await post(call('raw', { text: '{"ok":true}' }))
    assert.equal(none.json.result.isError, true)
    assert.match(textOf(none), /malformed orchestrator response/)
  })
  test('a result of 20 MB', async () =>
    assert.equal(textOf(await post(call('big', { bytes: 20 << 20 }))).length, 20 << 20))
  test('U+2028, U+2029 and U+0085 are escaped in events', async () => {
    const a = await post(call('raw', { text: '{"result":"a\u2028b\u2029c\u0085d"}' }), ['Accept: text/event-stream'])
    assert.match(a.head, /text\/event-stream/)
    assert.match(a.body, /a\\u2028b\\u2029c\\u0085d/)
  })
  test('invalid UTF-8 from the host', async () =>
    assert.equal(textOf(await post(call('badUtf8', {}))), 'bad \ufffd\ufffd('))
  test('the host answers 4xx, 5xx, at length: 200 characters, not bytes', async () => {
    for (const s of [400, 404, 500, 503]) {
      const a = await post(call('status', { status: s, text: `xx${'✓'.repeat(500)}` }))
      assert.equal(a.json.result.isError, true)
      assert.match(textOf(a), new RegExp(`^Tool execution failed: remote tool "status" failed: ${s} xx✓{198}$`))
    }
  })
  test('the host: no JSON, empty, closes mid-body, resets, redirects, drips', async () => {
    for (const [name, args, want] of [
      ['status', { status: 200, text: '<html>' }, /is not JSON/],
      ['status', { status: 200, text: '' }, /is not JSON: it is empty/],
      ['midBody', {}, /fetch failed/],
      ['reset', {}, /fetch failed/],
      ['status', { status: 302, text: 'moved' }, /failed: 302 moved/],
      ['status', { status: 307, text: 'moved' }, /failed: 307 moved/],
    ]) {
      const before_ = bridge.calls.length,
        a = await post(call(name, args))
      assert.equal(a.status, 200)
      assert.equal(a.json.result.isError, true)
      assert.match(textOf(a), want)
      assert.equal(bridge.calls.length, before_ + 1, 'the tool ran once')
    }
    assert.equal(textOf(await post(call('drip', {}))), 'dripped')
  })
  test('a result that merely looks like one of MCP', async () => {
    assert.equal(textOf(await post(call('look', {}))), '{"content":[{"type":"text","text":"not a result"}]}')
    const { result: r } = (await post(call('mcp', {}))).json
    assert.deepEqual([r.content[0].text, r.structuredContent], ['a result', { n: 1 }])
  })
})

describe('a host of another kind', () => {
  test('the host stalls, and refuses the connection', async () => {
    await use([...HOLD, '--tool-timeout-ms', '700'])
    assert.match((await post(call('stall', {}))).body, /Tool execution failed: [^"]*(timed out|no answer|700 ms)/)
    bridge.host.closeAllConnections()
    await new Promise((r) => bridge.host.close(r))
    const refused = await post(call('echo', {}))
    assert.equal(refused.json.result.isError, true)
    assert.match(textOf(refused), /fetch failed: /)
  })
  test('schemas pass byte for byte: key order, big numbers, $ref', async () => {
    await use(HOLD, {
      rewrite: (request) => request.replace('"inputSchema":{"oneOf":[{"required":["a"]}]}', `"inputSchema":${SCHEMA}`),
    })
    assert.ok((await post(rpc('tools/list', {}))).body.includes(`"inputSchema":${SCHEMA}`))
  })
})

describe('long calls', () => {
  const slow = (ms, more = {}, id = 1) => call('slow', { ms }, more, id)
  before(() => use(PACE))
  test('JSON before the hold time, an event stream after it', async () => {
    const quick = await post(slow(0))
    assert.match(quick.head, /application\/json[\s\S]*content-length|content-length[\s\S]*application\/json/i)
    const late = await post(slow(400))
    assert.match(late.head, /text\/event-stream/)
    assert.match(late.head, /x-accel-buffering: no/i)
    assert.match(late.body, /data: .*slow 400/)
  })
  test('without a token comments show life, at their pace', async () => {
    const c = open()
    await c.send(whole(slow(900), [BOTH]))
    await c.until('slow 900')
    assert.doesNotMatch(c.got, /notifications\/progress/)
    const n = c.got.match(/^:/gm).length
    assert.ok(n >= 4 && n <= 9, `${n} comments in 750 ms, one each 100 ms`)
    c.close()
  })
  test('progress: integer and string tokens, strictly increasing, none after the end', async () => {
    for (const token of [7, 0, 'abc', '7']) {
      const c = open()
      await c.send(whole(slow(500, { _meta: { progressToken: token } }), [BOTH]))
      await c.until('slow 500')
      await sleep(150)
      const messages = [...c.got.matchAll(/^data: (.*)$/gm)].map((m) => JSON.parse(m[1]))
      assert.equal(messages.at(-1).id, 1, 'the result is the last')
      const seen = messages.slice(0, -1).map((m) => {
        assert.equal(m.params.progressToken, token)
        return m.params.progress
      })
      assert.ok(seen.length >= 2)
      assert.deepEqual(
        seen,
        [...new Set(seen)].sort((a, b) => a - b),
      )
      c.close()
    }
  })
  const cancel = (id, lines = []) =>
    post(JSON.stringify({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: id } }), lines)
  test("cancel by notification aborts the host's call, with no response and the stream closed", async () => {
    const c = open()
    await c.send(whole(slow(60000, {}, 'gone'), [BOTH]))
    await c.until('text/event-stream')
    const asked = bridge.calls.at(-1)
    assert.equal((await cancel('gone')).status, 202)
    await until('the host to see it', () => asked.aborted)
    await c.until(/\r\n0\r\n\r\n$/)
    assert.doesNotMatch(c.got, /"id"/)
    await c.send(whole(PING))
    await c.until(PONG) // the connection lives
    c.close()
  })
  test("cancel of an unknown and of a finished id, and of another client's same id, hits nobody", async () => {
    const sessions = []
    for (let i = 0; i < 2; i++)
      sessions.push(
        /mcp-session-id: (\S+)/i.exec((await post(rpc('initialize', { protocolVersion: '2025-11-25' }))).head)[1],
      )
    const clients = sessions.map(() => open())
    for (const [i, c] of clients.entries()) {
      await c.send(whole(slow(700, {}, 5), [BOTH, `Mcp-Session-Id: ${sessions[i]}`]))
      await c.until('text/event-stream')
    }
    for (const id of [99, '5', 4]) assert.equal((await cancel(id, [`Mcp-Session-Id: ${sessions[0]}`])).status, 202)
    assert.equal((await cancel(5, [`Mcp-Session-Id: ${sessions[1]}`])).status, 202)
    await clients[0].until('slow 700')
    assert.doesNotMatch(clients[1].got, /slow 700/)
    assert.equal((await cancel(5, [`Mcp-Session-Id: ${sessions[0]}`])).status, 202, 'finished')
    for (const c of clients) c.close()
  })
  test("a client that vanishes in mid-call: the host's call is aborted, and nothing leaks", async () => {
    const files = () => fs.readdirSync(`/proc/${bridge.pid}/fd`).length
    const first = files()
    for (const lines of [[BOTH], ['Accept: application/json']]) {
      const many = Array.from({ length: 20 }, () => open())
      const asked = bridge.calls.length
      await Promise.all(many.map((c) => c.send(whole(slow(60000), lines))))
      await until('the calls to arrive', () => bridge.calls.length === asked + 20)
      for (const c of many) c.close()
      await until('the host to see them aborted', () => bridge.calls.slice(asked).every((k) => k.aborted))
    }
    await until('the descriptors to be as before', () => files() <= first + 2, 3000)
  })
  test('modern: closing the stream is a cancel', async () => {
    const c = open(),
      body = rpc('tools/call', { _meta: META, name: 'slow', arguments: { ms: 60000 } })
    await c.send(whole(body, [BOTH, 'MCP-Protocol-Version: 2026-07-28', 'Mcp-Method: tools/call', 'Mcp-Name: slow']))
    await c.until('text/event-stream')
    const asked = bridge.calls.at(-1)
    c.close()
    await until('the host to see it', () => asked.aborted, 900) // before the grace of legacy clients
  })
  test('a slow reader of a 20 MB result: it comes whole, memory is bounded', async () => {
    const c = open()
    c.socket.pause()
    await c.send(whole(call('big', { bytes: 20 << 20 }), [BOTH]))
    const rss = () => +/VmRSS:\s+(\d+)/.exec(fs.readFileSync(`/proc/${bridge.pid}/status`, 'utf8'))[1]
    await until(
      'memory to stand still while nobody reads',
      async () => {
        const held = rss()
        await sleep(300)
        return held > 20 << 10 && rss() === held
      },
      10000,
    )
    c.socket.resume()
    await until('all of it', () => c.got.length > 20 << 20 && /\}\}(\n\n\r\n0\r\n\r\n)?$/.test(c.got.slice(-20)), 10000) // JSON, or by then an event
    assert.ok(c.got.replace(/\r\n[0-9a-f]+\r\n/g, '').includes(`"${'b'.repeat(20 << 20)}"`))
    c.close()
  })
  test('Accept without an event stream, with a long call: JSON, late, also over HTTP/1.0', async () => {
    const a = await post(slow(500), ['Accept: application/json'])
    assert.match(a.head, /application\/json/)
    assert.match(a.body.replace(/^[0-9a-f]+\r\n|\r\n/gm, ''), /^ +\{.*slow 500.*\}0?$/)
    const c = open(),
      body = slow(500)
    await c.send(head([`Content-Length: ${body.length}`, 'Accept: application/json'], 'POST /mcp HTTP/1.0') + body)
    await c.end()
    const [first, rest] = c.got.split('\r\n\r\n')
    assert.doesNotMatch(first, /transfer-encoding/i, 'HTTP/1.0 knows no chunks')
    assert.equal(JSON.parse(rest).result.content[0].text, 'slow 500')
    c.close()
  })
  test('Accept in any order, case and number', async () => {
    for (const [accept, type] of [
      ['text/event-stream, application/json', 'application/json'],
      ['Application/JSON', 'application/json'],
      ['*/*', 'application/json'],
      ['application/*;q=0.5', 'application/json'],
      ['text/event-stream', 'text/event-stream'],
      ['text/html', 'application/json'],
    ])
      assert.match((await post(PING, [`Accept: ${accept}`])).head, new RegExp(`content-type: ${type}`, 'i'), accept)
  })
  test('the end of the run with calls in flight: their streams end, the process exits', async () => {
    await use(PACE)
    const many = Array.from({ length: 10 }, () => open())
    await Promise.all(many.map((c) => c.send(whole(slow(60000), [BOTH]))))
    await until('the calls to arrive', () => bridge.calls.length === 10)
    const stopped = started.pop().stop()
    await Promise.all(many.map((c) => c.end()))
    await until('the host to see them aborted', () => bridge.calls.every((k) => k.aborted))
    await stopped
  })
})

// Asks its bridge with another token, and ends well.
const STRANGER = `#!${process.execPath}
const at = process.argv.indexOf('--mcp-config') + 1, [server] = Object.values(JSON.parse(require('fs').readFileSync(process.argv[at])).mcpServers)
fetch(server.url, { method: 'POST', headers: { 'content-type': 'application/json', authorization: 'Bearer other' }, body: '{}' }).then(() => {
  console.log('{"type":"system","subtype":"init","session_id":"s"}')
  console.log('{"type":"assistant","message":{"id":"m","content":[{"type":"text","text":"Hi."}]},"session_id":"s"}')
  console.log('{"type":"result","subtype":"success","is_error":false,"result":"ok","session_id":"s","usage":{"input_tokens":1,"output_tokens":1}}')
})
`

describe('in the end', () => {
  test('an agent that got nothing but 401 is warned about', async () => {
    const box = makeBox({ agent: null })
    fs.writeFileSync(path.join(box.bin, 'claude'), STRANGER, { mode: 0o755 })
    const r = await run(
      runRequest({ toolDescriptors: [{ name: 'echo', description: 'e', inputSchema: { type: 'object' } }] }),
      { box },
    )
    box.remove()
    assert.equal(r.code, 0, r.stderr)
    assert.deepEqual(
      warningsOf(r.events).map((w) => w.code),
      ['bridge-unauthorized'],
    )
  })
  test('slowloris: a head that does not come is 408', async () => {
    await until('the answer', () => lazy.ended, 15000)
    assert.match(lazy.got, /^HTTP\/1\.1 408 /)
    lazy.close()
  })
})
