// SPDX-License-Identifier: MIT
// Transcripts through `runlet translate`, fed whole, in sevens and byte by byte:
//   tests/golden/<harness>    recorded ones: against out.ndjson, and against what the reference runner made of them
//                             (reference.ndjson), with every difference we want named below
//   tests/flow/transcripts    written for what the reference gets wrong or was not asked; expected.ndjson was written
//                             by hand from the specification, args.json has further arguments
// Compared after dropping the times and metadata.runlet.  The reference's run id is of its own making, so its ids are
// mapped; ours have to be exactly the run's.  In expected.ndjson a message "*" is any text.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { assertStream, linesOf } from '../support/ndjson.mjs'
import { command } from '../support/runlet.mjs'

const GOLDEN = new URL('../golden/', import.meta.url).pathname
const OWN = new URL('./transcripts/', import.meta.url).pathname

/** Where we differ from the reference on purpose: case -> why, and the reference's events turned into what we send. */
const coded = {
  why: 'Every RUN_ERROR has a code here.',
  turn: (events) => events.map((e) => (e.type === 'RUN_ERROR' ? { ...e, code: 'agent-error' } : e)),
}
const DIFFERENCES = {
  'codex/01-basic': {
    why: 'file.changed is told for the edits of every agent.',
    turn: (events) => {
      const at = events.findIndex((e) => e.type === 'TOOL_CALL_RESULT' && e.toolCallId === 'run-i3') + 1
      const changed = {
        type: 'CUSTOM',
        name: 'file.changed',
        value: { path: 'a', kind: 'add', diff: '' },
        metadata: { tanstack: { model: 'fake-model' } },
      }
      return [...events.slice(0, at), changed, ...events.slice(at)]
    },
  },
  'codex/02-failed': coded,
  'codex/03-error': coded,
  'claude-code/07-error-exec': {
    why: 'A RUN_ERROR says what was used, too.',
    turn: (events) =>
      events.map((e) =>
        e.type !== 'RUN_ERROR'
          ? e
          : {
              ...e,
              metadata: {
                tanstack: {
                  model: 'fake-model',
                  usage: {
                    promptTokens: 10,
                    completionTokens: 4,
                    totalTokens: 14,
                    providerUsageDetails: { totalCostUsd: 0.0123 },
                    promptTokensDetails: { cachedTokens: 3, cacheWriteTokens: 2 },
                  },
                },
              },
            },
      ),
  },
  'claude-code/09-noresult': {
    why: 'The reference lets a stream end without a terminal line when the agent gave no result. Here exactly one terminal line ends every stream, and whatever is open is closed before it.',
    turn: (events) => [
      ...events,
      { type: 'TEXT_MESSAGE_END', messageId: 'run-m1', metadata: { tanstack: { model: 'fake-model' } } },
      { type: 'RUN_ERROR', message: '*', code: 'no-result', metadata: { tanstack: { model: 'fake-model' } } },
    ],
  },
}

const strip = (e) => {
  const { timestamp, ...rest } = e
  if (!rest.metadata?.runlet) return rest
  const { runlet, ...metadata } = rest.metadata
  return { ...rest, metadata }
}

/** The reference's ids as ours: its own run id is R, its thread T, generated ids follow.  The agents' own are bare there:
 *  ids that an agent counts by itself go out as <runId>-<native>, and all of these recordings are such. */
function asOurs(events) {
  const own = events.find((e) => e.type === 'RUN_STARTED').runId
  return events
    .filter((e) => e.name !== 'sandbox.file')
    .map(strip)
    .map((e) => ({
      ...e,
      ...(e.runId ? { runId: 'run' } : {}),
      ...(e.threadId ? { threadId: 'thread' } : {}),
      ...(e.messageId
        ? {
            messageId: e.messageId.startsWith(`${own}-`) ? `run${e.messageId.slice(own.length)}` : `run-${e.messageId}`,
          }
        : {}),
      ...(e.toolCallId ? { toolCallId: `run-${e.toolCallId}` } : {}),
    }))
}

const lenient = (got, want) => got.map((e, i) => (want[i]?.message === '*' && e.message ? { ...e, message: '*' } : e))
const isWarning = (e) => e.type === 'CUSTOM' && e.name === 'runlet.warning'

