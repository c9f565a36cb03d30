// SPDX-License-Identifier: MIT
// MCP servers that are not ours: the orchestrator's own (`bridge`, proxied and direct), and those of workspace.skills.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { mcpSkill, startMcpServer } from '../support/mcp_server.mjs'
import { assertStream, failed, resultsOf, textOf, warningsOf } from '../support/ndjson.mjs'
import { runRequest, startOrchestrator } from '../support/orchestrator.mjs'
import { assertNothingLeft, makeBox, open, post, processesOf, run, serve, until } from '../support/runlet.mjs'

const SCRIPT = (...calls) => ['@init', ...calls.map((c) => `@tool ${c}`), '@result success']
const ALONE = { toolDescriptors: undefined, toolExecUrl: undefined, toolExecToken: undefined }

/** A test on a mock server of these options, with a box. */
const withServer = (options, fn) => async () => {
  const server = await startMcpServer(options)
  const box = makeBox()
  try {
    await fn(server, box)
    await assertNothingLeft(box)
  } finally {
    server.stop()
    box.remove()
  }
}

async function called(server, box, line, fields = {}) {
  const r = await run(runRequest({ ...ALONE, prompt: SCRIPT(line), bridge: server.bridge(), ...fields }), { box })
  assertStream(r.events, 'RUN_FINISHED')
  const [result] = resultsOf(r.events)
  return { result, text: result.content, failed: failed(result), events: r.events, stderr: r.stderr }
}

test(
  'a proxied bridge alone: its tools are offered, its token stays with us, its url keeps its query',
  withServer({}, async (server, box) => {
    const prompt = [
      '@init',
      '@tool shout {"text":"hé"}',
      '@argv',
      '@bash cat $(echo "$TMPDIR"/runlet-*/*/mcp.json)',
      '@result success',
    ]
    const r = await run(runRequest({ ...ALONE, prompt, bridge: server.bridge() }), { box })
    assertStream(r.events, 'RUN_FINISHED')
    assert.equal(resultsOf(r.events)[0].content, 'HÉ')
    assert.equal(r.events.find((e) => e.type === 'TOOL_CALL_START').toolCallName, 'shout')
    assert.deepEqual(warningsOf(r.events), [])
    assert.match(resultsOf(r.events)[1].content, /127\.0\.0\.1:\d+\/mcp/)
    assert.ok(!r.stdout.includes(server.token) && !r.stderr.includes(server.token))
    assert.deepEqual(
      server.requests.map((q) => q.rpc.method),
      ['initialize', 'notifications/initialized', 'tools/list', 'tools/call'],
    )
    for (const q of server.requests) assert.equal(q.url, '/_bridge/run-1?threadId=t%201')
    assert.equal(server.requests[3].headers['mcp-protocol-version'], '2024-11-05')
  }),
)

test(
  'a proxied bridge in serve, beside local stubs: each call goes its own way',
  withServer({}, async (server, box) => {
    const orch = await startOrchestrator()
    const service = await serve({ box })
    const request = runRequest({
      orch,
      prompt: SCRIPT('echo {"text":"a"}', 'shout {"text":"b"}'),
      bridge: server.bridge(),
    })
    const r = await post(service, request)
    assert.equal(r.status, 200, r.text)
    assertStream(r.events, 'RUN_FINISHED')
    assert.deepEqual(
      resultsOf(r.events).map((e) => e.content),
      ['a', 'B'],
    )
    assert.deepEqual(orch.calls, [{ name: 'echo', args: { text: 'a' } }])
    assert.equal(server.asked('tools/call').length, 1)
    await service.stop()
    orch.stop()
  }),
)

test(
  'a direct bridge alone is given to the agent as it is',
  withServer({}, async (server, box) => {
    const { text, events } = await called(server, box, 'shout {"text":"x"}', {
      bridge: server.bridge({ direct: true }),
    })
    assert.equal(text, 'X')
    assert.equal(events.find((e) => e.type === 'TOOL_CALL_START').toolCallName, 'shout')
  }),
)

test(
  'a result passes with its bytes, structuredContent and isError too',
  withServer({ odd: 'bytes' }, async (server, box) => {
    const { text } = await called(server, box, 'shout {}')
    assert.equal(text, 'é')
    const sent = await called(server, box, 'shout {"n":123456789012345678901,"a":1.0}')
    assert.equal(sent.failed, false)
    assert.ok(server.requests.at(-1).body.includes('"arguments":{"n":123456789012345678901,"a":1.0}'))
  }),
)

test(
  'a tool that throws is a failed result, not an error of the protocol',
  withServer({}, async (server, box) => {
    const r = await called(server, box, 'broken {}')
    assert.equal(r.failed, true)
    assert.equal(r.text, 'Tool execution failed: kaboom')
  }),
)

test(
  'an answer as events is taken as soon as it stands there, whatever else is said and though the stream stays open',
  withServer({ odd: 'events' }, async (server, box) => {
    const began = Date.now()
    const r = await called(server, box, 'shout {}')
    assert.equal(r.text, 'as events')
    assert.ok(Date.now() - began < 10000)
  }),
)

