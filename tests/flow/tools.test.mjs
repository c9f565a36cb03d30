// SPDX-License-Identifier: MIT
// A run with bridged tools: the scripted agent calls them by MCP, the published executeHostTool runs them.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { assertStream, failed, resultsOf, textsOf, warningsOf } from '../support/ndjson.mjs'
import { hostTools, runRequest, startOrchestrator } from '../support/orchestrator.mjs'
import { assertNothingLeft, makeBox, post, run, serve, until } from '../support/runlet.mjs'

let orch, server
before(async () => {
  orch = await startOrchestrator()
  server = await serve({ args: ['--max-runs', '32', '--workspace-per-thread'] })
})
after(async () => {
  await server.stop()
  server.box.remove()
  orch.stop()
})

/** One tool call through `serve`: {result, request, requests}. */
async function call(line, fields = {}) {
  const before = orch.requests.length
  const r = await post(server, runRequest({ orch, prompt: ['@init', `@tool ${line}`, '@result success'], ...fields }))
  assert.equal(r.status, 200, r.text)
  assertStream(r.events, 'RUN_FINISHED')
  const [result] = resultsOf(r.events)
  const requests = orch.requests.slice(before)
  return { result, text: result.content, failed: failed(result), requests, request: requests[0], events: r.events }
}

test('the whole way by `runlet run -`: thinking, text, a host tool, a native command, the end', async () => {
  const box = makeBox()
  const request = runRequest({
    orch,
    prompt: [
      '@init',
      '@think hmm',
      '@text Let me check.',
      '@tool getTime {"tz":"utc"}',
      '@bash echo native',
      '@text Done.',
      '@result success',
    ],
  })
  const r = await run(request, { box })
  assert.equal(r.code, 0, r.stderr)
  const last = assertStream(r.events, 'RUN_FINISHED')
  assert.deepEqual(
    r.events.map((e) => e.type),
    [
      'RUN_STARTED',
      'CUSTOM',
      'REASONING_START',
      'REASONING_MESSAGE_START',
      'REASONING_MESSAGE_CONTENT',
      'REASONING_MESSAGE_END',
      'REASONING_END',
      'TEXT_MESSAGE_START',
      'TEXT_MESSAGE_CONTENT',
      'TEXT_MESSAGE_END',
      'TOOL_CALL_START',
      'TOOL_CALL_ARGS',
      'TOOL_CALL_END',
      'TOOL_CALL_RESULT',
      'TOOL_CALL_START',
      'TOOL_CALL_ARGS',
      'TOOL_CALL_END',
      'TOOL_CALL_RESULT',
      'TEXT_MESSAGE_START',
      'TEXT_MESSAGE_CONTENT',
      'TEXT_MESSAGE_END',
      'RUN_FINISHED',
    ],
  )
  const [, session] = r.events
  assert.equal(session.name, 'claude-code.session-id')
  assert.deepEqual(session.value, {
    sessionId: 'scripted-session',
    model: 'fake-model',
    tools: ['Bash', ...hostTools.map((t) => `mcp__tanstack__${t.name}`)],
  })
  assert.deepEqual(
    r.events.filter((e) => e.type === 'TOOL_CALL_START').map((e) => e.toolCallName),
    ['getTime', 'Bash'],
  )
  assert.deepEqual(
    resultsOf(r.events).map((e) => e.content),
    ['now in utc', 'native\n'],
  )
  assert.deepEqual(last.usage, {
    promptTokens: 10,
    completionTokens: 5,
    totalTokens: 15,
    providerUsageDetails: { totalCostUsd: 0.01 },
    promptTokensDetails: { cachedTokens: 3, cacheWriteTokens: 2 },
  })
  assert.equal(last.metadata.tanstack.finishReason, 'stop')
  const certificate = last.metadata.runlet
  assert.equal(certificate.exitCode, 0)
  assert.equal(certificate.toolCalls, 2)
  assert.deepEqual(warningsOf(r.events), [])
  await assertNothingLeft(box)
  box.remove()
})

