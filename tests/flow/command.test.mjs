// SPDX-License-Identifier: MIT
// Any program as an agent: harness `command`, with shell scripts, and a node program that calls a tool by the bridge.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { assertStream, eventsOf, resultsOf, textOf, warningsOf } from '../support/ndjson.mjs'
import { runRequest, startOrchestrator } from '../support/orchestrator.mjs'
import { assertNothingLeft, makeBox, post, processesOf, run, serve, startRun, until } from '../support/runlet.mjs'

const PROMPT = 'Read me by stdin alone.'
const request = (command, more = {}, options = {}) => ({
  ...runRequest({ harness: 'command', prompt: PROMPT, model: 'none', ...more }),
  harnessOptions: { command, ...options },
})
const sh = (script) => ['sh', '-c', script]

const boxed = (fn) => async () => {
  const box = makeBox({ agent: null })
  try {
    await fn(box)
    await assertNothingLeft(box)
  } finally {
    box.remove()
  }
}

test(
  'stdout is the answer, stdin the prompt, the folder the workspace',
  boxed(async (box) => {
    const r = await run(request(sh('printf "# %s\\n\\n" "$(cat)"; pwd; printf "no end ✓"')), { box })
    assert.equal(r.code, 0, r.stderr)
    const last = assertStream(r.events, 'RUN_FINISHED')
    assert.equal(textOf(r.events), `# ${PROMPT}\n\n${fs.realpathSync(box.work)}\nno end ✓`)
    assert.equal(last.metadata.tanstack.finishReason, 'stop')
    assert.equal(last.metadata.runlet.exitCode, 0)
    assert.deepEqual(warningsOf(r.events), [])
  }),
)

test(
  'its words come as they are said, not at the end',
  boxed(async (box) => {
    const r = startRun(request(sh('echo first; while [ ! -e go ]; do sleep 0.05; done; echo second')), { box })
    await until('the first line', () => textOf(eventsOf(r.stdout())) === 'first')
    fs.writeFileSync(path.join(box.work, 'go'), '')
    assert.equal((await r.ended).code, 0)
    assert.equal(textOf(eventsOf(r.stdout())), 'first\nsecond')
  }),
)

test(
  'another exit status is an error with the end of stderr',
  boxed(async (box) => {
    const r = await run(request(sh('echo half; echo why >&2; exit 3')), { box })
    assert.equal(r.code, 1)
    assert.match(assertStream(r.events, 'agent-exit').message, /code 3: why/)
    assert.equal(textOf(r.events), 'half')
  }),
)

test(
  'a program by a path of its own, with its arguments as they are',
  boxed(async (box) => {
    fs.writeFileSync(path.join(box.work, 'agent.sh'), '#!/bin/sh\nprintf "[%s]" "$@"\n', { mode: 0o755 })
    const r = await run(request([path.join(box.work, 'agent.sh'), 'a b', '', '-x', '$HOME *']), { box })
    assertStream(r.events, 'RUN_FINISHED')
    assert.equal(textOf(r.events), '[a b][][-x][$HOME *]')
  }),
)

test(
  'output ndjson: events of our own format, noise is a warning',
  boxed(async (box) => {
    const said = [
      { type: 'RUN_STARTED', runId: 'own' },
      { type: 'TEXT_MESSAGE_START', messageId: 'm' },
      { type: 'TEXT_MESSAGE_CONTENT', messageId: 'm', delta: 'Hé' },
      'noise',
      { type: 'TOOL_CALL_START', toolCallId: 'c', toolCallName: 'mine' },
      { type: 'TOOL_CALL_ARGS', toolCallId: 'c', delta: '{"n":1.0}' },
      { type: 'TOOL_CALL_END', toolCallId: 'c' },
      { type: 'TOOL_CALL_RESULT', toolCallId: 'c', content: 'ok' },
      { type: 'CUSTOM', name: 'mine', value: [1] },
      { type: 'RUN_FINISHED', metadata: { tanstack: { finishReason: 'length' } } },
    ]
    fs.writeFileSync(
      path.join(box.work, 'said'),
      said.map((l) => `${typeof l === 'string' ? l : JSON.stringify(l)}\n`).join(''),
    )
    const r = await run(request(['cat', 'said'], { runId: 'the-run' }, { output: 'ndjson' }), { box })
    const last = assertStream(r.events, 'RUN_FINISHED')
    assert.equal(r.events[0].runId, 'the-run')
    assert.equal(last.metadata.tanstack.finishReason, 'length')
    assert.equal(textOf(r.events), 'Hé')
    assert.deepEqual(
      resultsOf(r.events).map((e) => e.content),
      ['ok'],
    )
    assert.deepEqual(r.events.find((e) => e.name === 'mine').value, [1])
    assert.deepEqual(
      warningsOf(r.events).map((w) => w.code),
      ['unparsable-line'],
    )
  }),
)

