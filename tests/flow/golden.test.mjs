// SPDX-License-Identifier: MIT
// Recorded transcripts through `runlet translate`, against what the reference made of them (reference.ndjson) or
// against what is right (expected.ndjson, for what the reference gets wrong or was not asked).
//
// Compared after dropping the times and metadata.runlet.  The reference's run id is of its own making, so its ids are
// mapped; ours have to be exactly the run's.  In expected.ndjson a message "*" is any text, a value "*" any value.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { assertStream, linesOf } from '../support/ndjson.mjs'
import { command } from '../support/runlet.mjs'

const HOME = new URL('../golden/claude-code/', import.meta.url).pathname

/** Where we differ from the reference on purpose: case -> why, and the reference's events turned into what we send. */
const DIFFERENCES = {
  '09-noresult': {
    why: 'The reference lets a stream end without a terminal line when the agent gave no result. Here exactly one terminal line ends every stream, and whatever is open is closed before it.',
    turn: (events) => [...events, { type: 'TEXT_MESSAGE_END', messageId: 'm1', metadata: { tanstack: { model: 'fake-model' } } },
      { type: 'RUN_ERROR', message: '*', code: 'no-result', metadata: { tanstack: { model: 'fake-model' } } }],
  },
}

const strip = (e) => {
  const { timestamp, ...rest } = e
  if (!rest.metadata?.runlet) return rest
  const { runlet, ...metadata } = rest.metadata
  return { ...rest, metadata }
}

/** The reference's ids as ours: its own run id is R, its thread T, generated ids follow. */
function asOurs(events) {
  const own = events.find((e) => e.type === 'RUN_STARTED').runId
  return events.filter((e) => e.name !== 'sandbox.file').map(strip).map((e) => ({
    ...e, ...(e.runId ? { runId: 'R' } : {}), ...(e.threadId ? { threadId: 'T' } : {}),
    ...(e.messageId?.startsWith(`${own}-`) ? { messageId: `R${e.messageId.slice(own.length)}` } : {}),
  }))
}

const lenient = (got, want) => got.map((e, i) => {
  const w = want[i]
  return { ...e, ...(w?.message === '*' && e.message ? { message: '*' } : {}), ...(w?.value === '*' && e.value ? { value: '*', metadata: undefined } : {}) }
}).map((e) => JSON.parse(JSON.stringify(e)))

async function pour(stdin, bytes, size) {
  stdin.on('error', () => {})
  if (!size) return stdin.end(bytes)
  for (let at = 0; at < bytes.length; at += size) {
    if (!stdin.write(bytes.subarray(at, at + size))) await new Promise((r) => stdin.once('drain', r))
    if (at % (size * 64) === 0) await sleep(1) // lets the reader see them one by one
  }
  stdin.end()
}

for (const name of fs.readdirSync(HOME).sort()) {
  const folder = path.join(HOME, name)
  const input = fs.readFileSync(path.join(folder, 'in.ndjson'))
  const read = (file) => linesOf(fs.readFileSync(path.join(folder, file))).map((l) => JSON.parse(l))
  const more = fs.existsSync(path.join(folder, 'args.json')) ? JSON.parse(fs.readFileSync(path.join(folder, 'args.json'))) : []
  const byReference = fs.existsSync(path.join(folder, 'reference.ndjson'))
  const difference = DIFFERENCES[name]
  let want = byReference ? asOurs(read('reference.ndjson')) : read('expected.ndjson')
  if (difference) want = difference.turn(want)
  let whole

  for (const size of [0, 7, 1])
    test(`${name}, ${size ? `${size} byte${size > 1 ? 's' : ''} at a time` : 'at once'}${difference ? `: ${difference.why}` : ''}`, async () => {
      const r = await command(['translate', '--harness', 'claude-code', '--model', 'fake-model', '--run-id', 'R', '--thread-id', 'T', ...more, '-'], { input: (stdin) => pour(stdin, input, size) })
      assert.equal(r.code, 0, r.stderr)
      const lines = linesOf(r.stdout)
      const events = lines.map((l) => JSON.parse(l))
      assert.deepEqual(lenient(events.map(strip), want), lenient(want, want))
      assertStream(events)
      const bare = lines.map((l) => l.replace(/"timestamp":\d+,?/, '').replace(/"(durationMs|startupMs)":\d+,?/g, ''))
      whole ??= bare
      assert.deepEqual(bare, whole, 'how the bytes come makes no difference')
      if (name === '30-argument-bytes') {
        const raw = /"input":(\{.*?\}\})\}\]\}/.exec(input.toString())[1]
        assert.equal(events.find((e) => e.type === 'TOOL_CALL_ARGS').delta, raw)
        assert.equal(lines.find((l) => l.includes('TOOL_CALL_END')).split(`"input":${raw}`).length, 3, 'the bytes themselves, twice')
      }
    })
}

test('every recorded transcript of the reference is here', () => {
  assert.equal(fs.readdirSync(HOME).filter((n) => fs.existsSync(path.join(HOME, n, 'reference.ndjson'))).length, 8)
})
