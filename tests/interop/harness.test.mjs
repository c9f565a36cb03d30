// SPDX-License-Identifier: MIT
// `runlet bridge` with the real Claude Code before a mock model, driven by the stock host of vercel/ai: once with our
// adapter, and by two hosts that know nothing of runlet (harness-acp 1.0.38, harness-claude-code 1.0.41) through a
// `node` that is runlet where a host starts its own bridge.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { afterEach, before, describe, test } from 'node:test'
import { loadAcpHost, loadClaudeCodeHost, loadOldSchema } from '../node/harness/packages.mjs'
import { startAnthropic } from '../support/anthropic_mock.mjs'
import { assertFrames, frames, host, hostTools, openHost, read, script } from '../support/harness_host.mjs'
import { AGENT, RUNLET } from '../support/runlet.mjs'

const { HarnessAgent } = host
const CLAUDE = process.env.RUNLET_CLAUDE ?? assert.fail('RUNLET_CLAUDE is not set: run this by tests/node/run.sh')
const partsOf = (result, type) => result.steps.flatMap((s) => s.content).filter((p) => p.type === type)

let schema // of the host at hand
afterEach(() => assertFrames(frames.splice(0), schema))

describe('the real Claude Code with our adapter', () => {
  async function withClaude(turns, settings, fn) {
    const model = await startAnthropic(turns)
    const env = { ANTHROPIC_BASE_URL: model.url, ANTHROPIC_API_KEY: 'sk-ant-mock-key', CLAUDE_CODE_MAX_RETRIES: '0' }
    const h = await openHost({ agent: fs.realpathSync(CLAUDE), env, settings: { model: 'sonnet', ...settings } })
    try {
      const session = await h.agent.createSession()
      await fn({ h, agent: h.agent, session, model, asked: () => model.requests.filter((r) => !r.side) })
      await session.destroy()
    } finally {
      await h.close()
      model.stop()
    }
  }

  test('text, thinking, a host tool, and a second turn that knows the first', async () => {
    const turns = [
      [{ think: 'The host has a tool.' }, { text: 'Asking.' }, { tool: 'echo', args: { text: 'ping ✓' } }],
      [{ text: 'It said ping.' }],
      [{ text: 'As I said.' }],
    ]
    await withClaude(turns, {}, async ({ agent, session, asked, h }) => {
      const r = await agent.generate({ session, prompt: 'Ask the host.' })
      assert.match(r.steps.map((s) => s.text).join(''), /Asking\.[^]*It said ping\./)
      assert.match(r.steps.map((s) => s.reasoningText ?? '').join(''), /The host has a tool/)
      assert.deepEqual(
        partsOf(r, 'tool-result').map((p) => [p.toolName, p.output]),
        [['echo', 'ping ✓']],
      )
      assert.equal(r.finishReason, 'stop')
      assert.ok(r.usage.inputTokens > 0)
      const second = await agent.generate({ session, prompt: 'Say it again.' })
      assert.equal(second.text, 'As I said.')
      assert.match(JSON.stringify(asked().at(-1).body.messages), /Ask the host\.[^]*It said ping[^]*Say it again\./)
      assert.equal(h.bridges().length, 1)
    })
  })

  test('instructions and skills of a turn reach the model', async () => {
    const skills = [{ name: 'greeting', description: 'How to greet a penguin.', content: 'Bow twice.' }]
    const settings = { instructions: 'Never speak of walruses.', skills }
    await withClaude([[{ text: 'Yes.' }]], settings, async ({ agent, session, asked, h }) => {
      const r = await agent.generate({ session, prompt: 'Hello?' })
      assert.equal(r.text, 'Yes.')
      const { system, messages } = asked()[0].body
      assert.match(JSON.stringify(system), /Never speak of walruses\./)
      assert.match(JSON.stringify([system, messages]), /How to greet a penguin\./)
      assert.ok(fs.existsSync(path.join(h.box.home, '.claude/skills/greeting/SKILL.md')))
      assert.deepEqual(r.warnings ?? [], [])
    })
  })

  test("its own tool is asked about: yes and no, and the model hears the host's reason", async () => {
    const turns = [
      [{ bash: 'echo allowed > yes.txt' }],
      [{ text: 'Done.' }],
      [{ bash: 'echo forbidden > no.txt' }],
      [{ text: 'As you like.' }],
    ]
    await withClaude(turns, { permissionMode: 'allow-reads' }, async ({ agent, session, model }) => {
      for (const approved of [true, false]) {
        const r = await agent.generate({ session, prompt: `Write a file (${approved}).` })
        const [{ approvalId, toolCall }] = partsOf(r, 'tool-approval-request')
        assert.equal(toolCall.toolName, 'Bash')
        const answer = { type: 'tool-approval-response', approvalId, approved, reason: 'not today' }
        const rest = await agent.continueGenerate({ session, toolApprovalContinuations: [answer] })
        assert.match(rest.text, approved ? /Done\./ : /As you like\./)
      }
      const told = JSON.stringify(model.toolResults())
      assert.match(told, /not today/)
      const workDir = session.getSessionWorkDir()
      assert.ok(fs.existsSync(path.join(workDir, 'yes.txt')))
      assert.ok(!fs.existsSync(path.join(workDir, 'no.txt')))
    })
  })

  test('aborted in a command that hangs, then a turn of its own', async () => {
    const turns = [[{ text: 'Waiting.' }, { bash: 'sleep 600' }], [{ text: 'Here again.' }]]
    await withClaude(turns, {}, async ({ agent, session }) => {
      const abort = new AbortController()
      const result = await agent.stream({ session, prompt: 'Wait.', abortSignal: abort.signal })
      const begun = Date.now()
      await read(result, (part) => part.type === 'tool-call' && setTimeout(() => abort.abort(), 300))
      assert.ok(Date.now() - begun < 9000, `the abort took ${Date.now() - begun} ms`)
      const r = await agent.generate({ session, prompt: 'And now?' })
      assert.match(r.text, /Here again\./)
    })
  })

  test('a message in mid-turn reaches the model', async () => {
    const turns = [[{ text: 'Working.' }, { bash: 'sleep 1' }], [{ text: 'Turning left.' }]]
    await withClaude(turns, {}, async ({ agent, session, asked }) => {
      const result = await agent.stream({ session, prompt: 'Drive.' })
      let steered
      const { text } = await read(result, (part) => {
        if (part.type === 'tool-call') steered ??= agent.experimental_steer({ session, text: 'Turn left, please.' })
      })
      await steered
      assert.match(text, /Turning left\./)
      assert.match(JSON.stringify(asked().at(-1).body.messages), /Turn left, please\./)
    })
  })
})

