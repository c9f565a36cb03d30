// SPDX-License-Identifier: MIT
// The container table: what runtimes, filters and limits take away, each by name, and what a run is then.  Played by
// namespaces, chroot, rlimits and a small seccomp filter (support/refuse.c).  Needs root with CAP_SYS_ADMIN, as
// tests/node/run.sh says at its start: where it is not to be had these rows fail.
import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { assertStream, eventsOf, textOf } from '../support/ndjson.mjs'
import { runRequest } from '../support/orchestrator.mjs'
import { RUNLET, ask, assertNothingLeft, command, makeBox, open, post, serve, until } from '../support/runlet.mjs'

const tools = fs.mkdtempSync(path.join(os.tmpdir(), 'runlet-containers-'))
fs.chmodSync(tools, 0o755)
process.on('exit', () => fs.rmSync(tools, { recursive: true, force: true }))
const support = path.join(import.meta.dirname, '../support')
const REFUSE = path.join(tools, 'refuse')
execFileSync('gcc', ['-O1', '-std=gnu11', '-D_GNU_SOURCE', '-o', REFUSE, path.join(support, 'refuse.c')])

const SPEAK = ['@text here', '@result success']
const last = (events) => events.at(-1)
const refusing = (...calls) => [REFUSE, ...calls, '--']

/** `runlet run` under another command line; `events` are what it printed. */
async function runUnder(under, prompt, { args = [], env = {}, box = makeBox(), fields = {} } = {}) {
  const words = [...under, RUNLET, 'run', '-', '--output', 'ndjson', '--workspace', box.work, ...args]
  const child = spawn(words[0], words.slice(1), { cwd: box.work, env: { ...box.env, ...env } })
  const out = []
  let stderr = ''
  child.stdout.on('data', (d) => out.push(d))
  child.stderr.on('data', (d) => (stderr += d))
  child.stdin.on('error', () => {})
  child.stdin.end(JSON.stringify(runRequest({ prompt, ...fields })))
  const timer = setTimeout(() => child.kill('SIGKILL'), 30000)
  const code = await new Promise((done) => child.on('close', done))
  clearTimeout(timer)
  return { code, stderr, events: eventsOf(Buffer.concat(out)), box }
}
async function good(under, options) {
  const r = await runUnder(under, SPEAK, options)
  assertStream(r.events, 'RUN_FINISHED')
  // A sanitizer's leak checker needs /proc, and fails the process without.
  if (!/LeakSanitizer has encountered a fatal error/.test(r.stderr)) assert.equal(r.code, 0, r.stderr)
  await assertNothingLeft(r.box)
  r.box.remove()
  return r
}
async function bad(under, code, message, options) {
  const r = await runUnder(under, SPEAK, options)
  assertStream(r.events, code)
  assert.match(last(r.events).message, message)
  await assertNothingLeft(r.box)
  r.box.remove()
  return r
}

// -- /proc --

/** A PID namespace whose /proc is that of the one around it, where the same numbers are other processes. */
const FOREIGN_PROC = [
  ...['unshare', '--pid', '--fork', '--propagation', 'unchanged', '--mount-proc', '--kill-child'],
  ...['unshare', '--pid', '--fork', '--kill-child'],
]
const NO_PROC = ['unshare', '--mount', 'sh', '-c', 'umount -l /proc && exec "$@"', 'sh']

test('a /proc of another PID namespace: the end of one run leaves the other alone', async () => {
  const s = await serve({ under: FOREIGN_PROC, args: ['--workspace-per-thread'] })
  assert.match(s.stderr(), /\/proc is of another PID namespace, and not believed/)
  const runs = []
  for (const threadId of ['a', 'b'])
    runs.push(await open(s, runRequest({ runId: threadId, threadId, prompt: ['@text here', '@sleep 1500', '@result success'] })))
  for (const r of runs) await until('it to speak', () => textOf(r.events) !== '')
  assert.equal((await ask(s, 'POST', '/runs/a/cancel')).status, 202)
  for (const r of runs) await r.ended
  assert.equal(last(runs[0].events).code, 'cancelled')
  assertStream(runs[1].events, 'RUN_FINISHED')
  s.child.kill('SIGKILL')
  await s.ended
  s.box.remove()
})

