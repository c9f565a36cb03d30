// SPDX-License-Identifier: MIT
// A mock of the Anthropic Messages API on loopback.  `turns` is what the model says, one entry a request:
//   [{think}, {text}, {tool: 'echo', args, id?}, {bash: 'cmd', background?}, {native: 'Write', args}, {value: {…}}]
//                                         blocks of one answer
//   {say: [blocks], stop?: 'pause_turn', cut?: true | 'error', afterMs?}   the same with another stop reason; broken off
//                                         after its last piece (by an error event); after so long
//   {status: 500, body?}   an error answer        {hang: true}   never answers
// The last entry is repeated.  A tool is called by its bare name: it is looked up in what the agent offered.
import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { pieces } from './mock_words.mjs'

const errorBody = (status) => ({
  type: 'error',
  error: { type: status === 401 ? 'authentication_error' : 'api_error', message: `mock ${status}` },
})

function contentOf(blocks, offered, id) {
  return blocks.map((b, i) => {
    if (b.think !== undefined) return { type: 'thinking', thinking: b.think, signature: 'bW9jaw==' }
    if (b.text !== undefined) return { type: 'text', text: b.text }
    const use = { type: 'tool_use', id: b.id ?? `toolu_${id}_${i}` }
    if (b.bash !== undefined)
      return {
        ...use,
        name: 'Bash',
        input: { command: b.bash, description: 'test', ...(b.background ? { run_in_background: true } : {}) },
      }
    if (b.native !== undefined) return { ...use, name: b.native, input: b.args ?? {} }
    if (b.value !== undefined) return { ...use, name: 'StructuredOutput', input: b.value }
    return {
      ...use,
      name: offered.find((n) => n.endsWith(`__${b.tool}`)) ?? `mcp__tanstack__${b.tool}`,
      input: b.args ?? {},
    }
  })
}

async function stream(res, model, id, content, stop, cut) {
  const send = async (type, data) => {
    res.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`)
    await sleep(1)
  }
  const usage = { input_tokens: 120, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 1 }
  res.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' })
  await send('message_start', {
    message: {
      id,
      type: 'message',
      role: 'assistant',
      model,
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage,
    },
  })
  for (const [index, c] of content.entries()) {
    const delta = (d) => send('content_block_delta', { index, delta: d })
    const empty = {
      thinking: { type: 'thinking', thinking: '', signature: '' },
      text: { type: 'text', text: '' },
      tool_use: { ...c, input: {} },
    }
    await send('content_block_start', { index, content_block: empty[c.type] })
    if (c.type === 'thinking') {
      for (const p of pieces(c.thinking)) await delta({ type: 'thinking_delta', thinking: p })
      await delta({ type: 'signature_delta', signature: c.signature })
    }
    if (c.type === 'text') for (const p of pieces(c.text)) await delta({ type: 'text_delta', text: p })
    if (c.type === 'tool_use')
      for (const p of pieces(JSON.stringify(c.input))) await delta({ type: 'input_json_delta', partial_json: p })
    if (cut && index === content.length - 1) {
      await sleep(50) // what was said is to have been read
      if (cut === 'error') await send('error', { error: { type: 'overloaded_error', message: 'mock overloaded' } })
      return void (cut === 'error' ? res.end() : res.destroy())
    }
    await send('content_block_stop', { index })
  }
  await send('message_delta', { delta: { stop_reason: stop, stop_sequence: null }, usage: { output_tokens: 30 } })
  await send('message_stop', {})
  res.end()
}

export async function startAnthropic(turns) {
  const requests = []
  let turn = 0
  const server = createServer(async (req, res) => {
    const parts = []
    for await (const part of req) parts.push(part)
    const path = req.url.split('?')[0]
    let body = {}
    try {
      body = JSON.parse(Buffer.concat(parts).toString() || '{}')
    } catch {
      /* recorded as it is */
    }
    const json = (status, value) =>
      res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
    if (path.endsWith('/count_tokens')) return json(200, { input_tokens: 100 })
    if (!path.endsWith('/messages')) return json(404, errorBody(404))
    const offered = (body.tools ?? []).map((t) => t.name)
    const side = offered.length === 0 // titles and the like are asked for without tools
    const say = side ? [{ text: 'Mock title' }] : turns[Math.min(turn++, turns.length - 1)]
    requests.push({ headers: req.headers, body, offered, side })
    if (say.status) return json(say.status, say.body ?? errorBody(say.status))
    if (say.hang) return undefined
    const id = `msg_mock_${requests.length}`
    if (say.afterMs) await sleep(say.afterMs)
    const content = contentOf(say.say ?? say, offered, id)
    const stop = say.stop ?? (content.some((c) => c.type === 'tool_use') ? 'tool_use' : 'end_turn')
    if (body.stream) return stream(res, body.model, id, content, stop, say.cut)
    return json(200, {
      id,
      type: 'message',
      role: 'assistant',
      model: body.model,
      content,
      stop_reason: stop,
      stop_sequence: null,
      usage: { input_tokens: 1, output_tokens: 1 },
    })
  })
  server.on('connection', (s) => s.on('error', () => {}))
  server.listen(0, '127.0.0.1')
  await new Promise((r) => server.once('listening', r))
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    requests,
    /** tool_result blocks of the last request that had any: what the model got to see. */
    toolResults: () =>
      requests
        .flatMap((r) => r.body.messages ?? [])
        .flatMap((m) => (Array.isArray(m.content) ? m.content : []))
        .filter((c) => c.type === 'tool_result'),
    stop: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}