for (const [odd, said] of [
  ['500', /^Tool execution failed: remote tool "shout" failed: 500 internal error/],
  ['reset', /^Tool execution failed: fetch failed: /],
  ['internal', /^Tool execution failed: remote tool "shout" failed: -32603 it broke/],
  ['unknown', /Unknown tool: x/],
])
  test(
    `tools/call answered by ${odd} is a failed call, and the server saw it once`,
    withServer({ odd }, async (server, box) => {
      const r = await called(server, box, 'shout {}')
      assert.match(r.text, said)
      assert.equal(r.failed, true)
      assert.equal(server.asked('tools/call').length, 1)
    }),
  )

test(
  'a session that the server gave is kept, and pages of tools are put together',
  withServer({ odd: 'pages', sessions: true }, async (server, box) => {
    const r = await called(server, box, 'second {}')
    assert.equal(r.text, 'second')
  }),
)

test(
  'tools that cannot be offered are left out with a word, one named like one of ours too',
  withServer({ odd: 'odd' }, async (server, box) => {
    const orch = await startOrchestrator()
    const request = runRequest({ orch, prompt: SCRIPT('echo {"text":"ours"}'), bridge: server.bridge() })
    const r = await run(request, { box })
    assertStream(r.events, 'RUN_FINISHED')
    assert.equal(resultsOf(r.events)[0].content, 'ours')
    const [warning] = warningsOf(r.events)
    assert.equal(warning.code, 'tool-left-out')
    assert.match(warning.message, /"echo": that name is taken; "fine": that name is taken/)
    assert.match(warning.message, /"list": its name or its inputSchema/)
    orch.stop()
  }),
)

for (const [odd, said] of [
  ['html', /initialize: its answer holds no message/],
  ['refuses', /initialize: .*not today/],
  ['loop', /tools\/list gives one nextCursor twice/],
  ['endless', /tools\/list has more than 64 pages/],
  ['huge', /more than 1024 tools/],
  ['long', /longer than 8388608 bytes/],
])
  test(
    `a server whose handshake is ${odd} ends the run with bridge-failed`,
    withServer({ odd }, async (server, box) => {
      const r = await run(runRequest({ ...ALONE, prompt: SCRIPT(), bridge: server.bridge() }), { box })
      const last = assertStream(r.events, 'bridge-failed')
      assert.match(last.message, said)
      assert.equal(r.code, 1)
    }),
  )

test(
  'a wrong token and a dead server end the run with bridge-failed, and no token is told',
  withServer({}, async (server, box) => {
    const token = 'wrong-token-wrong-token'
    const r = await run(runRequest({ ...ALONE, prompt: SCRIPT(), bridge: server.bridge({ token }) }), { box })
    assert.match(assertStream(r.events, 'bridge-failed').message, /initialize: 401 unauthorized/)
    assert.ok(!r.stdout.includes(token) && !r.stderr.includes(token))
    const dead = server.bridge({ url: 'http://127.0.0.1:9/mcp' })
    const d = await run(runRequest({ ...ALONE, prompt: SCRIPT(), bridge: dead }), { box })
    assert.match(assertStream(d.events, 'bridge-failed').message, /initialize: .*refused/i)
  }),
)

test(
  'a run that is ended while its tools are listed ends at once',
  withServer({ odd: 'slow' }, async (server, box) => {
    const service = await serve({ box })
    const began = Date.now()
    const r = open(service, runRequest({ ...ALONE, prompt: SCRIPT(), bridge: server.bridge() }))
    await until('the list to be asked for', () => server.asked('tools/list').length === 1)
    ;(await r).abort()
    await until('the request to be cut', () => server.asked('tools/list')[0].aborted)
    assert.ok(Date.now() - began < 10000)
    await service.stop()
  }),
)

test(
  'a call in flight is cut when the run ends, and is not made again',
  withServer({}, async (server, box) => {
    const request = runRequest({
      ...ALONE,
      prompt: SCRIPT('wait {"ms":60000}'),
      bridge: server.bridge(),
      timeouts: { runMs: 1500 },
    })
    const r = await run(request, { box })
    assertStream(r.events, 'run-timeout')
    await until('the call to be cut', () => server.asked('tools/call')[0]?.aborted)
    assert.equal(server.asked('tools/call').length, 1)
  }),
)

test(
  'a call past its deadline is a failed result',
  withServer({}, async (server, box) => {
    const r = await called(server, box, 'wait {"ms":60000}', { timeouts: { toolMs: 300 } })
    assert.match(r.text, /Tool execution failed: fetch failed: .*300 ms/)
    assert.equal(server.asked('tools/call').length, 1)
  }),
)

