// SPDX-License-Identifier: MIT
// The real Codex from npm, started by runlet, against a mock Responses API on loopback.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { assertStream, eventsOf, failed, resultsOf, textOf, warningsOf } from '../support/ndjson.mjs'
import { codex } from '../support/real_agents.mjs'
import { open, post, processesOf, run, serve, startRun, until } from '../support/runlet.mjs'
import { PROMPT, withScene } from '../support/scene.mjs'

const with_ = withScene(codex)
const { shell } = codex
const WHOLE = [
  [
    { think: 'The host has a tool for this, then a command of my own.' },
    { text: 'Asking the host.' },
    { tool: 'echo', args: { text: 'ping ✓' } },
  ],
  [{ text: 'Now a native command.' }, shell('echo hi > hi.txt && cat hi.txt')],
  [{ text: 'All done: héllo ✓.' }],
]
const SLEEPER = shell('tail -f /dev/null & tail -f /dev/null')

const promptOf = (s, n = 0) =>
  s.model.requests[n].body.input
    .filter((i) => i.role === 'user')
    .flatMap((i) => i.content.map((c) => c.text))
    .at(-1)
const session = (events) => events.find((e) => e.name === 'codex.session-id')?.value.sessionId

/** What every whole run has to show, whoever started it. */
function assertWhole(s, events) {
  const last = assertStream(events, 'RUN_FINISHED')
  assert.equal(last.metadata.tanstack.finishReason, 'stop')
  assert.deepEqual(
    [
      last.usage.promptTokens,
      last.usage.completionTokens,
      last.usage.promptTokensDetails.cachedTokens,
      last.usage.completionTokensDetails.reasoningTokens,
    ],
    [360, 90, 60, 15],
  )
  assert.equal(last.metadata.runlet.exitCode, 0)
  assert.deepEqual(warningsOf(events), [])
  assert.equal(
    events
      .filter((e) => e.type === 'REASONING_MESSAGE_CONTENT')
      .map((e) => e.delta)
      .join(''),
    'The host has a tool for this, then a command of my own.',
  )
  assert.equal(textOf(events), 'Asking the host.Now a native command.All done: héllo ✓.')
  assert.match(session(events), /^[0-9a-f-]{36}$/)
  assert.deepEqual(
    events.filter((e) => e.type === 'TOOL_CALL_START').map((e) => e.toolCallName),
    ['echo', 'command_execution'],
  )
  const [echo, native] = resultsOf(events)
  assert.equal(echo.content, 'ping ✓')
  assert.deepEqual(JSON.parse(native.content), { aggregated_output: 'hi\n', exit_code: 0, status: 'completed' })
  assert.deepEqual(s.orch.calls, [{ name: 'echo', args: { text: 'ping ✓' } }])
  assert.equal(promptOf(s), PROMPT, 'it came by stdin')
  assert.equal(s.model.requests[0].body.model, 'gpt-mock')
  assert.equal(fs.readFileSync(path.join(s.box.work, 'hi.txt'), 'utf8'), 'hi\n')
}

test(
  'runlet run: thinking, text, a bridged tool, a native one, the end',
  with_(WHOLE, {}, async (s) => {
    const r = await run(s.request(), { box: s.box })
    assert.equal(r.code, 0, r.stderr)
    assertWhole(s, r.events)
  }),
)

test(
  'runlet serve: the same, and again in the same service',
  with_(WHOLE, {}, async (s) => {
    const server = await serve({ box: s.box })
    try {
      assertWhole(s, (await post(server, s.request())).events)
      const again = await post(server, s.request())
      assertStream(again.events, 'RUN_FINISHED') // the model only says its last turn again
      assert.match(textOf(again.events), /All done/)
    } finally {
      const end = await server.stop()
      assert.equal(end.code, 0, end.stderr)
    }
  }),
)

test(
  'plain: no tools, no bridge, and the model of the user',
  with_([[{ text: 'Hello.' }]], {}, async (s) => {
    const r = await run({ harness: 'codex', prompt: PROMPT, secrets: undefined }, { box: s.box })
    assert.equal(r.code, 0, `${r.stderr}${r.stdout}`)
    assertStream(r.events, 'RUN_FINISHED')
    assert.equal(textOf(r.events), 'Hello.')
    assert.equal(s.model.requests[0].body.model, 'gpt-of-the-user')
  }),
)

