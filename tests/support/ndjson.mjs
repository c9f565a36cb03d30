// SPDX-License-Identifier: MIT
// The event stream as an orchestrator reads it, and what has to be true of it.
import assert from 'node:assert/strict'
import { EventSchemas as canary } from '@ag-ui/core/schemas'
import { EventSchemas as newest } from '@ag-ui/core-newest/schemas'

/** What the stock orchestrator does with our bytes: UTF-8, split at newlines, trim, blank lines skipped, each line a
 * JSON object with a `type`; an unterminated last line counts; nothing is read after RUN_ERROR. */
export async function* ndjsonToChunks(body) {
  const decoder = new TextDecoder('utf-8')
  let held = ''
  const parse = (line) => {
    let chunk
    try {
      chunk = JSON.parse(line)
    } catch {
      throw new Error(`runner sent unparseable NDJSON: ${line.slice(0, 200)}`)
    }
    if (chunk === null || typeof chunk !== 'object' || !('type' in chunk))
      throw new Error('runner sent a non-chunk line')
    return chunk
  }
  for await (const bytes of body) {
    held += decoder.decode(bytes, { stream: true })
    let at
    while ((at = held.indexOf('\n')) >= 0) {
      const line = held.slice(0, at).trim()
      held = held.slice(at + 1)
      if (!line) continue
      const chunk = parse(line)
      yield chunk
      if (chunk.type === 'RUN_ERROR') return
    }
  }
  held = (held + decoder.decode()).trim()
  if (held) yield parse(held)
}

/** The non-blank lines of finished output.  The bytes must be valid UTF-8 and end with a newline. */
export function linesOf(bytes) {
  const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  assert.ok(text === '' || text.endsWith('\n'), 'output ends in the middle of a line')
  return text.split('\n').filter((line) => line.trim() !== '')
}

export const eventsOf = (bytes) => linesOf(bytes).map((line) => JSON.parse(line))

const PLAIN = new Set(['TEXT_MESSAGE_CONTENT', 'TOOL_CALL_ARGS', 'CUSTOM']) // no metadata.tanstack.model demanded

/** Everything that is wrong with a finished stream, in words. */
export function grammar(events) {
  const wrong = [],
    ids = new Set(),
    calls = new Map()
  let text, reasoning, terminal
  const say = (i, what) => wrong.push(`${i} ${events[i]?.type}: ${what}`)
  const fresh = (i, id) => {
    if (ids.has(id)) say(i, `message id ${id} used twice`)
    ids.add(id)
  }
  const named = (i, id, open, what) => {
    if (open === undefined || id !== open) say(i, `${what} ${id} is not open`)
  }
  events.forEach((e, i) => {
    if (terminal) say(i, `comes after ${terminal}`)
    if (!Number.isInteger(e.timestamp)) say(i, 'no integer timestamp')
    if (!PLAIN.has(e.type) && typeof e.metadata?.tanstack?.model !== 'string') say(i, 'no metadata.tanstack.model')
    if (i === 0 && e.type !== 'RUN_STARTED') say(i, 'the first is not RUN_STARTED')
    switch (e.type) {
      case 'RUN_STARTED':
        if (i !== 0) say(i, 'a second one')
        break
      case 'TEXT_MESSAGE_START':
        if (text !== undefined || reasoning) say(i, 'something is still open')
        if (e.role !== 'assistant' && e.role !== 'user') say(i, 'role')
        fresh(i, e.messageId)
        text = e.messageId
        break
      case 'TEXT_MESSAGE_CONTENT':
        named(i, e.messageId, text, 'text')
        if (typeof e.delta !== 'string') say(i, 'no delta')
        break
      case 'TEXT_MESSAGE_END':
        named(i, e.messageId, text, 'text')
        text = undefined
        break
      case 'REASONING_START':
        if (text !== undefined || reasoning) say(i, 'something is still open')
        fresh(i, e.messageId)
        reasoning = { id: e.messageId, step: 0 }
        break
      case 'REASONING_MESSAGE_START':
      case 'REASONING_MESSAGE_CONTENT':
      case 'REASONING_MESSAGE_END':
      case 'REASONING_END': {
        named(i, e.messageId, reasoning?.id, 'reasoning')
        const [from, to] = {
          REASONING_MESSAGE_START: [0, 1],
          REASONING_MESSAGE_CONTENT: [1, 1],
          REASONING_MESSAGE_END: [1, 2],
          REASONING_END: [2, 3],
        }[e.type]
        if (reasoning?.step !== from) say(i, 'out of order')
        if (reasoning) reasoning.step = to
        if (to === 3) reasoning = undefined
        break
      }
      case 'TOOL_CALL_START':
        if (calls.has(e.toolCallId)) say(i, `tool call ${e.toolCallId} opened twice`)
        if (e.toolName !== e.toolCallName) say(i, 'toolName is not toolCallName')
        calls.set(e.toolCallId, { args: '', ended: false, results: 0 })
        break
      case 'TOOL_CALL_ARGS':
      case 'TOOL_CALL_END': {
        const c = calls.get(e.toolCallId)
        if (!c || c.ended) {
          say(i, `tool call ${e.toolCallId} is not open`)
          break
        }
        if (e.type === 'TOOL_CALL_ARGS') {
          c.args += e.delta
          break
        }
        c.ended = true
        try {
          const args = JSON.parse(c.args)
          if (!e.metadata?.runlet?.truncated) assert.deepEqual(e.input, args)
        } catch (x) {
          say(i, `arguments: ${x.message.slice(0, 200)}`)
        }
        break
      }
      case 'TOOL_CALL_RESULT': {
        const c = calls.get(e.toolCallId)
        if (c && !c.ended) say(i, 'a result before the end of its call')
        if (c) c.results++
        if (typeof e.content !== 'string') say(i, 'content is no string')
        fresh(i, e.messageId)
        break
      }
      case 'RUN_FINISHED':
      case 'RUN_ERROR':
        terminal = e.type
        if (text !== undefined || reasoning) say(i, 'something is still open')
        for (const [id, c] of calls)
          if (!c.ended || c.results === 0) say(i, `tool call ${id} has no ${c.ended ? 'result' : 'end'}`)
        if (e.type === 'RUN_ERROR' && !(e.message?.length > 0)) say(i, 'no message')
        break
      case 'CUSTOM':
        if (typeof e.name !== 'string' || e.value === undefined) say(i, 'no name or no value')
        break
      default:
        say(i, 'unexpected type')
    }
  })
  if (!terminal) wrong.push('no terminal event')
  return wrong
}

