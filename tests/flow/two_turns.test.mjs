// SPDX-License-Identifier: MIT
// Two turns of one thread in the stock chat clients, @tanstack/ai-client's ChatClient and @ag-ui/client's HttpAgent, each
// speaking to POST /run itself.  The agents are recordings that count their ids from the start in each run, as the real
// codex does, and models behind gateways: two answers and two calls have to stand there, each in its turn.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { HttpAgent } from '@ag-ui/client'
import { ChatClient, fetchHttpStream, fetchServerSentEvents } from '@tanstack/ai-client'
import { assertNothingLeft, makeBox, serve } from '../support/runlet.mjs'

const lines = (...all) => all.map((l) => JSON.stringify(l) + '\n').join('')
const update = (update) => ({ jsonrpc: '2.0', method: 'session/update', params: { sessionId: 's-1', update } })

/** What each prints in its turn `n`: a shell that says n, then two pieces of "answer n". */
const recordings = {
  codex: (n) =>
    lines(
      { type: 'thread.started', thread_id: '01a0-thread' },
      { type: 'turn.started' },
      {
        type: 'item.started',
        item: { id: 'item_0', type: 'command_execution', command: `echo ${n}`, status: 'in_progress' },
      },
      {
        type: 'item.completed',
        item: {
          id: 'item_0',
          type: 'command_execution',
          command: `echo ${n}`,
          aggregated_output: `said ${n}`,
          exit_code: 0,
          status: 'completed',
        },
      },
      { type: 'item.completed', item: { id: 'item_1', type: 'agent_message', text: `answer ${n}` } },
      { type: 'turn.completed', usage: { input_tokens: 10, cached_input_tokens: 4, output_tokens: 5 } },
    ),
  'claude-code': (n) =>
    lines(
      { type: 'system', subtype: 'init', session_id: 's-1', model: 'm', tools: ['Bash'] },
      {
        type: 'assistant',
        message: {
          id: 'chatcmpl-1',
          content: [{ type: 'tool_use', id: 'Bash:0', name: 'Bash', input: { command: `echo ${n}` } }],
        },
        parent_tool_use_id: null,
      },
      {
        type: 'user',
        message: { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'Bash:0', content: `said ${n}` }] },
        parent_tool_use_id: null,
      },
      {
        type: 'assistant',
        message: { id: 'chatcmpl-2', content: [{ type: 'text', text: `answer ${n}` }] },
        parent_tool_use_id: null,
      },
      {
        type: 'result',
        subtype: 'success',
        is_error: false,
        result: `answer ${n}`,
        num_turns: 2,
        stop_reason: 'end_turn',
        usage: {
          input_tokens: 4,
          output_tokens: 50,
          cache_read_input_tokens: 20000,
          cache_creation_input_tokens: 3000,
        },
      },
    ),
  acp: (n) =>
    lines(
      update({
        sessionUpdate: 'tool_call',
        toolCallId: '1',
        title: 'shell',
        kind: 'execute',
        status: 'pending',
        rawInput: { command: `echo ${n}` },
      }),
      update({
        sessionUpdate: 'tool_call_update',
        toolCallId: '1',
        status: 'completed',
        content: [{ type: 'content', content: { type: 'text', text: `said ${n}` } }],
      }),
      update({ sessionUpdate: 'agent_message_chunk', messageId: '2', content: { type: 'text', text: `answer ${n}` } }),
    ),
}
const acpAnswers = [
  { jsonrpc: '2.0', id: 1, result: { protocolVersion: 1, agentCapabilities: {} } },
  { jsonrpc: '2.0', id: 5, result: { sessionId: 's-1' } },
]

let server, programs
before(async () => {
  const box = makeBox()
  programs = fs.mkdtempSync(path.join(box.root, 'programs-'))
  for (const name of Object.keys(recordings))
    for (const n of [1, 2]) fs.writeFileSync(path.join(programs, `${name}-${n}`), recordings[name](n))
  const script = (file, text) => {
    fs.rmSync(file, { force: true })
    fs.writeFileSync(file, `#!/bin/sh\n${text}`, { mode: 0o755 })
  }
  const turn = (input) => `case ${input} in *"question 2"*) n=2 ;; *) n=1 ;; esac\n`
  script(path.join(box.bin, 'codex'), `${turn('$(cat)')}cat ${programs}/codex-$n\n`)
  script(path.join(box.bin, 'claude'), `read -r line\n${turn('$line')}cat ${programs}/claude-code-$n\n`)
  script(
    path.join(programs, 'acp'),
    `${acpAnswers.map((a) => `read -r line; echo '${JSON.stringify(a)}'\n`).join('')}read -r line
${turn('$line')}cat ${programs}/acp-$n; echo '{"jsonrpc":"2.0","id":8,"result":{"stopReason":"end_turn"}}'; cat >/dev/null\n`,
  )
  server = await serve({ box, args: ['--workspace-per-thread'] })
})
after(async () => {
  await server.stop()
  await assertNothingLeft(server.box)
  server.box.remove()
})

