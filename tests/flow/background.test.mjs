// SPDX-License-Identifier: MIT
// What an agent says after a result: tasks in the background, a second answer, chatter; and what is told of it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assertStream, schemaFaults, textOf, textsOf, warningsOf } from '../support/ndjson.mjs'
import { runRequest, startOrchestrator } from '../support/orchestrator.mjs'
import { makeBox, open, post, processesOf, run, serve, until } from '../support/runlet.mjs'

const raw = (value) => `@raw ${JSON.stringify({ session_id: 's', ...value })}`
const system = (subtype, more) => raw({ type: 'system', subtype, ...more })
const tasks = (...ids) =>
  system('background_tasks_changed', { tasks: ids.map((task_id) => ({ task_id, task_type: 'local_bash' })) })
const INIT = system('init')
/** What a resumed session prints first that had left a shell. */
const NOISE = raw({
  type: 'result',
  subtype: 'success',
  is_error: false,
  num_turns: 0,
  stop_reason: null,
  result: '',
  origin: { kind: 'task-notification' },
})
const GRACE = ['--result-grace-ms', '400']

/** {events, last, ms}: a run of the script, which leaves no process behind. */
async function play(prompt, { args = GRACE, end = 'RUN_FINISHED', ...more } = {}) {
  const box = makeBox()
  const from = Date.now()
  try {
    const r = await run(runRequest({ prompt, ...more }), { box, args })
    const ms = Date.now() - from
    await until('the processes to go', () => processesOf(box.mark).length === 0)
    return { events: r.events, last: assertStream(r.events, end), ms }
  } finally {
    box.remove()
  }
}
const codes = (events) => warningsOf(events).map((w) => w.code)

test('a task in the background is waited for, and the answer that it brings is part of the run', async () => {
  const { events, last } = await play([
    '@init',
    tasks('b1'),
    '@text First.',
    '@result success',
    '@sleep 1500',
    tasks(),
    INIT,
    '@sleep 1200',
    '@text Second.',
    '@result success',
  ])
  assert.deepEqual(textsOf(events), ['First.', 'Second.'])
  assert.deepEqual([last.usage.promptTokens, last.usage.completionTokens], [20, 10], 'the tokens of both')
  assert.deepEqual([last.metadata.runlet.exitCode, last.metadata.runlet.forced], [0, undefined])
  assert.deepEqual(codes(events), [])
})

test('timeouts.backgroundMs ends the wait, well and with a warning', async () => {
  const { events, last, ms } = await play(['@init', tasks('b1', 'b2'), '@text First.', '@result success', '@hang'], {
    timeouts: { backgroundMs: 1200 },
  })
  assert.ok(ms > 1150 && ms < 6000, `${ms} ms`)
  assert.equal(last.metadata.runlet.forced, true)
  assert.deepEqual(
    warningsOf(events).map((w) => [w.code, w.message.slice(0, 2)]),
    [['background-tasks-ended', '2 ']],
  )
})

test('a task that the agent itself closes when it is ended is told all the same', async () => {
  const { events } = await play(
    ['@init', tasks('b1'), '@text First.', '@result success', '@ignore-term', '@sleep 900', tasks(), '@hang'],
    { timeouts: { backgroundMs: 500, killGraceMs: 1500 } },
  )
  assert.deepEqual(codes(events), ['background-tasks-ended'])
})

for (const [what, options] of [
  ['timeouts.backgroundMs 0', { timeouts: { backgroundMs: 0 } }],
  ['--background-timeout-ms 0', { args: [...GRACE, '--background-timeout-ms', '0'] }],
  ['timeouts.runMs while there is nothing but tasks', { timeouts: { runMs: 1500 } }],
])
  test(`${what}: they are not waited for, and the run ends well`, async () => {
    const { events, ms } = await play(['@init', tasks('b1'), '@text First.', '@result success', '@hang'], options)
    assert.ok(ms < 5000, `${ms} ms`)
    assert.deepEqual(codes(events), ['background-tasks-ended'])
  })

test('chatter after the result holds no run: three graces at most', async () => {
  const { ms } = await play([
    '@init',
    '@text Done.',
    '@result success',
    '@repeat 200',
    system('status', { status: 'x' }),
    '@sleep 50',
    '@end',
  ])
  assert.ok(ms > 1000 && ms < 5000, `${ms} ms`)
})

test('a result that answers a task is not the end: the work that follows is not cut', async () => {
  const orch = await startOrchestrator()
  const { events, last } = await play(
    [NOISE, INIT, '@sleep 900', '@tool slow {"ms":900}', '@text Resumed.', '@result success'],
    { orch },
  )
  orch.stop()
  assert.equal(textOf(events), 'Resumed.')
  assert.equal(orch.calls.length, 1)
  assert.equal(last.usage.promptTokens, 10)
})

test('… and with nothing behind it there was no result', async () => {
  const { last } = await play([NOISE, '@exit 0'], { end: 'no-result' })
  assert.match(last.message, /without a result/)
})

for (const eventFormat of ['tanstack', 'ag-ui'])
  test(`a bad exit after a success says so, and what was used (${eventFormat})`, async () => {
    const box = makeBox()
    try {
      const r = await run(runRequest({ prompt: ['@init', '@text Done.', '@result success', '@exit 7'], eventFormat }), {
        box,
      })
      const last = r.events.at(-1)
      assert.equal(last.code, 'agent-exit')
      assert.equal(last.metadata.runlet.successSeen, true)
      if (eventFormat === 'tanstack') {
        assert.equal(last.metadata.tanstack.usage.promptTokens, 10)
        assert.equal(last.metadata.tanstack.usage.providerUsageDetails.totalCostUsd, 0.01)
      } else {
        assert.deepEqual(
          last.usage.map((u) => [u.model, u.outputTokens]),
          [['fake-model', 5]],
        )
        assert.equal(last.metadata.runlet.totalCostUsd, 0.01)
      }
      assert.deepEqual(schemaFaults(r.events, { excuseUsage: eventFormat === 'tanstack' }), [])
    } finally {
      box.remove()
    }
  })

test('two runs on one session of an agent: the second is 409 until the first is over', async () => {
  const server = await serve({ args: ['--workspace-per-thread'] })
  const request = (threadId, prompt) =>
    runRequest({ threadId, prompt, modelOptions: { sessionId: 'scripted-session' } })
  try {
    const first = await open(server, request('a', ['@init', '@text a', '@sleep 900', '@result success']))
    await until('the agent to speak', () => first.events.some((e) => e.type === 'TEXT_MESSAGE_CONTENT'))
    const second = await post(server, request('b'))
    assert.equal(second.status, 409, second.text)
    assert.match(second.text, /modelOptions\.sessionId is in use by run/)
    assert.ok(Number(second.headers['retry-after']) > 0)
    assert.equal((await post(server, runRequest({ threadId: 'c' }))).status, 200, 'another session may')
    await first.ended
    assert.equal((await post(server, request('b'))).status, 200, 'free again')
  } finally {
    await server.stop()
    server.box.remove()
  }
})
