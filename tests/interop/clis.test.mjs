// SPDX-License-Identifier: MIT
// The real agent CLIs but Claude Code as MCP clients of the bridge, in both eras: each is started here, by its own
// documented configuration, against a mock model; runlet only holds the bridge open.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { startBridge, startProxy } from '../support/bridge.mjs'
import { startModels } from '../support/models_mock.mjs'
import { makeBox } from '../support/runlet.mjs'

const AGENTS =
  process.env.RUNLET_AGENTS ?? assert.fail('RUNLET_AGENTS is not set: run this by tests/node/run.sh agents')

function write(box, name, text) {
  const file = path.join(box.home, name)
  fs.mkdirSync(path.dirname(file), { recursive: true })
  fs.writeFileSync(file, text)
}

/** name -> (box, model, mcp {url, authorization}, options) -> {args, env, prompt?}; without `prompt` it stands in args. */
const CLIS = {
  codex(box, model, mcp) {
    write(
      box,
      '.codex/config.toml',
      `model_provider = "mock"
approval_policy = "never"
check_for_update_on_startup = false
[analytics]
enabled = false
[otel]
exporter = "none"
[model_providers.mock]
name = "mock"
base_url = "${model}/v1"
wire_api = "responses"
env_key = "CODEX_API_KEY"
[mcp_servers.tanstack]
url = "${mcp.url}"
http_headers = { Authorization = "${mcp.authorization}" }
required = true
default_tools_approval_mode = "approve"
`,
    )
    return {
      args: ['exec', '--json', '--model', 'gpt-5.1-codex', '--skip-git-repo-check', '-'],
      env: { CODEX_API_KEY: 'mock' },
      prompt: true,
    }
  },
  gemini(box, model, mcp, options = {}) {
    write(
      box,
      '.gemini/settings.json',
      JSON.stringify({
        security: { auth: { selectedType: 'gemini-api-key' } },
        general: { enableAutoUpdate: false, disableAutoUpdate: true },
        privacy: { usageStatisticsEnabled: false },
        telemetry: { enabled: false },
        mcpServers: {
          tanstack: { httpUrl: mcp.url, headers: { Authorization: mcp.authorization }, trust: true, ...options },
        },
      }),
    )
    return {
      args: ['--output-format', 'stream-json', '--model', 'gemini-2.5-pro', '--approval-mode', 'yolo', '--skip-trust'],
      env: { GEMINI_API_KEY: 'mock', GOOGLE_GEMINI_BASE_URL: model, GEMINI_CLI_NO_RELAUNCH: 'true' },
      prompt: true,
    }
  },
  grok(box, model, mcp) {
    write(
      box,
      '.grok/config.toml',
      `[cli]
auto_update = false
[features]
telemetry = false
[telemetry]
trace_upload = false
[models]
default = "mock"
[model.mock]
model = "mock-model"
base_url = "${model}/v1"
api_key = "mock"
api_backend = "chat_completions"
context_window = 200000
[mcp_servers.tanstack]
url = "${mcp.url}"
enabled = true
[mcp_servers.tanstack.headers]
Authorization = "${mcp.authorization}"
`,
    )
    return {
      args: [
        '-p',
        'Do the thing.',
        '--output-format',
        'streaming-json',
        '--model',
        'mock',
        '--cwd',
        box.work,
        '--always-approve',
        '--no-plan',
        '--no-auto-update',
      ],
      env: { XAI_API_KEY: 'mock', GROK_DISABLE_AUTOUPDATER: '1', GROK_TELEMETRY_ENABLED: '0' },
    }
  },
  opencode(box, model, mcp, options = {}) {
    const config = {
      autoupdate: false,
      share: 'disabled',
      small_model: 'mock/mock-model',
      provider: {
        mock: {
          npm: '@ai-sdk/openai-compatible',
          name: 'mock',
          options: { baseURL: `${model}/v1`, apiKey: 'mock' },
          models: { 'mock-model': { name: 'mock-model', tool_call: true, limit: { context: 200000, output: 8000 } } },
        },
      },
      mcp: {
        tanstack: {
          type: 'remote',
          url: mcp.url,
          enabled: true,
          headers: { Authorization: mcp.authorization },
          ...options,
        },
      },
    }
    return {
      args: ['run', '--format', 'json', '--model', 'mock/mock-model'],
      env: {
        OPENCODE_CONFIG_CONTENT: JSON.stringify(config),
        OPENCODE_DISABLE_AUTOUPDATE: '1',
        OPENCODE_DISABLE_MODELS_FETCH: '1',
        OPENCODE_DISABLE_LSP_DOWNLOAD: '1',
        OPENCODE_DISABLE_DEFAULT_PLUGINS: '1',
      },
      prompt: true,
    }
  },
}