/** What the published schemas do not like.  The newest wants usage as an array, which the TanStack form does not have:
 * only that one line is excused from it, and only there. */
export function schemaFaults(events, { excuseUsage = true } = {}) {
  const faults = []
  for (const [name, schema] of [
    ['canary', canary],
    ['newest', newest],
  ])
    for (const e of events) {
      if (name === 'newest' && excuseUsage && e.type === 'RUN_FINISHED' && e.usage) continue
      const r = schema.safeParse(e)
      if (!r.success) faults.push(`${name} ${e.type}: ${JSON.stringify(r.error.issues).slice(0, 300)}`)
    }
  return faults
}

/** A whole stream: grammar, schemas, and its end.  `end` is 'RUN_FINISHED' or a RUN_ERROR code. */
export function assertStream(events, end) {
  assert.deepEqual(grammar(events), [])
  assert.deepEqual(schemaFaults(events), [])
  const last = events.at(-1)
  const got = last.type === 'RUN_ERROR' ? last.code : last.type
  if (end !== undefined) assert.equal(got, end, `ended with ${JSON.stringify(last).slice(0, 1000)}`)
  const said = last.metadata?.runlet
  if (said?.events !== undefined && events[0].type === 'RUN_STARTED') {
    const calls = events.filter((e) => e.type === 'TOOL_CALL_START').length
    assert.deepEqual([said.events, said.toolCalls], [events.length - 1, calls], 'the certificate counts what was told')
  }
  return last
}

/** The texts of the agent, or of the user who said more meanwhile, one a message. */
export const textsOf = (events, role = 'assistant') => {
  const all = new Map()
  for (const e of events) {
    if (e.type === 'TEXT_MESSAGE_START' && e.role === role) all.set(e.messageId, '')
    if (e.type === 'TEXT_MESSAGE_CONTENT' && all.has(e.messageId)) all.set(e.messageId, all.get(e.messageId) + e.delta)
  }
  return [...all.values()]
}
export const textOf = (events) => textsOf(events).join('')
/** What became of the user's messages: [[messageId, state, reason], …]. */
export const messagesOf = (events) =>
  events.filter((e) => e.name === 'runlet.message').map(({ value: v }) => [v.messageId, v.state, v.reason])
export const resultsOf = (events) => events.filter((e) => e.type === 'TOOL_CALL_RESULT')
export const failed = (result) => result.metadata?.tanstack?.state === 'output-error'
export const warningsOf = (events) =>
  events.filter((e) => e.type === 'CUSTOM' && e.name === 'runlet.warning').map((e) => e.value)
/** On a busy machine an adapter's own CLI takes longer to go than leftovers are waited for; who looks at what the model
 * was told does not look at that. */
export const otherWarningsOf = (events) => warningsOf(events).filter((w) => w.code !== 'leftover-processes')
