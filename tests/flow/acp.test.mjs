// SPDX-License-Identifier: MIT
// The dialogue with an agent of the Agent Client Protocol, over real pipes, with an agent that does what it is told.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { assertStream, eventsOf, resultsOf, textOf, textsOf, warningsOf } from '../support/ndjson.mjs'
import { runRequest, startOrchestrator } from '../support/orchestrator.mjs'
import { assertNothingLeft, makeBox, open, processesOf, run, serve, startRun, until } from '../support/runlet.mjs'

const AGENT = path.join(import.meta.dirname, '../support/acp_agent.mjs')
const COMMAND = [process.execPath, AGENT]

const with_ = (mode, fn) => async () => {
  const orch = await startOrchestrator(),
    box = makeBox({ agent: null })
  box.env.ACP_AGENT_MODE = mode
  const request = (prompt, more = {}) =>
    runRequest({ orch, harness: 'acp', model: 'default', prompt, harnessOptions: { command: COMMAND }, ...more })
  try {
    await fn({ orch, box, request })
    await assertNothingLeft(box)
  } finally {
    orch.stop()
    box.remove()
  }
}

test(
  'thoughts, text, a bridged tool, a native one, the end',
  with_('', async (s) => {
    const r = await run(
      s.request(['think hm', 'say Asking.', 'tool echo {"text":"ping ✓"}', 'bash echo hi', 'say Done.']),
      { box: s.box },
    )
    assert.equal(r.code, 0, r.stderr)
    const last = assertStream(r.events, 'RUN_FINISHED')
    assert.deepEqual(warningsOf(r.events), [])
    assert.deepEqual(textsOf(r.events), ['Asking.', 'Done.'])
    assert.deepEqual(
      resultsOf(r.events).map((e) => e.content),
      ['ping ✓', 'hi\n'],
    )
    assert.deepEqual(s.orch.calls, [{ name: 'echo', args: { text: 'ping ✓' } }])
    assert.deepEqual([last.usage.promptTokens, last.usage.completionTokens], [10, 5])
    assert.equal(last.metadata.runlet.exitCode, 0)
    assert.equal(last.metadata.runlet.forced, undefined)
  }),
)

test(
  'words that come after the end of the turn are not lost',
  with_('', async (s) => {
    const r = await run(s.request(['say One.', 'after 20 Two.', 'after 60 Three.', 'after 600 Never.']), { box: s.box })
    assert.equal(r.code, 0, r.stderr)
    assertStream(r.events, 'RUN_FINISHED')
    assert.equal(textOf(r.events), 'One.Two.Three.')
  }),
)

test(
  'a turn without a word is a warning',
  with_('', async (s) => {
    const r = await run(s.request(['sleep 1', 'say  ']), { box: s.box })
    assertStream(r.events, 'RUN_FINISHED')
    assert.deepEqual(
      warningsOf(r.events).map((w) => w.code),
      ['empty-answer'],
    )
  }),
)

test(
  'an agent that stays is ended soon, and the run is a success',
  with_('stays', async (s) => {
    const begun = Date.now()
    const r = await run(s.request('say Hello.'), { box: s.box })
    assert.equal(r.code, 0, r.stderr)
    const last = assertStream(r.events, 'RUN_FINISHED')
    assert.equal(last.metadata.runlet.forced, true)
    assert.ok(Date.now() - begun < 4000, `${Date.now() - begun} ms`)
  }),
)

test(
  'what an agent that stays has left for its user stays too',
  with_('stays', async (s) => {
    const r = await run(s.request(['daemon sleep 30', 'say Hello.']), { box: s.box })
    assertStream(r.events, 'RUN_FINISHED')
    assert.deepEqual(
      warningsOf(r.events).map((w) => w.code),
      ['leftover-processes'],
    )
    const left = processesOf(s.box.mark)
    assert.ok(left.some((p) => p.name === 'sleep'))
    for (const p of left) process.kill(p.pid, 'SIGKILL')
  }),
)

test(
  'it may ask: permission is given, files are not',
  with_('', async (s) => {
    const r = await run(s.request(['ask', 'read /etc/passwd']), { box: s.box })
    assertStream(r.events, 'RUN_FINISHED')
    assert.match(textOf(r.events), /"optionId":"yes".*-32601/)
    const held = await run(s.request('ask', { modelOptions: { permissionMode: 'default' } }), { box: s.box })
    assert.match(textOf(held.events), /"optionId":"no"/)
  }),
)

test(
  'a cancel is heard by the agent first',
  with_('', async (s) => {
    const server = await serve({ box: s.box })
    try {
      const r = await open(
        server,
        s.request(['say Waiting.', 'hang'], { runId: 'run-polite', timeouts: { killGraceMs: 5000 } }),
      )
      await until('the agent to speak', () => textOf(r.events) === 'Waiting.')
      const begun = Date.now()
      assert.equal((await fetch(`${server.url}/runs/run-polite/cancel`, { method: 'POST' })).status, 202)
      await r.ended
      const last = assertStream(r.events, 'cancelled')
      assert.equal(last.metadata.runlet.cancelledBy, 'api')
      assert.ok(Date.now() - begun < 1500, `${Date.now() - begun} ms`)
      assert.ok(fs.existsSync(path.join(s.box.work, 'cancel-heard')))
    } finally {
      assert.equal((await server.stop()).code, 0)
    }
  }),
)

