// SPDX-License-Identifier: MIT
// The oracle itself: a good stream has no fault, and each way to spoil it is found.  Needs no program.
import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import { grammar, linesOf, ndjsonToChunks, schemaFaults } from '../support/ndjson.mjs'

const metadata = { tanstack: { model: 'm' } }
const at = (type, fields) => ({ type, timestamp: 1, metadata, ...fields })
const GOOD = [
  at('RUN_STARTED', { runId: 'R', threadId: 'T' }),
  at('REASONING_START', { messageId: 'R-0' }),
  at('REASONING_MESSAGE_START', { messageId: 'R-0', role: 'reasoning' }),
  at('REASONING_MESSAGE_CONTENT', { messageId: 'R-0', delta: 'x' }),
  at('REASONING_MESSAGE_END', { messageId: 'R-0' }),
  at('REASONING_END', { messageId: 'R-0' }),
  at('TEXT_MESSAGE_START', { messageId: 'm1', role: 'assistant' }),
  at('TEXT_MESSAGE_CONTENT', { messageId: 'm1', delta: 'x' }),
  at('TEXT_MESSAGE_END', { messageId: 'm1' }),
  at('TOOL_CALL_START', { toolCallId: 't1', toolCallName: 'a', toolName: 'a' }),
  at('TOOL_CALL_ARGS', { toolCallId: 't1', delta: '{"a":' }),
  at('TOOL_CALL_ARGS', { toolCallId: 't1', delta: '1}' }),
  at('TOOL_CALL_END', { toolCallId: 't1', input: { a: 1 } }),
  at('TOOL_CALL_RESULT', { toolCallId: 't1', messageId: 'R-1', content: 'x' }),
  at('CUSTOM', { name: 'n', value: {} }),
  at('RUN_FINISHED', { runId: 'R', threadId: 'T' }),
]
const good = () => structuredClone(GOOD)
const found = (e) => [...grammar(e), ...schemaFaults(e)]

test('a good stream has no fault', () => assert.deepEqual(found(good()), []))

for (const i of GOOD.keys())
  if (!['CUSTOM', 'TEXT_MESSAGE_CONTENT', 'REASONING_MESSAGE_CONTENT'].includes(GOOD[i].type))
    test(`a stream without its ${i}. event, ${GOOD[i].type}, is found`, () =>
      assert.notDeepEqual(found(good().toSpliced(i, 1)), []))

for (const i of GOOD.keys())
  if (!['CUSTOM', 'TEXT_MESSAGE_CONTENT', 'REASONING_MESSAGE_CONTENT'].includes(GOOD[i].type))
    test(`the ${i}. event, ${GOOD[i].type}, twice is found`, () =>
      assert.notDeepEqual(found(good().toSpliced(i, 0, good()[i])), []))

for (const [what, spoil] of [
  ['something after the end', (e) => e.push(at('CUSTOM', { name: 'n', value: 1 }))],
  ['an error after the finish', (e) => e.push(at('RUN_ERROR', { message: 'x' }))],
  [
    'a message id used again',
    (e) => {
      for (const i of [6, 7, 8]) e[i].messageId = 'R-0'
    },
  ],
  ['text inside reasoning', (e) => e.splice(3, 0, ...e.splice(6, 3))],
  [
    'arguments that are no JSON',
    (e) => {
      e[11].delta = '1'
    },
  ],
  [
    'an input that is not the arguments',
    (e) => {
      e[12].input = { a: 2 }
    },
  ],
  ['a result before the end of its call', (e) => e.splice(12, 2, e[13], e[12])],
  [
    'no timestamp',
    (e) => {
      delete e[7].timestamp
    },
  ],
  [
    'no model',
    (e) => {
      delete e[6].metadata
    },
  ],
  [
    'an unknown type',
    (e) => {
      e[14].type = 'NEWS'
    },
  ],
  [
    'a wrong role',
    (e) => {
      e[2].role = 'assistant'
    },
  ],
  [
    'an id that is a number',
    (e) => {
      e[6].messageId = e[7].messageId = e[8].messageId = 1
    },
  ],
  ['an empty stream', (e) => e.splice(0)],
])
  test(`found: ${what}`, () => {
    const e = good()
    spoil(e)
    assert.notDeepEqual(found(e), [])
  })

test('usage as an object is excused only in the TanStack form', () => {
  const e = good()
  e.at(-1).usage = { promptTokens: 1, completionTokens: 1, totalTokens: 2 }
  assert.deepEqual(schemaFaults(e), [])
  assert.equal(schemaFaults(e, { excuseUsage: false }).length, 1)
})

test('bytes that are no UTF-8, and a line cut short, are found', () => {
  assert.throws(() => linesOf(Buffer.from([0x7b, 0xff, 0x7d, 0x0a])))
  assert.throws(() => linesOf(Buffer.from('{}')))
  assert.deepEqual(linesOf(Buffer.from('\n{}\n \n[]\n')), ['{}', '[]'])
})

test("the reader is the stock orchestrator's", async () => {
  const read = async (...parts) => {
    const got = []
    for await (const c of ndjsonToChunks(Readable.from(parts.map((p) => Buffer.from(p))))) got.push(c.type)
    return got
  }
  const cut = Buffer.from('{"type":"é"}\n\n \n{"type":"B"}')
  assert.deepEqual(await read(cut.subarray(0, 10), cut.subarray(10)), ['é', 'B'])
  assert.deepEqual(await read('{"type":"RUN_ERROR"}\n{"type":"B"}\n'), ['RUN_ERROR'])
  await assert.rejects(read('{"a":1}\n'), /non-chunk/)
  await assert.rejects(read('{"type"\n'), /unparseable/)
})