test('what cannot be: a 400 that names it', async () => {
  const service = await serve({})
  const bridge = { url: 'http://127.0.0.1:9/', token: 'a-token-of-the-test' }
  const skill = { kind: 'mcp', name: 'docs', config: { url: 'http://127.0.0.1:9/' } }
  const workspace = (skills, more = {}) => ({ source: { type: 'none' }, skills, ...more })
  const cases = [
    [{ ...ALONE, bridge: 'x' }, 'bridge must be an object'],
    [{ ...ALONE, bridge: { token: 't' } }, 'bridge.url must be a non-empty string'],
    [{ ...ALONE, bridge: { url: bridge.url } }, 'bridge.token must be a non-empty string'],
    [{ ...ALONE, bridge: { ...bridge, url: 'ftp://x' } }, 'bridge.url: must begin with http:// or https://'],
    [
      { ...ALONE, bridge: { ...bridge, url: 'ftp://x', direct: true } },
      'bridge.url: must begin with http:// or https://',
    ],
    [{ ...ALONE, bridge: { ...bridge, name: 'a b' } }, "bridge.name must be at most 64 letters, digits, '-' and '_'"],
    [{ ...ALONE, bridge: { ...bridge, direct: 1 } }, 'bridge.direct must be true or false'],
    [
      { bridge: { ...bridge, direct: true }, toolDescriptors: [{ name: 'a' }] },
      'bridge.name must not be "tanstack" beside toolDescriptors',
    ],
    [{ ...ALONE, toolDescriptors: [{ name: 'a' }], bridge }, 'toolExecUrl must be a non-empty string'],
    [
      { ...ALONE, bridge: { ...bridge, name: 'docs' }, workspace: workspace([skill]) },
      'bridge.name is the name of an MCP server',
    ],
    [{ workspace: workspace([{ ...skill, name: 'tanstack' }]) }, 'an MCP server must not be named "tanstack"'],
    [
      { workspace: workspace([{ ...skill, config: { url: skill.config.url, headers: { 'a b': 'c' } } }]) },
      'header "a b" cannot be sent',
    ],
    [
      { workspace: workspace([mcpSkill({ url: 'http://127.0.0.1:9/' }, 'docs', 'NONE')]) },
      'resolveSecret: unknown secret "NONE"',
    ],
  ]
  for (const [fields, said] of cases) {
    const r = await post(service, runRequest({ prompt: 'hi', ...fields }))
    assert.equal(r.status, 400, said)
    assert.ok(r.text.includes(said), `${r.text} should say ${said}`)
  }
  await service.stop()
  service.box.remove()
})

test(
  'servers of skills are given to the agent by its private file alone; those that cannot be are named',
  withServer({}, async (server, box) => {
    box.env.DOCS_TOKEN = server.token
    const skills = [
      mcpSkill(server, 'docs', 'DOCS_TOKEN'),
      { kind: 'mcp', name: 'no-url', config: {} },
      { kind: 'mcp', name: 'odd', config: { url: 'stdio:x' } },
      { kind: 'mcp', name: 'a b', config: { url: server.url } },
    ]
    const workspace = { source: { type: 'none' }, skills, secrets: { DOCS_TOKEN: { __secretName: 'DOCS_TOKEN' } } }
    const prompt = [
      '@init',
      '@argv',
      '@bash stat -c %a "$TMPDIR"/runlet-*/run*/mcp.json',
      '@tool shout {"text":"q"}',
      '@sleep 700',
      '@result success',
    ]
    const service = await serve({ box })
    const r = await open(
      service,
      runRequest({
        ...ALONE,
        toolDescriptors: [],
        toolExecUrl: 'http://127.0.0.1:9/',
        toolExecToken: 'unused-unused',
        prompt,
        workspace,
      }),
    )
    await until('the call', () => server.asked('tools/call').length === 1)
    for (const p of processesOf(box.mark)) assert.ok(!p.cmd.join(' ').includes(server.token), p.cmd.join(' '))
    await r.ended
    assertStream(r.events, 'RUN_FINISHED')
    assert.equal(resultsOf(r.events)[0].content.trim(), '600')
    assert.equal(resultsOf(r.events)[1].content, 'Q')
    assert.ok(!textOf(r.events).includes(server.token))
    const [warning] = warningsOf(r.events)
    assert.equal(warning.code, 'mcp-server-left-out')
    assert.match(
      warning.message,
      /"no-url" is left out: url: .*; .*"odd" is left out: url: .*; .*"a b" is left out: its name/,
    )
    assert.deepEqual(fs.readdirSync(box.work), [], 'nothing is written into the workspace')
    await service.stop()
    assert.ok(!service.stderr().includes(server.token))
    assert.ok(path.isAbsolute(box.tmp))
  }),
)

test(
  'a harness that takes no MCP servers goes without them, with a word',
  withServer({}, async (server, box) => {
    const skills = [{ kind: 'mcp', name: 'docs', config: { url: server.url } }]
    const request = runRequest({
      ...ALONE,
      harness: 'command',
      harnessOptions: { command: ['/bin/sh', '-c', 'echo fine'] },
      workspace: { source: { type: 'none' }, skills },
    })
    const r = await run(request, { box })
    assertStream(r.events, 'RUN_FINISHED')
    const [warning] = warningsOf(r.events)
    assert.deepEqual(warning, {
      code: 'mcp-server-left-out',
      message: 'MCP server "docs" is left out: this harness can be given none',
    })
  }),
)
