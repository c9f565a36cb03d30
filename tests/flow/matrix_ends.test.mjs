// SPDX-License-Identifier: MIT
// The fault matrix: each way an agent can end or hang x each moment x serve or run x PID 1 or not.  What each cell
// checks is in ../support/cells.mjs.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { cell, SETTINGS } from '../support/cells.mjs'
import { resultsOf } from '../support/ndjson.mjs'
import { startOrchestrator } from '../support/orchestrator.mjs'

let orch
before(async () => {
  orch = await startOrchestrator()
})
after(() => orch.stop())

const raw = (o) => `@raw ${JSON.stringify({ parent_tool_use_id: null, ...o })}`
const OPEN_TEXT = [
  raw({ type: 'stream_event', event: { type: 'message_start', message: { id: 'm' } } }),
  raw({
    type: 'stream_event',
    event: { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
  }),
  raw({
    type: 'stream_event',
    event: { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'half a sen' } },
  }),
]
const OPEN_CALL = [
  raw({ type: 'assistant', message: { id: 'm', content: [{ type: 'tool_use', id: 't1', name: 'Bash', input: {} }] } }),
]
const HALF_LINE = `@bytes ${Buffer.from('{"type":"assistant","message":{"con').toString('hex')}`

const MOMENTS = {
  'before a word': [],
  'after init': ['@init'],
  'in the middle of a text': ['@init', ...OPEN_TEXT],
  'between call and result': ['@init', ...OPEN_CALL],
  'after success': ['@init', '@text x', '@result success'],
}
const DEATHS = {
  'exits 0': { act: ['@exit 0'], end: 'no-result', done: 'RUN_FINISHED', exitCode: 0 },
  'exits 3': { act: ['@exit 3'], end: 'agent-exit', exitCode: 3 },
  'dies of TERM': { act: ['@signal 15'], end: 'agent-signal', signal: 'SIGTERM' },
  'dies of KILL': { act: ['@signal 9'], end: 'agent-signal', signal: 'SIGKILL' },
  'dies of SEGV': { act: ['@signal 11'], end: 'agent-signal', signal: 'SIGSEGV' },
  'writes half a line and exits 0': {
    act: [HALF_LINE, '@exit 0'],
    end: 'no-result',
    done: 'RUN_FINISHED',
    exitCode: 0,
  },
  'writes half a line and dies of KILL': {
    act: [HALF_LINE, '@flush', '@signal 9'],
    end: 'agent-signal',
    signal: 'SIGKILL',
  },
}

describe('deaths', { concurrency: 6 }, () => {
  for (const setting of SETTINGS)
    for (const [when, first] of Object.entries(MOMENTS))
      for (const [what, d] of Object.entries(DEATHS))
        test(`${setting.name}: ${what} ${when}`, () =>
          cell(setting, {
            prompt: [...first, ...d.act],
            end: (when === 'after success' && d.done) || d.end,
            check(last, events) {
              assert.equal(last.metadata.runlet.exitCode, d.exitCode)
              assert.equal(last.metadata.runlet.signal, d.signal)
              if (when === 'between call and result') assert.equal(resultsOf(events).length, 1)
            },
          }))
})

const HANGS = {
  'before a word': ['start-timeout', { startMs: 400 }],
  'after init': ['idle-timeout', { idleMs: 400 }],
  'in the middle of a text': ['idle-timeout', { idleMs: 400 }],
  'between call and result': ['run-timeout', { runMs: 600 }],
}
describe('hangs', { concurrency: 6 }, () => {
  for (const setting of SETTINGS) {
    for (const [when, [end, timeouts]] of Object.entries(HANGS))
      for (const [how, first] of [
        ['', []],
        [' and ignores TERM', ['@ignore-term']],
        [' after half a line', [HALF_LINE, '@flush']],
      ])
        test(`${setting.name}: hangs ${when}${how}`, () =>
          cell(setting, {
            prompt: [
              ...(how.includes('half') ? [] : first),
              ...MOMENTS[when],
              ...(how.includes('half') && when !== 'before a word' ? first : []),
              '@hang',
            ],
            fields: { timeouts },
            end,
            check: (last) => assert.equal(last.metadata.runlet.cancelledBy, 'timeout'),
          }))
    for (const ignore of [[], ['@ignore-term']])
      test(`${setting.name}: never exits after its result${ignore}`, () =>
        cell(setting, {
          prompt: [...ignore, '@init', '@result success', '@hang'],
          args: ['--result-grace-ms', '200'],
          end: 'RUN_FINISHED',
          check: (last) => assert.equal(last.metadata.runlet.forced, true),
        }))
    test(`${setting.name}: hangs in a host tool that never answers`, () =>
      cell(setting, {
        orch,
        prompt: ['@init', '@tool silent', '@result success'],
        fields: { timeouts: { runMs: 900 } },
        end: 'run-timeout',
        check: (last, events) => assert.equal(resultsOf(events).length, 1),
      }))
    test(`${setting.name}: a host tool past toolMs is a failed call, and the run goes on`, () =>
      cell(setting, {
        orch,
        prompt: ['@init', '@tool silent', '@result success'],
        fields: { timeouts: { toolMs: 300 } },
        end: 'RUN_FINISHED',
      }))
    test(`${setting.name}: hangs in its own shell tool`, () =>
      cell(setting, {
        prompt: ['@init', '@bash sleep 60', '@result success'],
        fields: { timeouts: { runMs: 500 } },
        end: 'run-timeout',
      }))
  }
})

const MB = 'x'.repeat(1 << 20)
describe('stdin and stderr', { concurrency: 6 }, () => {
  for (const setting of SETTINGS) {
    for (const [status, end] of [
      [0, 'no-result'],
      [3, 'agent-exit'],
    ])
      for (const [size, prompt] of [
        ['', 'x'],
        [' with 1 MB unread', MB],
      ])
        test(`${setting.name}: exits ${status} at once${size}`, () =>
          cell(setting, { prompt, env: { SCRIPTED_EXIT_AT_ONCE: String(status) }, end }))
    test(`${setting.name}: never reads 1 MB of prompt, and hangs`, () =>
      cell(setting, {
        prompt: MB,
        env: { SCRIPTED_NO_STDIN: '1', SCRIPTED_SCRIPT: '@hang' },
        fields: { timeouts: { startMs: 400 } },
        end: 'start-timeout',
      }))
    test(`${setting.name}: never reads 1 MB of prompt, and does its work`, () =>
      cell(setting, {
        prompt: MB,
        env: { SCRIPTED_NO_STDIN: '1', SCRIPTED_SCRIPT: '@init\n@text x\n@result success' },
        end: 'RUN_FINISHED',
      }))
    test(`${setting.name}: 100 MB on stderr`, () =>
      cell(setting, {
        prompt: ['@init', '@stderr-flood 100000000', '@exit 3'],
        end: 'agent-exit',
        check: (last) => assert.ok(last.metadata.runlet.stderrTail.length <= 4096),
      }))
    test(`${setting.name}: 100 MB on stderr after success`, () =>
      cell(setting, { prompt: ['@init', '@result success', '@stderr-flood 100000000'], end: 'RUN_FINISHED' }))
  }
})
