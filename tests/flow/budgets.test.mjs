// SPDX-License-Identifier: MIT
// What a run may use: near a limit it warns, beyond it the agent is ended and what it has said is kept, and a limit that is
// never reached changes nothing.  The agents are shell scripts that say what Claude Code, Codex, an agent of ACP (qwen) and
// event lines of our own do: TURNS answers of 100 tokens, each but the last with a call.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { assertStream, resultsOf, textOf, warningsOf } from '../support/ndjson.mjs'
import { runRequest } from '../support/orchestrator.mjs'
import { ask, assertNothingLeft, command, makeBox, post, run, serve } from '../support/runlet.mjs'

const TURNS = 6
const CALLS = TURNS - 1
const claudeEvent = (event) => ({ type: 'stream_event', event, parent_tool_use_id: null })
const claudeLine = (n, block) => ({
  type: 'assistant',
  message: { id: `m${n}`, content: [block] },
  parent_tool_use_id: null,
})
const update = (update) => ({ jsonrpc: '2.0', method: 'session/update', params: { sessionId: 's-1', update } })
/** In Codex's log on stderr, if RUST_LOG asks for it. */
const logged = (words) => ({ log: `2026-11-28T14:08:55Z  INFO codex_otel.trace_safe: ${words} model=m` })
const item = (state, more) => ({ type: `item.${state}`, item: more })

/** What each says in its turn `n`: "said n", and a call with its result. */
const turns = {
  'claude-code': (n, last) => [
    claudeEvent({ type: 'message_start', message: { id: `m${n}`, usage: { input_tokens: 80, output_tokens: 1 } } }),
    claudeLine(n, { type: 'text', text: `said ${n}.` }),
    ...(last ? [] : [claudeLine(n, { type: 'tool_use', id: `call-of-turn-${n}a`, name: 'Bash', input: {} })]),
    claudeEvent({
      type: 'message_delta',
      delta: { stop_reason: last ? 'end_turn' : 'tool_use' },
      usage: { output_tokens: 20 },
    }),
    ...(last
      ? []
      : [
          {
            type: 'user',
            message: { content: [{ type: 'tool_result', tool_use_id: `call-of-turn-${n}a`, content: 'ok' }] },
            parent_tool_use_id: null,
          },
        ]),
  ],
  codex: (n, last) => [
    logged('event.name="codex.api_request" attempt=0'),
    ...(last ? [] : [logged('event.name="codex.tool_call_received" tool_name=x')]),
    logged('event.name="codex.sse_event" event.kind=response.completed input_token_count=80 output_token_count=20'),
    item('completed', { id: `text-${n}`, type: 'agent_message', text: `said ${n}.` }),
    ...(last
      ? []
      : ['started', 'completed'].map((state) =>
          item(state, { id: `call-${n}`, type: 'command_execution', command: 'x', status: 'completed', exit_code: 0 }),
        )),
    { log: `diagnostics of turn ${n}` },
  ],
  acp: (n, last) => [
    update({ sessionUpdate: 'agent_message_chunk', content: { type: 'text', text: `said ${n}.` } }),
    ...(last ? [] : [update({ sessionUpdate: 'tool_call', toolCallId: `c-${n}`, title: 'x', rawInput: { a: 1 } })]),
    update({
      sessionUpdate: 'agent_message_chunk',
      content: { type: 'text', text: '' },
      _meta: { usage: { inputTokens: 80, outputTokens: 20, totalTokens: 100 } },
    }),
    ...(last ? [] : [update({ sessionUpdate: 'tool_call_update', toolCallId: `c-${n}`, status: 'completed' })]),
  ],
  command: (n, last) => [
    { type: 'TEXT_MESSAGE_START', messageId: `m${n}` },
    { type: 'TEXT_MESSAGE_CONTENT', messageId: `m${n}`, delta: `said ${n}.` },
    { type: 'TEXT_MESSAGE_END', messageId: `m${n}` },
    ...(last
      ? []
      : [
          { type: 'TOOL_CALL_START', toolCallId: `c-${n}`, toolCallName: 'x' },
          { type: 'TOOL_CALL_END', toolCallId: `c-${n}` },
          { type: 'TOOL_CALL_RESULT', toolCallId: `c-${n}`, content: 'ok' },
        ]),
  ],
}
const frames = {
  'claude-code': [
    [{ type: 'system', subtype: 'init', session_id: 's-1', model: 'm', tools: ['Bash'] }],
    [{ type: 'result', subtype: 'success', is_error: false, usage: { input_tokens: 480, output_tokens: 120 } }],
  ],
  codex: [[{ type: 'thread.started', thread_id: 't-1' }], [{ type: 'turn.completed', usage: {} }]],
  acp: [[], [{ jsonrpc: '2.0', id: 8, result: { stopReason: 'end_turn' } }]],
  command: [[], []],
}
const HANDSHAKE = [
  { jsonrpc: '2.0', id: 1, result: { protocolVersion: 1, agentCapabilities: {} } },
  { jsonrpc: '2.0', id: 5, result: { sessionId: 's-1' } },
]
const fields = {
  'claude-code': {},
  codex: { harness: 'codex' },
  acp: { harness: 'acp', harnessOptions: { command: ['qwen'] } },
  command: { harness: 'command', harnessOptions: { command: ['events'], output: 'ndjson' } },
}
/** What of a budget each tells, of 6 turns of 100 tokens. */
const whole = {
  'claude-code': { tokens: 100 * TURNS, toolCalls: CALLS, modelTurns: TURNS },
  codex: { tokens: 100 * TURNS, toolCalls: CALLS, modelTurns: TURNS },
  acp: { tokens: 100 * TURNS, toolCalls: CALLS, modelTurns: TURNS },
  command: { toolCalls: CALLS },
}

