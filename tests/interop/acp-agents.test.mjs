// SPDX-License-Identifier: MIT
// The agents of the Agent Client Protocol that are known by name, each as npm has it, against a mock of its model's API.
//
// What an agent is: support/acp_agents.mjs.  Beside the tests that all of them share there is what each does in its own way.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { describe, test } from 'node:test'
import * as agents from '../support/acp_agents.mjs'
import { assertStream, eventsOf, failed, otherWarningsOf, resultsOf, textOf } from '../support/ndjson.mjs'
import { processesOf, run, startRun, until } from '../support/runlet.mjs'
import { PROMPT, withScene } from '../support/scene.mjs'

const SYSTEM = 'A secret of the system.'
const sessionsOf = (events) => events.filter((e) => e.name === 'acp.session-id').map((e) => e.value)
const namesOf = (events) => events.filter((e) => e.type === 'TOOL_CALL_START').map((e) => e.toolCallName)

function cases(agent) {
  const with_ = (turns, fn) => withScene(agent)(turns, {}, fn)
  const calls = (...blocks) => blocks.map((b) => (Array.isArray(b) ? b : [b]))
  const before = agent.before ?? []

  test(
    'a host tool, a native one, one that fails; then the session goes on, without tools',
    { timeout: 120000 },
    with_(
      [
        ...before,
        [{ think: 'Hm.' }, { text: 'Asking.' }, agent.tool('echo', { text: 'ping ✓' })],
        ...calls(agent.shell('echo hi > hi.txt && cat hi.txt; exit 3'), agent.tool('fail', {})),
        [{ text: 'All done: héllo ✓.' }],
        [{ text: 'Second.' }],
      ],
      async (s) => {
        const r = await run(s.request({ systemPrompts: [SYSTEM] }), { box: s.box, timeout: 60000 })
        assert.equal(r.code, 0, r.stderr)
        const last = assertStream(r.events, 'RUN_FINISHED')
        assert.equal(last.metadata.tanstack.finishReason, 'stop')
        assert.deepEqual(otherWarningsOf(r.events), [])
        assert.equal(textOf(r.events), 'Asking.All done: héllo ✓.')
        const own = before.length
        assert.deepEqual(namesOf(r.events).slice(own), ['echo', agent.shellName, 'fail'])
        const ends = r.events.filter((e) => e.type === 'TOOL_CALL_END').slice(own)
        assert.deepEqual(ends[0].input, { text: 'ping ✓' })
        assert.match(ends[1].input.command, /^echo hi > hi\.txt/)
        const [echo, native, fail] = resultsOf(r.events).slice(own)
        assert.equal(echo.content, 'ping ✓')
        assert.match(native.content, agent.printed ?? /^hi\n\(exit code 3\)$/)
        assert.ok(failed(fail), JSON.stringify(fail))
        assert.match(fail.content, /remote tool \\*"fail\\*" failed: 500 .*kaboom/)
        assert.deepEqual(s.orch.calls, [
          { name: 'echo', args: { text: 'ping ✓' } },
          { name: 'fail', args: {} },
        ])
        assert.equal(fs.readFileSync(path.join(s.box.work, 'hi.txt'), 'utf8'), 'hi\n')
        for (const words of [PROMPT, SYSTEM]) assert.ok(agent.shows(words, s.asked()[0]), words)
        assert.deepEqual(last.usage && [last.usage.promptTokens, last.usage.completionTokens], agent.usage)
        const [opened, learned] = sessionsOf(r.events)
        assert.equal(opened.agent.name, agent.calledItself)
        if (agent.tellsContext !== false) assert.ok(learned.context.used > 0 && learned.context.size > 0)

        const second = await run(
          { ...s.request({ modelOptions: { sessionId: opened.sessionId } }), toolDescriptors: [] },
          { box: s.box, timeout: 60000 },
        )
        assert.equal(second.code, 0, second.stderr)
        assertStream(second.events, 'RUN_FINISHED')
        assert.deepEqual(otherWarningsOf(second.events), [])
        assert.equal(textOf(second.events), 'Second.', 'what was said before is not said again')
        assert.equal(sessionsOf(second.events)[0].sessionId, opened.sessionId)
        assert.ok(agent.shows('All done: héllo ✓.', s.asked().at(-1)), 'the model was shown the past')
      },
    ),
  )

  test(
    'permissionMode default: the host tool runs, the native one does not',
    { timeout: 90000 },
    with_(
      [...before, ...calls(agent.tool('echo', { text: 'hi' }), agent.shell('touch made.txt')), [{ text: 'Done.' }]],
      async (s) => {
        const r = await run(s.request({ modelOptions: { permissionMode: 'default' } }), { box: s.box, timeout: 60000 })
        assertStream(r.events)
        assert.deepEqual(s.orch.calls, [{ name: 'echo', args: { text: 'hi' } }])
        assert.equal(fs.existsSync(path.join(s.box.work, 'made.txt')), agent.asksNothing ?? false)
      },
    ),
  )

  for (const status of [401, 500])
    test(
      `the model answers ${status}: RUN_ERROR, in the agent's own words`,
      { timeout: 60000 },
      with_([{ status }], async (s) => {
        const wanted = agent.words[status]
        const r = await run(s.request({ timeouts: { runMs: wanted === 'run-timeout' ? 12000 : 40000 } }), {
          box: s.box,
          timeout: 50000,
        })
        assert.equal(r.code, wanted === 'run-timeout' ? 124 : 1, r.stderr)
        if (wanted === 'run-timeout') assertStream(r.events, wanted)
        else assert.match(assertStream(r.events, 'agent-error').message, wanted)
      }),
    )

  test(
    'SIGTERM in a shell tool: nothing is left; no prompt, token or key was in a command line',
    { timeout: 90000 },
    with_([[{ text: 'Sleeping.' }, agent.shell('tail -f /dev/null & tail -f /dev/null')]], async (s) => {
      const r = startRun(s.request({ systemPrompts: [SYSTEM] }), { box: s.box })
      const seen = new Set()
      const look = () => {
        const now = processesOf(s.box.mark)
        for (const p of now) for (const word of p.cmd) seen.add(word)
        return now.filter((p) => p.name === 'tail').length === 2
      }
      await until('the shell to run', look, 60000)
      const begun = Date.now()
      r.child.kill('SIGTERM')
      assert.equal((await r.ended).code, 143)
      assertStream(eventsOf(r.stdout()), 'runner-shutdown')
      assert.ok(Date.now() - begun < 8000, `${Date.now() - begun} ms`)
      const all = [...seen].join('\n')
      assert.doesNotMatch(all, /[Bb]earer [\w-]{16}/)
      for (const secret of [...Object.values(agent.keys), s.orch.token, PROMPT, SYSTEM])
        assert.ok(secret.length > 10 && !all.includes(secret), `${secret} is in a command line`)
    }),
  )
  return with_
}