test(
  'an own RUN_ERROR wins over exit status 0',
  boxed(async (box) => {
    const r = await run(
      request(sh(`echo '{"type":"RUN_ERROR","message":"no luck","code":"mine"}'`), {}, { output: 'ndjson' }),
      { box },
    )
    assert.equal(assertStream(r.events, 'mine').message, 'no luck')
  }),
)

const CALLER = `
const call = async (method, params) => (await (await fetch(process.env.MCP_BRIDGE_URL, { method: 'POST',
  headers: { authorization: 'Bearer ' + process.env.MCP_BRIDGE_TOKEN, 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
  body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }) })).json()).result
const names = (await call('tools/list', {})).tools.map((t) => t.name)
const result = await call('tools/call', { name: 'echo', arguments: { text: 'ping ✓' } })
console.log(names.includes('getTime'), result.content[0].text)
`
test(
  'the bridge is found by MCP_BRIDGE_URL and MCP_BRIDGE_TOKEN',
  boxed(async (box) => {
    const orch = await startOrchestrator()
    try {
      fs.writeFileSync(path.join(box.work, 'caller.mjs'), CALLER)
      const r = await run(request([process.execPath, 'caller.mjs'], { orch }), { box })
      assertStream(r.events, 'RUN_FINISHED')
      assert.equal(textOf(r.events), 'true ping ✓')
      assert.deepEqual(orch.calls, [{ name: 'echo', args: { text: 'ping ✓' } }])
      assert.deepEqual(warningsOf(r.events), [])
    } finally {
      orch.stop()
    }
  }),
)

test(
  'no tools: no bridge, and nothing of the runner in its environment',
  boxed(async (box) => {
    const r = await run(request(['env']), { box, env: { RUNLET_TOKEN: 'control-token-of-the-test' } })
    assertStream(r.events, 'RUN_FINISHED')
    assert.doesNotMatch(textOf(r.events), /MCP_BRIDGE|RUNLET_|control-token/)
  }),
)

test(
  'cancelled: the job in the background goes too, and the prompt stood in no command line',
  boxed(async (box) => {
    const r = startRun(request(sh('tail -f /dev/null & cat >/dev/null; echo up; tail -f /dev/null')), { box })
    await until('it to run', () => textOf(eventsOf(r.stdout())) === 'up')
    const lines = processesOf(box.mark).map((p) => p.cmd.join(' '))
    assert.ok(lines.length >= 3 && !lines.some((l) => l.includes(PROMPT)), lines.join('\n'))
    r.child.kill('SIGTERM')
    assert.equal((await r.ended).code, 143)
    assertStream(eventsOf(r.stdout()), 'runner-shutdown')
  }),
)

test(
  'what is wrong with a request is said before the run',
  boxed(async (box) => {
    const server = await serve({ box })
    try {
      for (const [more, words] of [
        [{ harnessOptions: undefined }, /harnessOptions\.command must name the program/],
        [{ harnessOptions: { command: [] } }, /harnessOptions\.command must name the program/],
        [{ harnessOptions: { command: ['no-such-program-here'] } }, /no-such-program-here/],
        [{ modelOptions: { sessionId: 'x' } }, /modelOptions\.sessionId is not supported by harness command/],
        [{ outputSchema: { type: 'object' } }, /outputSchema is not supported by harness command/],
        [{ harnessOptions: { command: ['true'], output: 'xml' } }, /harnessOptions\.output must be text or ndjson/],
      ]) {
        const r = await post(server, { ...request(['true']), ...more })
        assert.equal(r.status, 400, r.text)
        assert.match(r.text, words)
      }
    } finally {
      await server.stop()
    }
  }),
)
