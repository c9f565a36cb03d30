// SPDX-License-Identifier: MIT
// The real Grok Build from npm, started by runlet over ACP, against a mock chat completions API on loopback.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { agentCases } from '../support/agent_cases.mjs'
import { startChat } from '../support/chat_mock.mjs'
import { writeGrokConfig } from '../support/grok_cli.mjs'
import { assertStream, textOf, warningsOf } from '../support/ndjson.mjs'

const AGENTS = process.env.RUNLET_AGENTS ?? assert.fail('RUNLET_AGENTS is not set: run this by tests/node/run.sh agents')
const GROK = fs.realpathSync(path.join(AGENTS, 'grok'))

agentCases({
  fields: { harness: 'grok-build', model: 'mock' },
  session: 'grok-build.session-id',
  startModel: startChat,
  prepare(box, url) {
    fs.symlinkSync(GROK, path.join(box.bin, 'grok'))
    writeGrokConfig(box, url)
    box.env.XAI_API_KEY = 'xai-mock-key-of-the-test'
    return ['.grok/config.toml']
  },
  secrets: ['XAI_API_KEY'],
  // The bridge's tools are called by a tool of Grok's that calls tools.
  tool: (name, args) => ({ native: 'use_tool', args: { tool_name: `tanstack__${name}`, tool_input: args } }),
  shell: (command) => ({ native: 'run_terminal_command', args: { command, description: 'test' } }),
  shellName: 'run_terminal_command',
  reasoning: true, usage: true,
  patience: 20000,
  words: { 401: /Unauthorized \(401\).*mock 401/, 500: 'run-timeout' },
  shows: (text, request) => JSON.stringify(request.body.messages).includes(text),
  noSession(r) {
    assertStream(r.events, 'RUN_FINISHED')
    assert.deepEqual(warningsOf(r.events).map((w) => w.code), ['resume-not-possible'])
    assert.equal(textOf(r.events), 'New.')
  },
})