test(
  'an agent that does not hear of the cancel is ended all the same',
  with_('stays', async (s) => {
    const r = startRun(s.request(['deaf', 'say Waiting.', 'hang']), { box: s.box })
    await until('the agent to speak', () => /Waiting/.test(r.stdout()), 10000)
    const begun = Date.now()
    r.child.kill('SIGTERM')
    assert.equal((await r.ended).code, 143)
    assertStream(eventsOf(r.stdout()), 'runner-shutdown')
    assert.ok(fs.existsSync(path.join(s.box.work, 'cancel-heard')))
    assert.ok(Date.now() - begun > 800 && Date.now() - begun < 4000, `${Date.now() - begun} ms`)
  }),
)

test(
  'an agent that dies in its turn: its exit and its words',
  with_('', async (s) => {
    const r = await run(s.request(['say Half', 'die 7']), { box: s.box })
    assert.equal(r.code, 1)
    assert.match(assertStream(r.events, 'agent-exit').message, /exited with code 7: it hurts/)
  }),
)

test(
  'an agent that never answers runs into startMs',
  with_('mute', async (s) => {
    const r = await run(s.request('say never', { timeouts: { startMs: 1500 } }), { box: s.box })
    assert.equal(r.code, 124)
    assertStream(r.events, 'start-timeout')
  }),
)

test(
  'an agent that never opens its session runs into startMs',
  with_('no-session', async (s) => {
    const begun = Date.now()
    const r = await run(s.request('say never', { timeouts: { startMs: 1500 } }), { box: s.box })
    assert.equal(r.code, 124)
    assert.match(assertStream(r.events, 'start-timeout').message, /did not open its session within 1500 ms \(startMs\)/)
    assert.ok(Date.now() - begun < 5000, `${Date.now() - begun} ms`)
  }),
)

test(
  'an agent that wants an account ends at once, with its ways to log in',
  with_('no-account', async (s) => {
    const begun = Date.now()
    const r = await run(s.request('say never'), { box: s.box })
    assert.equal(r.code, 1)
    assert.match(
      assertStream(r.events, 'agent-error').message,
      /session\/new: Authentication required\. Ways to log in that it offers \(harnessOptions\.authMethod\): login/,
    )
    assert.ok(Date.now() - begun < 5000, `${Date.now() - begun} ms`)
  }),
)

test(
  'a helper that goes a moment after its agent is no leftover',
  with_('', async (s) => {
    const r = await run(s.request(['daemon sleep 0.3', 'sleep 150', 'say Hello.']), { box: s.box })
    assertStream(r.events, 'RUN_FINISHED')
    assert.deepEqual(warningsOf(r.events), [])
  }),
)

test(
  'an agent without MCP over HTTP works without the tools, and says so',
  with_('no-http', async (s) => {
    const r = await run(s.request('say Alone.'), { box: s.box })
    assertStream(r.events, 'RUN_FINISHED')
    assert.deepEqual(
      warningsOf(r.events).map((w) => w.code),
      ['bridge-unsupported'],
    )
  }),
)

for (const mode of ['', 'late'])
  test(
    `a loaded session's past is not told again ${mode}`,
    with_(mode, async (s) => {
      const r = await run(s.request('say New.', { modelOptions: { sessionId: 'acp-1' } }), { box: s.box })
      assertStream(r.events, 'RUN_FINISHED')
      assert.equal(textOf(r.events), 'New.')
    }),
  )

test(
  'noise on stdout is a warning, and the turn goes on',
  with_('', async (s) => {
    const r = await run(s.request(['noise Debugger attached.', 'say Fine.']), { box: s.box })
    assertStream(r.events, 'RUN_FINISHED')
    assert.deepEqual(
      warningsOf(r.events).map((w) => w.code),
      ['unparsable-line'],
    )
  }),
)

test(
  '20,000 chunks and a long one come whole',
  with_('', async (s) => {
    const r = await run(s.request(['deltas 20000 30', 'deltas 1 3000000']), { box: s.box })
    assertStream(r.events, 'RUN_FINISHED')
    assert.equal(textOf(r.events).length, 3600000)
  }),
)

test(
  'a turn may end otherwise',
  with_('', async (s) => {
    const length = await run(s.request(['say And so', 'stop max_tokens']), { box: s.box })
    assert.equal(assertStream(length.events, 'RUN_FINISHED').metadata.tanstack.finishReason, 'length')
    const refusal = await run(s.request('stop refusal'), { box: s.box })
    assertStream(refusal.events, 'refusal')
  }),
)

test(
  'a command that is not there is refused, and one is needed',
  with_('', async (s) => {
    const none = await run(s.request('hi', { harnessOptions: {} }), { box: s.box })
    assert.equal(none.code, 2)
    assert.match(none.events[0].message, /harnessOptions\.command/)
    const missing = await run(s.request('hi', { harnessOptions: { command: ['no-such-agent'] } }), { box: s.box })
    assert.equal(missing.code, 2)
    assert.match(missing.events[0].message, /no-such-agent/)
  }),
)