test('the same through `serve`, with the same events', async () => {
  const c = await call('getTime {"tz":"cet"}')
  assert.equal(c.text, 'now in cet')
  assert.equal(c.failed, false)
  assert.deepEqual(orch.calls.at(-1), { name: 'getTime', args: { tz: 'cet' } })
})

test('the POST is what the stock orchestrator expects, and says whose call it is', async () => {
  const request = runRequest({
    orch,
    prompt: ['@init', '@tool echo {"text":"a"}', '@tool echo {"text":"b"}', '@result success'],
  })
  const before = orch.requests.length
  assertStream((await post(server, request)).events, 'RUN_FINISHED')
  const [a, b] = orch.requests.slice(before)
  assert.equal(a.method, 'POST')
  assert.equal(a.url, '/tool-exec/run?threadId=t%201', 'the URL goes out as it came')
  assert.equal(a.body.toString(), '{"name":"echo","args":{"text":"a"}}')
  assert.equal(a.headers['content-type'], 'application/json')
  assert.equal(a.headers.authorization, `Bearer ${orch.token}`)
  assert.equal(a.headers['x-runlet-run-id'], request.runId)
  assert.equal(a.headers['x-runlet-attempt'], '1')
  assert.ok(a.headers['x-runlet-call-id'])
  assert.equal(a.headers['idempotency-key'], a.headers['x-runlet-call-id'])
  assert.notEqual(a.headers['x-runlet-call-id'], b.headers['x-runlet-call-id'])
  assert.equal(a.headers.expect, undefined, 'no round trip for 100-continue')
  assert.equal(a.headers['content-length'], String(a.body.length))
  assert.equal(a.socket, b.socket, 'the connection is kept')
})

test('args are {} when the agent gave none', async () => {
  const c = await call('getTime', {
    prompt: [
      '@init',
      '@mcp {"jsonrpc":"2.0","id":5,"method":"tools/call","params":{"name":"undef"}}',
      '@tool undef',
      '@result success',
    ],
  })
  for (const r of c.requests) assert.equal(r.body.toString(), '{"name":"undef","args":{}}')
  assert.equal(c.requests.length, 2)
})

test('arguments keep their bytes: numbers of any size, key order, escapes', async () => {
  const args =
    '{"z":12345678901234567890,"a":1.0,"m":1e400,"text":"\\u00e9\\/ \\ud83d \\"x\\" é","n":{"y":-0,"b":[1.10,9007199254740993]}}'
  const c = await call(`raw ${args}`, { toolExecUrl: orch.odd('drip') })
  assert.equal(c.request.body.toString(), `{"name":"raw","args":${args}}`)
  assert.equal(
    c.events
      .filter((e) => e.type === 'TOOL_CALL_ARGS')
      .map((e) => e.delta)
      .join(''),
    JSON.parse(`"${args.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`),
  )
  assert.equal(c.text, 'fine')
})

for (const json of [
  '{"z":12345678901234567890,"a":1.0,"m":1e400,"k":[1.10,{}]}',
  '[1,2,{"a":"\\u00e9\\/"}]',
  '12345678901234567890',
  '1.0',
  '1e400',
  'null',
  'true',
  '{}',
  '[]',
])
  test(`a result keeps its bytes: ${json.slice(0, 30)}`, async () => {
    const c = await call(`raw ${JSON.stringify({ json })}`)
    assert.equal(c.text, json)
    assert.equal(c.failed, false)
  })

test('a string result is its text, whatever is in it', async () => {
  for (const text of ['', 'plain', 'é ✓ 😀 "quoted" \\ back\tslash\nline \u2028', '{"looks":"like json"}'])
    assert.equal((await call(`echo ${JSON.stringify({ text })}`)).text, text)
  assert.equal((await call('raw {"json":"\\"\\\\ud83d lone\\""}')).text, '\ud83d lone')
})

