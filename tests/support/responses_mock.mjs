// SPDX-License-Identifier: MIT
// A mock of the OpenAI Responses API on loopback.  `turns` is what the model says, one entry a request:
//   [{think}, {text}, {tool: 'echo', args}, {native: 'exec_command', args}, {item: {…}}]   items of one answer
//   {status: 500, body?}   an error answer        {hang: true}   never answers
//   `afterMs` beside either: it answers after so long
//   {cut: [items]}         the beginning of an answer, then the connection is cut
// The last entry is repeated.  A bridged tool is called by its bare name: it is looked up in what the agent offered.
import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { openaiError, pieces } from './mock_words.mjs'

const USAGE = {
  input_tokens: 120,
  input_tokens_details: { cached_tokens: 20 },
  output_tokens: 30,
  output_tokens_details: { reasoning_tokens: 5 },
  total_tokens: 150,
}

/** All tools a request offers: {name, namespace?}. */
const offeredIn = (tools = []) =>
  tools.flatMap((t) =>
    t.type === 'namespace'
      ? (t.tools ?? []).map((k) => ({ name: k.name, namespace: t.name }))
      : [{ name: t.name ?? t.type }],
  )

function itemOf(block, offered, id) {
  const call = (tool, args) => ({
    type: 'function_call',
    id: `fc_${id}`,
    status: 'completed',
    call_id: `call_${id}`,
    ...tool,
    arguments: JSON.stringify(args ?? {}),
  })
  if (block.item) return block.item
  if (block.think !== undefined)
    return {
      type: 'reasoning',
      id: `rs_${id}`,
      summary: [{ type: 'summary_text', text: block.think }],
      encrypted_content: null,
    }
  if (block.text !== undefined)
    return {
      type: 'message',
      id: `msg_${id}`,
      role: 'assistant',
      status: 'completed',
      content: [{ type: 'output_text', text: block.text, annotations: [] }],
    }
  if (block.native !== undefined) return call({ name: block.native }, block.args)
  return call(
    offered.find((t) => t.namespace && t.name === block.tool) ?? { name: block.tool, namespace: 'mcp__tanstack' },
    block.args,
  )
}

async function stream(res, response, items, cut) {
  const send = async (type, data) => {
    res.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`)
    await sleep(1)
  }
  res.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' })
  await send('response.created', { response: { ...response, status: 'in_progress' } })
  for (const [output_index, item] of items.entries()) {
    await send('response.output_item.added', {
      output_index,
      item: { ...item, ...(item.content ? { content: [] } : {}), ...(item.summary ? { summary: [] } : {}) },
    })
    const at = { item_id: item.id, output_index }
    if (item.type === 'reasoning')
      for (const delta of pieces(item.summary[0].text))
        await send('response.reasoning_summary_text.delta', { ...at, summary_index: 0, delta })
    if (item.type === 'message')
      for (const delta of pieces(item.content[0].text))
        await send('response.output_text.delta', { ...at, content_index: 0, delta })
    if (cut && output_index === items.length - 1) {
      await sleep(300)
      return res.destroy()
    } // what was said arrives first
    await send('response.output_item.done', { output_index, item })
  }
  await send('response.completed', { response: { ...response, status: 'completed', output: items, usage: USAGE } })
  res.end()
}

export async function startResponses(turns) {
  const requests = []
  let turn = 0
  const server = createServer(async (req, res) => {
    const parts = []
    for await (const part of req) parts.push(part)
    const json = (status, value) =>
      res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
    if (!/\/responses$/.test(req.url.split('?')[0])) return json(404, openaiError(404))
    const body = JSON.parse(Buffer.concat(parts).toString() || '{}')
    const offered = offeredIn(body.tools)
    const say = turns[Math.min(turn++, turns.length - 1)]
    requests.push({ headers: req.headers, body, offered })
    if (say.status) return json(say.status, say.body ?? openaiError(say.status))
    if (say.hang) return undefined
    if (say.afterMs) await sleep(say.afterMs)
    const id = `mock${requests.length}`
    return stream(
      res,
      { id: `resp_${id}`, object: 'response', created_at: 1, model: body.model, output: [] },
      (say.cut ?? say).map((b, i) => itemOf(b, offered, `${id}_${i}`)),
      say.cut,
    )
  })
  server.on('connection', (s) => s.on('error', () => {}))
  server.listen(0, '127.0.0.1')
  await new Promise((r) => server.once('listening', r))
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    requests,
    /** What the model was shown of its calls, of the last request. */
    results: () =>
      (requests.at(-1)?.body.input ?? [])
        .filter((i) => /_output$/.test(i.type ?? ''))
        .map((i) => JSON.stringify(i.output)),
    stop: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}