/** `prompt` "at once": no pause between the turns. */
function program(harness) {
  const [first, last] = frames[harness]
  const spell = (l) =>
    l.log ? `case $RUST_LOG in *trace_safe=info*) echo '${l.log}' >&2 ;; esac\n` : `echo '${JSON.stringify(l)}'\n`
  const echo = (lines) => lines.map(spell).join('')
  const said = Array.from({ length: TURNS }, (_, i) => echo(turns[harness](i + 1, i + 1 === TURNS)))
  const words =
    harness === 'acp'
      ? `${HANDSHAKE.map((a) => `read -r line; ${echo([a])}`).join('')}read -r line\ncase $line in`
      : 'read -r line\ncase $line in'
  return `#!/bin/sh
${harness === 'claude-code' ? 'echo "$@" >"$HOME/argv"\nexec 3<&0\n' : ''}${words} *"at once"*) pause=: ;; *) pause="sleep 0.4" ;; esac
${harness === 'claude-code' ? 'cat <&3 >"$HOME/heard" &\n' : ''}${echo(first)}${said.join('$pause\n')}${echo(last)}`
}

function makePrograms() {
  const box = makeBox({ agent: null })
  for (const [name, harness] of Object.entries({
    claude: 'claude-code',
    codex: 'codex',
    qwen: 'acp',
    events: 'command',
  }))
    fs.writeFileSync(path.join(box.bin, name), program(harness), { mode: 0o755 })
  return box
}

let server
before(async () => {
  server = await serve({ box: makePrograms(), args: ['--workspace-per-thread'] })
})
after(async () => {
  await server.stop()
  await assertNothingLeft(server.box)
  server.box.remove()
})

const request = (harness, budget, more = {}) =>
  runRequest({ ...fields[harness], prompt: 'at once', toolDescriptors: [], budget, ...more })
const ends = (events) => events.at(-1).metadata.runlet.budget
const near = (events) =>
  warningsOf(events)
    .filter((w) => w.code === 'budget-near')
    .map((w) => w.message)
/** Without what differs from run to run. */
const plain = (events) =>
  events.map((e) => {
    const { timestamp, metadata, runId, threadId, ...rest } = e
    return JSON.parse(JSON.stringify(rest).replaceAll(runId ?? '\0', 'R'))
  })

