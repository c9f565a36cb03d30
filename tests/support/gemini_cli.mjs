// SPDX-License-Identifier: MIT
// The real Gemini CLI from npm for agent_cases.mjs, whatever the protocol.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { startGemini } from './gemini_mock.mjs'

const AGENTS = process.env.RUNLET_AGENTS ?? assert.fail('RUNLET_AGENTS is not set: run this by tests/node/run.sh agents')

export const common = {
  session: 'gemini.session-id',
  startModel: startGemini,
  prepare(box, url) {
    fs.symlinkSync(process.execPath, path.join(box.bin, 'node'))
    fs.symlinkSync(fs.realpathSync(path.join(AGENTS, 'gemini')), path.join(box.bin, 'gemini'))
    fs.mkdirSync(path.join(box.home, '.gemini'))
    fs.writeFileSync(path.join(box.home, '.gemini/settings.json'), JSON.stringify({ general: { enableAutoUpdate: false }, privacy: { usageStatisticsEnabled: false }, security: { auth: { selectedType: 'gemini-api-key' } } }, null, 2))
    Object.assign(box.env, { GEMINI_API_KEY: 'gemini-mock-key-of-the-test', GOOGLE_GEMINI_BASE_URL: url })
    return ['.gemini/settings.json']
  },
  secrets: ['GEMINI_API_KEY'],
  shell: (command) => ({ native: 'run_shell_command', args: { command, description: 'test' } }),
  usage: true,
  patience: 20000,
  words: { 401: /mock 401/, 500: 'run-timeout' },
  shows: (text, request) => JSON.stringify(request.body.contents).includes(text),
}
