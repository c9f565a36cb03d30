// SPDX-License-Identifier: MIT
// POST /agui as the stock clients use it, unmodified: @ag-ui/client's HttpAgent and @tanstack/ai-client's ChatClient with
// fetchHttpStream.  Each chat has ask(text), tools that run here, and turns(): [[question, calls, answer], …] as a page
// shows them.  Every line that comes passes the newest schemas and has no member that they do not know.
import assert from 'node:assert/strict'
import { HttpAgent } from '@ag-ui/client'
import * as schemas from '@ag-ui/core-newest/schemas'
import { ChatClient, fetchHttpStream } from '@tanstack/ai-client'
import { until } from './runlet.mjs'

/** Names of the members of `value` that its schema does not have. */
function unknown(schema, value) {
  const shape = schema.shape ?? schema.def?.shape ?? {}
  return Object.keys(value).filter((name) => !(name in shape))
}

/** What is wrong with an event by @ag-ui/core; members inside of values are their sender's. */
export function faultsOf(event) {
  const parsed = schemas.EventSchema.safeParse(event)
  if (!parsed.success) return [`${event.type}: ${parsed.error.message}`]
  const name = `${event.type
    .toLowerCase()
    .split('_')
    .map((w) => w[0].toUpperCase() + w.slice(1))
    .join('')}EventSchema`
  return unknown(schemas[name], event).map((member) => `${event.type}: ${member} is not known`)
}

/** fetch, with each line of an answer looked at on its way; `seen` gets the events. */
function watched(seen) {
  return async (url, init) => {
    const response = await fetch(url, init)
    if (!response.ok) return response
    const [ours, theirs] = response.body.tee()
    const text = new Response(ours).text().then(
      (all) => {
        assert.ok(!all.includes('\r'), 'lines end with LF only')
        for (const line of all.split('\n')) {
          const json = line.startsWith('data: ') ? line.slice(6) : line.startsWith('{') ? line : ''
          if (!json) continue
          const event = JSON.parse(json)
          seen.push(event)
          seen.faults.push(...faultsOf(event))
        }
      },
      () => {}, // it was cut
    )
    seen.read.push(text)
    return new Response(theirs, { status: response.status, headers: response.headers })
  }
}
const newSeen = () => Object.assign([], { faults: [], read: [] })

export const clients = {
  HttpAgent(url, { threadId, tools = {}, forwardedProps = {} }) {
    const seen = newSeen(),
      complaints = []
    const agent = new HttpAgent({ url, threadId, fetch: watched(seen) })
    const list = Object.entries(tools).map(([name, t]) => ({
      name,
      description: t.description ?? name,
      parameters: { type: 'object' },
    }))
    let n = 0
    async function run(more = {}) {
      const warn = console.warn
      console.warn = (...words) => complaints.push(words.join(' '))
      let pending = []
      try {
        await agent.runAgent(
          { tools: list, forwardedProps, ...more },
          {
            onRunFinishedEvent: ({ pendingToolCallIds }) => {
              pending = pendingToolCallIds ?? []
            },
          },
        )
      } finally {
        console.warn = warn
      }
      if (!pending.length) return
      const calls = agent.messages.flatMap((m) => m.toolCalls ?? [])
      for (const id of pending) {
        const call = calls.find((c) => c.id === id)
        const result = await tools[call.function.name].execute(JSON.parse(call.function.arguments))
        agent.addMessage({ id: `result-${id}`, role: 'tool', toolCallId: id, content: JSON.stringify(result) })
      }
      await run()
    }
    return {
      seen,
      complaints,
      agent,
      async ask(text) {
        agent.addMessage({ id: `u${++n}`, role: 'user', content: text })
        await run()
      },
      waiting: () => agent.pendingInterrupts,
      permit: (approved, reason) =>
        run({
          resume: agent.pendingInterrupts.map((i) => ({
            interruptId: i.id,
            status: 'resolved',
            payload: { approved, ...(reason ? { reason } : {}) },
          })),
        }),
      stop: () => agent.abortRun(),
      turns() {
        const results = new Map(agent.messages.filter((m) => m.role === 'tool').map((m) => [m.toolCallId, m.content]))
        const turns = []
        for (const m of agent.messages) {
          if (m.role === 'user') turns.push([m.content, [], '', ''])
          if (m.role === 'reasoning') turns.at(-1)[3] += m.content
          if (m.role !== 'assistant') continue
          turns.at(-1)[1].push(...(m.toolCalls ?? []).map((c) => [c.function.name, results.get(c.id)]))
          turns.at(-1)[2] += m.content ?? ''
        }
        return turns
      },
      messages: () => agent.messages,
    }
  },
  ChatClient(url, { threadId, tools = {}, forwardedProps = {} }) {
    const seen = newSeen()
    let failed
    const chat = new ChatClient({
      threadId,
      connection: fetchHttpStream(url, { fetchClient: watched(seen) }),
      forwardedProps,
      tools: Object.entries(tools).map(([name, t]) => ({
        __toolSide: 'client',
        name,
        description: t.description ?? name,
        execute: t.execute,
      })),
      onError: (e) => {
        failed = e
      },
    })
    return {
      seen,
      complaints: [],
      chat,
      async ask(text) {
        await chat.sendMessage(text)
        assert.equal(failed, undefined)
      },
      waiting: () => chat.getInterrupts(),
      async permit(approved) {
        for (const i of chat.getInterrupts()) i.resolveInterrupt({ approved })
        await until('the answer', () => !chat.getInterrupts().length && !chat.getIsLoading(), 5000)
        assert.equal(failed, undefined)
      },
      stop: () => chat.stop(),
      turns() {
        const turns = []
        const of = (m, type) => m.parts.filter((p) => p.type === type)
        for (const m of chat.getMessages()) {
          const text = of(m, 'text')
            .map((p) => p.content)
            .join('')
          if (m.role === 'user') turns.push([text, [], '', ''])
          if (m.role !== 'assistant') continue
          const turn = turns.at(-1)
          turn[1].push(
            ...of(m, 'tool-call').map((p) => [
              p.name,
              of(m, 'tool-result').find((r) => r.toolCallId === p.id)?.content ??
                (p.output === undefined ? undefined : JSON.stringify(p.output)),
            ]),
          )
          turn[2] += text
          turn[3] += of(m, 'thinking')
            .map((p) => p.content)
            .join('')
        }
        return turns
      },
      messages: () => chat.getMessages(),
    }
  },
}

/** No line was wrong, and the client complained of nothing. */
export async function assertClean(chat) {
  await Promise.all(chat.seen.read)
  assert.deepEqual(chat.seen.faults, [])
  assert.deepEqual(chat.complaints, [])
}