test('other results are compact JSON', async () => {
  assert.equal((await call('obj')).text, '{"a":[1,2],"b":null,"c":{"d":"é\\"\\\\\\n"},"e":1.5,"f":true}')
  assert.equal((await call('nothing')).text, 'null')
})

for (const [what, line, fields, text, requests = 1] of [
  [
    'a tool that throws',
    'fail',
    () => ({}),
    'Tool execution failed: remote tool "fail" failed: 500 {"error":"kaboom"}',
  ],
  [
    'a tool unknown to the host',
    'ghost',
    () => ({ toolDescriptors: [{ name: 'ghost' }] }),
    'Tool execution failed: remote tool "ghost" failed: 500 {"error":"Unknown tool: ghost"}',
  ],
  [
    'a tool that returns undefined',
    'undef',
    () => ({}),
    'Tool execution failed: remote tool "undef": malformed orchestrator response',
  ],
  [
    'an array for an answer',
    'echo {"text":"x"}',
    () => ({ toolExecUrl: orch.odd('array') }),
    'Tool execution failed: remote tool "echo": malformed orchestrator response',
  ],
  [
    'an object without result',
    'echo {"text":"x"}',
    () => ({ toolExecUrl: orch.odd('noresult') }),
    'Tool execution failed: remote tool "echo": malformed orchestrator response',
  ],
  [
    '404 no active run',
    'echo {"text":"x"}',
    () => ({ toolExecUrl: orch.odd('404') }),
    'Tool execution failed: remote tool "echo" failed: 404 no active run',
  ],
  [
    '503',
    'echo {"text":"x"}',
    () => ({ toolExecUrl: orch.odd('503') }),
    'Tool execution failed: remote tool "echo" failed: 503 {"error":"busy"}',
  ],
  [
    'a wrong token',
    'echo {"text":"x"}',
    () => ({ toolExecToken: 'wrong' }),
    'Tool execution failed: remote tool "echo" failed: 401 unauthorized',
  ],
  ['HTML', 'echo {"text":"x"}', () => ({ toolExecUrl: orch.odd('html') }), /^Tool execution failed: ./],
  ['an empty 200', 'echo {"text":"x"}', () => ({ toolExecUrl: orch.odd('empty') }), /^Tool execution failed: ./],
  ['204', 'echo {"text":"x"}', () => ({ toolExecUrl: orch.odd('204') }), /^Tool execution failed: ./],
  [
    '100,000 nested brackets',
    'echo {"text":"x"}',
    () => ({ toolExecUrl: orch.odd('nest') }),
    /^Tool execution failed: ./,
  ],
  [
    'a body that breaks off',
    'echo {"text":"x"}',
    () => ({ toolExecUrl: orch.odd('truncated') }),
    /^Tool execution failed: ./,
  ],
  ['a reset connection', 'echo {"text":"x"}', () => ({ toolExecUrl: orch.odd('reset') }), /^Tool execution failed: ./],
  [
    'a connection closed without an answer',
    'echo {"text":"x"}',
    () => ({ toolExecUrl: orch.odd('close') }),
    /^Tool execution failed: ./,
  ],
  [
    'a redirect (307), which is refused',
    'echo {"text":"x"}',
    () => ({ toolExecUrl: orch.odd('redirect') }),
    /^Tool execution failed: .*(redirect|307)/,
  ],
  [
    'a redirect (302), which is refused',
    'echo {"text":"x"}',
    () => ({ toolExecUrl: orch.odd('redirect302') }),
    /^Tool execution failed: .*(redirect|302)/,
  ],
  [
    'an answer above the ceiling',
    'echo {"text":"x"}',
    () => ({ toolExecUrl: orch.odd('oversized') }),
    /^Tool execution failed: ./,
  ],
  [
    'nobody listening',
    'echo {"text":"x"}',
    () => ({ toolExecUrl: 'http://127.0.0.1:9/x' }),
    /^Tool execution failed: ./,
    0,
  ],
  [
    'a name that does not resolve',
    'echo {"text":"x"}',
    () => ({ toolExecUrl: 'http://nowhere.invalid/x' }),
    /^Tool execution failed: ./,
    0,
  ],
])
  test(`a failed call is an error result, once: ${what}`, async () => {
    const c = await call(line, fields())
    if (typeof text === 'string') assert.equal(c.text, text)
    else assert.match(c.text, text)
    assert.equal(c.failed, true)
    assert.equal(c.requests.length, requests, 'requests that reached the orchestrator')
    assert.ok(!c.text.includes(orch.token))
  })