/** A CLI to its end: {code, out}. */
function start(name, box, { args, env, prompt }, ms) {
  const child = spawn(path.join(AGENTS, name), args, {
    cwd: box.work,
    env: { ...box.env, PATH: `${path.dirname(process.execPath)}:${box.env.PATH}`, ...env },
    stdio: [prompt ? 'pipe' : 'ignore', 'pipe', 'pipe'],
    detached: true,
  })
  const out = []
  for (const s of [child.stdout, child.stderr]) s.on('data', (d) => out.push(d))
  child.stdin?.on('error', () => {})
  child.stdin?.end('Do the thing.')
  const kill = () => {
    try {
      process.kill(-child.pid, 'SIGKILL')
    } catch {
      /* gone */
    }
  }
  const timer = setTimeout(kill, ms)
  return new Promise((done) =>
    child.on('exit', (code, signal) => {
      clearTimeout(timer)
      kill() // what it left of its group
      done({ code: signal ?? code, out: () => Buffer.concat(out).toString() })
    }),
  )
}

/** One CLI calls one tool, and the model sees the result.  What it asked for over HTTP comes back. */
async function callOnce(name, { args = [], call, want, options, ms = 60000, watched = true }) {
  const bridge = await startBridge(args),
    model = await startModels(call),
    box = makeBox({ agent: null })
  const proxy = watched ? await startProxy(bridge, { add: false }) : { url: bridge.url, requests: [], stop() {} }
  try {
    const end = await start(
      name,
      box,
      CLIS[name](box, model.url, { url: proxy.url, authorization: bridge.headers.Authorization }, options),
      ms,
    )
    assert.equal(end.code, 0, end.out().slice(-3000))
    assert.deepEqual(
      bridge.calls.map((c) => [c.name, c.args]),
      [[call.name, call.args]],
      `${end.out().slice(-3000)}\noffered: ${[...model.offered]}`,
    )
    assert.ok(
      model.results.some((r) => want.test(r)),
      `${model.results}`,
    )
    return { requests: proxy.requests, offered: [...model.offered] }
  } finally {
    proxy.stop()
    model.stop()
    await bridge.stop()
    box.remove()
  }
}

const MODERN = '2026-07-28'
/** What each speaks when it may choose. */
const ERA = { codex: 'legacy', gemini: 'legacy', grok: 'modern', opencode: 'legacy' }
const ECHO = { call: { name: 'echo', args: { text: 'ping ✓' } }, want: /ping ✓/ }

for (const name of Object.keys(CLIS)) {
  test(`${name} lists and calls, in the era it chooses: ${ERA[name]}`, async () => {
    const { requests, offered } = await callOnce(name, ECHO)
    assert.ok(offered.some((n) => /echo$/.test(n)) || offered.includes('use_tool'), `${offered}`)
    const calls = requests.filter((r) => r.rpc === 'tools/call')
    assert.equal(calls.length, 1)
    assert.equal(calls[0].version === MODERN ? 'modern' : 'legacy', ERA[name], JSON.stringify(requests))
    assert.deepEqual(
      requests.filter((r) => r.status >= 400 && r.method === 'POST'),
      [],
    )
  })
  test(`${name} lists and calls with --mcp-legacy-only`, async () => {
    const { requests } = await callOnce(name, { ...ECHO, args: ['--mcp-legacy-only'] })
    assert.ok(
      requests.every((r) => r.version !== MODERN || r.rpc === 'server/discover'),
      JSON.stringify(requests),
    )
  })
}

const slow = (ms) => ({ call: { name: 'slow', args: { ms } }, want: new RegExp(`slow ${ms}`) })

test('opencode with a timeout of 4 s outlives a tool of 10 s, for progress resets it', () =>
  callOnce('opencode', { ...slow(10000), args: ['--bridge-progress-ms', '1000'], options: { timeout: 4000 } }))

if (process.env.RUNLET_SLOW)
  test(
    'with their own defaults opencode and gemini wait 90 s for a tool, in both eras',
    { timeout: 240000 },
    async () => {
      // Both give up at 60 s without response headers or progress.
      await Promise.all(
        ['opencode', 'gemini'].flatMap((name) =>
          [[], ['--mcp-legacy-only']].map((args) =>
            callOnce(name, { ...slow(90000), args, ms: 180000, watched: false }),
          ),
        ),
      )
    },
  )
