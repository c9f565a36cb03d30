// SPDX-License-Identifier: MIT
// What every real agent has to show, through the built program, against a mock model on loopback.
//
// agentCases(agent): an agent as support/scene.mjs has it, and
//   reasoning, usage   does it tell them?      patience  how long a model that always fails is borne
//   nativeResult       false: it does not tell what a command printed
//   words: {401, 500}  the agent's own words for them, or 'run-timeout'
//   noSession(r)       what becomes of a run whose session is not there
//   beforeResume()     what must pass between two runs of one session
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { assertStream, eventsOf, failed, resultsOf, textOf, warningsOf } from './ndjson.mjs'
import { filesBelow, ifThere, open, post, processesOf, run, serve, startRun, until } from './runlet.mjs'
import { PROMPT, withScene } from './scene.mjs'

const SYSTEM = 'A secret of the system.'
const SCHEMA = { type: 'object', properties: { n: { type: 'number' } }, required: ['n'], additionalProperties: false }

export function agentCases(agent) {
  const with_ = (turns, fn) => withScene(agent)(turns, {}, fn)
  const session = (events) => events.find((e) => e.name === agent.session)?.value.sessionId
  const sleeper = () => [{ text: 'Sleeping.' }, agent.shell('tail -f /dev/null & tail -f /dev/null')]
  const tails = (s) => processesOf(s.box.mark).filter((p) => p.name === 'tail').length
  const WHOLE = [
    [
      { think: 'The host has a tool for this, then a command of my own.' },
      { text: 'Asking the host.' },
      agent.tool ? agent.tool('echo', { text: 'ping ✓' }) : agent.shell('echo ping ✓'),
    ],
    [{ text: 'Now a native command.' }, agent.shell('echo hi > hi.txt && cat hi.txt')],
    [{ text: 'All done: héllo ✓.' }],
  ]

  function assertWhole(s, events) {
    const last = assertStream(events, 'RUN_FINISHED')
    assert.equal(last.metadata.tanstack.finishReason, 'stop')
    assert.deepEqual(warningsOf(events), [])
    if (agent.usage) assert.deepEqual([last.usage.promptTokens, last.usage.completionTokens], [360, 90])
    const thought = events
      .filter((e) => e.type === 'REASONING_MESSAGE_CONTENT')
      .map((e) => e.delta)
      .join('')
    if (agent.reasoning)
      assert.match(
        thought.replace(/\*\*\*\*\n/g, ' ').replace(/ +/g, ' '),
        /The host has a t ?ool for this, then a co ?mmand of my own\./,
      )
    assert.equal(textOf(events), 'Asking the host.Now a native command.All done: héllo ✓.')
    assert.ok(session(events))
    const calls = events.filter((e) => e.type === 'TOOL_CALL_END')
    assert.deepEqual(
      events.filter((e) => e.type === 'TOOL_CALL_START').map((e) => e.toolCallName),
      [agent.tool ? 'echo' : agent.shellName, agent.shellName],
    )
    if (agent.tool) assert.deepEqual(calls[0].input, { text: 'ping ✓' })
    assert.match(JSON.stringify(calls[1].input), /echo hi > hi\.txt/)
    const [echo, native] = resultsOf(events)
    assert.equal(echo.content, 'ping ✓')
    if (agent.nativeResult !== false) assert.match(native.content, /hi/)
    assert.deepEqual(s.orch.calls, agent.tool ? [{ name: 'echo', args: { text: 'ping ✓' } }] : [])
    assert.ok(agent.shows(PROMPT, s.asked()[0]), 'the prompt reached the model')
    assert.equal(fs.readFileSync(path.join(s.box.work, 'hi.txt'), 'utf8'), 'hi\n')
  }

  for (const args of agent.tool ? [[], ['--mcp-legacy-only']] : [[]])
    test(
      `thinking, text, a bridged tool, a native one, the end ${args.join('')}`,
      with_(WHOLE, async (s) => {
        const r = await run(s.request(), { box: s.box, args })
        assert.equal(r.code, 0, r.stderr)
        assertWhole(s, r.events)
      }),
    )

  test(
    'runlet serve: the same, and again in the same service',
    with_(WHOLE, async (s) => {
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
    'plain: no tools, no bridge; system prompts reach the model',
    with_([[{ text: 'Hello.' }]], async (s) => {
      const r = await run(
        { ...s.request({ systemPrompts: [SYSTEM, 'Be short.'] }), toolDescriptors: [] },
        { box: s.box },
      )
      assert.equal(r.code, 0, r.stderr)
      assertStream(r.events, 'RUN_FINISHED')
      assert.deepEqual(warningsOf(r.events), [])
      assert.equal(textOf(r.events), 'Hello.')
      assert.ok(agent.shows(SYSTEM, s.asked()[0]))
    }),
  )

  if (agent.tool)
    test(
      'a bridged tool that fails is a failed result, and is not called again',
      with_([[agent.tool('fail', {})], [{ text: 'Sorry.' }]], async (s) => {
        const r = await run(s.request(), { box: s.box })
        assertStream(r.events, 'RUN_FINISHED')
        const [result] = resultsOf(r.events)
        assert.ok(failed(result), JSON.stringify(result))
        assert.match(result.content, /remote tool \\*"fail\\*" failed: 500 .*kaboom/)
        assert.equal(s.orch.calls.length, 1)
        assert.equal(textOf(r.events), 'Sorry.')
      }),
    )

  if (agent.tool)
    test(
      'a slow tool',
      with_([[agent.tool('slow', { ms: 6000 })], [{ text: 'At last.' }]], async (s) => {
        const r = await run(s.request(), { box: s.box })
        assertStream(r.events, 'RUN_FINISHED')
        assert.deepEqual(
          resultsOf(r.events).map((e) => e.content),
          ['slept 6000'],
        )
      }),
    )

  if (agent.tool && process.env.RUNLET_SLOW)
    test(
      'a tool of 90 s succeeds',
      { timeout: 180000 },
      with_([[agent.tool('slow', { ms: 90000 })], [{ text: 'At last.' }]], async (s) => {
        const r = await run(s.request(), { box: s.box, timeout: 170000 })
        assertStream(r.events, 'RUN_FINISHED')
        assert.deepEqual(
          resultsOf(r.events).map((e) => e.content),
          ['slept 90000'],
        )
        assert.equal(s.orch.calls.length, 1)
      }),
    )

  for (const status of [401, 500])
    test(
      `the model answers ${status}: RUN_ERROR with the agent's own words`,
      with_([{ status }], async (s) => {
        const r = await run(s.request({ timeouts: { runMs: agent.patience ?? 60000 } }), {
          box: s.box,
          timeout: 120000,
        })
        assert.equal(r.code, agent.words[status] === 'run-timeout' ? 124 : 1, r.stderr)
        if (agent.words[status] === 'run-timeout')
          assertStream(r.events, 'run-timeout') // it tries for ever
        else assert.match(assertStream(r.events).message, agent.words[status])
      }),
    )

  test(
    'a session goes on in a second run',
    { timeout: 180000 },
    with_([[{ text: 'First.' }], [{ text: 'Second.' }]], async (s) => {
      const first = await run(s.request(), { box: s.box })
      assertStream(first.events, 'RUN_FINISHED')
      const sessionId = session(first.events)
      await agent.beforeResume?.()
      const second = await run(s.request({ modelOptions: { sessionId } }), { box: s.box })
      assertStream(second.events, 'RUN_FINISHED')
      assert.deepEqual(warningsOf(second.events), [])
      assert.equal(textOf(second.events), 'Second.', 'what was said before is not said again')
      assert.equal(session(second.events), sessionId)
      assert.ok(agent.shows('First.', s.asked().at(-1)), 'the model was shown the past')
    }),
  )

  test(
    'a session that is not there',
    with_([[{ text: 'New.' }]], async (s) => {
      const r = await run(s.request({ modelOptions: { sessionId: '00000000-0000-4000-8000-000000000000' } }), {
        box: s.box,
      })
      agent.noSession(r)
    }),
  )

  test(
    'outputSchema: the value is told',
    with_([[{ text: 'It is\n```json\n{"n": 7}\n```' }]], async (s) => {
      const r = await run(s.request({ outputSchema: SCHEMA }), { box: s.box })
      assertStream(r.events, 'RUN_FINISHED')
      const [start, complete] = r.events.filter((e) => e.name?.startsWith('structured-output'))
      assert.deepEqual(complete.value.object, { n: 7 })
      assert.equal(start.value.messageId, complete.value.messageId)
    }),
  )

  test(
    'outputSchema and an answer without a value: structured-output-parse-failed',
    with_([[{ text: 'I would rather not.' }]], async (s) => {
      const r = await run(s.request({ outputSchema: SCHEMA }), { box: s.box })
      assert.match(assertStream(r.events, 'structured-output-parse-failed').message, /I would rather not\./)
    }),
  )

  test(
    'SIGTERM in a shell tool: nothing is left; no prompt, token or key was in a command line',
    with_([[agent.tool ? agent.tool('slow', { ms: 1500 }) : agent.shell('sleep 1')], sleeper()], async (s) => {
      const r = startRun(s.request({ systemPrompts: [SYSTEM] }), { box: s.box })
      const seen = new Set(),
        bearers = new Set()
      await until(
        'the shell to run',
        () => {
          for (const p of processesOf(s.box.mark)) {
            for (const word of p.cmd) seen.add(word)
          }
          for (const file of filesBelow(s.box.tmp))
            for (const m of ifThere(() => fs.readFileSync(file, 'latin1'), '').matchAll(/Bearer ([\w-]{16,})/g))
              bearers.add(m[1])
          return tails(s) === 2
        },
        60000,
      )
      const begun = Date.now()
      r.child.kill('SIGTERM')
      const end = await r.ended
      assert.equal(end.code, 143)
      assertStream(eventsOf(r.stdout()), 'runner-shutdown')
      assert.ok(Date.now() - begun < 8000, `${Date.now() - begun} ms`)
      const all = [...seen].join('\n')
      assert.doesNotMatch(all, /[Bb]earer [\w-]{16}/)
      for (const secret of [...bearers, ...Object.values(agent.keys), s.orch.token, PROMPT, SYSTEM])
        assert.ok(secret.length > 10 && !all.includes(secret), `${secret} is in a command line`)
    }),
  )

  test(
    'cancelled in a shell tool: the orchestrator sees `cancelled`, the service lives',
    with_([sleeper(), [{ text: 'never' }]], async (s) => {
      const server = await serve({ box: s.box })
      try {
        const r = await open(server, s.request({ runId: 'run-to-cancel' }))
        await until('the shell to run', () => tails(s) === 2, 60000)
        const answer = await fetch(`${server.url}/runs/run-to-cancel/cancel`, { method: 'POST' })
        assert.equal(answer.status, 202, await answer.text())
        await r.ended
        assertStream(r.events, 'cancelled')
        await until('the tree to go', () => processesOf(s.box.mark, [server.pid]).length === 0, 3000)
        assert.ok(server.alive())
      } finally {
        const end = await server.stop()
        assert.equal(end.code, 0, end.stderr)
      }
    }),
  )
  return { with_ }
}