test(
  'a model that searches for its tools finds those of the bridge',
  with_(
    [
      [
        {
          item: {
            type: 'tool_search_call',
            id: 'ts_1',
            call_id: 'call_search',
            execution: 'client',
            status: 'completed',
            arguments: { query: 'echo', limit: 5 },
          },
        },
      ],
      [{ tool: 'echo', args: { text: 'found' } }],
      [{ text: 'Done.' }],
    ],
    {},
    async (s) => {
      const r = await run(s.request({ model: 'gpt-5.5' }), { box: s.box })
      assertStream(r.events, 'RUN_FINISHED')
      assert.ok(
        s.model.requests[0].offered.some((t) => t.name === 'tool_search'),
        'this model searches',
      )
      assert.deepEqual(
        resultsOf(r.events).map((e) => e.content),
        ['found'],
      )
      assert.deepEqual(s.orch.calls, [{ name: 'echo', args: { text: 'found' } }])
    },
  ),
)

for (const [how, options, wrote] of [
  ['harnessOptions.sandbox workspace-write', { harnessOptions: { sandbox: 'workspace-write' } }, true],
  ['harnessOptions.sandbox read-only', { harnessOptions: { sandbox: 'read-only' } }, false],
  ['modelOptions.permissionMode plan', { modelOptions: { permissionMode: 'plan' } }, false],
])
  test(
    `${how}: bridged tools run without a question${wrote ? '' : ', and nothing is written'}`,
    with_(WHOLE, {}, async (s) => {
      const r = await run(s.request(options), { box: s.box })
      assertStream(r.events, 'RUN_FINISHED')
      assert.deepEqual(s.orch.calls, [{ name: 'echo', args: { text: 'ping ✓' } }])
      assert.equal(fs.existsSync(path.join(s.box.work, 'hi.txt')), wrote, JSON.stringify(resultsOf(r.events)))
    }),
  )

const patch = (body) => shell(`apply_patch <<'EOF'\n*** Begin Patch\n${body}\n*** End Patch\nEOF`)
test(
  'edits are tool calls and file.changed',
  with_(
    [
      [patch('*** Add File: new.txt\n+one')],
      [patch('*** Update File: new.txt\n@@\n-one\n+two')],
      [{ text: 'Edited.' }],
    ],
    {},
    async (s) => {
      const r = await run(s.request({ model: 'gpt-5.5' }), { box: s.box })
      assertStream(r.events, 'RUN_FINISHED')
      assert.equal(fs.readFileSync(path.join(s.box.work, 'new.txt'), 'utf8'), 'two\n')
      assert.deepEqual(
        r.events.filter((e) => e.type === 'TOOL_CALL_START').map((e) => e.toolCallName),
        ['file_change', 'file_change'],
      )
      assert.deepEqual(
        r.events.filter((e) => e.name === 'file.changed').map((e) => [path.basename(e.value.path), e.value.kind]),
        [
          ['new.txt', 'add'],
          ['new.txt', 'update'],
        ],
      )
    },
  ),
)

test(
  'a native command that fails is a failed result',
  with_([[shell('echo out; exit 3')], [{ text: 'Sorry.' }]], {}, async (s) => {
    const r = await run(s.request(), { box: s.box })
    assertStream(r.events, 'RUN_FINISHED')
    const [result] = resultsOf(r.events)
    assert.ok(failed(result))
    assert.deepEqual(JSON.parse(result.content), { aggregated_output: 'out\n', exit_code: 3, status: 'failed' })
  }),
)

test(
  'a bridged tool that fails is a failed result, and is not called again',
  with_([[{ tool: 'fail', args: {} }], [{ text: 'Sorry.' }]], {}, async (s) => {
    const r = await run(s.request(), { box: s.box })
    assertStream(r.events, 'RUN_FINISHED')
    const [result] = resultsOf(r.events)
    assert.ok(failed(result))
    assert.match(result.content, /remote tool "fail" failed: 500 .*kaboom/)
    assert.equal(s.orch.calls.length, 1)
  }),
)

