// SPDX-License-Identifier: MIT
// The files of the workspace in the events: sandbox.file by inotify, whatever the agent does with them.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { test } from 'node:test'
import { assertStream, eventsOf, warningsOf } from '../support/ndjson.mjs'
import { runRequest } from '../support/orchestrator.mjs'
import { assertNothingLeft, makeBox, run, startRun, until } from '../support/runlet.mjs'

/** What is older than a tick of the clock by which files are stamped is never told as new (io/folder_read.h). */
const tick = () => sleep(20)

const request = (script, more = {}) => ({
  ...runRequest({ harness: 'command', prompt: 'x', model: 'none' }),
  harnessOptions: { command: ['sh', '-c', script] },
  ...more,
})
const filesOf = (events) => events.filter((e) => e.name === 'sandbox.file').map((e) => e.value)
const toldOf = (events) => filesOf(events).map((v) => `${v.type} ${v.path.replace(/^\/workspace\//, '')}`)
const countsOf = (events) => events.at(-1).metadata.runlet.files

const boxed = (fn) => async () => {
  const box = makeBox({ agent: null })
  try {
    await fn(box)
    await assertNothingLeft(box)
  } finally {
    box.remove()
  }
}

/** The files of a run of that script, whole. */
async function told(box, script, more, options = {}) {
  const r = await run(request(script, more), { box, ...options })
  assert.equal(r.code, 0, r.stdout.toString() + r.stderr)
  assertStream(r.events, 'RUN_FINISHED')
  return { told: toldOf(r.events), ...r }
}

test(
  'a file that is made, changed, renamed, deleted is told, in order, before the last event',
  boxed(async (box) => {
    fs.writeFileSync(path.join(box.work, 'old'), 'x')
    await tick()
    const steps = [
      'echo a >a',
      'echo b >>old',
      'mv a b',
      'rm old',
      'echo c >.c.tmp; mv .c.tmp b',
      'mkdir d; echo e >d/e',
    ]
    const r = await told(box, steps.join('; sleep 0.4; '))
    assert.deepEqual(r.told, ['create a', 'change old', 'delete a', 'create b', 'delete old', 'change b', 'create d/e'])
    const event = r.events.find((e) => e.name === 'sandbox.file')
    assert.deepEqual(Object.keys(event), ['type', 'timestamp', 'name', 'value'])
    assert.deepEqual(Object.keys(event.value), ['type', 'path', 'timestamp'])
    assert.equal(event.value.path, '/workspace/a')
    assert.ok(Math.abs(event.value.timestamp - Date.now()) < 60000)
  }),
)

test(
  'what the agent did last is told: all in one moment before its exit',
  boxed(async (box) => {
    fs.mkdirSync(path.join(box.work, 'there'))
    const r = await told(box, 'mkdir -p new/deep/er; echo 1 >new/deep/er/f; echo 2 >there/f; echo 3 >new/g')
    assert.deepEqual(r.told.sort(), ['create new/deep/er/f', 'create new/g', 'create there/f'])
  }),
)

test(
  'the name of the workspace is its root, whatever folder it is; any bytes in a name are told as valid text',
  boxed(async (box) => {
    const workspace = { source: { type: 'none' }, root: '/app/' }
    const r = await told(box, `echo 1 >"a \\"b"; echo 2 >"$(printf 'c\\377')"`, { workspace })
    assert.deepEqual(
      filesOf(r.events).map((v) => v.path),
      ['/app/a "b', '/app/c\ufffd'],
    )
  }),
)

test(
  'a folder that is moved takes its files along; one that is removed takes them away',
  boxed(async (box) => {
    const steps = [
      'mkdir -p a/b; echo 1 >a/b/f',
      'mv a z',
      'echo 2 >z/b/f',
      'echo 3 >z/b/g',
      'rm -r z',
      'mkdir z; echo 4 >z/h',
    ]
    const r = await told(box, steps.join('; sleep 0.4; '))
    assert.deepEqual(
      r.told.filter((t) => !/[fg]$/.test(t) || !/delete z/.test(t)),
      ['create a/b/f', 'delete a/b/f', 'create z/b/f', 'change z/b/f', 'create z/b/g', 'create z/h'],
    )
    assert.deepEqual(r.told.filter((t) => /delete z/.test(t)).sort(), ['delete z/b/f', 'delete z/b/g'])
  }),
)

