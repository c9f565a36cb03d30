// SPDX-License-Identifier: MIT
// What agui_page.html does: the stock HttpAgent at another origin's POST /agui (?url=), a tool that runs here, buttons where
// the agent asks for leave.  It shows what the client says the conversation is, and nothing of its own.
import { HttpAgent } from '@ag-ui/client'

const at = (id) => document.getElementById(id)
const query = new URLSearchParams(location.search)
const agent = new HttpAgent({ url: query.get('url'), threadId: query.get('thread') })
const tools = [
  {
    name: 'getTitle',
    description: 'the title of the page',
    parameters: { type: 'object', properties: {} },
    execute: () => document.title,
  },
]

function row(kind, text) {
  const div = document.createElement('div')
  div.className = `row ${kind}`
  const inner = document.createElement('div')
  inner.textContent = text
  div.append(inner)
  at('chat').append(div)
  return inner
}

function draw() {
  at('chat').replaceChildren()
  for (const m of agent.messages) {
    if (m.role === 'user' || m.role === 'reasoning') row(m.role, m.content)
    if (m.role === 'tool') row('tool', `= ${m.content}`)
    if (m.role === 'assistant' && m.content) row('assistant', m.content)
    for (const c of m.toolCalls ?? []) row('tool', `${c.function.name} ${c.function.arguments}`)
  }
  for (const i of agent.pendingInterrupts) {
    const inner = row('ask', `${i.message} ${JSON.stringify(i.metadata.input)} `)
    for (const approved of [true, false]) {
      const button = document.createElement('button')
      button.textContent = approved ? 'Allow' : 'Deny'
      button.className = approved ? 'allow' : 'deny'
      button.onclick = () => run({ resume: [{ interruptId: i.id, status: 'resolved', payload: { approved } }] })
      inner.append(button)
    }
  }
}

async function run(more = {}) {
  at('state').textContent = 'working'
  let pending = []
  try {
    await agent.runAgent(
      { tools: tools.map(({ execute, ...tool }) => tool), ...more },
      {
        onMessagesChanged: draw,
        onRunFinishedEvent: ({ pendingToolCallIds }) => {
          pending = pendingToolCallIds ?? []
        },
      },
    )
    draw()
    if (pending.length) {
      for (const id of pending) {
        const call = agent.messages.flatMap((m) => m.toolCalls ?? []).find((c) => c.id === id)
        const tool = tools.find((t) => t.name === call.function.name)
        agent.addMessage({ id: crypto.randomUUID(), role: 'tool', toolCallId: id, content: tool.execute() })
      }
      return await run()
    }
    at('state').textContent = agent.pendingInterrupts.length ? 'asked' : 'idle'
  } catch (e) {
    at('state').textContent = `failed: ${e.message}`
  }
}

at('form').onsubmit = (e) => {
  e.preventDefault()
  agent.addMessage({ id: crypto.randomUUID(), role: 'user', content: at('words').value })
  at('words').value = ''
  draw()
  run()
}
