// SPDX-License-Identifier: MIT
// The control port: what is answered before any agent runs, and to whom.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import http from 'node:http'
import net from 'node:net'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { assertStream, textOf } from '../support/ndjson.mjs'
import { runRequest } from '../support/orchestrator.mjs'
import { ask, assertRefused, command, makeBox, open, post, serve } from '../support/runlet.mjs'

let server
before(async () => {
  server = await serve()
})
after(async () => {
  await server.stop()
  server.box.remove()
})

test('GET /health is 200 ok without a content type', async () => {
  const r = await ask(server, 'GET', '/health')
  assert.equal(r.status, 200)
  assert.equal(r.body.toString(), 'ok')
  assert.equal(r.headers['content-type'], undefined)
})

for (const [method, target] of [
  ['GET', '/health?x=1'],
  ['GET', '/'],
  ['POST', '/run?x=1'],
  ['GET', '/nope'],
  ['POST', '/RUN'],
])
  test(`${method} ${target} is 404 not found`, async () => {
    const r = await ask(server, method, target)
    assert.equal(r.status, 404)
    assert.equal(r.body.toString(), 'not found')
    assert.equal(r.headers['content-type'], undefined)
  })

for (const [method, target, allow] of [
  ['POST', '/health', 'GET'],
  ['GET', '/run', 'POST'],
  ['PUT', '/run', 'POST'],
  ['OPTIONS', '/run', 'POST'],
  ['GET', '/v1/runs', 'POST'],
  ['DELETE', '/agui', 'POST'],
  ['POST', '/ready', 'GET'],
  ['POST', '/metrics?x', 'GET'],
  ['DELETE', '/runs', 'GET'],
  ['POST', '/runs/a', 'GET'],
  ['PUT', '/runs/a/events?after=1', 'GET'],
  ['GET', '/runs/a/cancel', 'POST'],
  ['PATCH', '/runs/a/approvals/b', 'POST'],
])
  test(`${method} ${target} is 405 with Allow`, async () => {
    const r = await ask(server, method, target)
    assert.equal(r.status, 405)
    assert.equal(r.headers.allow, allow)
    assert.equal(r.body.toString(), `this address takes ${allow}`)
  })

test('HEAD /health is 405 without a body, and the connection goes on', async () => {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
  const r = await ask(server, 'HEAD', '/health', { agent })
  assert.equal(r.status, 405)
  assert.equal((await ask(server, 'GET', '/health', { agent })).status, 200)
  agent.destroy()
})

const string = (field) =>
  [
    ['', 'empty'],
    [7, 'a number'],
    [[], 'an array'],
    [{}, 'an object'],
  ].map(([value, what]) => [
    `${field} ${what || 'missing'}`,
    { [field]: value },
    `run request: ${field} must be a non-empty string`,
  ])
const rows = [
  ...['runId', 'threadId', 'model', 'toolExecUrl', 'toolExecToken'].flatMap(string),
  ...[
    ['missing', undefined],
    ['empty', []],
    ['an object', {}],
    ['a string', 'hi'],
    ['with null in it', [null]],
    ['with a string in it', ['hi']],
    ['without role', [{ content: 'x' }]],
    ['with a numeric role', [{ role: 1, content: 'x' }]],
    ['without content', [{ role: 'user' }]],
    ['of UI parts', [{ role: 'user', parts: [{ type: 'text', text: 'x' }] }]],
  ].map(([what, messages]) => [
    `messages ${what}`,
    { messages },
    'run request: messages must be a non-empty ModelMessage[]',
  ]),
  ...[
    ['missing', undefined],
    ['unknown', 'emacs'],
    ['a number', 1],
    ['in other letters', 'Claude-Code'],
  ].map(([what, harness]) => [`harness ${what}`, { harness }, 'run request: harness must be a known harness id']),
  ...[
    ['a string', '/w'],
    ['without source', {}],
    ['with null source', { source: null }],
    ['with a string source', { source: 'none' }],
  ].map(([what, workspace]) => [
    `workspace ${what}`,
    { workspace },
    'run request: workspace must be a WorkspaceDefinition',
  ]),
  ...[
    ['an object', {}],
    ['of strings', ['a']],
    ['of null', [null]],
    ['without name', [{ description: 'x' }]],
    ['with a numeric name', [{ name: 1 }]],
  ].map(([what, toolDescriptors]) => [
    `toolDescriptors ${what}`,
    { toolDescriptors },
    'run request: toolDescriptors must be a ToolDescriptor[]',
  ]),
]
for (const [what, change, text] of rows)
  test(`400: ${what}`, async () => {
    const request = { ...runRequest(), ...change }
    const r = await post(server, JSON.stringify(request))
    assertRefused(r, text)
    assert.match(r.headers['content-type'], /^text\/plain/)
  })

