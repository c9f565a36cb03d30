// SPDX-License-Identifier: MIT
// A mock of the Gemini API on loopback.  `turns` is what the model says, one entry a request:
//   [{think}, {text}, {tool: 'echo', args}, {native: 'run_shell_command', args}]   parts of one answer
//   {status: 500, body?}   an error answer        {hang: true}   never answers
//   `afterMs` beside either: it answers after so long
//   {cut: [{text}, …]}     the beginning of an answer, then the stream ends without a finishReason
// The last entry is repeated.  A bridged tool is called by its bare name: it is looked up in what the agent offered.
import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { pieces } from './mock_words.mjs'

const errorBody = (status) => ({
  error: { code: status, message: `mock ${status}`, status: status === 401 ? 'UNAUTHENTICATED' : 'INTERNAL' },
})
const usageMetadata = { promptTokenCount: 120, candidatesTokenCount: 30, totalTokenCount: 150 }

function partsOf(block, offered, id) {
  if (block.think !== undefined) return pieces(block.think).map((text) => ({ thought: true, text }))
  if (block.text !== undefined) return pieces(block.text).map((text) => ({ text }))
  const name = block.native ?? offered.find((n) => n.endsWith(`_${block.tool}`)) ?? `mcp_tanstack_${block.tool}`
  return [{ functionCall: { id, name, args: block.args ?? {} }, thoughtSignature: 'bW9jaw==' }]
}

export async function startGemini(turns) {
  const requests = []
  let turn = 0
  const server = createServer(async (req, res) => {
    const parts = []
    for await (const part of req) parts.push(part)
    const api = /:(streamGenerateContent|generateContent|countTokens)$/.exec(req.url.split('?')[0])?.[1]
    const json = (status, value) =>
      res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
    if (api === 'countTokens') return json(200, { totalTokens: 100 })
    if (!api) return json(404, errorBody(404))
    const body = JSON.parse(Buffer.concat(parts).toString() || '{}')
    const offered = (body.tools ?? []).flatMap((t) => t.functionDeclarations ?? []).map((t) => t.name)
    const side = offered.length === 0 // titles and the like are asked for without tools
    const say = side ? [{ text: 'Mock title' }] : turns[Math.min(turn++, turns.length - 1)]
    requests.push({ headers: req.headers, body, offered, side })
    if (say.status) return json(say.status, say.body ?? errorBody(say.status))
    if (say.hang) return undefined
    if (say.afterMs) await sleep(say.afterMs)
    const all = (say.cut ?? say).flatMap((b, i) => partsOf(b, offered, `call_${requests.length}_${i}`))
    const chunk = (p, finishReason) => ({
      candidates: [{ index: 0, content: { role: 'model', parts: p }, ...(finishReason ? { finishReason } : {}) }],
      usageMetadata,
      modelVersion: 'mock',
      responseId: `r${requests.length}`,
    })
    if (api === 'generateContent') return json(200, chunk(all, 'STOP'))
    res.writeHead(200, { 'content-type': 'text/event-stream' })
    for (const p of all) {
      res.write(`data: ${JSON.stringify(chunk([p]))}\n\n`)
      await sleep(1)
    }
    return res.end(say.cut ? '' : `data: ${JSON.stringify(chunk([{ text: '' }], 'STOP'))}\n\n`)
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