test(
  'node_modules, .git and our own folder are left out; a link is not followed, nor is one told',
  boxed(async (box) => {
    const outside = path.join(box.root, 'outside')
    fs.mkdirSync(outside)
    fs.symlinkSync(outside, path.join(box.work, 'link'))
    fs.mkdirSync(path.join(box.work, 'real'))
    const script = `mkdir -p node_modules/m .git p/node_modules; echo 1 >node_modules/m/f; echo 2 >.git/f; echo 3 >p/node_modules/f
      echo 4 >link/f; ln -s ${outside} later; echo 5 >later/g; ln -s /etc/passwd file; sleep 0.4
      rmdir real; ln -s ${outside} real; sleep 0.4; echo 6 >real/h; echo 7 >in`
    const r = await told(box, script, {}, { args: ['--state-dir', path.join(box.work, 'state')] })
    assert.deepEqual(r.told, ['create in'])
    fs.rmSync(path.join(box.work, 'state'), { recursive: true })
  }),
)

test(
  '10,000 files in a burst are all told, in order',
  boxed(async (box) => {
    const script = 'i=0; while [ $i -lt 10000 ]; do : >f$i; i=$((i+1)); done'
    const r = await told(box, script)
    assert.equal(r.told.length, 10000)
    const counts = countsOf(r.events)
    assert.equal(counts.told, 10000)
    if (counts.rescans === 0)
      assert.deepEqual(
        r.told,
        Array.from({ length: 10000 }, (_, i) => `create f${i}`),
      )
  }),
)

test(
  'a file that is written over and over is told now and then; the rest is counted as folded',
  boxed(async (box) => {
    const r = await told(box, 'i=0; while [ $i -lt 2000 ]; do echo $i >f; echo $i >g; i=$((i+1)); done')
    const counts = countsOf(r.events)
    assert.ok(r.told.length >= 2 && r.told.length < 100, `${r.told.length}`)
    assert.ok(counts.folded > 1000, JSON.stringify(counts))
    assert.deepEqual(r.told.slice(0, 2), ['create f', 'create g'])
  }),
)

test(
  '"fileEvents": false, and nobody is told',
  boxed(async (box) => {
    assert.deepEqual((await told(box, 'echo 1 >a', { fileEvents: false })).told, [])
    await tick()
    assert.deepEqual((await told(box, 'echo 1 >b', { fileEvents: true })).told, ['create b'])
    await sleep(20)
    assert.deepEqual((await told(box, 'echo 1 >c', { fileEvents: { diff: false } })).told, ['create c'])
  }),
)

test(
  'when the kernel has lost news all is read once more, and nothing is missed',
  boxed(async (box) => {
    fs.mkdirSync(path.join(box.work, 'sub'))
    fs.writeFileSync(path.join(box.work, 'sub/old'), 'x')
    await tick()
    const r = startRun(
      request('echo ready; while [ ! -e go ]; do sleep 0.05; done; while [ ! -e last ]; do sleep 0.05; done'),
      { box },
    )
    await until('the agent', () => r.stdout().includes('ready'))
    const most = Number(fs.readFileSync('/proc/sys/fs/inotify/max_queued_events', 'utf8'))
    const files = Math.ceil(most / 2) + 100
    r.child.kill('SIGSTOP')
    for (let i = 0; i < files; i++) fs.writeFileSync(path.join(box.work, `f${i}`), 'x')
    fs.rmSync(path.join(box.work, 'sub/old'))
    fs.mkdirSync(path.join(box.work, 'sub/later'))
    fs.writeFileSync(path.join(box.work, 'sub/later/g'), 'x')
    r.child.kill('SIGCONT')
    fs.writeFileSync(path.join(box.work, 'go'), '')
    await until('the files', () => r.stdout().includes('later/g'), 20000)
    fs.writeFileSync(path.join(box.work, 'sub/later/h'), 'x')
    await until('news of the new folder', () => r.stdout().includes('later/h'))
    fs.writeFileSync(path.join(box.work, 'last'), '')
    assert.equal((await r.ended).code, 0)
    const told = toldOf(eventsOf(r.stdout()))
    const expected = [...Array.from({ length: files }, (_, i) => `create f${i}`), 'create go', 'create last']
    assert.deepEqual(told.sort(), [...expected, 'create sub/later/g', 'create sub/later/h', 'delete sub/old'].sort())
    assert.equal(countsOf(eventsOf(r.stdout())).rescans, 1)
  }),
)

