// SPDX-License-Identifier: MIT
// `runlet check`, before a run, and `run --record`, after one that was not as it should be.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { assertStream, eventsOf } from '../support/ndjson.mjs'
import { runRequest } from '../support/orchestrator.mjs'
import { assertNothingLeft, command, makeBox, run } from '../support/runlet.mjs'

const using = (fn) => async () => {
  const box = makeBox()
  try {
    await fn(box)
    await assertNothingLeft(box)
  } finally {
    box.remove()
  }
}
const check = async (box, request, options = {}) => {
  const args = request === undefined ? [] : ['-']
  const input = typeof request === 'string' ? request : JSON.stringify(request ?? '')
  const r = await command(['check', '--json', ...args, ...(options.args ?? [])], { ...options, box, input })
  assert.equal(r.stderr, '')
  const report = JSON.parse(r.stdout)
  assert.equal(r.code, report.ok ? 0 : 1)
  const rows = (state) => report.checks.filter((c) => c.state === state).map((c) => `${c.name}: ${c.text}`)
  return { ...report, failed: rows('failed'), warnings: rows('warning'), fine: rows('ok') }
}
const request = (more = {}) => {
  const { runId, threadId, ...rest } = runRequest({ prompt: 'hi' })
  return { ...rest, ...more }
}

test(
  'an image is checked as it stands',
  using(async (box) => {
    const r = await check(box)
    assert.deepEqual(r.failed, [])
    assert.ok(r.fine.includes(`workspace: ${box.work}`), r.fine)
    assert.match(r.fine.join('\n'), /agents: .*claude-code \(/)
    fs.rmSync(path.join(box.bin, 'claude'))
    const none = await check(box, undefined, { env: { PATH: box.bin } })
    assert.deepEqual(none.failed, [`agents: none on PATH (${box.bin})`])
  }),
)

test(
  'all that a request lacks is told at once, and nothing is started',
  using(async (box) => {
    const fine = await check(box, request())
    assert.deepEqual(fine.failed, [])
    assert.match(fine.fine.join('\n'), /agent: .*claude/)
    fs.rmSync(path.join(box.bin, 'claude'))
    const secrets = { AAA_KEY: {}, BBB_KEY: {} }
    const r = await check(box, request({ workspace: { source: { type: 'none' }, secrets } }))
    assert.deepEqual(r.failed.slice(0, 2), ['secret: AAA_KEY is not set', 'secret: BBB_KEY is not set'])
    assert.match(r.failed[2], /^run: would be refused: .*AAA_KEY/)
    const agent = await check(box, request(), { env: { PATH: box.bin } })
    assert.match(agent.failed.join('\n'), /^run: would be refused: .*claude is not on PATH/)
    const bad = await check(box, '{"harness":"claude-code"')
    assert.match(bad.failed.join('\n'), /^request: .*JSON/)
  }),
)

// What agents need of a machine (agent by agent in unit/run/test_lean).
for (const [what, harness, program, env, failed, warnings] of [
  [
    'HOME that cannot be written',
    'codex',
    'codex',
    { HOME: '/dev/null/home' },
    /HOME: cannot be written: this agent does not start/,
  ],
  ['the same for claude', 'claude-code', 'claude', { HOME: '/dev/null/home' }, /^$/, /claude keeps no session/],
  ['no HOME', 'codex', 'codex', { HOME: '' }, /^$/],
  ['a limited heap', 'gemini', 'gemini', { NODE_OPTIONS: '--max-old-space-size=512' }, /a heap that nobody limits/],
  ['proxies', 'claude-code', 'claude', { HTTPS_PROXY: 'http://127.0.0.1:1' }, /^$/, /proxy: .*use no proxy/],
  ['odd variables', 'claude-code', 'claude', { LANG: 'C', DEBUG: '*', CI: '1', FORCE_COLOR: '1' }, /^$/],
])
  test(
    `a lean environment: ${what}`,
    using(async (box) => {
      if (program !== 'claude') fs.symlinkSync(path.join(box.bin, 'claude'), path.join(box.bin, program))
      const r = await check(box, request({ harness }), { env })
      assert.match(r.failed.join('\n'), failed)
      assert.match(r.warnings.join('\n'), warnings ?? /^$|HOME: /)
    }),
  )

test(
  'a lean environment: a workspace that is gone',
  using(async (box) => {
    const gone = await command(['check', '--json', '--workspace', path.join(box.work, 'gone')], { box })
    assert.equal(gone.code, 1)
    assert.match(JSON.parse(gone.stdout).checks[0].text, /gone/)
  }),
)

test(
  'people read lines',
  using(async (box) => {
    const r = await command(['check'], { box })
    assert.equal(r.code, 0)
    assert.match(r.stdout.toString(), /^ok {7}workspace: .*\n(ok|warning) .*\n/)
  }),
)