test('of a long error answer 200 characters are shown, cut on a character', async () => {
  const c = await call('echo {"text":"x"}', { toolExecUrl: orch.odd('long500') })
  const shown = c.text.replace('Tool execution failed: remote tool "echo" failed: 500 ', '')
  assert.match(shown, /^é+$/)
  assert.ok(shown.length >= 100 && shown.length <= 200, `${shown.length}`)
})

test('a kept connection that dies after it took the second call whole: the tool ran once, the agent is told', async () => {
  const before = orch.requests.length
  const r = await post(
    server,
    runRequest({
      orch,
      toolExecUrl: orch.odd('twice'),
      prompt: ['@init', '@tool echo {"text":"1"}', '@tool echo {"text":"2"}', '@result success'],
    }),
  )
  assertStream(r.events, 'RUN_FINISHED')
  const [first, second] = resultsOf(r.events)
  assert.deepEqual([first.content, failed(first)], ['fine', false])
  assert.match(second.content, /^Tool execution failed: /)
  assert.equal(failed(second), true)
  const got = orch.requests.slice(before)
  assert.equal(got.length, 2, 'the second call went out once')
  assert.equal(got[0].socket, got[1].socket, 'the connection was kept')
})

for (const kind of ['pending202', 'pending'])
  test(`an answer that is pending (${kind}) is asked for again with the same call id`, async () => {
    const c = await call('echo {"text":"x"}', { toolExecUrl: orch.odd(kind) })
    assert.deepEqual([c.text, c.failed], ['fine', false])
    assert.equal(c.requests.length, 3)
    assert.equal(new Set(c.requests.map((r) => r.headers['x-runlet-call-id'])).size, 1)
    assert.deepEqual(
      c.requests.map((r) => r.headers['x-runlet-attempt']),
      ['1', '2', '3'],
    )
  })

test('invalid UTF-8 in a result becomes U+FFFD', async () => {
  const c = await call('echo {"text":"x"}', { toolExecUrl: orch.odd('utf8') })
  assert.equal(c.text, 'bad \ufffd\ufffd( bytes')
})

test('a result of 900 KB passes whole, one of 3 MB is cut and says so', async () => {
  assert.equal((await call('big {"bytes":900000}')).text, 'b'.repeat(900000))
  const c = await call('big {"bytes":3000000}')
  assert.match(c.text, /^b+/)
  assert.ok(JSON.stringify(c.result).length <= 1 << 20, 'one chunk is at most 1 MiB')
  assert.ok(c.result.metadata.runlet.truncated.bytes >= 3000000)
})

test('a slow tool is waited for, and the answer still arrives', async () => {
  const c = await call('slow {"ms":1500}')
  assert.deepEqual([c.text, c.failed], ['slept 1500', false])
})

test('a tool that is slower than toolMs fails, and the run goes on', async () => {
  const begun = Date.now()
  const c = await call('silent', { timeouts: { toolMs: 700 } })
  assert.match(c.text, /^Tool execution failed: /)
  assert.equal(c.failed, true)
  assert.ok(Date.now() - begun < 6000)
  await until('the request to be given up', () => c.request.aborted)
})