// -- hosts that know nothing of us --

/** `node` is runlet for a bridge, and Node for all else; `pnpm` installs nothing. */
function shims(box, bridgeType) {
  const write = (name, text) => fs.writeFileSync(path.join(box.bin, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 })
  const type = bridgeType ? ` --bridge-type ${bridgeType}` : ''
  write(
    'node',
    `case $1 in */bridge.mjs) shift; exec '${RUNLET}' bridge --harness claude-code${type} "$@" ;; esac
exec '${process.execPath}' "$@"`,
  )
  write(
    'pnpm',
    `[ "$1" = --dir ] || exit 0
mkdir -p "$2/node_modules/.bin"
ln -sf '${AGENT}' "$2/node_modules/.bin/claude"`,
  )
}

async function withStockHost(makeHarness, bridgeType, fn) {
  const h = await openHost()
  shims(h.box, bridgeType)
  // The older host has its files in a fixed folder of the sandbox; here that is this sandbox's own.
  h.sandbox.moved = { from: '/tmp/harness', to: path.join(h.box.root, 'harness') }
  const agent = new HarnessAgent({ harness: makeHarness(), sandbox: h.sandbox, tools: hostTools })
  try {
    await fn({ h, agent })
  } finally {
    await h.close()
  }
}

const acp = await loadAcpHost()
const claudeCode = await loadClaudeCodeHost()
const makeAcp = () =>
  acp.createACP({
    harnessId: 'some-acp-agent',
    source: { type: 'install-command', command: 'true' },
    executable: 'some-agent',
    modelMapping: { type: 'session-model', path: 'models' },
  })

for (const [name, make, type] of [
  ['harness-acp 1.0.38', makeAcp, undefined],
  ['harness-claude-code 1.0.41', () => claudeCode.createClaudeCode(), 'claude-code'],
])
  describe(`the stock ${name} with the scripted agent`, () => {
    before(async () => (schema = type && (await loadOldSchema())))

    test('text and a host tool, a second turn, then stop', async () => {
      await withStockHost(make, type, async ({ agent }) => {
        const session = await agent.createSession()
        const r = await agent.generate({ session, prompt: script('@text one', '@tool echo {"text":"x"}', '@text two') })
        assert.match(r.steps.map((s) => s.text).join(''), /one[^]*two/)
        assert.equal(partsOf(r, 'tool-result')[0].output, 'x')
        const second = await agent.generate({ session, prompt: script('@text three') })
        assert.match(second.text, /three/)
        await session.stop()
      })
    })

    test('detached and attached by a new session', async () => {
      await withStockHost(make, type, async ({ agent, h }) => {
        const session = await agent.createSession()
        await agent.generate({ session, prompt: script('@text one') })
        const [running] = h.bridges()
        const state = JSON.parse(JSON.stringify(await session.detach()))
        const next = await agent.createSession({ sessionId: session.sessionId, resumeFrom: state })
        const r = await agent.generate({ session: next, prompt: script('@text two') })
        assert.match(r.text, /two/)
        assert.equal(h.bridges()[0].pid, running.pid)
        await next.destroy()
      })
    })

    test('aborted, and a next turn', async () => {
      await withStockHost(make, type, async ({ agent }) => {
        const session = await agent.createSession()
        const abort = new AbortController()
        const prompt = script('@text begun', '@hang')
        const result = await agent.stream({ session, prompt, abortSignal: abort.signal })
        await read(result, (part) => part.type === 'text-delta' && abort.abort())
        const r = await agent.generate({ session, prompt: script('@text a new turn') })
        assert.match(r.text, /a new turn/)
        await session.destroy()
      })
    })
  })