test(
  "a slow tool, and our deadline for it comes before Codex's",
  with_(
    [[{ tool: 'slow', args: { ms: 6000 } }], [{ tool: 'silent', args: {} }], [{ text: 'At last.' }]],
    {},
    async (s) => {
      const r = await run(s.request({ timeouts: { toolMs: 9000 } }), { box: s.box })
      assertStream(r.events, 'RUN_FINISHED')
      const [slow, silent] = resultsOf(r.events)
      assert.equal(slow.content, 'slept 6000')
      assert.ok(failed(silent))
      assert.match(silent.content, /9000 ms|timed out|deadline/i)
    },
  ),
)

// In `tests/run.sh agents` only: the normal run is to stay under ten minutes.
if (process.env.RUNLET_SLOW)
  test(
    'a tool of 90 s succeeds',
    { timeout: 180000 },
    with_([[{ tool: 'slow', args: { ms: 90000 } }], [{ text: 'At last.' }]], {}, async (s) => {
      const r = await run(s.request(), { box: s.box, timeout: 150000 })
      assertStream(r.events, 'RUN_FINISHED')
      assert.deepEqual(
        resultsOf(r.events).map((e) => e.content),
        ['slept 90000'],
      )
      assert.equal(s.orch.calls.length, 1)
    }),
  )

test(
  'a session is resumed in a second run',
  with_([[{ text: 'First.' }], [{ text: 'Second.' }]], {}, async (s) => {
    const first = await run(s.request(), { box: s.box })
    assertStream(first.events, 'RUN_FINISHED')
    const sessionId = session(first.events)
    const second = await run(s.request({ modelOptions: { sessionId } }), { box: s.box })
    assertStream(second.events, 'RUN_FINISHED')
    assert.equal(textOf(second.events), 'Second.')
    assert.equal(session(second.events), sessionId)
    assert.match(JSON.stringify(s.model.requests.at(-1).body.input), /First\./)
  }),
)

test(
  'a session that is not there: RUN_ERROR with its words',
  with_([[{ text: 'never' }]], {}, async (s) => {
    const r = await run(s.request({ modelOptions: { sessionId: '00000000-0000-4000-8000-000000000000' } }), {
      box: s.box,
    })
    assert.equal(r.code, 1, r.stderr)
    assert.match(assertStream(r.events, 'agent-exit').message, /no rollout found/)
  }),
)

const SCHEMA = { type: 'object', properties: { n: { type: 'number' } }, required: ['n'], additionalProperties: false }
test(
  'outputSchema: the model is bound to it, the value is told',
  with_([[{ text: '{"n": 7.0}' }]], {}, async (s) => {
    const r = await run(s.request({ outputSchema: SCHEMA }), { box: s.box })
    assertStream(r.events, 'RUN_FINISHED')
    assert.deepEqual(s.model.requests[0].body.text.format.schema, SCHEMA)
    const [start, complete] = r.events.filter((e) => e.name?.startsWith('structured-output'))
    assert.deepEqual(complete.value, { object: { n: 7 }, raw: '{"n": 7.0}', messageId: start.value.messageId })
  }),
)

test(
  'outputSchema and an answer without a value: structured-output-parse-failed',
  with_([[{ text: 'I would rather not.' }]], {}, async (s) => {
    const r = await run(s.request({ outputSchema: SCHEMA }), { box: s.box })
    assert.match(assertStream(r.events, 'structured-output-parse-failed').message, /I would rather not\./)
  }),
)

test(
  'system prompts come before the prompt; effort is passed on',
  with_([[{ text: 'Yes.' }]], {}, async (s) => {
    const r = await run(s.request({ systemPrompts: ['Be a pirate.', 'Be short.'], modelOptions: { effort: 'high' } }), {
      box: s.box,
    })
    assertStream(r.events, 'RUN_FINISHED')
    assert.equal(promptOf(s), `Be a pirate.\n\nBe short.\n\n${PROMPT}`)
    assert.equal(s.model.requests[0].body.reasoning?.effort, 'high')
  }),
)

test(
  'what Codex has no way for is refused before the run',
  with_([[{ text: 'never' }]], {}, async (s) => {
    const server = await serve({ box: s.box })
    try {
      for (const [more, field] of [
        [{ modelOptions: { maxTurns: 2 } }, 'modelOptions.maxTurns'],
        [{ modelOptions: { allowedTools: ['x'] } }, 'modelOptions.allowedTools'],
        [{ harnessOptions: { mode: 'x' } }, 'harnessOptions.mode'],
      ]) {
        const r = await post(server, s.request(more))
        assert.equal(r.status, 400)
        assert.match(r.text, new RegExp(`${field} is not supported by harness codex`))
      }
    } finally {
      await server.stop()
    }
  }),
)