for (const harness of Object.keys(whole)) {
  test(`${harness}: limits that are never reached change nothing, and the report says what was used`, async () => {
    const budget = Object.fromEntries(Object.entries(whole[harness]).map(([k, n]) => [k, 2 * n]))
    const without = (await post(server, request(harness, undefined, { runId: `${harness}-same` }))).events
    const other = await serve({ box: makePrograms() })
    try {
      const withLimits = (await post(other, request(harness, budget, { runId: `${harness}-same` }))).events
      assertStream(withLimits, 'RUN_FINISHED')
      assert.deepEqual(plain(withLimits), plain(without))
      assert.deepEqual(ends(withLimits), { spent: whole[harness], allowed: budget })
      assert.equal(ends(without), undefined)
    } finally {
      await other.stop()
      other.box.remove()
    }
  })

  for (const [kind, most] of Object.entries(whole[harness])) {
    test(`${harness}: ${kind} just reached by the last answer is a warning alone`, async () => {
      const { events } = await post(server, request(harness, { [kind]: most }))
      assertStream(events, 'RUN_FINISHED')
      assert.equal(near(events).length, 1, 'once')
      assert.equal(ends(events).spent[kind], most)
    })

    test(`${harness}: beyond ${kind} the agent is ended, and what it has said is kept`, async () => {
      const limit = Math.floor(most / 3)
      const { events } = await post(server, request(harness, { [kind]: limit }, { prompt: 'slowly' }))
      const last = assertStream(events, 'budget-exceeded')
      const unit = { tokens: 'tokens', toolCalls: 'tool calls', modelTurns: 'model turns' }[kind]
      assert.match(last.message, new RegExp(`^the run has used \\d+ of ${limit} ${unit} \\(budget\\.${kind}\\)$`))
      assert.equal(near(events).length, 1)
      assert.match(textOf(events), /^said 1\./)
      assert.doesNotMatch(textOf(events), /said 6/)
      assert.equal(resultsOf(events).length, events.filter((e) => e.type === 'TOOL_CALL_START').length)
      assert.deepEqual(ends(events).allowed, { [kind]: limit })
      assert.ok(ends(events).spent[kind] >= limit && ends(events).spent[kind] < most)
      assert.equal(last.metadata.runlet.cancelledBy, undefined)
    })
  }
}

test("what Codex was asked to log is no diagnostics, and what the request's own RUST_LOG asks for stays", async () => {
  const env = { RUST_LOG: 'debug' }
  const { events } = await post(server, request('codex', { modelTurns: 2 }, { prompt: 'slowly', env }))
  const { stderrTail } = assertStream(events, 'budget-exceeded').metadata.runlet
  assert.match(stderrTail, /^diagnostics of turn 1\n/)
  assert.doesNotMatch(stderrTail, /codex_otel/)
  fs.writeFileSync(path.join(server.box.bin, 'codex'), '#!/bin/sh\necho "$RUST_LOG" >&2; exit 3\n', { mode: 0o755 })
  try {
    const said = async (budget) =>
      (await post(server, request('codex', budget, { env }))).events.at(-1).metadata.runlet.stderrTail
    assert.equal(await said({ tokens: 9 }), 'debug,codex_otel.trace_safe=info\n')
    assert.equal(await said({ toolCalls: 9 }), 'debug\n')
  } finally {
    fs.writeFileSync(path.join(server.box.bin, 'codex'), program('codex'), { mode: 0o755 })
  }
})

test('an agent that tells nothing of a limited kind after all is told of', async () => {
  const box = makePrograms()
  fs.writeFileSync(path.join(box.bin, 'codex'), program('codex').replaceAll('codex_otel', 'other'), { mode: 0o755 })
  const { events } = await run(request('codex', { tokens: 9, toolCalls: 9 }), { box })
  assertStream(events, 'RUN_FINISHED')
  assert.deepEqual(warningsOf(events), [
    { code: 'budget-not-counted', message: 'nothing was told of it, so it was not kept: budget.tokens' },
  ])
  box.remove()
})

test('an agent that can be interrupted is, before it is told to go', async () => {
  const policy = { commands: {}, default: 'allow', capabilities: { network: 'deny' } }
  const { events } = await post(server, request('claude-code', { modelTurns: 2 }, { prompt: 'slowly', policy }))
  assertStream(events, 'budget-exceeded')
  assert.match(fs.readFileSync(path.join(server.box.home, 'heard'), 'utf8'), /"subtype":"interrupt"/)
})

test('Claude Code gets the dollars as its own limit, and its word for it is ours', async () => {
  const box = makePrograms()
  const claude = path.join(box.bin, 'claude')
  const { events } = await run(request('claude-code', { usd: 0.25 }), { box })
  assertStream(events, 'RUN_FINISHED')
  assert.match(fs.readFileSync(path.join(box.home, 'argv'), 'utf8'), /--max-budget-usd 0\.25\b/)
  const over = {
    type: 'result',
    subtype: 'error_max_budget_usd',
    is_error: true,
    errors: ['Reached maximum budget ($0.25)'],
    total_cost_usd: 0.27,
    usage: { input_tokens: 9, output_tokens: 1 },
  }
  fs.writeFileSync(claude, `#!/bin/sh\ncat >/dev/null\necho '${JSON.stringify(over)}'\nexit 1\n`, { mode: 0o755 })
  const r = await run(request('claude-code', { usd: 0.25 }), { box })
  assert.equal(assertStream(r.events, 'budget-exceeded').message, 'Reached maximum budget ($0.25)')
  assert.deepEqual(near(r.events), ['the run has used 0.27 of 0.25 US dollars (budget.usd)'])
  assert.equal(ends(r.events).spent.usd, 0.27)
  box.remove()
})

