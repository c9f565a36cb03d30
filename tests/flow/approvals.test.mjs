// SPDX-License-Identifier: MIT
// An approval as the stock clients take it: both processors of @tanstack/ai, ChatClient and @ag-ui/client's HttpAgent show what
// is asked, held while the agent waits or left for the next request, and none of them stumbles over it.
import assert from 'node:assert/strict'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { HttpAgent } from '@ag-ui/client'
import { StreamProcessor } from '@tanstack/ai'
import { ChatClient, fetchHttpStream } from '@tanstack/ai-client'
import { resultsOf } from '../support/ndjson.mjs'
import { runRequest } from '../support/orchestrator.mjs'
import { ask, assertNothingLeft, open, post, serve, until } from '../support/runlet.mjs'

// ChatClient has a newer one of its own.
const own = path.dirname(fileURLToPath(import.meta.resolve('@tanstack/ai-client')))
const newer = await import(path.join(own, '../../node_modules/@tanstack/ai/dist/esm/index.js'))
assert.notEqual(newer.StreamProcessor, StreamProcessor)

let server
before(async () => {
  server = await serve({ args: ['--workspace-per-thread'] })
})
after(async () => {
  await server.stop()
  await assertNothingLeft(server.box)
  server.box.remove()
})

const ID = 'claude-code:command:git push'
const request = (more) =>
  runRequest({
    prompt: ['@init alone', '@text May I?', '@ask Bash {"command":"git push"}', '@text Well.', '@result success'],
    policy: {},
    ...more,
  })
const approve = (runId, approved) =>
  ask(server, 'POST', `/runs/${runId}/approvals/${encodeURIComponent(ID)}`, { body: JSON.stringify({ approved }) })
const partOf = (messages) => messages.flatMap((m) => m.parts).find((p) => p.type === 'tool-call')

for (const [version, Processor] of [
  ['0.42', StreamProcessor],
  ['0.58', newer.StreamProcessor],
]) {
  test(`StreamProcessor ${version}: what is held is shown with its call, and then its result`, async () => {
    const req = request()
    const r = await open(server, req)
    await until('the approval', () => r.events.some((e) => e.name === 'approval-requested'))
    const told = []
    const processor = new Processor({ events: { onApprovalRequest: (a) => told.push(a) } })
    processor.prepareAssistantMessage()
    const seen = r.events.length
    for (const e of r.events) processor.processChunk(e)
    const { id, state, approval } = partOf(processor.getMessages())
    assert.deepEqual([state, approval], ['approval-requested', { id: ID, needsApproval: true }])
    assert.deepEqual(told, [{ toolCallId: id, toolName: 'Bash', input: { command: 'git push' }, approvalId: ID }])
    assert.equal((await approve(req.runId, true)).status, 200)
    await r.ended
    for (const e of r.events.slice(seen)) processor.processChunk(e)
    const parts = processor.getMessages().flatMap((m) => m.parts)
    assert.equal(parts.find((p) => p.type === 'tool-result').content, 'done')
    assert.deepEqual(
      parts.filter((p) => p.type === 'text').map((p) => p.content),
      ['May I?', 'Well.'],
    )
  })

  test(`StreamProcessor ${version}: what was denied for want of an answer keeps its question, and the next request answers it`, async () => {
    const r = await post(server, request({ timeouts: { approvalMs: 0 } }))
    const processor = new Processor()
    processor.prepareAssistantMessage()
    for (const e of r.events) processor.processChunk(e)
    processor.finalizeStream()
    assert.deepEqual(partOf(processor.getMessages()).approval, { id: ID, needsApproval: true })
    processor.addToolApprovalResponse(ID, true)
    // as the engine of @tanstack/ai finds the answers of a client in its messages
    const parts = processor.getMessages().flatMap((m) => m.parts.filter((p) => p.approval?.approved !== undefined))
    const approvals = Object.fromEntries(parts.map((p) => [p.approval.id, p.approval.approved]))
    assert.deepEqual(approvals, { [ID]: true })
    const next = await post(server, request({ timeouts: { approvalMs: 0 }, approvals }))
    assert.deepEqual(
      resultsOf(next.events).map((e) => e.content),
      ['done'],
    )
  })
}

/** The body that a chat client posts, as a run request with a policy. */
function toRun(body, eventFormat) {
  const { threadId, runId, messages } = JSON.parse(body)
  return JSON.stringify({ ...request(), threadId, runId, messages, eventFormat })
}
const PROMPT = request().messages[0].content

test('ChatClient: the call asks while the stream is open, and goes on when somebody has answered', async () => {
  let runId, failed
  const chat = new ChatClient({
    threadId: 'chat',
    connection: fetchHttpStream(`${server.url}/run`, {
      fetchClient: (url, init) => {
        runId = JSON.parse(init.body).runId
        return fetch(url, { ...init, body: toRun(init.body, 'tanstack') })
      },
    }),
    onError: (e) => {
      failed = e
    },
  })
  const sent = chat.sendMessage(PROMPT)
  const part = await until('the question', () => {
    const p = partOf(chat.getMessages())
    return p?.state === 'approval-requested' && p
  })
  assert.equal(part.approval.id, ID)
  assert.equal((await approve(runId, true)).status, 200)
  await sent
  assert.equal(failed, undefined)
  const parts = chat.getMessages().flatMap((m) => m.parts)
  assert.equal(parts.find((p) => p.type === 'tool-result').content, 'done')
  assert.equal(parts.filter((p) => p.type === 'text').at(-1).content, 'Well.')
})

test('HttpAgent: the question is a custom event, there is nothing to complain of, and the run goes on', async (t) => {
  const complaints = []
  t.mock.method(console, 'warn', (...words) => complaints.push(words.join(' ')))
  class Runlet extends HttpAgent {
    requestInit(input) {
      const init = super.requestInit(input)
      return { ...init, body: toRun(init.body, 'ag-ui') }
    }
  }
  const agent = new Runlet({ url: `${server.url}/run`, threadId: 'agent' })
  agent.addMessage({ id: 'u1', role: 'user', content: PROMPT })
  const asked = []
  await agent.runAgent(
    { runId: 'agent-1' },
    {
      onCustomEvent: ({ event }) => {
        if (event.name !== 'approval-requested') return
        asked.push(event.value)
        void approve('agent-1', false)
      },
    },
  )
  const [call] = agent.messages.flatMap((m) => m.toolCalls ?? [])
  assert.deepEqual(
    asked.map((v) => [v.approvalId, v.toolCallId, v.input]),
    [[ID, call.id, { command: 'git push' }]],
  )
  assert.equal(agent.messages.find((m) => m.role === 'tool').content, 'Denied by sandbox policy.')
  assert.equal(agent.messages.at(-1).content, 'Well.')
  assert.deepEqual(complaints, [])
})
