// SPDX-License-Identifier: MIT
// A mock of the OpenAI chat completions API on loopback.  `turns` is what the model says, one entry a request:
//   [{think}, {text}, {tool: 'echo', args}, {native: 'bash', args}, {value: {…}}]   blocks of one answer
//   {status: 500, body?}   an error answer        {hang: true}   never answers
//   `afterMs` beside either: it answers after so long
//   {cut: [blocks]}        the beginning of an answer, then the connection is cut; {tool, bare: true} in it: a call without arguments
// The last entry is repeated.  A bridged tool is called by its bare name: it is looked up in what the agent offered.
import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { openaiError, pieces } from './mock_words.mjs'

const USAGE = {
  prompt_tokens: 120,
  completion_tokens: 30,
  total_tokens: 150,
  prompt_tokens_details: { cached_tokens: 20 },
  completion_tokens_details: { reasoning_tokens: 5 },
}

function callOf(block, offered, id) {
  const named = (name, args) => ({ id, type: 'function', function: { name, arguments: JSON.stringify(args ?? {}) } })
  if (block.value !== undefined) return named('StructuredOutput', block.value)
  if (block.native !== undefined) return named(block.native, block.args)
  return {
    ...named(
      offered.find((n) => /[_-]/.test(n.at(-block.tool.length - 1)) && n.endsWith(block.tool)) ??
        `tanstack_${block.tool}`,
      block.args,
    ),
    bare: block.bare,
  }
}

async function stream(res, chunk, blocks, calls, cut) {
  const send = async (delta, more = {}) => {
    res.write(`data: ${JSON.stringify(chunk(delta, more))}\n\n`)
    await sleep(1)
  }
  res.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' })
  await send({ role: 'assistant', content: '' })
  for (const b of blocks) {
    if (b.think !== undefined) for (const p of pieces(b.think)) await send({ reasoning_content: p })
    if (b.text !== undefined) for (const p of pieces(b.text)) await send({ content: p })
  }
  for (const [index, c] of calls.entries()) {
    await send({ tool_calls: [{ index, id: c.id, type: c.type, function: { name: c.function.name, arguments: '' } }] })
    if (!c.bare)
      for (const p of pieces(c.function.arguments)) await send({ tool_calls: [{ index, function: { arguments: p } }] })
  }
  if (cut) {
    await sleep(300)
    return res.destroy()
  } // what was said arrives first
  await send({}, { finish: calls.length > 0 ? 'tool_calls' : 'stop' })
  res.end(`data: ${JSON.stringify({ ...chunk({}), choices: [], usage: USAGE })}\n\ndata: [DONE]\n\n`)
}

export async function startChat(turns) {
  const requests = []
  let turn = 0
  const server = createServer(async (req, res) => {
    const parts = []
    for await (const part of req) parts.push(part)
    let body = {}
    try {
      body = JSON.parse(Buffer.concat(parts).toString() || '{}')
    } catch {
      /* recorded as it is */
    }
    const json = (status, value) =>
      res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
    if (!req.url.split('?')[0].endsWith('/chat/completions')) return json(404, openaiError(404))
    const offered = (body.tools ?? []).map((t) => t.function?.name ?? t.name ?? '')
    const side = offered.length === 0 // titles and the like are asked for without tools
    const say = side ? [{ text: 'Mock title' }] : turns[Math.min(turn++, turns.length - 1)]
    requests.push({ headers: req.headers, body, offered, side })
    if (say.status) return json(say.status, say.body ?? openaiError(say.status))
    if (say.hang) return undefined
    if (say.afterMs) await sleep(say.afterMs)
    const id = `chatcmpl-mock-${requests.length}`,
      model = body.model,
      created = 1
    const blocks = say.cut ?? say
    const calls = blocks
      .filter((b) => b.tool !== undefined || b.native !== undefined || b.value !== undefined)
      .map((b, i) => callOf(b, offered, `call_${requests.length}_${i}`))
    const chunk = (delta, { finish = null } = {}) => ({
      id,
      object: 'chat.completion.chunk',
      created,
      model,
      choices: [{ index: 0, delta, finish_reason: finish }],
    })
    if (body.stream) return stream(res, chunk, blocks, calls, say.cut)
    const content = blocks.map((b) => b.text ?? '').join('')
    return json(200, {
      id,
      object: 'chat.completion',
      created,
      model,
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content, ...(calls.length ? { tool_calls: calls } : {}) },
          finish_reason: calls.length ? 'tool_calls' : 'stop',
        },
      ],
      usage: USAGE,
    })
  })
  server.on('connection', (s) => s.on('error', () => {}))
  server.listen(0, '127.0.0.1')
  await new Promise((r) => server.once('listening', r))
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    requests,
    stop: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}