test('a tool that is no tool of the request never reaches the orchestrator', async () => {
  const c = await call('nope {"a":1}')
  assert.equal(c.failed, true)
  assert.match(c.text, /nope/)
  assert.equal(c.requests.length, 0)
})

test('the bridge lists the descriptors as they came', async () => {
  const schema = {
    type: 'object',
    $schema: 'http://json-schema.org/draft-07/schema#',
    properties: { a: { $ref: '#/$defs/x' } },
    $defs: { x: { anyOf: [] } },
    additionalProperties: false,
    required: ['a'],
  }
  const toolDescriptors = [
    { name: 'zeta', description: 'd é', inputSchema: schema },
    { name: 'alpha' },
    { name: 'mid', inputSchema: {} },
  ]
  const r = await post(
    server,
    runRequest({
      orch,
      toolDescriptors,
      prompt: ['@init', '@mcp {"jsonrpc":"2.0","id":"l","method":"tools/list"}', '@result success'],
    }),
  )
  const [text] = textsOf(r.events)
  assert.match(text, /^200 /)
  const empty = { type: 'object' }
  assert.deepEqual(JSON.parse(text.slice(4)), {
    jsonrpc: '2.0',
    id: 'l',
    result: {
      tools: [
        { name: 'zeta', description: 'd é', inputSchema: schema },
        { name: 'alpha', description: '', inputSchema: empty },
        { name: 'mid', description: '', inputSchema: empty },
      ],
    },
  })
  assert.ok(text.includes(JSON.stringify(schema)), "the schema is byte for byte the sender's")
})