test('what may be left out is not asked for, but one of these is', async () => {
  const request = { harness: 'claude-code', messages: [{ role: 'user', content: '@init\n@result success' }] }
  const r = await post(server, request)
  assertStream(r.events)
  assert.match(r.events[0].runId, /^run-[0-9a-f]{16}$/)
  assert.match(r.events[0].threadId, /^thread-[0-9a-f]{16}$/)
  assertRefused(
    await post(server, { harness: 'claude-code' }),
    'run request: messages must be a non-empty ModelMessage[]',
  )
  assertRefused(await post(server, { prompt: 'x' }), 'run request: harness must be a known harness id')
  const tools = { ...request, toolDescriptors: [{ name: 'a' }] }
  assertRefused(
    await post(server, tools),
    'run request: toolExecUrl must be a non-empty string (or give --tool-command)',
  )
  assertRefused(
    await post(server, { ...tools, toolExecUrl: 'http://127.0.0.1:1/' }),
    'run request: toolExecToken must be a non-empty string',
  )
})

test("400: the first wrong field in the reference's order is the one that is named", async () => {
  const order = [
    'runId',
    'threadId',
    'model',
    'toolExecUrl',
    'toolExecToken',
    'messages',
    'harness',
    'workspace',
    'toolDescriptors',
  ]
  const request = runRequest()
  for (const field of order.toReversed()) {
    request[field] = 7
    assert.match((await post(server, request)).text, new RegExp(`^run request: ${field} must be`))
  }
})

for (const [what, body] of [
  ['null', 'null'],
  ['a number', '1'],
  ['a string', '"x"'],
  ['true', 'true'],
])
  test(`400: the body is ${what}`, async () => {
    const r = await post(server, body)
    assert.deepEqual([r.status, r.text], [400, 'run request must be a JSON object'])
  })

test('400: the body is an array', async () => {
  assert.deepEqual((await post(server, '[]')).text, 'run request must be a JSON object')
})

for (const [what, body] of [
  ['empty', ''],
  ['cut', '{"runId":"a"'],
  ['followed by more', `${JSON.stringify(runRequest())} x`],
  ['no JSON', '<html>'],
  ['with a bad escape', '{"runId":"\\uZZZZ"}'],
  ['with a raw newline in a string', '{"runId":"a\nb"}'],
  ['with a NUL byte', '{"runId":"a\0b"}'],
])
  test(`400: the body is ${what}`, async () => {
    const r = await post(server, body)
    assert.equal(r.status, 400)
    assert.match(r.headers['content-type'], /^text\/plain/)
    assert.ok(r.text.length > 0 && r.text.length < 300 && !r.text.includes('\n'), r.text)
  })

test('400: two tools of one name', async () => {
  const r = await post(server, runRequest({ toolDescriptors: [{ name: 'a' }, { name: 'b' }, { name: 'a' }] }))
  assert.deepEqual(
    [r.status, r.text],
    [400, 'Cannot pass two tools named "a" in the same chat() call. Tool names in one tools array must be unique.'],
  )
})

