// SPDX-License-Identifier: MIT
// claude-code-acp from npm, an Agent Client Protocol adapter, started by runlet by its command line, against a mock model.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { agentCases } from '../support/agent_cases.mjs'
import { startAnthropic } from '../support/anthropic_mock.mjs'
import { assertStream, textOf, warningsOf } from '../support/ndjson.mjs'
import { run } from '../support/runlet.mjs'

const ACP = process.env.RUNLET_ACP ?? assert.fail('RUNLET_ACP is not set: run this by tests/node/run.sh agents')
const link = (box, name) => {
  fs.symlinkSync(process.execPath, path.join(box.bin, 'node'))
  fs.symlinkSync(fs.realpathSync(path.join(ACP, name)), path.join(box.bin, name))
}

const { with_ } = agentCases({
  fields: { harness: 'acp', model: 'default', harnessOptions: { command: ['claude-code-acp'] } },
  session: 'acp.session-id',
  startModel: startAnthropic,
  prepare(box, url) {
    link(box, 'claude-code-acp')
    Object.assign(box.env, { ANTHROPIC_BASE_URL: url, ANTHROPIC_API_KEY: 'sk-ant-mock-key-of-the-test', CLAUDE_CODE_MAX_RETRIES: '0' })
  },
  secrets: ['ANTHROPIC_API_KEY'],
  tool: (tool, args) => ({ tool, args }),
  shell: (bash) => ({ bash }),
  shellName: 'Bash',
  reasoning: true,
  words: { 401: /401/, 500: /500/ },
  shows: (text, request) => JSON.stringify(request.body.messages).includes(text),
  noSession(r) {
    assertStream(r.events, 'RUN_FINISHED')
    assert.deepEqual(warningsOf(r.events).map((w) => w.code), ['resume-not-possible'])
    assert.equal(textOf(r.events), 'New.')
  },
})

test('permissionMode default: bridged tools run, others are refused', with_([[{ tool: 'echo', args: { text: 'hi' } }], [{ bash: 'touch made.txt' }], [{ text: 'Done.' }]], async (s) => {
  const r = await run(s.request({ modelOptions: { permissionMode: 'default' } }), { box: s.box })
  assertStream(r.events)
  assert.deepEqual(s.orch.calls, [{ name: 'echo', args: { text: 'hi' } }])
  assert.ok(!fs.existsSync(path.join(s.box.work, 'made.txt')))
}))

test('a mode and a model by name; one that is not offered is named', with_([[{ text: 'Yes.' }]], async (s) => {
  const good = await run(s.request({ model: 'haiku', harnessOptions: { command: ['claude-code-acp'], mode: 'acceptEdits' } }), { box: s.box })
  assertStream(good.events, 'RUN_FINISHED')
  assert.match(s.model.requests.filter((q) => !q.side)[0].body.model, /haiku/)
  assert.deepEqual(warningsOf(good.events), [])
  const bad = await run(s.request({ harnessOptions: { command: ['claude-code-acp'], mode: 'warp' } }), { box: s.box })
  assert.match(assertStream(bad.events, 'agent-error').message, /harnessOptions\.mode.*"warp".*acceptEdits/)
  const way = await run(s.request({ harnessOptions: { command: ['claude-code-acp'], authMethod: 'magic' } }), { box: s.box })
  assert.match(assertStream(way.events, 'agent-error').message, /authMethod.*"magic".*claude-login/)
  const model = await run(s.request({ model: 'gpt-2' }), { box: s.box })
  assertStream(model.events, 'RUN_FINISHED')
  assert.deepEqual(warningsOf(model.events).map((w) => w.code), ['model-not-set'])
}))
