// SPDX-License-Identifier: MIT
// The real Claude Code from npm, started by runlet as root, against a mock Messages API on loopback.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { assertStream, eventsOf, failed, resultsOf, textOf, warningsOf } from '../support/ndjson.mjs'
import { claude } from '../support/real_agents.mjs'
import { open, post, processesOf, run, serve, startRun, until } from '../support/runlet.mjs'
import { PROMPT, withScene } from '../support/scene.mjs'

const with_ = withScene(claude)
const WHOLE = [
  [
    { think: 'The host has a tool for this, then a command of my own.' },
    { text: 'Asking the host.' },
    { tool: 'echo', args: { text: 'ping ✓' } },
  ],
  [{ text: 'Now a native command.' }, { bash: 'echo hi > hi.txt && cat hi.txt' }],
  [{ text: 'All done: héllo ✓.' }],
]

/** What every whole run has to show, whoever started it. */
function assertWhole(s, events) {
  const last = assertStream(events, 'RUN_FINISHED')
  assert.equal(last.metadata.tanstack.finishReason, 'stop')
  assert.ok(last.usage.promptTokens > 0)
  assert.equal(last.metadata.runlet.exitCode, 0)
  assert.deepEqual(warningsOf(events), [])
  assert.match(
    events
      .filter((e) => e.type === 'REASONING_MESSAGE_CONTENT')
      .map((e) => e.delta)
      .join(''),
    /The host has a tool/,
  )
  assert.match(textOf(events), /Asking the host\.Now a native command\.All done: héllo ✓\./)
  assert.ok(events.find((e) => e.name === 'claude-code.session-id')?.value.sessionId)
  const names = events.filter((e) => e.type === 'TOOL_CALL_START').map((e) => e.toolCallName)
  assert.deepEqual(names, ['echo', 'Bash'])
  assert.deepEqual(
    resultsOf(events).map((r) => r.content.trim()),
    ['ping ✓', 'hi'],
  )
  assert.deepEqual(s.orch.calls, [{ name: 'echo', args: { text: 'ping ✓' } }])
  assert.ok(claude.shows(PROMPT, s.asked()[0]), 'the prompt came by stdin')
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

const SCHEMA = { type: 'object', properties: { n: { type: 'number' } }, required: ['n'] }
for (const [how, turns] of [
  ['by its own tool', [[{ value: { n: 7 } }], [{ text: 'Given.' }]]],
  ['by a model that only writes it', [[{ text: 'It is ```json\n{"n": 7}\n```' }]]],
])
  test(
    `outputSchema: the value, ${how}`,
    with_(turns, {}, async (s) => {
      const r = await run(s.request({ outputSchema: SCHEMA }), { box: s.box })
      assert.equal(r.code, 0, r.stderr)
      assertStream(r.events, 'RUN_FINISHED')
      const [start, complete] = r.events.filter((e) => e.name?.startsWith('structured-output'))
      assert.deepEqual(complete.value.object, { n: 7 })
      assert.equal(start.value.messageId, complete.value.messageId)
      assert.ok(!r.events.some((e) => e.toolCallName === 'StructuredOutput'), 'the tool that carries it is not told')
    }),
  )

const again = (text) => ({ tool: 'echo', args: { text }, id: 'echo:0' })
test(
  'a model that uses a tool call id again, over answers and in one: each call has its own result',
  with_([[again('one')], [again('two')], [again('three'), again('four')], [{ text: 'Done.' }]], {}, async (s) => {
    const r = await run(s.request({ runId: 'R' }), { box: s.box })
    assertStream(r.events, 'RUN_FINISHED')
    const calls = r.events
      .filter((e) => e.type === 'TOOL_CALL_ARGS')
      .map((e) => [e.toolCallId, JSON.parse(e.delta).text])
    assert.deepEqual(calls, [
      ['R-echo:0', 'one'],
      ['R-echo:0-2', 'two'],
      ['R-echo:0-3', 'three'],
      ['R-echo:0-4', 'four'],
    ])
    assert.deepEqual(
      resultsOf(r.events).map((e) => [e.toolCallId, e.content]),
      calls,
    )
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
  'a session goes on in a second run',
  with_([[{ text: 'First.' }], [{ text: 'Second.' }]], {}, async (s) => {
    const first = await run(s.request(), { box: s.box })
    assertStream(first.events, 'RUN_FINISHED')
    const sessionId = first.events.find((e) => e.name === 'claude-code.session-id').value.sessionId
    const second = await run(s.request({ modelOptions: { sessionId } }), { box: s.box })
    assertStream(second.events, 'RUN_FINISHED')
    assert.equal(second.events.find((e) => e.name === 'claude-code.session-id').value.sessionId, sessionId)
    assert.match(JSON.stringify(s.asked().at(-1).body.messages), /First\./)
    const [own, both] = [first, second].map((r) => r.events.at(-1))
    assert.equal(own.metadata.runlet.sessionCostUsd, undefined)
    assert.equal(
      both.metadata.runlet.sessionCostUsd,
      2 * own.usage.providerUsageDetails.totalCostUsd,
      'told for the session',
    )
    assert.equal(
      both.usage.providerUsageDetails.totalCostUsd,
      own.usage.providerUsageDetails.totalCostUsd,
      "… and the run's own",
    )
  }),
)

const GRACE = ['--result-grace-ms', '1000']
const inBackground = (bash) => [[{ text: 'Starting.' }, { bash, background: true }], [{ text: 'First answer.' }]]
test(
  'a command in the background is waited for, and the answer that it brings is part of the run',
  with_(
    [...inBackground('sleep 3; echo done'), { say: [{ text: 'Second answer.' }], afterMs: 1500 }],
    {},
    async (s) => {
      const r = await run(s.request(), { box: s.box, args: GRACE })
      const last = assertStream(r.events, 'RUN_FINISHED')
      assert.equal(textOf(r.events), 'Starting.First answer.Second answer.')
      assert.deepEqual([last.usage.promptTokens, last.usage.completionTokens], [360, 90], 'of all three requests')
      assert.deepEqual([last.metadata.runlet.exitCode, last.metadata.runlet.forced], [0, undefined])
      assert.deepEqual(warningsOf(r.events), [])
    },
  ),
)

test(
  'a session whose run left a command behind is gone on with',
  with_([...inBackground('sleep 300'), { say: [{ text: 'Resumed answer.' }], afterMs: 2500 }], {}, async (s) => {
    const first = await run(s.request({ timeouts: { backgroundMs: 500 } }), { box: s.box, args: GRACE })
    assertStream(first.events, 'RUN_FINISHED')
    assert.deepEqual(
      warningsOf(first.events).map((w) => w.code),
      ['background-tasks-ended'],
    )
    const sessionId = first.events.find((e) => e.name === 'claude-code.session-id').value.sessionId
    const second = await run(s.request({ modelOptions: { sessionId } }), { box: s.box, args: GRACE })
    assertStream(second.events, 'RUN_FINISHED')
    assert.equal(textOf(second.events), 'Resumed answer.')
  }),
)

test(
  'an answer that breaks off is named, and begun again',
  with_([{ say: [{ text: 'Half an answer that is cut.' }], cut: true }, [{ text: 'A whole one.' }]], {}, async (s) => {
    const r = await run(s.request(), { box: s.box })
    assertStream(r.events, 'RUN_FINISHED')
    const half = r.events.find((e) => e.type === 'TEXT_MESSAGE_START').messageId
    assert.deepEqual(
      r.events.filter((e) => e.name === 'runlet.message-abandoned').map((e) => e.value),
      [{ messageId: half }],
    )
    assert.equal(
      r.events
        .filter((e) => e.delta && e.messageId !== half)
        .map((e) => e.delta)
        .join(''),
      'A whole one.',
    )
  }),
)

const patient = (box) => {
  box.env.CLAUDE_CODE_MAX_RETRIES = '2'
}
test(
  "failures of the model's API that are tried again are told",
  with_([{ status: 503 }, { status: 529 }, [{ text: 'At last.' }]], { prepared: patient }, async (s) => {
    const r = await run(s.request(), { box: s.box })
    assertStream(r.events, 'RUN_FINISHED')
    assert.deepEqual(
      warningsOf(r.events).map((w) => w.code),
      ['agent-retries', 'agent-retries'],
    )
    assert.match(warningsOf(r.events)[0].message, /503 .*1 of 2/)
  }),
)

for (const [what, turns, code, more] of [
  ['an answer without a word', [[{ text: ' \n' }]], 'empty-answer', {}],
  ['a turn that the model paused', [{ say: [{ text: 'Paused.' }], stop: 'pause_turn' }], 'pause-turn', {}],
  [
    'a command that was not permitted',
    [[{ bash: 'touch /nobody-may' }], [{ text: 'Sorry.' }]],
    'permission-denials',
    { modelOptions: { permissionMode: 'default' } },
  ],
])
  test(
    `${what} is a warning`,
    with_(turns, {}, async (s) => {
      const r = await run(s.request(more), { box: s.box })
      const last = assertStream(r.events, 'RUN_FINISHED')
      assert.deepEqual(
        warningsOf(r.events).map((w) => w.code),
        [code],
      )
      assert.equal(last.metadata.tanstack.finishReason, code === 'pause-turn' ? 'pause_turn' : 'stop')
    }),
  )

test(
  'system prompts reach the model, and stand in no command line',
  with_([[{ text: 'Yes.' }]], {}, async (s) => {
    const r = await run(s.request({ systemPrompts: ['Be a pirate of the test.', 'Be short.'] }), { box: s.box })
    assertStream(r.events, 'RUN_FINISHED')
    assert.match(JSON.stringify(s.asked()[0].body.system), /Be a pirate of the test\.\\n\\nBe short\./)
  }),
)

for (const [status, words] of [
  [401, /401/],
  [500, /500/],
])
  test(
    `the model answers ${status}: RUN_ERROR with the agent's own words`,
    with_([{ status }], {}, async (s) => {
      const r = await run(s.request({ timeouts: { runMs: 60000 } }), { box: s.box })
      assert.equal(r.code, 1, r.stderr)
      const last = assertStream(r.events, 'agent-error')
      assert.match(last.message, words)
    }),
  )

test(
  'no key: RUN_ERROR that says so',
  with_([[{ text: 'never' }]], { key: null }, async (s) => {
    const r = await run(s.request(), { box: s.box })
    assert.equal(r.code, 1, r.stderr)
    const last = assertStream(r.events, 'agent-error')
    assert.match(last.message, /log ?in|API key/i)
  }),
)

test(
  'max turns is a finish with finishReason length',
  with_([[{ text: 'Again.' }, { bash: 'true' }]], {}, async (s) => {
    const r = await run(s.request({ modelOptions: { maxTurns: 2 } }), { box: s.box })
    const last = assertStream(r.events, 'RUN_FINISHED')
    assert.equal(last.metadata.tanstack.finishReason, 'length')
    assert.equal(r.code, 0)
  }),
)

test(
  'a tool that fails is a failed result, and the run goes on',
  with_([[{ tool: 'fail', args: {} }], [{ text: 'Sorry.' }]], {}, async (s) => {
    const r = await run(s.request(), { box: s.box })
    assertStream(r.events, 'RUN_FINISHED')
    const [result] = resultsOf(r.events)
    assert.ok(failed(result))
    assert.match(result.content, /remote tool "fail" failed: 500 .*kaboom/)
    assert.equal(s.orch.calls.length, 1, 'never twice')
  }),
)

// In `tests/run.sh agents` only: the normal run is to stay under ten minutes.
if (process.env.RUNLET_SLOW)
  test('a tool of 90 s succeeds, in both eras of MCP', { timeout: 180000 }, async () => {
    // Clients give up at 60 s without response headers; the early event stream is what keeps them.
    const slow = (args) =>
      with_([[{ tool: 'slow', args: { ms: 90000 } }], [{ text: 'At last.' }]], {}, async (s) => {
        const r = await run(s.request(), { box: s.box, args, timeout: 150000 })
        assert.equal(r.code, 0, r.stderr)
        assertStream(r.events, 'RUN_FINISHED')
        assert.deepEqual(
          resultsOf(r.events).map((e) => e.content),
          ['slept 90000'],
        )
        assert.equal(s.orch.calls.length, 1)
      })()
    await Promise.all([slow([]), slow(['--mcp-legacy-only'])])
  })

test(
  'a tool the host does not know is a failed result',
  with_([[{ tool: 'ghost', args: {} }], [{ text: 'No ghost.' }]], {}, async (s) => {
    const descriptors = [...s.orch.descriptors, { name: 'ghost', inputSchema: { type: 'object', properties: {} } }]
    const r = await run(s.request({ toolDescriptors: descriptors }), { box: s.box })
    assertStream(r.events, 'RUN_FINISHED')
    assert.ok(failed(resultsOf(r.events)[0]))
    assert.match(resultsOf(r.events)[0].content, /Unknown tool: ghost/)
  }),
)

// The wrapper stands where claude does and spoils the token in a copy of the config before the real one starts.
const SPOILED = `#!/bin/sh
i=0
for a in "$@"; do
  [ "$before" = --mcp-config ] && sed 's/Bearer ./Bearer x/' "$a" > "$TMPDIR/../spoiled.json" && a="$TMPDIR/../spoiled.json"
  [ $i -eq 0 ] && set --
  set -- "$@" "$a"
  before=$a i=1
done
exec ${fs.realpathSync(process.env.RUNLET_CLAUDE)} "$@"
`
const spoil = (box) => {
  fs.rmSync(path.join(box.bin, 'claude'))
  fs.writeFileSync(path.join(box.bin, 'claude'), SPOILED, { mode: 0o755 })
}
test(
  'a bridge that refuses the agent is a warning, not an error',
  with_([[{ text: 'Without tools.' }]], { prepared: spoil }, async (s) => {
    const r = await run(s.request(), { box: s.box })
    assertStream(r.events, 'RUN_FINISHED')
    assert.deepEqual(
      warningsOf(r.events).map((w) => w.code),
      ['bridge-unauthorized'],
    )
  }),
)

test(
  'SIGTERM in a shell tool: runner-shutdown, and nothing is left',
  with_([[{ text: 'Sleeping.' }, { bash: 'tail -f /dev/null & tail -f /dev/null' }]], {}, async (s) => {
    const r = startRun(s.request(), { box: s.box })
    await until('the shell to run', () => processesOf(s.box.mark).some((p) => p.name === 'tail'), 30000)
    const begun = Date.now()
    r.child.kill('SIGTERM')
    const end = await r.ended
    assert.equal(end.code, 143)
    assertStream(eventsOf(r.stdout()), 'runner-shutdown')
    assert.ok(Date.now() - begun < 8000, `${Date.now() - begun} ms`)
  }),
)

test(
  'a client that goes away in a shell tool: nothing is left, the service lives',
  with_([[{ bash: 'tail -f /dev/null & tail -f /dev/null' }], [{ text: 'never' }]], {}, async (s) => {
    const server = await serve({ box: s.box })
    try {
      const r = await open(server, s.request())
      await until('the shell to run', () => processesOf(s.box.mark).some((p) => p.name === 'tail'), 30000)
      r.abort()
      await until('the tree to go', () => processesOf(s.box.mark, [server.pid]).length === 0, 10000)
      assert.ok(server.alive())
    } finally {
      const end = await server.stop()
      assert.equal(end.code, 0, end.stderr)
    }
  }),
)
