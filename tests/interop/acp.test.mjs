// SPDX-License-Identifier: MIT
// Two Agent Client Protocol adapters from npm, started by runlet by their command line, against mock models on loopback.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { suite, test } from 'node:test'
import { agentCases } from '../support/agent_cases.mjs'
import { startAnthropic } from '../support/anthropic_mock.mjs'
import { assertStream, textOf, warningsOf } from '../support/ndjson.mjs'
import { startResponses } from '../support/responses_mock.mjs'
import { run } from '../support/runlet.mjs'

const ACP = process.env.RUNLET_ACP ?? assert.fail('RUNLET_ACP is not set: run this by tests/node/run.sh agents')
const link = (box, name) => {
  fs.symlinkSync(process.execPath, path.join(box.bin, 'node'))
  fs.symlinkSync(fs.realpathSync(path.join(ACP, name)), path.join(box.bin, name))
}
const noSession = (r) => {
  assertStream(r.events, 'RUN_FINISHED')
  assert.deepEqual(warningsOf(r.events).map((w) => w.code), ['resume-not-possible'])
  assert.equal(textOf(r.events), 'New.')
}

suite('claude-code-acp', () => {
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
    noSession,
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
})

suite('codex-acp', () => {
  agentCases({
    fields: { harness: 'acp', model: 'default', harnessOptions: { command: ['codex-acp'] } },
    session: 'acp.session-id',
    startModel: startResponses,
    prepare(box, url) {
      link(box, 'codex-acp')
      fs.mkdirSync(path.join(box.home, '.codex'))
      fs.writeFileSync(path.join(box.home, '.codex/config.toml'), `model_provider = "mock"
model = "gpt-mock"
check_for_update_on_startup = false
[analytics]
enabled = false
[model_providers.mock]
name = "mock"
base_url = "${url}/v1"
wire_api = "responses"
env_key = "CODEX_API_KEY"
request_max_retries = 1
stream_max_retries = 1
`)
      box.env.CODEX_API_KEY = 'sk-mock-key-of-the-test'
      return ['.codex/config.toml']
    },
    secrets: ['CODEX_API_KEY'],
    tool: (tool, args) => ({ tool, args }),
    shell: (cmd) => ({ native: 'exec_command', args: { cmd } }),
    shellName: 'execute',
    reasoning: true,
    words: { 401: /401/, 500: /500|high demand/ },
    shows: (text, request) => JSON.stringify(request.body.input).includes(text),
    noSession,
  })
})