for (const url of ['notaurl', 'ftp://127.0.0.1/x', 'file:///etc/passwd', 'http://user:pass@127.0.0.1/x', 'http://'])
  test(`400: the tool URL ${url} is named`, async () => {
    const r = await post(server, runRequest({ toolExecUrl: url, toolDescriptors: [{ name: 'a' }] }))
    assert.equal(r.status, 400, r.text)
    assert.match(r.text, /toolExecUrl/)
    assert.ok(!r.text.includes('pass@'), 'the credentials are not repeated')
  })

test('400: a secret that the runner does not have, or has empty', async () => {
  for (const name of ['NOT_THERE_AT_ALL', 'EMPTY_ONE'])
    await (async () => {
      const own = await serve({ env: { EMPTY_ONE: '' } })
      const r = await post(own, runRequest({ secrets: { [name]: 'ignored' } }))
      await own.stop()
      own.box.remove()
      assert.deepEqual(
        [r.status, r.text],
        [400, `runInContainerHarness: secret "${name}" is not set in the container env`],
      )
    })()
})

const none = { source: { type: 'none' } }
for (const [field, change] of [
  ['harness', { harness: 'codex' }],
  ['harness', { harness: 'opencode', model: 'a/b' }],
])
  test(`400: what is not built is refused by name: ${field} (${JSON.stringify(change).slice(0, 60)})`, async () => {
    const r = await post(server, runRequest(change))
    assert.equal(r.status, 400, r.text)
    assert.match(r.text, new RegExp(field))
  })

for (const change of [
  { model: '-x' },
  { modelOptions: { effort: '-x' } },
  { modelOptions: { permissionMode: '-x' } },
  { modelOptions: { sessionId: '-x' } },
  { modelOptions: { allowedTools: ['-x'] } },
  { modelOptions: { disallowedTools: ['a', '-x'] } },
])
  test(`400: a value that would be an option of the agent: ${JSON.stringify(change)}`, async () => {
    const r = await post(server, runRequest(change))
    assert.equal(r.status, 400, r.text)
    assert.match(r.text, new RegExp(`${Object.keys(change.modelOptions ?? change)[0]}.* '?"?-`))
  })

test('POST /run answers in the form that Accept asks for, and 406 where it asks for neither', async () => {
  const request = runRequest({ prompt: ['@init alone', '@text hi', '@result success'] })
  const lines = await post(server, request, { headers: { accept: 'application/x-ndjson' } })
  assert.match(lines.headers['content-type'], /^application\/x-ndjson/)
  const sse = await ask(server, 'POST', '/run', {
    headers: { accept: 'text/event-stream' },
    body: JSON.stringify(request),
  })
  assert.match(sse.headers['content-type'], /^text\/event-stream/)
  const text = sse.body.toString()
  assert.ok(!text.includes('\r'))
  const told = text.split('\n\n').filter((m) => m.startsWith('id: '))
  assert.deepEqual(
    told.map((m) => /^id: (\d+)\ndata: (.*)$/.exec(m)).map((m) => [Number(m[1]), JSON.parse(m[2])]),
    lines.events.map((e, i) => [i + 1, e]),
  )
  const neither = await ask(server, 'POST', '/run', {
    headers: { accept: 'text/html' },
    body: JSON.stringify(runRequest()),
  })
  assert.equal(neither.status, 406)
  assert.match(neither.body.toString(), /application\/x-ndjson .* text\/event-stream/)
})

test('what system and developer say, parts of text and a turn without content reach the agent or are told', async () => {
  const request = runRequest({ prompt: 'x' })
  const image = { type: 'image', source: { type: 'data', value: 'QQ==', mimeType: 'image/png' } }
  request.messages = [
    { role: 'system', content: 'be kind' },
    { role: 'assistant', toolCalls: [{ id: 'c' }] },
    {
      role: 'user',
      content: [{ type: 'text', text: '@init alone\n@text hi\n' }, image, { type: 'text', text: '@result success' }],
    },
  ]
  const r = await post(server, request)
  assertStream(r.events)
  assert.deepEqual(
    r.events.filter((e) => e.name === 'runlet.warning').map((e) => e.value.code),
    ['image-not-passed'],
  )
  assert.equal(r.events.find((e) => e.type === 'TEXT_MESSAGE_CONTENT').delta, 'hi')
})