async function pour(stdin, bytes, size) {
  stdin.on('error', () => {})
  if (!size) return stdin.end(bytes)
  for (let at = 0; at < bytes.length; at += size) {
    if (!stdin.write(bytes.subarray(at, at + size))) await new Promise((r) => stdin.once('drain', r))
    if (at % (size * 64) === 0) await sleep(1) // lets the reader see them one by one
  }
  stdin.end()
}

const linesIn = (file) => linesOf(fs.readFileSync(file)).map((l) => JSON.parse(l))

/** One case, in three portions; `check(events, lines, input)` besides the grammar, the schemas and that portions do not matter. */
function portions(title, harness, folder, args, check) {
  const input = fs.readFileSync(path.join(folder, 'in.ndjson'))
  let whole
  for (const size of [0, 7, 1])
    test(`${title}, ${size ? `${size} byte${size > 1 ? 's' : ''} at a time` : 'at once'}`, async () => {
      const r = await command(['translate', '--harness', harness, '--model', 'fake-model', ...args, '-'], {
        input: (stdin) => pour(stdin, input, size),
      })
      assert.equal(r.code, 0, r.stderr)
      const lines = linesOf(r.stdout)
      const events = lines.map((l) => JSON.parse(l))
      assertStream(events)
      const bare = lines.map((l) => l.replace(/"timestamp":\d+,?/, '').replace(/"(durationMs|startupMs)":\d+,?/g, ''))
      whole ??= bare
      assert.deepEqual(bare, whole, 'how the bytes come makes no difference')
      check(events, lines, input)
    })
}

const harnesses = fs
  .readdirSync(GOLDEN, { withFileTypes: true })
  .filter((e) => e.isDirectory())
  .map((e) => e.name)
  .sort()
const cases = harnesses.flatMap((h) =>
  fs
    .readdirSync(path.join(GOLDEN, h))
    .sort()
    .map((n) => `${h}/${n}`),
)

for (const name of cases) {
  const folder = path.join(GOLDEN, name),
    end = path.join(folder, 'end'),
    reference = path.join(folder, 'reference.ndjson')
  const [how, n] = fs.existsSync(end) ? fs.readFileSync(end, 'utf8').trim().split(' ') : ['status', '0']
  const args = ['--run-id', 'run', '--thread-id', 'thread', how === 'signal' ? '--signal' : '--exit-status', n]
  const difference = DIFFERENCES[name]
  portions(`${name}${difference ? ` (${difference.why})` : ''}`, name.split('/')[0], folder, args, (events) => {
    assert.deepEqual(events.map(strip), linesIn(path.join(folder, 'out.ndjson')).map(strip))
    if (!fs.existsSync(reference)) return
    let want = asOurs(linesIn(reference))
    if (difference) want = difference.turn(want)
    assert.deepEqual(lenient(events.map(strip), want), want)
  })
}

for (const name of fs.readdirSync(OWN).sort()) {
  const folder = path.join(OWN, name),
    file = path.join(folder, 'args.json')
  const more = fs.existsSync(file) ? JSON.parse(fs.readFileSync(file)) : []
  const want = linesIn(path.join(folder, 'expected.ndjson'))
  portions(name, 'claude-code', folder, ['--run-id', 'R', '--thread-id', 'T', ...more], (all, lines, input) => {
    const warnings = all.filter(isWarning),
      events = all.filter((e) => !isWarning(e))
    assert.deepEqual(lenient(events.map(strip), want), want)
    const expected = { noise: 'unparsable-line', 'surrogates-and-bad-bytes': 'invalid-utf8' }[name]
    assert.equal(warnings.length > 0, expected !== undefined)
    assert.ok(warnings.every((w) => w.value.code === expected && w.value.message))
    if (name !== 'argument-bytes') return
    const raw = /"input":(\{.*?\}\})\}\]\}/.exec(input.toString())[1]
    assert.equal(events.find((e) => e.type === 'TOOL_CALL_ARGS').delta, raw)
    assert.equal(
      lines.find((l) => l.includes('TOOL_CALL_END')).split(`"input":${raw}`).length,
      3,
      'the bytes themselves, twice',
    )
  })
}

test('every recorded transcript of the reference is here', () => {
  assert.equal(cases.filter((n) => fs.existsSync(path.join(GOLDEN, n, 'reference.ndjson'))).length, 11)
})

test('a harness that is not known is a usage error: exit status 2', async () => {
  const r = await command(['translate', '--harness', 'nope', '-'], { input: '' })
  assert.equal(r.code, 2)
  assert.equal(r.stderr, 'runlet: --harness: "nope" is not known\n')
})
