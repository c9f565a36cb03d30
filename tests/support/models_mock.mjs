// SPDX-License-Identifier: MIT
// A mock of three model APIs on one loopback port: OpenAI Responses (codex), OpenAI chat completions (opencode, grok) and
// Gemini.  It asks for one tool, `call` = {name, args} by its bare name, and when it is shown a result it says "Done."
import { createServer } from 'node:http'

/** All tools a request offers: {name, namespace?}. */
function offeredIn(tools = []) {
  return tools.flatMap((t) => {
    if (t.type === 'namespace') return (t.tools ?? []).map((k) => ({ name: k.name, namespace: t.name }))
    if (t.functionDeclarations) return t.functionDeclarations.map((k) => ({ name: k.name }))
    return [{ name: t.function?.name ?? t.name ?? t.type }]
  })
}

/** The tool under the name that the agent gave it; grok has one tool that calls others. */
function find(offered, { name, args }) {
  const own =
    offered.find((t) => t.namespace && t.name === name) ??
    offered.find((t) => new RegExp(`(^|[_.-])${name}$`).test(t.name))
  if (own) return { ...own, args }
  const meta = offered.find((t) => t.name === 'use_tool')
  return meta && { name: meta.name, args: { tool_name: `tanstack__${name}`, tool_input: args } }
}

const textOf = (v) => (typeof v === 'string' ? v : JSON.stringify(v))
const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 }

/** path -> {results(body), events(body, tool, id)}: `tool` is what to call, undefined: say "Done." */
const APIS = {
  responses: {
    results: (b) => (b.input ?? []).filter((i) => i.type === 'function_call_output').map((i) => textOf(i.output)),
    events(b, tool, id) {
      const item = tool
        ? {
            type: 'function_call',
            id: `fc_${id}`,
            status: 'completed',
            call_id: `call_${id}`,
            name: tool.name,
            ...(tool.namespace ? { namespace: tool.namespace } : {}),
            arguments: JSON.stringify(tool.args),
          }
        : {
            type: 'message',
            id: `msg_${id}`,
            role: 'assistant',
            status: 'completed',
            content: [{ type: 'output_text', text: 'Done.', annotations: [] }],
          }
      const response = { id: `resp_${id}`, object: 'response', created_at: 1, model: b.model, output: [] }
      const total = {
        input_tokens: 10,
        input_tokens_details: { cached_tokens: 0 },
        output_tokens: 5,
        output_tokens_details: { reasoning_tokens: 0 },
        total_tokens: 15,
      }
      return [
        { type: 'response.created', response: { ...response, status: 'in_progress' } },
        { type: 'response.output_item.added', output_index: 0, item: { ...item, status: 'in_progress' } },
        { type: 'response.output_item.done', output_index: 0, item },
        { type: 'response.completed', response: { ...response, status: 'completed', output: [item], usage: total } },
      ]
    },
  },
  completions: {
    results: (b) => (b.messages ?? []).filter((m) => m.role === 'tool').map((m) => textOf(m.content)),
    events(b, tool, id) {
      const chunk = (delta, finish_reason = null) => ({
        id: `chatcmpl-${id}`,
        object: 'chat.completion.chunk',
        created: 1,
        model: b.model,
        choices: [{ index: 0, delta, finish_reason }],
      })
      const say = tool
        ? {
            tool_calls: [
              {
                index: 0,
                id: `call_${id}`,
                type: 'function',
                function: { name: tool.name, arguments: JSON.stringify(tool.args) },
              },
            ],
          }
        : { content: 'Done.' }
      return [
        chunk({ role: 'assistant', content: '' }),
        chunk(say),
        chunk({}, tool ? 'tool_calls' : 'stop'),
        { ...chunk({}), choices: [], usage },
        '[DONE]',
      ]
    },
  },
  streamGenerateContent: {
    results: (b) =>
      (b.contents ?? [])
        .flatMap((c) => c.parts ?? [])
        .filter((p) => p.functionResponse)
        .map((p) => textOf(p.functionResponse.response)),
    events(b, tool, id) {
      const part = (parts, finishReason) => ({
        candidates: [{ index: 0, content: { role: 'model', parts }, ...(finishReason ? { finishReason } : {}) }],
        usageMetadata: { promptTokenCount: 10, candidatesTokenCount: 5, totalTokenCount: 15 },
        modelVersion: 'mock',
        responseId: `r${id}`,
      })
      return [
        part([tool ? { functionCall: { id: `call_${id}`, name: tool.name, args: tool.args } } : { text: 'Done.' }]),
        part([{ text: '' }], 'STOP'),
      ]
    },
  },
}

/** {url, offered: names of all tools ever offered, results: texts the model was shown, stop()} */
export async function startModels(call) {
  const offered = new Set(),
    results = []
  let n = 0
  const server = createServer(async (req, res) => {
    const parts = []
    for await (const part of req) parts.push(part)
    const api = APIS[/(responses|completions|streamGenerateContent)(\?.*)?$/.exec(req.url)?.[1]]
    const json = (status, value) =>
      res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
    if (!api)
      return /models|countTokens/.test(req.url)
        ? json(200, { object: 'list', data: [], models: [], totalTokens: 1 })
        : json(404, { error: { message: 'mock: no such path' } })
    let body = {}
    try {
      body = JSON.parse(Buffer.concat(parts))
    } catch {
      /* answered all the same */
    }
    const tools = offeredIn(body.tools),
      shown = api.results(body)
    for (const t of tools) offered.add(t.name)
    results.push(...shown)
    const tool = shown.length > 0 ? undefined : find(tools, call)
    if (body.stream === false || (api === APIS.completions && !body.stream))
      return json(200, {
        id: 'x',
        object: 'chat.completion',
        created: 1,
        model: body.model,
        choices: [{ index: 0, message: { role: 'assistant', content: 'Done.' }, finish_reason: 'stop' }],
        usage,
      })
    res.writeHead(200, { 'content-type': 'text/event-stream' })
    for (const e of api.events(body, tool, ++n))
      res.write(`${e.type ? `event: ${e.type}\n` : ''}data: ${textOf(e)}\n\n`)
    res.end()
  })
  server.on('connection', (s) => s.on('error', () => {}))
  server.listen(0, '127.0.0.1')
  await new Promise((r) => server.once('listening', r))
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    offered,
    results,
    stop: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}