test('fields that are unknown or have nothing in them change nothing', async () => {
  const r = await post(server, {
    ...runRequest({
      prompt: ['@init', '@text fine', '@result success'],
      workspace: { ...none, setup: [], skills: [], plugins: [], packageManager: 'npm', scripts: {} },
    }),
    somethingNew: { a: 1 },
  })
  assert.equal(r.status, 200, r.text)
  assertStream(r.events, 'RUN_FINISHED')
})

test('400: numbers of ours are checked', async () => {
  for (const change of [
    { timeouts: { runMs: '90s' } },
    { timeouts: { runMs: -1 } },
    { maxChunkBytes: 'big' },
    { modelOptions: { maxTurns: 1.5 } },
  ]) {
    const r = await post(server, runRequest(change))
    assert.equal(r.status, 400, JSON.stringify(change))
    assert.match(r.text, new RegExp(Object.keys(Object.values(change)[0])[0].replace(/^0$/, 'maxChunkBytes')))
  }
})

test('a run is 200 NDJSON, chunked, not cached, and ends with RUN_FINISHED', async () => {
  const request = runRequest({ prompt: 'hello there' })
  const r = await post(server, request)
  assert.equal(r.status, 200, r.text)
  assert.equal(r.headers['content-type'], 'application/x-ndjson')
  assert.equal(r.headers['cache-control'], 'no-cache')
  assert.equal(r.headers['transfer-encoding'], 'chunked')
  const last = assertStream(r.events, 'RUN_FINISHED')
  assert.equal(r.events[0].runId, request.runId)
  assert.equal(r.events[0].threadId, request.threadId)
  assert.equal(last.runId, request.runId)
  assert.equal(textOf(r.events), 'hello there')
})

test('the head comes at once, with RUN_STARTED, while the agent is silent', async () => {
  const r = await open(server, runRequest({ prompt: ['@sleep 1500', '@init', '@result success'] }))
  assert.equal(r.status, 200)
  assert.ok(r.headMs < 1000, `${r.headMs} ms`)
  await sleep(300)
  assert.equal(r.events[0]?.type, 'RUN_STARTED')
  await r.ended
  assertStream(r.events, 'RUN_FINISHED')
})

test('content types and charsets of the request are not looked at', async () => {
  const r = await post(server, runRequest({ prompt: 'ünïcödé ✓ 😀' }), {
    headers: { 'content-type': 'text/plain; charset=latin1' },
  })
  assert.equal(textOf(r.events), 'ünïcödé ✓ 😀')
})

test('a chunked request body is read as well, byte by byte', async () => {
  const text = JSON.stringify(runRequest({ prompt: 'in pieces' }))
  const answer = await new Promise((done) => {
    const s = net.connect(server.port, '127.0.0.1')
    let got = ''
    s.on('data', (d) => {
      got += d
      if (got.includes('0\r\n\r\n')) {
        s.end()
        done(got)
      }
    })
    s.write('POST /run HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n')
    for (const c of text) s.write(`1\r\n${c}\r\n`)
    s.write('0\r\n\r\n')
  })
  assert.match(answer, /^HTTP\/1.1 200/)
  assert.match(answer, /RUN_FINISHED/)
})

test('one connection serves several requests', async () => {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
  for (let i = 0; i < 3; i++) {
    const r = await ask(server, 'POST', '/run', { agent, body: JSON.stringify(runRequest()) })
    assert.equal(r.status, 200)
    assert.equal((await ask(server, 'GET', '/health', { agent })).status, 200)
  }
  assert.equal(Object.values(agent.freeSockets).flat().length, 1)
  agent.destroy()
})

