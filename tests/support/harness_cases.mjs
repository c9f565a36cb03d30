// SPDX-License-Identifier: MIT
// What a stock vercel/ai host does with a bridge: each case once with `runlet bridge` and the scripted agent, and once
// with the package's own bridge (stock_bridge.mjs), so that neither the adapter nor a case leans on one of them.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { frames, host, hostTools, openHost, read, script } from './harness_host.mjs'
import { until } from './runlet.mjs'

const { tool, z, Output } = host
const partsOf = (result, type) => result.steps.flatMap((s) => s.content).filter((p) => p.type === type)
const mark = () => frames.length
const since = (at, type) => frames.slice(at).filter((f) => !type || f.type === type)

/** One host, one session, `fn`, and nothing left. */
async function withSession(bridge, options, fn) {
  const h = await openHost({ ...options, harness: { ...bridge, ...options?.harness } })
  try {
    const session = await h.agent.createSession()
    await fn({ h, session, agent: h.agent })
    await session.destroy()
  } finally {
    await h.close()
  }
}

export const cases = {
  async 'text, thinking, and how it ended'(bridge) {
    await withSession(bridge, {}, async ({ agent, session }) => {
      const at = mark()
      const r = await agent.generate({ session, prompt: script('@think hm', '@text Hello.', '@text Bye.') })
      assert.equal(r.reasoningText ?? r.steps[0].reasoningText, 'hm')
      assert.match(r.text, /Hello\.[^]*Bye\.|Bye\./)
      assert.equal(r.finishReason, 'stop')
      assert.equal(r.usage.outputTokens, 5)
      assert.equal(since(at, 'finish').length, 1)
      assert.equal(since(at, 'stream-start').length, 1)
      const numbers = since(at)
        .map((f) => f.seq)
        .filter((seq) => seq !== undefined)
      assert.deepEqual(
        numbers,
        numbers.map((_, i) => numbers[0] + i),
        'seq counts by one',
      )
    })
  },

  async 'host tools: well, failing, big and slow'(bridge) {
    await withSession(bridge, {}, async ({ agent, session }) => {
      const prompt = script(
        '@tool echo {"text":"hällo \\"you\\""}',
        '@tool fail {}',
        '@tool big {"bytes":3000000}',
        '@tool slow {"ms":1200}',
        `@tool echo {"text":"${'x'.repeat(500_000)}"}`,
        '@text Done.',
      )
      const r = await agent.generate({ session, prompt })
      assert.equal(r.finishReason, 'stop')
      assert.match(r.text, /Done\./)
      const results = partsOf(r, 'tool-result').concat(partsOf(r, 'tool-error'))
      const of = (name) => results.filter((p) => p.toolName === name).map((p) => p.output ?? p.error)
      assert.deepEqual(of('echo'), ['hällo "you"', 'x'.repeat(500_000)])
      assert.match(JSON.stringify(of('fail')), /kaboom/)
      assert.ok(of('big')[0] === 'b'.repeat(3_000_000))
      assert.deepEqual(of('slow'), ['slept 1200'])
      assert.equal(r.steps.length, 6, 'each result ends a step')
    })
  },

  async 'several turns in one bridge, each with its model'(bridge) {
    let model = 'first-model'
    const prepareCall = (call) => ({ ...call, model })
    await withSession(bridge, { settings: { prepareCall } }, async ({ h, agent, session }) => {
      const at = mark()
      for (model of ['first-model', 'second-model', 'third-model']) {
        const r = await agent.generate({ session, prompt: script('@argv', `@text turn of ${model}`) })
        assert.match(r.text, new RegExp(`--model[^]*${model}[^]*turn of ${model}`))
      }
      assert.equal(h.bridges().length, 1)
      assert.equal(since(at, 'finish').length, 3)
      const seqs = since(at).flatMap((f) => (f.seq === undefined ? [] : [f.seq]))
      assert.deepEqual(seqs, [...seqs.keys()].map((i) => seqs[0] + i), 'seq goes on over turns') // prettier-ignore
    })
  },

  async 'detach, attach from a new session, and a second turn'(bridge) {
    const h = await openHost({ harness: bridge })
    const first = await h.agent.createSession()
    await h.agent.generate({ session: first, prompt: script('@text one') })
    const [running] = h.bridges()
    const state = JSON.parse(JSON.stringify(await first.detach()))
    await sleep(100)
    assert.deepEqual(h.bridges().map((p) => p.pid), [running.pid], 'the bridge stays') // prettier-ignore
    const second = await h.makeAgent().createSession({ sessionId: first.sessionId, resumeFrom: state })
    assert.equal(second.isResume, true)
    const r = await h.agent.generate({ session: second, prompt: script('@tool echo {"text":"again"}', '@text two') })
    assert.match(r.text, /two/)
    assert.equal(partsOf(r, 'tool-result')[0].output, 'again')
    assert.deepEqual(h.bridges().map((p) => p.pid), [running.pid]) // prettier-ignore
    await second.destroy()
    await h.close()
  },

  async 'suspended in mid-text and continued: nothing lost, nothing twice'(bridge) {
    const h = await openHost({ harness: bridge })
    const session = await h.agent.createSession()
    const { state, text: first } = await suspendInText(h, session, script('@count 60 20 20000', '@text the end'))
    const next = await h.makeAgent().createSession({ sessionId: session.sessionId, continueFrom: state })
    await sleep(200) // replayed before it is continued: in its order all the same
    const { text: rest } = await read(await h.agent.continueStream({ session: next }))
    assertCounted(first + rest, 60)
    assert.match(rest, /the end$/)
    const r = await h.agent.generate({ session: next, prompt: script('@text next turn') })
    assert.match(r.text, /next turn/)
    await next.destroy()
    await h.close()
  },

  async 'a bridge killed after the turn: replayed from its log on disk'(bridge) {
    const h = await openHost({ harness: bridge })
    const session = await h.agent.createSession()
    const { state, text: first } = await suspendInText(h, session, script('@count 60 20 10000', '@text the end'))
    const log = `${h.bridgeLog(session)}/event-log.ndjson`
    await until('the turn to end on disk', () => /"type":"finish"[^\n]*\n$/.test(fs.readFileSync(log, 'utf8')))
    const [killed] = h.bridges()
    process.kill(killed.pid, 'SIGKILL')
    await until('the bridge to be gone', () => h.bridges().length === 0)
    const next = await h.makeAgent().createSession({ sessionId: session.sessionId, continueFrom: state })
    const { text: rest } = await read(await h.agent.continueStream({ session: next }))
    assertCounted(first + rest, 60)
    assert.match(rest, /the end$/)
    await next.destroy()
    await h.close()
  },

  async 'a bridge killed in mid-turn: the agent goes on from its own session'(bridge) {
    const h = await openHost({ harness: bridge })
    const session = await h.agent.createSession()
    const { state } = await suspendInText(h, session, script('@count 5 20 1000', '@sleep 20000'))
    process.kill(h.bridges()[0].pid, 'SIGKILL')
    await until('the bridge to be gone', () => h.bridges().length === 0)
    const next = await h.makeAgent().createSession({ sessionId: session.sessionId, continueFrom: state })
    const { parts } = await read(await h.agent.continueStream({ session: next }))
    assert.equal(parts.at(-1).type, 'finish')
    await next.destroy()
    await h.close()
  },

  async 'tools that the client runs: the turn waits for them'(bridge) {
    const tools = { ...hostTools, choose: tool({ description: 'asks', inputSchema: z.object({ of: z.string() }) }) }
    await withSession(bridge, { tools }, async ({ agent, session }) => {
      const prompt = script(
        '@text asking',
        '@tool choose {"of":"colours"}',
        '@text thanks',
        '@tool echo {"text":"x"}',
        '@text bye',
      )
      const r = await agent.generate({ session, prompt })
      const [call] = r.toolCalls
      assert.deepEqual([call.toolName, call.input], ['choose', { of: 'colours' }])
      assert.equal(session.hasUnfinishedTurn(), true)
      const output = { type: 'json', value: { colour: 'red' } }
      const { toolCallId } = call
      const toolResultContinuations = [{ type: 'tool-result', toolCallId, toolName: 'choose', output }]
      const rest = await agent.continueGenerate({ session, toolResultContinuations })
      assert.match(rest.steps.map((s) => s.text).join(''), /thanks/)
      assert.equal(partsOf(rest, 'tool-result').find((p) => p.toolName === 'echo').output, 'x')
      assert.equal(rest.finishReason, 'stop')
    })
  },

  async 'approvals of host tools, yes and no'(bridge) {
    const settings = { toolApproval: { echo: 'user-approval' } }
    await withSession(bridge, { settings }, async ({ agent, session }) => {
      for (const approved of [true, false]) {
        const r = await agent.generate({ session, prompt: script('@tool echo {"text":"mine"}', '@text after') })
        const [{ approvalId }] = partsOf(r, 'tool-approval-request')
        const answer = { type: 'tool-approval-response', approvalId, approved, reason: 'because' }
        const rest = await agent.continueGenerate({ session, toolApprovalContinuations: [answer] })
        assert.match(rest.text, /after/)
        assert.equal(rest.finishReason, 'stop')
      }
    })
  },

  async "approvals of the agent's own tools, yes and no"(bridge) {
    const settings = { permissionMode: 'allow-reads' }
    await withSession(bridge, { settings }, async ({ agent, session }) => {
      for (const approved of [true, false]) {
        const at = mark()
        const prompt = script('@ask Bash {"command":"make"}', `@text after ${approved}`)
        const r = await agent.generate({ session, prompt })
        const [{ approvalId, toolCall }] = partsOf(r, 'tool-approval-request')
        assert.equal(toolCall.toolName, 'Bash')
        const answer = { type: 'tool-approval-response', approvalId, approved, reason: 'not today' }
        const rest = await agent.continueGenerate({ session, toolApprovalContinuations: [answer] })
        assert.match(rest.text, new RegExp(`after ${approved}`))
        const [result] = since(at, 'tool-result')
        assert.equal(result.isError ?? false, !approved)
        assert.match(JSON.stringify(result.result), approved ? /done/ : /not today/)
      }
    })
  },

  async 'an approval that is given after a suspension'(bridge) {
    const settings = { permissionMode: 'allow-reads' }
    const h = await openHost({ harness: bridge, settings })
    const session = await h.agent.createSession()
    const r = await h.agent.generate({ session, prompt: script('@ask Bash {"command":"make"}', '@text after') })
    const [{ approvalId }] = partsOf(r, 'tool-approval-request')
    const state = JSON.parse(JSON.stringify(await session.detach()))
    await sleep(100)
    const next = await h.makeAgent().createSession({ sessionId: session.sessionId, resumeFrom: state })
    const answer = { type: 'tool-approval-response', approvalId, approved: true }
    const rest = await h.agent.continueGenerate({ session: next, toolApprovalContinuations: [answer] })
    assert.match(rest.text, /after/)
    await next.destroy()
    await h.close()
  },

  async 'an aborted turn ends once, and the next one is its own'(bridge) {
    await withSession(bridge, {}, async ({ agent, session, h }) => {
      const at = mark()
      const abort = new AbortController()
      const result = await agent.stream({ session, prompt: script('@text begun', '@hang'), abortSignal: abort.signal })
      const { parts } = await read(result, (part) => part.type === 'text-delta' && abort.abort())
      assert.ok(parts.some((p) => p.type === 'abort'), parts.map((p) => p.type).join(' ')) // prettier-ignore
      const r = await agent.generate({ session, prompt: script('@text a new turn') })
      assert.equal(r.text, 'a new turn')
      assert.equal(r.finishReason, 'stop')
      assert.equal(since(at, 'finish').length, 2)
      assert.equal(since(at, 'finish')[0].finishReason.unified, 'other')
      assert.equal(h.bridges().length, 1)
    })
  },

  async 'a message in mid-turn is heard'(bridge) {
    await withSession(bridge, {}, async ({ agent, session }) => {
      const result = await agent.stream({ session, prompt: script('@text listening', '@hear') })
      let steered
      const { text } = await read(result, (part) => {
        if (part.type === 'text-delta') steered ??= agent.experimental_steer({ session, text: 'turn left' })
      })
      await steered
      assert.match(text, /heard: turn left/)
      await assert.rejects(agent.experimental_steer({ session, text: 'too late' }), /no running turn/)
    })
  },

  async 'the socket is reset three times: nothing lost, nothing twice'(bridge) {
    await withSession(bridge, {}, async ({ agent, session, h }) => {
      const connections = h.wire.connections
      const result = await agent.stream({ session, prompt: script('@count 120 20 10000', '@text the end') })
      let cuts = 0
      const { text } = await read(result, (part) => {
        if (part.type === 'text-delta' && /000(20|50|80) /.test(part.text) && cuts++ < 3) h.wire.cut()
      })
      assert.equal(cuts, 3)
      assertCounted(text, 120)
      assert.match(text, /the end$/)
      assert.equal(h.wire.connections, connections + 3)
    })
  },

  async 'a tool result that is ready while the socket is down'(bridge) {
    let h
    const tools = {
      cut: tool({
        description: 'cuts the wire',
        inputSchema: z.object({}),
        execute: async () => {
          h.wire.down = true
          h.wire.cut()
          await sleep(50) // the host knows of it by then
          setTimeout(() => (h.wire.down = false), 400)
          return 'cut'
        },
      }),
    }
    await withSession(bridge, { tools }, async (s) => {
      h = s.h
      const r = await s.agent.generate({ session: s.session, prompt: script('@tool cut', '@text after') })
      assert.equal(partsOf(r, 'tool-result')[0].output, 'cut')
      assert.match(r.text, /after/)
    })
  },

  async 'stopped, and resumed by a new bridge'(bridge) {
    const h = await openHost({ harness: bridge })
    const session = await h.agent.createSession()
    await h.agent.generate({ session, prompt: script('@text one') })
    const [running] = h.bridges()
    const begun = Date.now()
    const state = JSON.parse(JSON.stringify(await session.stop()))
    assert.ok(Date.now() - begun < 4000, `stop took ${Date.now() - begun} ms`)
    assert.equal(h.bridges().length, 0)
    // The package's own does not wait until it is written.
    if (bridge.ours) assert.equal(JSON.parse(fs.readFileSync(`${h.bridgeLog(session)}/bridge-meta.json`)).state, 'done')
    const next = await h.makeAgent().createSession({ sessionId: session.sessionId, resumeFrom: state })
    const r = await h.agent.generate({ session: next, prompt: script('@text two') })
    assert.match(r.text, /two/)
    assert.notEqual(h.bridges()[0].pid, running.pid)
    await next.destroy()
    assert.equal(h.bridges().length, 0)
    await h.close()
  },

  async 'stopped in mid-turn: the turn is continued from where it was'(bridge) {
    const h = await openHost({ harness: bridge })
    const session = await h.agent.createSession()
    const result = await h.agent.stream({ session, prompt: script('@count 5 20 1000', '@sleep 5000') })
    let stopped
    await read(result, (part) => {
      if (part.type === 'text-delta') stopped ??= sleep(100).then(() => session.stop())
    })
    const state = JSON.parse(JSON.stringify(await stopped))
    assert.equal(state.continueFrom.type, 'continue-turn')
    await until('the bridge to be gone', () => h.bridges().length === 0)
    const log = fs.readFileSync(`${h.bridgeLog(session)}/event-log.ndjson`, 'utf8')
    assert.match(log, /text-delta/, 'the log was on disk before')
    await h.close()
  },

  async 'structured output'(bridge) {
    const output = Output.object({ schema: z.object({ answer: z.number() }) })
    await withSession(bridge, { settings: { output } }, async ({ agent, session }) => {
      const r = await agent.generate({
        session,
        prompt: script('@structured {"answer":42}').replace(/\n@result.*/, ''),
      })
      assert.deepEqual(r.output, { answer: 42 })
    })
  },

  async 'a compaction is told'(bridge) {
    await withSession(bridge, {}, async ({ agent, session }) => {
      const at = mark()
      await agent.generate({ session, prompt: script('@compact', '@text after') })
      const [compaction] = since(at, 'compaction')
      assert.equal(compaction.trigger, 'auto')
      assert.equal(typeof compaction.summary, 'string')
    })
  },
  async 'a compaction that is asked for reaches the runtime, or is refused in words'(bridge) {
    await withSession(bridge, {}, async ({ agent, session }) => {
      await assert.rejects(session.compact(), /while a turn runs/)
      const result = await agent.stream({
        session,
        prompt: script('@text listening', bridge.ours ? '@sleep 300' : '@hear'),
      })
      let asked
      const { text } = await read(result, (part) => {
        if (part.type === 'text-delta') asked ??= session.compact('the names').then(() => 'done', (e) => e) // prettier-ignore
      })
      const answer = await asked
      if (bridge.ours) assert.match(answer.message, /a compaction cannot be asked for/)
      else assert.match(text, /heard: \/compact the names/)
    })
  },
}

async function suspendInText(h, session, prompt) {
  const result = await h.agent.stream({ session, prompt })
  let suspended
  const { text } = await read(result, (part, parts) => {
    if (part.type === 'text-delta' && parts.filter((p) => p.type === 'text-delta').length === 5)
      suspended = session.suspendTurn()
  })
  assert.ok(suspended, 'five deltas came')
  return { state: JSON.parse(JSON.stringify(await suspended)), text }
}

/** What `@count N` says, each ordinal once and in its order. */
function assertCounted(text, count) {
  const told = text.match(/\d{8} /g)?.map(Number) ?? []
  assert.deepEqual(told, [...Array(count).keys()])
}