for (const [status, words] of [
  [401, /401 Unauthorized: mock 401/],
  [500, /high demand|500/],
])
  test(
    `the model answers ${status}: RUN_ERROR with the agent's own words`,
    with_([{ status }], {}, async (s) => {
      const r = await run(s.request({ timeouts: { runMs: 60000 } }), { box: s.box })
      assert.equal(r.code, 1, r.stderr)
      assert.match(assertStream(r.events, 'agent-error').message, words)
    }),
  )

test(
  'a retry that goes well is a warning, not an error',
  with_([{ status: 500 }, { status: 500 }, [{ text: 'There.' }]], {}, async (s) => {
    const r = await run(s.request(), { box: s.box })
    assertStream(r.events, 'RUN_FINISHED')
    assert.equal(textOf(r.events), 'There.')
    assert.deepEqual(
      warningsOf(r.events).map((w) => w.code),
      ['agent-retries'],
    )
  }),
)

test(
  'no key: RUN_ERROR that says so',
  with_([[{ text: 'never' }]], { key: null }, async (s) => {
    const r = await run(s.request(), { box: s.box })
    assert.equal(r.code, 1, r.stderr)
    assert.match(assertStream(r.events).message, /CODEX_API_KEY/)
  }),
)

test(
  'neither prompt nor token nor key stands in a command line; the native program runs, without node',
  with_([[{ tool: 'slow', args: { ms: 1500 } }, SLEEPER]], {}, async (s) => {
    const r = startRun(s.request({ systemPrompts: ['A secret of the system.'] }), { box: s.box })
    const seen = new Set(),
      names = new Set(),
      tokens = new Set()
    await until(
      'the shell to run',
      () => {
        for (const p of processesOf(s.box.mark)) {
          names.add(p.name)
          for (const word of p.cmd) seen.add(word)
          for (const e of p.env.filter((v) => v.startsWith('MCP_BRIDGE_TOKEN='))) tokens.add(e.slice(17))
        }
        return names.has('tail')
      },
      30000,
    )
    r.child.kill('SIGTERM')
    const end = await r.ended
    assert.equal(end.code, 143)
    assertStream(eventsOf(r.stdout()), 'runner-shutdown')
    assert.ok(names.has('codex') && !names.has('node'), [...names].join())
    assert.equal(tokens.size, 1)
    const all = [...seen].join('\n')
    for (const secret of [...tokens, s.box.env.CODEX_API_KEY, PROMPT, 'A secret of the system'])
      assert.ok(secret.length > 10 && !all.includes(secret), `${secret} is in a command line`)
  }),
)

test(
  'a client that goes away in a shell tool: nothing is left, the service lives',
  with_([[SLEEPER], [{ text: 'never' }]], {}, async (s) => {
    const server = await serve({ box: s.box })
    try {
      const r = await open(server, s.request())
      await until(
        'the shell to run',
        () => processesOf(s.box.mark).filter((p) => p.name === 'tail').length === 2,
        30000,
      )
      r.abort()
      await until('the tree to go', () => processesOf(s.box.mark, [server.pid]).length === 0, 10000)
      assert.ok(server.alive())
    } finally {
      const end = await server.stop()
      assert.equal(end.code, 0, end.stderr)
    }
  }),
)

test(
  'cancelled in a shell tool: the orchestrator sees `cancelled`',
  with_([[SLEEPER], [{ text: 'never' }]], {}, async (s) => {
    const server = await serve({ box: s.box })
    try {
      const r = await open(server, s.request({ runId: 'run-to-cancel' }))
      await until(
        'the shell to run',
        () => processesOf(s.box.mark).filter((p) => p.name === 'tail').length === 2,
        30000,
      )
      const answer = await fetch(`${server.url}/runs/run-to-cancel/cancel`, { method: 'POST' })
      assert.equal(answer.status, 202, await answer.text())
      await r.ended
      assertStream(r.events, 'cancelled')
      await until('the tree to go', () => processesOf(s.box.mark, [server.pid]).length === 0, 3000)
    } finally {
      await server.stop()
    }
  }),
)
