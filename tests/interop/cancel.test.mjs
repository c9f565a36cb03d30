// SPDX-License-Identifier: MIT
// The real agents, cancelled in the middle of a shell tool that has a job in the background, ten times in a row in one
// service: nothing of them is left, not a process and not a file of ours.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { startAnthropic } from '../support/anthropic_mock.mjs'
import { startChat } from '../support/chat_mock.mjs'
import { writeGrokConfig } from '../support/grok_cli.mjs'
import { runRequest } from '../support/orchestrator.mjs'
import { startResponses } from '../support/responses_mock.mjs'
import { makeBox, open, processesOf, serve, until } from '../support/runlet.mjs'

const TIMES = 10
const SHELL = 'tail -f /dev/null & tail -f /dev/null'

/** Each: {box, request, stop}: the agent on the box's PATH, a mock model that asks for SHELL, and a request for it. */
const agents = {
  async 'claude-code'() {
    const model = await startAnthropic([[{ bash: SHELL }]])
    const box = makeBox({ agent: fs.realpathSync(process.env.RUNLET_CLAUDE) })
    Object.assign(box.env, { ANTHROPIC_BASE_URL: model.url, ANTHROPIC_API_KEY: 'sk-ant-mock', CLAUDE_CODE_MAX_RETRIES: '0' })
    return { box, model, request: { model: 'sonnet' } }
  },
  async codex() {
    const model = await startResponses([[{ native: 'exec_command', args: { cmd: SHELL } }]])
    const box = makeBox({ agent: null })
    fs.symlinkSync(fs.realpathSync(path.join(process.env.RUNLET_AGENTS, 'codex')), path.join(box.bin, 'codex'))
    fs.mkdirSync(path.join(box.home, '.codex'))
    fs.writeFileSync(path.join(box.home, '.codex/config.toml'), `model_provider = "mock"\n[model_providers.mock]\nname = "mock"\nbase_url = "${model.url}/v1"\nwire_api = "responses"\nenv_key = "CODEX_API_KEY"\n`)
    box.env.CODEX_API_KEY = 'sk-mock'
    return { box, model, request: { model: 'gpt-mock' } }
  },
  async 'grok-build'() {
    const model = await startChat([[{ native: 'run_terminal_command', args: { command: SHELL, description: 'test' } }]])
    const box = makeBox({ agent: null })
    fs.symlinkSync(fs.realpathSync(path.join(process.env.RUNLET_AGENTS, 'grok')), path.join(box.bin, 'grok'))
    writeGrokConfig(box, model.url)
    box.env.XAI_API_KEY = 'xai-mock'
    return { box, model, request: { model: 'mock' } }
  },
}

for (const [harness, scene] of Object.entries(agents))
  test(`${harness}: cancelled ${TIMES} times in a shell tool with a background job`, { timeout: 300000 }, async () => {
    const { box, model, request } = await scene()
    const server = await serve({ box })
    try {
      for (let i = 0; i < TIMES; i++) {
        const run = await open(server, runRequest({ harness, prompt: 'Do the thing.', ...request, runId: `run-${i}` }))
        assert.equal(run.status, 200)
        await until(`run ${i}: the shell and its job`, () => processesOf(box.mark).filter((p) => p.name === 'tail').length === 2, 60000)
        const begun = Date.now()
        run.abort()
        await until(`run ${i}: the tree to go`, () => processesOf(box.mark, [server.pid]).length === 0, 15000)
        const state = fs.readdirSync(box.tmp).filter((n) => /^runlet-\d+$/.test(n))
        await until(`run ${i}: its folder to go`, () => state.every((n) => !fs.readdirSync(path.join(box.tmp, n)).some((f) => f.startsWith('run-'))), 3000)
        console.log(`# ${harness} ${i}: gone ${Date.now() - begun} ms after the client`)
      }
      assert.ok(server.alive())
    } finally {
      await server.stop()
      model.stop()
      box.remove()
    }
  })