test('a schema of another type and a name of 257 bytes are 400s that name the tool', async () => {
  const refused = async (tool) => await post(server, runRequest({ orch, toolDescriptors: [tool] }))
  const typed = await refused({ name: 'mid', inputSchema: { type: 'string' } })
  assert.equal(typed.status, 400)
  assert.match(typed.text, /the type of toolDescriptors\[0\]\.inputSchema \(\\?"mid\\?"\) must be \\?"object/)
  const long = await refused({ name: 'n'.repeat(257) })
  assert.equal(long.status, 400)
  assert.match(long.text, /toolDescriptors\[0\]\.name is longer than 256 bytes/)
})

test('an odd descriptor is told once by the name of its tool', async () => {
  const toolDescriptors = [
    { name: 'a.b', title: 7, inputSchema: { properties: null, required: null } },
    { name: 'fine' },
  ]
  const r = await post(
    server,
    runRequest({ orch, toolDescriptors, prompt: ['@init', '@text Done.', '@result success'] }),
  )
  const why =
    'title is no text and was left out; properties is no object and was left out; required is no list of texts and was left out'
  assert.deepEqual(warningsOf(r.events), [{ code: 'tool-adapted', message: `Tool "a.b": ${why}` }])
})

test('the bridge speaks the protocol: versions, ids, ping, unknown methods, a modern probe without its headers', async () => {
  const init = (version) =>
    `{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"${version}","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}`
  const versions = ['2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25', '2026-07-28', 'nonsense']
  const r = await post(
    server,
    runRequest({
      orch,
      prompt: [
        '@init',
        ...versions.map((v) => `@mcp ${init(v)}`),
        '@mcp {"jsonrpc":"2.0","id":12345678901234567890,"method":"ping"}',
        '@mcp {"jsonrpc":"2.0","id":"a\\u00e9","method":"server/discover"}',
        '@mcp {"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":99}}',
        '@mcp {"jsonrpc":"2.0","id":1,"method":"resources/list"}',
        '@mcp {nope',
        '@result success',
      ],
    }),
  )
  assertStream(r.events, 'RUN_FINISHED')
  const texts = textsOf(r.events)
  const answers = texts.map((t) => ({ status: Number(t.slice(0, 3)), text: t.slice(4) }))
  for (let i = 0; i < 4; i++) assert.equal(JSON.parse(answers[i].text).result.protocolVersion, versions[i])
  for (let i = 4; i < 6; i++) assert.equal(JSON.parse(answers[i].text).result.protocolVersion, '2025-11-25')
  const { serverInfo, capabilities } = JSON.parse(answers[0].text).result
  assert.equal(serverInfo.name, 'tanstack')
  assert.ok(capabilities.tools)
  assert.equal(JSON.parse(answers[0].text).id, 0)
  assert.ok(
    answers[6].text.includes('12345678901234567890') && answers[6].text.includes('"result":{}'),
    answers[6].text,
  )
  assert.ok(answers[7].text.includes('"a\\u00e9"') && answers[7].text.includes('-32020'), answers[7].text)
  assert.deepEqual([answers[8].status, answers[8].text], [202, ''])
  assert.equal(JSON.parse(answers[9].text).error.code, -32601)
  assert.equal(answers[10].status, 400)
})

test('no tools: no bridge, no warning', async () => {
  const r = await post(server, runRequest({ prompt: ['@init', '@argv', '@text x', '@result success'] }))
  assertStream(r.events, 'RUN_FINISHED')
  assert.ok(!textsOf(r.events)[0].includes('--mcp-config'))
  assert.deepEqual(warningsOf(r.events), [])
})

test('an agent that never connects to its bridge is warned about', async () => {
  const r = await post(server, runRequest({ orch, prompt: ['@init alone', '@text x', '@result success'] }))
  assertStream(r.events, 'RUN_FINISHED')
  assert.deepEqual(
    warningsOf(r.events).map((w) => w.code),
    ['bridge-unused'],
  )
})

test('the token of the bridge is in a private file, not in argv, and the tool token is nowhere', async () => {
  const box = makeBox()
  const r = await run(
    runRequest({
      orch,
      prompt: [
        '@init',
        '@argv',
        '@environ',
        '@bash stat -c "%a %U" "$(dirname "$(ls -d $TMPDIR/*/*.json $TMPDIR/*/*/*.json 2>/dev/null | head -1)")" $(ls $TMPDIR/*/*.json $TMPDIR/*/*/*.json 2>/dev/null)',
        '@result success',
      ],
    }),
    { box, env: { RUNLET_LOG_LEVEL: 'debug' } },
  )
  assertStream(r.events, 'RUN_FINISHED')
  const [argv, environ] = textsOf(r.events)
  const list = JSON.parse(argv)
  const config = list[list.indexOf('--mcp-config') + 1]
  assert.ok(config.startsWith(box.tmp), `${config} is outside the workspace, in a private folder`)
  assert.ok(!/RUNLET_/.test(environ))
  assert.ok(!(argv + environ + r.stderr).includes(orch.token))
  assert.equal(resultsOf(r.events)[0].content, '700 root\n600 root\n')
  await assertNothingLeft(box)
  box.remove()
})

test('--tool-command runs the tools here, without an orchestrator', async () => {
  const { toolDescriptors } = runRequest({ orch })
  const script =
    'read -r line; case $line in *boom*) echo "it broke" >&2; exit 3;; *text*) echo "$line";; *) printf "{\\"a\\": 1.0}";; esac'
  const request = {
    messages: [
      { role: 'user', content: '@init\n@tool echo {"text":"é"}\n@tool obj\n@tool echo {"boom":1}\n@result success' },
    ],
    model: 'm',
    harness: 'claude-code',
    toolDescriptors,
  }
  const r = await run(request, { args: ['--tool-command', script] })
  assert.equal(r.code, 0, r.stderr)
  assertStream(r.events, 'RUN_FINISHED')
  const [a, b, c] = resultsOf(r.events)
  assert.deepEqual(JSON.parse(a.content), { name: 'echo', args: { text: 'é' } })
  assert.equal(b.content, '{"a": 1.0}')
  assert.match(c.content, /it broke/)
  assert.deepEqual([failed(a), failed(b), failed(c)], [false, false, true])
})
