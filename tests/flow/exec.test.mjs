// SPDX-License-Identifier: MIT
// `runlet exec`: one command from JSON, what it prints as JSON lines, nothing left of it.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { assertNothingLeft, command, makeBox, processesOf, RUNLET, until } from '../support/runlet.mjs'

const linesOf = (r) =>
  r.stdout
    .toString()
    .trimEnd()
    .split('\n')
    .filter(Boolean)
    .map((l) => JSON.parse(l))
const bytesOf = (lines, type) =>
  Buffer.concat(
    lines
      .filter((l) => l.type === type)
      .map((l) => (l.base64 === undefined ? Buffer.from(l.data) : Buffer.from(l.base64, 'base64'))),
  )

const boxed = (fn) => async () => {
  const box = makeBox({ agent: null })
  try {
    await fn(box)
    await assertNothingLeft(box)
  } finally {
    box.remove()
  }
}
async function exec(box, request, options = {}) {
  const input = typeof request === 'string' ? request : JSON.stringify(request)
  const r = await command(['exec', '-'], { box, input, ...options })
  return { ...r, lines: linesOf(r) }
}
const sh = (script, more = {}) => ({ command: 'sh', args: ['-c', script], ...more })

test(
  'stdin, cwd and env go in; stdout, stderr and the exit come out',
  boxed(async (box) => {
    fs.mkdirSync(path.join(box.work, 'sub'))
    const script = 'pwd; cat; printf "%s" "$A-$RUNLET_TOKEN" >&2; exit 7'
    const r = await exec(box, sh(script, { cwd: 'sub', env: { A: 'é=1' }, stdin: 'words ✓\n' }), {
      env: { RUNLET_TOKEN: 'x'.repeat(32) },
    })
    assert.equal(r.code, 1)
    assert.equal(bytesOf(r.lines, 'stdout').toString(), `${fs.realpathSync(box.work)}/sub\nwords ✓\n`)
    assert.equal(bytesOf(r.lines, 'stderr').toString(), 'é=1-')
    const { durationMs, ...last } = r.lines.at(-1)
    assert.ok(durationMs >= 0)
    assert.deepEqual(last, { type: 'exit', code: 7, signal: null, timedOut: false })
    assert.equal(r.lines.filter((l) => l.type === 'exit').length, 1)
  }),
)

test(
  'the exit status is that of run: 0, 1, 2, 124',
  boxed(async (box) => {
    assert.equal((await exec(box, { command: 'true' })).code, 0)
    assert.equal((await exec(box, sh('exit 3'))).code, 1)
    const killed = await exec(box, sh('kill -9 $$'))
    assert.deepEqual([killed.code, killed.lines.at(-1).code, killed.lines.at(-1).signal], [1, null, 'SIGKILL'])
    for (const [request, why] of [
      ['', /exec request: /],
      ['[]', /must be a JSON object/],
      [{ args: [] }, /command must be/],
      [{ command: 'sh', args: [1] }, /args/],
      [{ command: 'sh', timeoutMs: 'x' }, /timeoutMs/],
      [{ command: 'sh', stdin: {} }, /stdin/],
    ]) {
      const r = await exec(box, request)
      assert.equal(r.code, 2, JSON.stringify(request))
      assert.deepEqual(r.lines.length, 1)
      assert.equal(r.lines[0].type, 'error')
      assert.match(r.lines[0].message, why)
    }
    const none = await exec(box, { command: 'there-is-no-such-program' })
    assert.deepEqual([none.code, none.lines.length, none.lines[0].type], [1, 1, 'error'])
    assert.match(none.lines[0].message, /there-is-no-such-program/)
    const nowhere = await exec(box, { command: 'true', cwd: '/no/such/folder' })
    assert.deepEqual([nowhere.code, nowhere.lines.at(-1).type], [1, 'error'])
  }),
)

test(
  'at the timeout all that it started is ended, whatever session it is in',
  boxed(async (box) => {
    const r = await exec(
      box,
      sh('echo begun; setsid sleep 1000 & trap "" TERM; sleep 1000 & wait; sleep 1000', { timeoutMs: 400 }),
    )
    assert.equal(r.code, 124)
    assert.equal(bytesOf(r.lines, 'stdout').toString(), 'begun\n')
    assert.equal(r.lines.at(-1).timedOut, true)
    assert.deepEqual(processesOf(box.mark), [])
  }),
)

test(
  'what the command leaves running is ended with it, and does not hold the end',
  boxed(async (box) => {
    const began = Date.now()
    const r = await exec(box, sh('sleep 1000 & setsid sleep 1000 & echo done'))
    assert.equal(r.code, 0)
    assert.ok(Date.now() - began < 20000)
    assert.deepEqual(processesOf(box.mark), [])
  }),
)

test(
  'any bytes come through, in order: text as text, the rest as base64; no character is cut',
  boxed(async (box) => {
    const bytes = Buffer.alloc(300000)
    for (let i = 0; i < bytes.length; i++) bytes[i] = (i * 7919) % 256
    fs.writeFileSync(path.join(box.work, 'bytes'), bytes)
    const text = '€😀 words\n'.repeat(50000)
    fs.writeFileSync(path.join(box.work, 'text'), text)
    const r = await exec(box, sh('cat bytes; cat text >&2'))
    assert.equal(r.code, 0)
    assert.ok(bytesOf(r.lines, 'stdout').equals(bytes))
    assert.ok(r.lines.filter((l) => l.type === 'stderr').every((l) => l.data !== undefined))
    assert.equal(bytesOf(r.lines, 'stderr').toString(), text)
  }),
)

test(
  'while nobody reads, the command is not read either; when the reader is gone it is ended',
  boxed(async (box) => {
    const child = spawn(RUNLET, ['exec', '-'], { cwd: box.work, env: box.env, stdio: ['pipe', 'pipe', 'ignore'] })
    child.stdin.end(JSON.stringify(sh('exec yes')))
    child.stdout.pause()
    await until('the command', () => processesOf(box.mark).some((p) => p.name === 'yes'))
    await sleep(1500)
    const rss = Number(/VmRSS:\s+(\d+)/.exec(fs.readFileSync(`/proc/${child.pid}/status`, 'utf8'))[1])
    if (!/asan/.test(RUNLET)) assert.ok(rss < 16000, `${rss} KiB`)
    child.stdout.destroy()
    const code = await new Promise((done) => child.on('exit', done))
    assert.equal(code, 1)
  }),
)

test(
  'TERM ends it with all it has started; a kill leaves nothing either; FILE is read too',
  boxed(async (box) => {
    const file = path.join(box.work, 'request.json')
    fs.writeFileSync(file, JSON.stringify(sh('setsid sleep 1000 & echo begun; sleep 1000')))
    for (const [signal, expected] of [
      ['SIGTERM', 143],
      ['SIGKILL', null],
    ]) {
      const child = spawn(RUNLET, ['exec', file], { cwd: box.work, env: box.env, stdio: ['ignore', 'pipe', 'ignore'] })
      const ended = new Promise((done) => child.on('exit', done))
      await new Promise((said) => child.stdout.once('data', said))
      child.kill(signal)
      assert.equal(await ended, expected)
      await until('the processes to go', () => processesOf(box.mark).length === 0)
    }
    assert.equal((await command(['exec', path.join(box.work, 'none.json')], { box })).code, 2)
  }),
)