for (const [change, why] of [
  [{ budget: 5 }, 'budget must be an object'],
  [{ budget: { token: 5 } }, 'budget.token is not known: it is tokens, usd, toolCalls or modelTurns'],
  [{ budget: { toolCalls: 0 } }, 'budget.toolCalls must be a whole number above 0'],
  [{ budget: { usd: -1 } }, 'budget.usd must be a number above 0'],
  [
    { ...fields.codex, budget: { usd: 1 } },
    'budget.usd cannot be counted for harness codex, which tells tokens, toolCalls, modelTurns as it goes',
  ],
  [
    { harness: 'gemini', budget: { tokens: 9 } },
    'budget.tokens cannot be counted for harness gemini, which tells toolCalls as it goes',
  ],
  [
    { harness: 'acp', harnessOptions: { agent: 'kimi' }, budget: { modelTurns: 9 } },
    'budget.modelTurns cannot be counted for harness acp with this agent, which tells toolCalls as it goes',
  ],
  [
    { harness: 'command', harnessOptions: { command: ['events'] }, budget: { toolCalls: 9 } },
    'budget.toolCalls cannot be counted for harness command with this agent, which tells nothing of it as it goes',
  ],
])
  test(`400: ${why}`, async () => {
    const r = await post(server, runRequest({ toolDescriptors: [], ...change }))
    assert.deepEqual([r.status, r.text], [400, `run request: ${why}`])
  })

test('--max-budget-…: caps every run, may be asked for less, is named, and stands in /metrics', async () => {
  const args = ['--max-budget-tool-calls', '3', '--max-budget-model-turns', '5', '--agui-harness', 'claude-code']
  const own = await serve({ box: makePrograms(), args, env: { RUNLET_MAX_BUDGET_TOKENS: '100000' } })
  try {
    const { events } = await post(own, request('claude-code', { toolCalls: 50, tokens: 900 }, { prompt: 'slowly' }))
    const last = assertStream(events, 'budget-exceeded')
    assert.equal(last.message, 'the run has used 4 of 3 tool calls (--max-budget-tool-calls)')
    assert.deepEqual(ends(events).allowed, { tokens: 900, toolCalls: 3, modelTurns: 5 })
    const refused = await post(own, request('command', undefined))
    assert.equal(refused.status, 400)
    assert.match(refused.text, /^run request: --max-budget-tokens cannot be counted for harness command/)
    // A page may ask for less, not for more.
    const page = async (runId, budget) => {
      const body = {
        threadId: runId,
        runId,
        messages: [{ id: '1', role: 'user', content: 'slowly' }],
        tools: [],
        context: [],
        state: {},
        forwardedProps: { runlet: { budget } },
      }
      const r = await ask(own, 'POST', '/agui', {
        body: JSON.stringify(body),
        headers: { accept: 'text/event-stream' },
      })
      return r.body.toString()
    }
    assert.match(await page('p1', { modelTurns: 1 }), /used 1 of 1 model turns \(budget\.modelTurns\)/)
    assert.match(await page('p2', { toolCalls: 99 }), /used 4 of 3 tool calls \(--max-budget-tool-calls\)/)
    assert.match(await page('p3', { turns: 1 }), /forwardedProps\.runlet\.budget\.turns is not known/)
    const metrics = (await ask(own, 'GET', '/metrics')).body.toString()
    assert.match(metrics, /runlet_runs_total\{outcome="budget-exceeded"\} 3\n/)
    assert.match(metrics, /runlet_budget_warnings_total [3-9]\n/)
  } finally {
    await own.stop()
    own.box.remove()
  }
})

for (const [flag, value] of [
  ['--max-budget-usd', '1,5'],
  ['--max-budget-usd', '$1'],
  ['--max-budget-usd', '1e3'],
  ['--max-budget-tokens', '1.5'],
  ['--max-budget-model-turns', '-1'],
])
  test(`${flag} ${value} is an error that names it`, async () => {
    const r = await command(['run', flag, value])
    assert.equal(r.code, 2)
    assert.ok(r.stderr.includes(`${flag} must be `), r.stderr)
  })