test(
  'where the kernel gives too few watches the files are told at the end, and a warning says so',
  boxed(async (box) => {
    for (const name of ['a/b/c', 'd/e']) fs.mkdirSync(path.join(box.work, name), { recursive: true })
    fs.writeFileSync(path.join(box.work, 'a/b/c/old'), 'x')
    await tick()
    const script = 'echo 1 >a/b/c/f; echo 2 >>a/b/c/old; mkdir d/e/n; echo 3 >d/e/n/g; echo 4 >h'
    const few = 'echo 2 >/proc/sys/user/max_inotify_watches; exec "$0" "$@"'
    const words = ['-Ur', 'sh', '-ec', few, process.env.RUNLET, 'run', '-', '--output', 'ndjson']
    const r = spawnSync('unshare', words, { cwd: box.work, env: box.env, input: JSON.stringify(request(script)) })
    const events = eventsOf(r.stdout)
    assert.equal(r.status, 0, r.stdout.toString() + r.stderr)
    assertStream(events, 'RUN_FINISHED')
    assert.deepEqual(toldOf(events).sort(), ['change a/b/c/old', 'create a/b/c/f', 'create d/e/n/g', 'create h'])
    assert.deepEqual(warningsOf(events).filter((w) => /^sandbox/.test(w.code ?? w)).length, 1)
  }),
)

test(
  'a reader that does not read holds the telling up, not the memory; then nothing is missing',
  boxed(async (box) => {
    const script = 'i=0; while [ $i -lt 20000 ]; do : >f$i; i=$((i+1)); done; echo done'
    const r = startRun(request(script), { box })
    r.child.stdout.pause()
    await until('the burst', () => fs.existsSync(path.join(box.work, 'f19999')), 30000)
    await sleep(1000)
    const high = Number(/VmHWM:\s+(\d+)/.exec(fs.readFileSync(`/proc/${r.child.pid}/status`, 'utf8'))[1])
    r.child.stdout.resume()
    assert.equal((await r.ended).code, 0)
    assert.equal(new Set(toldOf(eventsOf(r.stdout()))).size, 20000)
    if (!/asan/.test(process.env.RUNLET)) assert.ok(high < 24000, `${high} KiB`)
  }),
)

/** Ticks of CPU that the program alone has used. */
function ticksOf(pid) {
  const stat = fs.readFileSync(`/proc/${pid}/stat`, 'latin1')
  const [utime, stime] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13)
  return Number(utime) + Number(stime)
}

test(
  '100,000 files cost one reading at the start and nothing more: there is no polling',
  { timeout: 240000 },
  boxed(async (box) => {
    for (let d = 0; d < 1000; d++) {
      const folder = path.join(box.work, `d${d % 10}/e${d}`)
      fs.mkdirSync(folder, { recursive: true })
      for (let i = 0; i < 100; i++) fs.writeFileSync(path.join(folder, `f${i}`), '')
    }
    const r = startRun(
      request('echo ready; while [ ! -e go ]; do sleep 1; done; echo x >d3/e13/f7; echo y >d4/e14/new'),
      { box },
    )
    await until('the agent', () => r.stdout().includes('ready'))
    await until(
      'a file that is made',
      () => {
        fs.writeFileSync(path.join(box.work, 'begin'), `${Date.now()}`)
        return r.stdout().includes('workspace/begin')
      },
      60000,
    )
    await sleep(600)
    const before = ticksOf(r.child.pid)
    await sleep(5000)
    const ticks = ticksOf(r.child.pid) - before
    fs.writeFileSync(path.join(box.work, 'go'), '')
    assert.equal((await r.ended).code, 0)
    const told = toldOf(eventsOf(r.stdout())).filter((t) => !/begin/.test(t))
    assert.deepEqual(told, ['create go', 'change d3/e13/f7', 'create d4/e14/new'])
    assert.ok(ticks <= 5, `${ticks} ticks in 5 s`)
    assert.ok(before < 400, `${before} ticks for the first reading`)
  }),
)
