// SPDX-License-Identifier: MIT
// codex-acp from npm, an Agent Client Protocol adapter, started by runlet by its command line, against a mock model.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { agentCases } from '../support/agent_cases.mjs'
import { assertStream, textOf, warningsOf } from '../support/ndjson.mjs'
import { startResponses } from '../support/responses_mock.mjs'

const ACP = process.env.RUNLET_ACP ?? assert.fail('RUNLET_ACP is not set: run this by tests/node/run.sh agents')
const link = (box, name) => {
  fs.symlinkSync(process.execPath, path.join(box.bin, 'node'))
  fs.symlinkSync(fs.realpathSync(path.join(ACP, name)), path.join(box.bin, name))
}

agentCases({
  fields: { harness: 'acp', model: 'default', harnessOptions: { command: ['codex-acp'] } },
  session: 'acp.session-id',
  startModel: startResponses,
  prepare(box, url) {
    link(box, 'codex-acp')
    fs.mkdirSync(path.join(box.home, '.codex'))
    // Codex itself writes down that it trusts the folder it works in.
    fs.writeFileSync(path.join(box.home, '.codex/config.toml'), `model_provider = "mock"
model = "gpt-5.5"
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

[projects."${fs.realpathSync(box.work)}"]
trust_level = "trusted"
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
  noSession(r) {
    assertStream(r.events, 'RUN_FINISHED')
    assert.deepEqual(warningsOf(r.events).map((w) => w.code), ['resume-not-possible'])
    assert.equal(textOf(r.events), 'New.')
  },
})
