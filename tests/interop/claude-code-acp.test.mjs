// SPDX-License-Identifier: MIT
// claude-code-acp from npm, an Agent Client Protocol adapter, started by runlet by its command line, against a mock model.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { agentCases } from '../support/agent_cases.mjs'
import { assertStream, textOf, warningsOf } from '../support/ndjson.mjs'
import { claude, install } from '../support/real_agents.mjs'
import { run } from '../support/runlet.mjs'

const { with_ } = agentCases({
  ...claude,
  fields: { harness: 'acp', model: 'default', harnessOptions: { command: ['claude-code-acp'] } },
  session: 'acp.session-id',
  prepare(box, url) {
    install(box, 'RUNLET_ACP', 'claude-code-acp', { node: true })
    Object.assign(box.env, { ANTHROPIC_BASE_URL: url, CLAUDE_CODE_MAX_RETRIES: '0' })
  },
  reasoning: true,
  words: { 401: /401/, 500: /500/ },
  noSession(r) {
    assertStream(r.events, 'RUN_FINISHED')
    assert.deepEqual(
      warningsOf(r.events).map((w) => w.code),
      ['resume-not-possible'],
    )
    assert.equal(textOf(r.events), 'New.')
  },
})

test(
  'permissionMode default: bridged tools run, others are refused',
  with_([[{ tool: 'echo', args: { text: 'hi' } }], [{ bash: 'touch made.txt' }], [{ text: 'Done.' }]], async (s) => {
    const r = await run(s.request({ modelOptions: { permissionMode: 'default' } }), { box: s.box })
    assertStream(r.events)
    assert.deepEqual(s.orch.calls, [{ name: 'echo', args: { text: 'hi' } }])
    assert.ok(!fs.existsSync(path.join(s.box.work, 'made.txt')))
  }),
)

test(
  'a mode and a model by name; one that is not offered is named',
  with_([[{ text: 'Yes.' }]], async (s) => {
    const good = await run(
      s.request({ model: 'haiku', harnessOptions: { command: ['claude-code-acp'], mode: 'acceptEdits' } }),
      { box: s.box },
    )
    assertStream(good.events, 'RUN_FINISHED')
    assert.match(s.model.requests.filter((q) => !q.side)[0].body.model, /haiku/)
    assert.deepEqual(warningsOf(good.events), [])
    const bad = await run(s.request({ harnessOptions: { command: ['claude-code-acp'], mode: 'warp' } }), { box: s.box })
    assert.match(assertStream(bad.events, 'agent-error').message, /harnessOptions\.mode.*"warp".*acceptEdits/)
    const way = await run(s.request({ harnessOptions: { command: ['claude-code-acp'], authMethod: 'magic' } }), {
      box: s.box,
    })
    assert.match(assertStream(way.events, 'agent-error').message, /authMethod.*"magic".*claude-login/)
    const model = await run(s.request({ model: 'gpt-2' }), { box: s.box })
    assertStream(model.events, 'RUN_FINISHED')
    assert.deepEqual(
      warningsOf(model.events).map((w) => w.code),
      ['model-not-set'],
    )
  }),
)