/** What one of them shows for all: the request's words meet the agent's. */
function claudeCases(with_) {
  test(
    'a model, a mode, an effort and an option by name; what is not offered is answered with what is',
    with_([[{ text: 'Yes.' }]], async (s) => {
      const ask = (more, model = 'default', modelOptions) =>
        run(s.request({ model, modelOptions, harnessOptions: { agent: 'claude', ...more } }), { box: s.box })
      const good = await ask({ mode: 'acceptEdits', config: { effort: 'high' } }, 'haiku', { effort: 'low' })
      assertStream(good.events, 'RUN_FINISHED')
      assert.match(s.asked()[0].body.model, /haiku/)
      assert.deepEqual(otherWarningsOf(good.events), [])
      for (const [more, words] of [
        [{ mode: 'warp' }, /harnessOptions\.mode.*"warp".*acceptEdits/],
        [{ config: { nope: 'x' } }, /harnessOptions\.config\.nope: .*mode, model, effort/],
        [{ config: { effort: 'vast' } }, /harnessOptions\.config\.effort: .*"vast".*low, medium, high/],
        [{ authMethod: 'magic' }, /authMethod.*"magic"/],
      ]) {
        const bad = await ask(more)
        assert.match(assertStream(bad.events, 'agent-error').message, words)
      }
      const other = await ask({}, 'gpt-2', { effort: 'vast' })
      assertStream(other.events, 'RUN_FINISHED')
      assert.deepEqual(
        otherWarningsOf(other.events).map((w) => w.code),
        ['model-not-set', 'effort-not-set'],
      )
    }),
  )

  test(
    'a session that is not there: a new one, and a warning',
    with_([[{ text: 'New.' }]], async (s) => {
      const r = await run(s.request({ modelOptions: { sessionId: '00000000-0000-4000-8000-000000000000' } }), {
        box: s.box,
      })
      assertStream(r.events, 'RUN_FINISHED')
      assert.deepEqual(
        otherWarningsOf(r.events).map((w) => w.code),
        ['resume-not-possible'],
      )
      assert.equal(textOf(r.events), 'New.')
    }),
  )
}

for (const [name, agent] of Object.entries(agents))
  describe(name, () => {
    const with_ = cases(agent)
    if (name === 'claudeAgent') claudeCases(with_)
  })