for (const [what, bytes] of [
  ['no HTTP', 'hello\r\n\r\n'],
  ['two lengths', 'POST /run HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab'],
  [
    'length and chunked',
    'POST /run HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  ],
  ['a negative length', 'POST /run HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n'],
])
  test(`malformed HTTP (${what}) is 400 and closed`, async () => {
    const answer = await new Promise((done) => {
      const s = net.connect(server.port, '127.0.0.1', () => s.write(bytes))
      let got = ''
      s.on('data', (d) => {
        got += d
      })
      s.on('close', () => done(got))
      s.on('error', () => {})
    })
    assert.match(answer, /^HTTP\/1.1 400/)
    assert.equal((await ask(server, 'GET', '/health')).status, 200)
  })

test('headers beyond the limit are refused', async () => {
  const r = await ask(server, 'GET', '/health', { headers: { 'x-long': 'x'.repeat(20000) } }).catch((e) => e)
  assert.ok(r.status === 431 || r.status === 400, String(r.status ?? r))
  assert.equal((await ask(server, 'GET', '/health')).status, 200)
})

test('a body above --max-body-bytes is 413, announced or not', async () => {
  const own = await serve({ args: ['--max-body-bytes', '100000'] })
  const body = Buffer.alloc(200000, ' ')
  const r = await ask(own, 'POST', '/run', { body }).catch((e) => e)
  assert.equal(r.status, 413)
  const chunked = await ask(own, 'POST', '/run', { body, headers: { 'transfer-encoding': 'chunked' } }).catch((e) => e)
  assert.equal(chunked.status, 413)
  assert.equal((await post(own, runRequest({ prompt: 'x'.repeat(90000) }))).status, 200)
  await own.stop()
  own.box.remove()
})

// Who may call.
const tokenFile = (box, text) => {
  const f = path.join(box.root, 'token')
  fs.writeFileSync(f, text, { mode: 0o600 })
  return f
}

test('with a token file, /run wants the token and /health does not', async () => {
  const box = makeBox()
  const own = await serve({ box, args: ['--token-file', tokenFile(box, 'sesame-0123456789\n')] })
  assert.equal((await ask(own, 'GET', '/health')).status, 200)
  const request = runRequest()
  for (const authorization of [
    undefined,
    'Bearer wrong',
    'sesame-0123456789',
    'Bearer sesame-012345678',
    'Bearer sesame-0123456789x',
    'Basic sesame-0123456789',
    'Bearer ',
  ])
    assert.equal(
      (await post(own, request, { headers: authorization ? { authorization } : {} })).status,
      401,
      authorization,
    )
  assert.equal((await post(own, request, { headers: { authorization: 'Bearer sesame-0123456789' } })).status, 200)
  assert.ok(!own.stderr().includes('sesame'), 'the token is not logged')
  await own.stop()
  box.remove()
})

test('the token may come by RUNLET_TOKEN, and does not reach the agent', async () => {
  const own = await serve({ env: { RUNLET_TOKEN: 'sesame-by-env' } })
  assert.equal((await post(own, runRequest())).status, 401)
  const r = await post(own, runRequest({ prompt: ['@init', '@environ', '@result success'] }), {
    headers: { authorization: 'Bearer sesame-by-env' },
  })
  assert.equal(r.status, 200)
  assert.ok(!textOf(r.events).includes('sesame'))
  await own.stop()
  own.box.remove()
})

for (const [what, text] of [
  ['empty', ''],
  ['blank', ' \n'],
])
  test(`an ${what} token file is an error at start`, async () => {
    const box = makeBox()
    const r = await command(['serve', '--listen', '127.0.0.1:0', '--token-file', tokenFile(box, text)], { box })
    assert.equal(r.code, 2)
    assert.match(r.stderr, /token/)
    box.remove()
  })

test('a missing token file, and an empty RUNLET_TOKEN, are errors at start', async () => {
  const missing = await command(['serve', '--listen', '127.0.0.1:0', '--token-file', '/nonexistent/token'])
  assert.ok(missing.code === 1 || missing.code === 2, `${missing.code}`)
  assert.match(missing.stderr, /nonexistent/)
  assert.equal((await command(['serve', '--listen', '127.0.0.1:0'], { env: { RUNLET_TOKEN: '' } })).code, 2)
})

test('another address than loopback wants a token or --allow-unauthenticated', async () => {
  const r = await command(['serve', '--listen', '0.0.0.0:0'])
  assert.equal(r.code, 2)
  assert.match(r.stderr, /allow-unauthenticated/)
  const own = await serve({ listen: '0.0.0.0:0', args: ['--allow-unauthenticated'] })
  assert.equal((await ask(own, 'GET', '/health')).status, 200)
  assert.equal(
    (await post(own, runRequest())).status,
    403,
    'a caller on this machine is the agent, not the orchestrator',
  )
  await own.stop()
  own.box.remove()
})

test('an Origin header is 403', async () => {
  for (const origin of ['http://evil.example', 'http://127.0.0.1', 'null'])
    assert.equal((await post(server, runRequest(), { headers: { origin } })).status, 403, origin)
})

test('on loopback without a token a Host that is no loopback name is 403', async () => {
  for (const host of ['evil.example', 'runner:8080', '10.0.0.1'])
    assert.equal((await post(server, runRequest(), { headers: { host } })).status, 403, host)
  for (const host of ['localhost', `localhost:${server.port}`, '127.0.0.1', '[::1]:80'])
    assert.equal((await post(server, runRequest(), { headers: { host } })).status, 200, host)
})

test('with the right token neither Origin nor Host matters', async () => {
  const box = makeBox()
  const own = await serve({ box, args: ['--token-file', tokenFile(box, 'sesame')] })
  const headers = { authorization: 'Bearer sesame', origin: 'http://app.example', host: 'runner' }
  assert.equal((await post(own, runRequest(), { headers })).status, 200)
  await own.stop()
  box.remove()
})

// The command line.
test('--version and --help say so on stdout', async () => {
  const v = await command(['--version'])
  assert.equal(v.code, 0)
  assert.match(v.stdout.toString(), /^runlet \d+\.\d+/)
  for (const [args, words] of [
    [['--help'], ['serve', 'run', 'translate']],
    [
      ['serve', '--help'],
      ['--listen', '--token-file', '--max-runs', 'RUNLET_'],
    ],
    [
      ['run', '--help'],
      ['--output', '--tool-command'],
    ],
    [
      ['translate', '--help'],
      ['--harness', '--exit-status'],
    ],
  ]) {
    const h = await command(args)
    assert.equal(h.code, 0)
    assert.equal(h.stderr, '')
    for (const word of words) assert.ok(h.stdout.toString().includes(word), word)
  }
})

test('usage errors are exit 2 and name the option', async () => {
  for (const [args, word] of [
    [['serve', '--max-runs', '90s'], '--max-runs'],
    [['serve', '--max-runs', '0x10'], '--max-runs'],
    [['serve', '--tool-timeout-ms', '-1'], '--tool-timeout-ms'],
    [['serve', '--nope'], '--nope'],
    [['serve', '--listen', 'here'], '--listen'],
    [['serve', '--listen', '127.0.0.1:99999'], '--listen'],
    [['dance'], 'dance'],
    [['serve', '--log-level', 'loud'], '--log-level'],
    [['run', '-', '--output', 'xml'], '--output'],
  ]) {
    const r = await command(args)
    assert.equal(r.code, 2, `${args.join(' ')}: ${r.stderr}`)
    assert.ok(r.stderr.includes(word), `${args.join(' ')}: ${r.stderr}`)
    assert.equal(r.stdout.length, 0)
  }
})

test('an environment variable does what its option does, and the option wins', async () => {
  const r = await command(['serve'], { env: { RUNLET_MAX_RUNS: 'many' } })
  assert.equal(r.code, 2)
  assert.match(r.stderr, /RUNLET_MAX_RUNS|--max-runs/)
  const own = await serve({ env: { RUNLET_LISTEN: '127.0.0.1:1' } })
  assert.notEqual(own.port, 1)
  await own.stop()
  own.box.remove()
})

test('a port in use is exit 1', async () => {
  const r = await command(['serve', '--listen', `127.0.0.1:${server.port}`])
  assert.equal(r.code, 1)
  assert.match(r.stderr, new RegExp(String(server.port)))
})
