// SPDX-License-Identifier: MIT
// An agent of the Agent Client Protocol that does what its prompt says, line by line:
//   say TEXT            a chunk of its answer          think TEXT      a thought
//   tool NAME ARGS      a call of the bridge, with its result
//   bash CMD            a native call                  daemon CMD      left running, in a session of its own
//   ask                 asks permission, says the answer        read FILE  asks us for a file, says the answer
//   deltas N BYTES      so many chunks                 noise TEXT      a line that is no protocol
//   sleep MS            die N                          hang            until it is cancelled
//   after MS TEXT       a chunk so long after the turn's end, if stdin is still there
//   deaf                does not hear of a cancel      stop REASON     how the turn ends (end_turn)
//   hear                waits for words by _session/steering, says them
// ACP_AGENT_MODE in its environment: `stays` (does not exit when stdin ends), `mute` (never answers initialize),
// `no-http` (takes no MCP servers over HTTP; so does cline), `no-session` (never answers session/new; so does pi-acp),
// `no-account` (asks for a login that it cannot be given; so does auggie), `late` (tells a loaded session's past behind the answer),
// `steers` (offers _session/steering).
import { execSync, spawn } from 'node:child_process'
import fs from 'node:fs'
import readline from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'

const mode = process.env.ACP_AGENT_MODE ?? ''
const AUTH_REQUIRED = { code: -32000, message: 'Authentication required' }
const write = (m) => process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...m })}\n`)
const update = (sessionUpdate, more) =>
  write({ method: 'session/update', params: { sessionId: 'acp-1', update: { sessionUpdate, ...more } } })
const chunk = (kind, text) => update(kind, { content: { type: 'text', text } })
let bridge,
  cancelled = false,
  deaf = false,
  asked = 0,
  calls = 0
const steered = []
let working = false
const waiting = new Map(),
  late = []
const ask = (method, params) =>
  new Promise((done) => {
    waiting.set(++asked, done)
    write({ id: asked, method, params })
  })

async function mcp(method, params, id) {
  const headers = {
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    ...Object.fromEntries(bridge.headers.map((h) => [h.name, h.value])),
  }
  const res = await fetch(bridge.url, {
    method: 'POST',
    headers,
    body: JSON.stringify({ jsonrpc: '2.0', ...(id === undefined ? {} : { id }), method, params }),
  })
  const text = await res.text()
  return (
    text &&
    JSON.parse(
      text.startsWith('{')
        ? text
        : text
            .split('\n')
            .filter((l) => l.startsWith('data:'))
            .at(-1)
            .slice(5),
    )
  )
}

const acts = {
  say: (text) => chunk('agent_message_chunk', text),
  think: (text) => chunk('agent_thought_chunk', text),
  async tool(rest) {
    const [name, ...args] = rest.split(' '),
      id = `call-${++calls}`
    const rawInput = JSON.parse(args.join(' ') || '{}')
    update('tool_call', {
      toolCallId: id,
      title: `mcp__${bridge.name}__${name}`,
      kind: 'other',
      status: 'pending',
      rawInput,
    })
    const r = await mcp('tools/call', { name, arguments: rawInput }, calls)
    update('tool_call_update', {
      toolCallId: id,
      status: r.result.isError ? 'failed' : 'completed',
      rawOutput: r.result.content,
    })
  },
  bash(command) {
    const id = `call-${++calls}`
    update('tool_call', {
      toolCallId: id,
      title: command,
      kind: 'execute',
      status: 'in_progress',
      rawInput: { command },
    })
    update('tool_call_update', { toolCallId: id, status: 'completed', rawOutput: execSync(command).toString() })
  },
  daemon: (command) => spawn('/bin/sh', ['-c', command], { detached: true, stdio: 'ignore' }).unref(),
  async ask() {
    const r = await ask('session/request_permission', {
      sessionId: 'acp-1',
      toolCall: { toolCallId: `call-${++calls}`, title: 'a thing', kind: 'execute' },
      options: [
        { kind: 'allow_once', optionId: 'yes', name: 'Yes' },
        { kind: 'reject_once', optionId: 'no', name: 'No' },
      ],
    })
    acts.say(JSON.stringify(r.result.outcome))
  },
  async read(path) {
    acts.say(JSON.stringify((await ask('fs/read_text_file', { sessionId: 'acp-1', path })).error))
  },
  async deltas(rest) {
    const [n, bytes] = rest.split(' ').map(Number)
    for (let i = 0; i < n; i++)
      if (!chunk('agent_message_chunk', 'x'.repeat(bytes))) await new Promise((r) => process.stdout.once('drain', r))
  },
  noise: (text) => process.stdout.write(`${text}\n`),
  sleep: (ms) => sleep(Number(ms)),
  die(code) {
    process.stderr.write('it hurts\n')
    process.exit(Number(code))
  },
  async hear() {
    while (!steered.length && !cancelled) await sleep(5)
    if (!cancelled) acts.say(`heard: ${steered.shift()}`)
  },
  async hang() {
    while (!cancelled) await sleep(10)
  },
  deaf() {
    deaf = true
  },
  after(rest) {
    const [ms, ...text] = rest.split(' ')
    late.push(() => setTimeout(() => acts.say(text.join(' ')), Number(ms)))
  },
}

async function prompt(text) {
  working = true
  try {
    return await turn(text)
  } finally {
    working = false
  }
}
async function turn(text) {
  let stopReason = 'end_turn'
  for (const line of text.split('\n')) {
    const [name, ...rest] = line.split(' ')
    if (name === 'stop') stopReason = rest[0]
    else await acts[name]?.(rest.join(' '))
    if (cancelled) return { stopReason: 'cancelled' }
  }
  return { stopReason, usage: { inputTokens: 10, outputTokens: 5, totalTokens: 15 } }
}

const answers = {
  initialize: () =>
    mode === 'mute'
      ? new Promise(() => {})
      : {
          protocolVersion: 1,
          agentCapabilities: { loadSession: true, mcpCapabilities: { http: mode !== 'no-http' } },
          ...(mode === 'steers' ? { _meta: { steering: { supported: true } } } : {}),
          authMethods: mode === 'no-account' ? [{ id: 'login', name: 'Log in', type: 'terminal' }] : [],
        },
  async 'session/new'(p) {
    if (mode === 'no-session') await new Promise(() => {})
    if (mode === 'no-account') throw AUTH_REQUIRED
    bridge = p.mcpServers[0]
    if (bridge) {
      await mcp(
        'initialize',
        { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'acp-agent', version: '1' } },
        'i',
      )
      await mcp('tools/list', {}, 'l')
    }
    return {
      sessionId: 'acp-1',
      modes: { currentModeId: 'default', availableModes: [{ id: 'default' }, { id: 'bypassPermissions' }] },
    }
  },
  async 'session/load'(p) {
    const opened = await answers['session/new'](p)
    const past = () => chunk('agent_message_chunk', 'of the past')
    if (mode === 'late') setImmediate(past)
    else past()
    return { modes: opened.modes }
  },
  'session/set_mode': () => ({}),
  '_session/steering'(p) {
    if (!working) return { outcome: 'promptRequired', reason: 'noRunningTurn' }
    steered.push(p.prompt.map((b) => b.text).join(''))
    return { outcome: 'injected' }
  },
  'session/prompt': (p) => prompt(p.prompt.map((b) => b.text).join('')),
}

const lines = readline.createInterface({ input: process.stdin })
lines.on('line', async (line) => {
  const m = JSON.parse(line)
  if (m.method === 'session/cancel') {
    fs.writeFileSync('cancel-heard', '')
    cancelled = !deaf
  } else if (m.method === undefined) waiting.get(m.id)?.(m)
  else {
    try {
      write({ id: m.id, result: await answers[m.method](m.params) })
    } catch (error) {
      write({ id: m.id, error })
    }
    if (m.method === 'session/prompt') for (const say of late.splice(0)) say()
  }
})
lines.on('close', () => {
  if (mode !== 'stays') process.exit(0)
})
if (mode === 'stays') setInterval(() => {}, 1000)
