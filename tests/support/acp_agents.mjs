// SPDX-License-Identifier: MIT
// The agents of the Agent Client Protocol that runlet starts by harnessOptions.agent, as support/scene.mjs wants them.
import fs from 'node:fs'
import path from 'node:path'
import { startChat } from './chat_mock.mjs'
import { CODEX_CONFIG, claude, codex, install, opencode, writeHome } from './real_agents.mjs'

const fields = (agent) => ({ harness: 'acp', model: 'default', harnessOptions: { agent } })
const inMessages = (text, request) =>
  JSON.stringify(request.body.messages).includes(JSON.stringify(text).slice(1, -1))
const common = { session: 'acp.session-id', startModel: startChat, tool: (tool, args) => ({ tool, args }), shows: inMessages }

export const claudeAgent = {
  ...claude,
  fields: fields('claude'),
  session: 'acp.session-id',
  prepare(box, url) {
    install(box, 'RUNLET_ACP', 'claude-agent-acp', { node: true })
    Object.assign(box.env, { ANTHROPIC_BASE_URL: url, CLAUDE_CODE_MAX_RETRIES: '0' })
  },
}

export const codexAgent = {
  ...codex,
  fields: fields('codex'),
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
}

export const copilot = {
  ...common,
  fields: fields('copilot'),
  prepare(box, url) {
    install(box, 'RUNLET_ACP', 'copilot', { node: true })
    Object.assign(box.env, {
      COPILOT_PROVIDER_BASE_URL: `${url}/v1`,
      COPILOT_PROVIDER_API_KEY: 'sk-mock',
      COPILOT_MODEL: 'gpt-5.5',
      COPILOT_AUTO_UPDATE: 'false',
      COPILOT_OFFLINE: 'true',
    })
  },
  keys: {},
  shell: (command) => ({ native: 'bash', args: { command, description: 'test' } }),
}

export const qwen = {
  ...common,
  fields: fields('qwen'),
  prepare(box, url) {
    install(box, 'RUNLET_ACP', 'qwen', { node: true })
    Object.assign(box.env, { OPENAI_BASE_URL: `${url}/v1`, OPENAI_MODEL: 'mock-model' })
  },
  keys: { OPENAI_API_KEY: 'sk-mock-key-of-the-test' },
  shell: (command) => ({ native: 'run_shell_command', args: { command, description: 'test', is_background: false } }),
}

export const kimi = {
  ...common,
  fields: fields('kimi'),
  prepare(box, url) {
    install(box, 'RUNLET_ACP', 'kimi', { node: true })
    Object.assign(box.env, {
      KIMI_MODEL_NAME: 'mock-model',
      KIMI_MODEL_PROVIDER_TYPE: 'openai',
      KIMI_MODEL_BASE_URL: `${url}/v1`,
      KIMI_CODE_NO_AUTO_UPDATE: '1',
    })
  },
  keys: { KIMI_MODEL_API_KEY: 'sk-mock-key-of-the-test' },
  shell: (command) => ({ native: 'Bash', args: { command } }),
}

export const opencodeAcp = { ...opencode, fields: { ...fields('opencode'), model: 'mock/mock-model' }, session: 'acp.session-id' }

export const kilo = {
  ...opencode,
  fields: { ...fields('kilo'), model: 'mock/mock-model' },
  session: 'acp.session-id',
  prepare(box, url) {
    opencode.prepare({ ...box, bin: fs.mkdtempSync(path.join(box.tmp, 'unused-')) }, url)
    install(box, 'RUNLET_ACP', 'kilo', { node: true })
    const own = path.join(box.home, '.config/opencode/opencode.json')
    writeHome(box, '.config/kilo/opencode.json', fs.readFileSync(own, 'utf8'))
    Object.assign(box.env, { KILO_DISABLE_MODELS_FETCH: '1', KILO_DISABLE_LSP_DOWNLOAD: '1' })
  },
}