for (const [what, under, said] of [
  ['no /proc', NO_PROC, /there is no \/proc: processes that an agent leaves/],
  ['a /proc of another PID namespace', FOREIGN_PROC, /\/proc is of another PID namespace/],
]) {
  test(`${what}: said at the start, and a run`, async () => {
    const r = await good(under)
    assert.match(r.stderr, said)
  })
  test(`${what}: what left its session is named by its number, and ended where it shall be`, async () => {
    const prompt = ['@setsid-child 60000', '@orphans 1 60000', '@sleep 50', ...SPEAK]
    const kept = await runUnder(under, prompt)
    assertStream(kept.events, 'RUN_FINISHED')
    const { leftovers } = last(kept.events).metadata.runlet
    assert.equal(leftovers.length, 2)
    for (const one of leftovers) assert.ok(one.pid > 1 && one.name === '?', JSON.stringify(leftovers))
    if (under === NO_PROC) for (const one of leftovers) process.kill(one.pid, 'SIGKILL')
    await assertNothingLeft(kept.box)
    kept.box.remove()
    const swept = await runUnder(under, prompt, { fields: { leftovers: 'kill' } })
    assertStream(swept.events, 'RUN_FINISHED')
    assert.equal(last(swept.events).metadata.runlet.leftovers, undefined)
    await assertNothingLeft(swept.box)
    swept.box.remove()
  })
}

// -- seccomp --

for (const [what, calls] of [
  ['execveat refused (EPERM)', ['execveat']],
  ['execveat unknown (ENOSYS)', ['execveat=38']],
  ['clone3, close_range, pidfd_open and io_uring unknown', ['clone3=38', 'close_range=38', 'pidfd_open=38', 'io_uring_setup=38']],
  ['inotify refused', ['inotify']],
])
  test(`seccomp: ${what}: a run all the same`, () => good(refusing(...calls)))

test('seccomp: no subreaper, as in an emulator: refused at the start', async () => {
  const r = await runUnder(refusing('subreaper=22'), SPEAK)
  assert.notEqual(r.code, 0)
  assert.match(r.stderr + JSON.stringify(r.events), /cannot become a subreaper \(an emulator\?\): Invalid argument/)
  r.box.remove()
})
test('seccomp: getrandom refused is named', async () => {
  const r = await runUnder(refusing('getrandom'), SPEAK)
  assert.notEqual(r.code, 0)
  assert.match(r.stderr + JSON.stringify(r.events), /getrandom \(refused by a seccomp filter\?\): Operation not permitted/)
  r.box.remove()
})
test('seccomp: a keeper that dies at its first call is no death of the agent', async () => {
  const r = await bad(refusing('setsid=kill'), 'spawn-failed', /the keeper of .* ended by signal 31/)
  assert.equal(last(r.events).metadata.runlet.signal, undefined)
})

// -- limits --

test('nofile 24: a run, or spawn-failed with its errno', async () => {
  for (let most = 12; most <= 40; most += 2) {
    const r = await runUnder(['prlimit', `--nofile=${most}`], SPEAK)
    const end = last(r.events)
    if (end?.type !== 'RUN_FINISHED')
      assert.match(r.stderr + JSON.stringify(end ?? ''), /Too many open files|No file descriptors|too many open files/, `nofile ${most}`)
    if (end?.type === 'RUN_ERROR') assert.notEqual(end.code, 'agent-signal', `nofile ${most}: ${JSON.stringify(end)}`)
    await assertNothingLeft(r.box)
    r.box.remove()
  }
})