/** The body that a chat client posts, as a run request: its own messages, untouched. */
function toRun(body, harness, eventFormat) {
  const { threadId, runId, messages } = JSON.parse(body)
  return JSON.stringify({
    threadId,
    runId,
    messages,
    harness,
    model: 'm',
    eventFormat,
    workspace: { source: { type: 'none' } },
    toolDescriptors: [],
    toolExecUrl: 'http://127.0.0.1:9/none',
    toolExecToken: 'unused',
    ...(harness === 'acp' ? { harnessOptions: { command: [path.join(programs, 'acp')] } } : {}),
  })
}

/** [question, calls, answer] for each of the turns, from a list of {role, text, calls: [arguments, result]}. */
function turnsOf(messages) {
  const turns = []
  for (const m of messages) {
    if (m.role === 'user') turns.push([m.text, [], ''])
    else {
      turns.at(-1)[1].push(...m.calls)
      turns.at(-1)[2] += m.text
    }
  }
  return turns
}
const wanted = [1, 2].map((n) => [`question ${n}`, [[`echo ${n}`, `said ${n}`]], `answer ${n}`])
/** A result is text, or, of codex, an object with the output in it. */
const output = (content) =>
  (typeof content === 'string' && content.startsWith('{') ? JSON.parse(content) : content).aggregated_output ?? content

for (const harness of Object.keys(recordings)) {
  for (const [name, connect] of [
    ['SSE', fetchServerSentEvents],
    ['lines', fetchHttpStream],
  ]) {
    test(`ChatClient over ${name}: two turns of ${harness} are two answers and two calls, in order`, async () => {
      const fetchClient = (url, init) =>
        fetch(url, {
          ...init,
          headers: { ...init.headers, ...(name === 'SSE' ? { accept: 'text/event-stream' } : {}) },
          body: toRun(init.body, harness, 'tanstack'),
        })
      let failed
      const chat = new ChatClient({
        threadId: `chat-${name}-${harness}`,
        connection: connect(`${server.url}/run`, { fetchClient }),
        onError: (e) => {
          failed = e
        },
      })
      for (const n of [1, 2]) await chat.sendMessage(`question ${n}`)
      assert.equal(failed, undefined)
      const of = (m, type) => m.parts.filter((p) => p.type === type)
      const messages = chat.getMessages().map((m) => ({
        role: m.role,
        text: of(m, 'text')
          .map((p) => p.content)
          .join(''),
        calls: of(m, 'tool-call').map((p) => [
          JSON.parse(p.arguments).command,
          output(of(m, 'tool-result').find((r) => r.toolCallId === p.id)?.content),
        ]),
      }))
      assert.deepEqual(turnsOf(messages), wanted)
    })
  }

  test(`HttpAgent: two turns of ${harness} are two answers and two calls, in order, and nothing to complain of`, async (t) => {
    const complaints = []
    t.mock.method(console, 'warn', (...words) => complaints.push(words.join(' ')))
    class Runlet extends HttpAgent {
      requestInit(input) {
        const init = super.requestInit(input)
        return { ...init, body: toRun(init.body, harness, 'ag-ui') }
      }
    }
    const agent = new Runlet({ url: `${server.url}/run`, threadId: `agent-${harness}` })
    const ends = []
    for (const n of [1, 2]) {
      agent.addMessage({ id: `u${n}`, role: 'user', content: `question ${n}` })
      await agent.runAgent(
        { runId: `agent-${harness}-${n}` },
        {
          onRunFinishedEvent: ({ event }) => {
            ends.push(event)
          },
        },
      )
    }
    const results = new Map(agent.messages.filter((m) => m.role === 'tool').map((m) => [m.toolCallId, m.content]))
    const messages = agent.messages
      .filter((m) => m.role !== 'tool')
      .map((m) => ({
        role: m.role,
        text: m.content ?? '',
        calls: (m.toolCalls ?? []).map((c) => [JSON.parse(c.function.arguments).command, output(results.get(c.id))]),
      }))
    assert.deepEqual(turnsOf(messages), wanted)
    assert.equal(
      new Set(agent.messages.map((m) => m.id)).size,
      agent.messages.length,
      'each message has an id of its own',
    )
    assert.deepEqual(complaints, [])
    assert.equal(ends.length, 2)
    if (harness === 'claude-code')
      assert.deepEqual(ends[1].usage, [
        {
          model: 'm',
          inputTokens: 23004,
          outputTokens: 50,
          totalTokens: 23054,
          cachedInputTokens: 20000,
          cacheWriteInputTokens: 3000,
        },
      ])
  })
}
