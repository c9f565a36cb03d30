// SPDX-License-Identifier: MIT
// The agents of the Agent Client Protocol that runlet starts by harnessOptions.agent, as support/scene.mjs wants them, and
//   calledItself   its name by its own word       usage   tokens of three answers of 120 and 30; undefined: it tells none
//   before         turns of its model that it needs before a host tool can be called
//   printed        the result of `echo hi; exit 3`, where it is not "hi" and the exit code
//   tellsContext   false: neither how full its context is nor the session's title
//   words          {401, 500}: its own for them, or 'run-timeout'
//   asksNothing    in permissionMode "default" it runs what it likes
import fs from 'node:fs'
import path from 'node:path'
import { startChat } from './chat_mock.mjs'
import { CODEX_CONFIG, claude, codex, install, opencode, writeHome } from './real_agents.mjs'

const fields = (agent, model = 'default') => ({ harness: 'acp', model, harnessOptions: { agent } })
const inMessages = (text, request) => JSON.stringify(request.body.messages).includes(JSON.stringify(text).slice(1, -1))
const common = {
  session: 'acp.session-id',
  startModel: startChat,
  tool: (tool, args) => ({ tool, args }),
  shows: inMessages,
}
const inBody = (text, request) => JSON.stringify(request.body).includes(JSON.stringify(text).slice(1, -1))

export const claudeAgent = {
  ...claude,
  fields: fields('claude'),
  session: 'acp.session-id',
  calledItself: '@agentclientprotocol/claude-agent-acp',
  usage: [480, 120],
  printed: /hi[\s\S]*3|3[\s\S]*hi/,
  shows: inBody,
  words: { 401: /401/, 500: /500/ },
  prepare(box, url) {
    install(box, 'RUNLET_ACP', 'claude-agent-acp', { node: true })
    Object.assign(box.env, { ANTHROPIC_BASE_URL: url, CLAUDE_CODE_MAX_RETRIES: '0' })
  },
}

export const codexAgent = {
  ...codex,
  fields: fields('codex'),
  session: 'acp.session-id',
  calledItself: '@agentclientprotocol/codex-acp',
  usage: [400, 120],
  shellName: 'exec_command',
  shows: inBody,
  words: { 401: /Authentication required.*api-key, chat-gpt/, 500: /high demand/ },
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
  calledItself: 'Copilot',
  usage: [480, 120],
  shellName: 'execute',
  printed: /^hi\n<shellId: 0 completed with exit code 3>$/,
  words: { 401: /HTTP 401/, 500: /Last error: 500/ },
  prepare(box, url) {
    install(box, 'RUNLET_ACP', 'copilot', { node: true })
    Object.assign(box.env, {
      COPILOT_PROVIDER_BASE_URL: `${url}/v1`,
      COPILOT_MODEL: 'gpt-5.5',
      COPILOT_OFFLINE: 'true',
    })
  },
  keys: { COPILOT_PROVIDER_API_KEY: 'sk-mock-key-of-the-test' },
  shell: (command) => ({ native: 'bash', args: { command, description: 'test' } }),
}

export const qwen = {
  ...common,
  fields: fields('qwen'),
  calledItself: 'qwen-code',
  usage: [600, 150],
  tellsContext: false,
  shellName: 'run_shell_command',
  words: { 401: /401/, 500: 'run-timeout' },
  prepare(box, url) {
    install(box, 'RUNLET_ACP', 'qwen', { node: true })
    Object.assign(box.env, { OPENAI_BASE_URL: `${url}/v1`, OPENAI_MODEL: 'mock-model' })
  },
  keys: { OPENAI_API_KEY: 'sk-mock-key-of-the-test' },
  // The tools of MCP servers are found and called by tools of its own.
  before: [[{ native: 'tool_search', args: { query: 'select:mcp__tanstack__echo,mcp__tanstack__fail' } }]],
  tool: (name, args) => ({ native: 'tool_call', args: { name: `mcp__tanstack__${name}`, arguments: args } }),
  shell: (command) => ({ native: 'run_shell_command', args: { command, description: 'test', is_background: false } }),
}

export const kimi = {
  ...common,
  fields: fields('kimi'),
  calledItself: 'Kimi Code CLI',
  shellName: 'Bash',
  printed: /^hi\nCommand failed with exit code: 3\.$/,
  words: { 401: /401/, 500: 'run-timeout' },
  prepare(box, url) {
    install(box, 'RUNLET_ACP', 'kimi', { node: true })
    Object.assign(box.env, {
      KIMI_MODEL_NAME: 'mock-model',
      KIMI_MODEL_PROVIDER_TYPE: 'openai',
      KIMI_MODEL_BASE_URL: `${url}/v1`,
    })
  },
  keys: { KIMI_MODEL_API_KEY: 'sk-mock-key-of-the-test' },
  shell: (command) => ({ native: 'Bash', args: { command } }),
}

export const opencodeAcp = {
  ...opencode,
  fields: fields('opencode', 'mock/mock-model'),
  session: 'acp.session-id',
  calledItself: 'OpenCode',
  usage: [100, 25], // of the last answer
  asksNothing: true,
  words: { 401: /401/, 500: 'run-timeout' },
}

export const kilo = {
  ...opencodeAcp,
  fields: fields('kilo', 'mock/mock-model'),
  calledItself: 'Kilo',
  prepare(box, url) {
    opencode.prepare({ ...box, bin: fs.mkdtempSync(path.join(box.tmp, 'unused-')) }, url)
    install(box, 'RUNLET_ACP', 'kilo', { node: true })
    const own = path.join(box.home, '.config/opencode/opencode.json')
    writeHome(box, '.config/kilo/opencode.json', fs.readFileSync(own, 'utf8'))
    Object.assign(box.env, { KILO_DISABLE_MODELS_FETCH: '1', KILO_DISABLE_LSP_DOWNLOAD: '1' })
  },
}
