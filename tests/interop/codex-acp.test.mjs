// SPDX-License-Identifier: MIT
// codex-acp from npm, an Agent Client Protocol adapter, started by runlet by its command line, against a mock model.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import { agentCases } from '../support/agent_cases.mjs'
import { assertStream, textOf, warningsOf } from '../support/ndjson.mjs'
import { CODEX_CONFIG, codex, install, writeHome } from '../support/real_agents.mjs'

agentCases({
  ...codex,
  fields: { harness: 'acp', model: 'default', harnessOptions: { command: ['codex-acp'] } },
  session: 'acp.session-id',
  prepare(box, url) {
    install(box, 'RUNLET_ACP', 'codex-acp', { node: true })
    // Codex itself writes down that it trusts the folder it works in.
    const trust = `\n[projects."${fs.realpathSync(box.work)}"]\ntrust_level = "trusted"\n`
    writeHome(
      box,
      '.codex/config.toml',
      `check_for_update_on_startup = false\n${CODEX_CONFIG(url).replace('gpt-of-the-user', 'gpt-5.5')}[analytics]\nenabled = false\n${trust}`,
    )
    return ['.codex/config.toml']
  },
  shellName: 'execute',
  reasoning: true,
  words: { 401: /401/, 500: /500|high demand/ },
  noSession(r) {
    assertStream(r.events, 'RUN_FINISHED')
    assert.deepEqual(
      warningsOf(r.events).map((w) => w.code),
      ['resume-not-possible'],
    )
    assert.equal(textOf(r.events), 'New.')
  },
})
