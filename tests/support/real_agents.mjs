// SPDX-License-Identifier: MIT
// The real agent CLIs of npm, as support/scene.mjs wants them, each with a mock of the API that it speaks.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { startAnthropic } from './anthropic_mock.mjs'
import { startChat } from './chat_mock.mjs'
import { startGemini } from './gemini_mock.mjs'
import { startResponses } from './responses_mock.mjs'

const need = (name) => process.env[name] ?? assert.fail(`${name} is not set: run this by tests/node/run.sh agents`)

/** Puts the program `name` of the folder named by the variable into the box; `node` too where it is a script. */
export function install(box, variable, name, { node = false } = {}) {
  if (node) fs.symlinkSync(process.execPath, path.join(box.bin, 'node'))
  fs.symlinkSync(fs.realpathSync(path.join(need(variable), name)), path.join(box.bin, name))
}

/** Writes a file below the box's HOME. */
export function writeHome(box, name, text) {
  const file = path.join(box.home, name)
  fs.mkdirSync(path.dirname(file), { recursive: true })
  fs.writeFileSync(file, text)
}

const inBody = (member) => (text, request) =>
  JSON.stringify(request.body[member]).includes(JSON.stringify(text).slice(1, -1))

export const claude = {
  fields: { harness: 'claude-code', model: 'sonnet' },
  session: 'claude-code.session-id',
  startModel: startAnthropic,
  prepare(box, url) {
    fs.symlinkSync(fs.realpathSync(need('RUNLET_CLAUDE')), path.join(box.bin, 'claude'))
    Object.assign(box.env, { ANTHROPIC_BASE_URL: url, CLAUDE_CODE_MAX_RETRIES: '0' })
  },
  keys: { ANTHROPIC_API_KEY: 'sk-ant-mock-key-of-the-test' },
  tool: (tool, args) => ({ tool, args }),
  shell: (bash) => ({ bash }),
  shellName: 'Bash',
  shows: inBody('messages'),
}

export const CODEX_CONFIG = (url) => `model_provider = "mock"
model = "gpt-of-the-user"
[model_providers.mock]
name = "mock"
base_url = "${url}/v1"
wire_api = "responses"
env_key = "CODEX_API_KEY"
request_max_retries = 1
stream_max_retries = 1
`

export const codex = {
  fields: { harness: 'codex', model: 'gpt-mock' },
  session: 'codex.session-id',
  startModel: startResponses,
  prepare(box, url) {
    // no node on its PATH: only the native program beside the wrapper runs
    install(box, 'RUNLET_AGENTS', 'codex')
    writeHome(box, '.codex/config.toml', CODEX_CONFIG(url))
    return ['.codex/config.toml']
  },
  keys: { CODEX_API_KEY: 'sk-mock-key-of-the-test' },
  tool: (tool, args) => ({ tool, args }),
  shell: (cmd) => ({ native: 'exec_command', args: { cmd } }),
  shellName: 'command_execution',
  shows: inBody('input'),
}

export const opencode = {
  fields: { harness: 'opencode', model: 'mock/mock-model' },
  session: 'opencode.session-id',
  startModel: startChat,
  prepare(box, url, config = {}) {
    install(box, 'RUNLET_AGENTS', 'opencode')
    const model = { name: 'mock-model', reasoning: true, tool_call: true, limit: { context: 200000, output: 8000 } }
    writeHome(
      box,
      '.config/opencode/opencode.json',
      JSON.stringify({
        $schema: 'https://opencode.ai/config.json', // else OpenCode itself writes it into the file
        autoupdate: false,
        share: 'disabled',
        small_model: 'mock/mock-model',
        provider: {
          mock: {
            npm: '@ai-sdk/openai-compatible',
            name: 'mock',
            options: { baseURL: `${url}/v1`, apiKey: 'mock' },
            models: { 'mock-model': model },
          },
        },
        ...config,
      }),
    )
    Object.assign(box.env, {
      OPENCODE_DISABLE_MODELS_FETCH: '1',
      OPENCODE_DISABLE_LSP_DOWNLOAD: '1',
      OPENCODE_DISABLE_DEFAULT_PLUGINS: '1',
    })
    return ['.config/opencode/opencode.json']
  },
  keys: {},
  tool: (tool, args) => ({ tool, args }),
  shell: (command) => ({ native: 'bash', args: { command, description: 'test' } }),
  shellName: 'bash',
  shows: inBody('messages'),
}

export const grok = {
  fields: { harness: 'grok-build', model: 'mock' },
  session: 'grok-build.session-id',
  startModel: startChat,
  prepare(box, url) {
    install(box, 'RUNLET_AGENTS', 'grok')
    writeHome(
      box,
      '.grok/config.toml',
      `[cli]
auto_update = false
[features]
telemetry = false
[telemetry]
trace_upload = false
[marketplace]
default_skills_installs_purged = true
[models]
default = "mock"
[model.mock]
model = "mock-model"
base_url = "${url}/v1"
api_key = "sk-mock"
api_backend = "chat_completions"
context_window = 200000
`,
    )
    return ['.grok/config.toml']
  },
  keys: { XAI_API_KEY: 'xai-mock-key-of-the-test' },
  // The bridge's tools are called by a tool of Grok's that calls tools.
  tool: (name, args) => ({ native: 'use_tool', args: { tool_name: `tanstack__${name}`, tool_input: args } }),
  shell: (command) => ({ native: 'run_terminal_command', args: { command, description: 'test' } }),
  shellName: 'run_terminal_command',
  shows: inBody('messages'),
}

export const gemini = {
  fields: { harness: 'gemini', model: 'gemini-2.5-pro' },
  session: 'gemini.session-id',
  startModel: startGemini,
  prepare(box, url) {
    install(box, 'RUNLET_AGENTS', 'gemini', { node: true })
    writeHome(
      box,
      '.gemini/settings.json',
      JSON.stringify(
        {
          general: { enableAutoUpdate: false },
          privacy: { usageStatisticsEnabled: false },
          security: { auth: { selectedType: 'gemini-api-key' } },
        },
        null,
        2,
      ),
    )
    box.env.GOOGLE_GEMINI_BASE_URL = url
    return ['.gemini/settings.json']
  },
  keys: { GEMINI_API_KEY: 'gemini-mock-key-of-the-test' },
  tool: (tool, args) => ({ tool, args }),
  shell: (command) => ({ native: 'run_shell_command', args: { command, description: 'test' } }),
  shellName: 'execute',
  shows: inBody('contents'),
}

export const realAgents = { claude, codex, opencode, grok, gemini }
