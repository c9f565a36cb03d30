// SPDX-License-Identifier: MIT
// One cell of the fault matrix: a program of its own, one run, one misbehaviour; and everything that must be true after.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { assertStream, eventsOf } from './ndjson.mjs'
import { below, INITS, serveAs, startAs } from './init.mjs'
import { runRequest } from './orchestrator.mjs'
import { ask, assertNothingLeft, LOOKS, makeBox, open, processesOf, RUNLET, until } from './runlet.mjs'

/** The settings each cell is played in. */
export const SETTINGS = ['serve', 'run'].flatMap((how) =>
  INITS.map((init) => ({ how, init, name: `${how}${init ? ', PID 1' : ''}` })),
)
/** What takes 10 s by default is short here. */
const SHORT = { drainMs: 150, killGraceMs: 300 }
const DEADLINES = ['run-timeout', 'start-timeout', 'idle-timeout']

/** The exit code of `run` for an end. */
const codeOf = (end, signal) =>
  end === 'RUN_FINISHED'
    ? 0
    : end === 'runner-shutdown'
      ? { SIGTERM: 143, SIGINT: 130 }[signal]
      : DEADLINES.includes(end)
        ? 124
        : 1

const listening = () =>
  new Set(
    ['tcp', 'tcp6'].flatMap((t) =>
      fs
        .readFileSync(`/proc/net/${t}`, 'latin1')
        .split('\n')
        .slice(1)
        .map((l) => l.trim().split(/\s+/))
        .filter((c) => c[3] === '0A')
        .map((c) => c[9]),
    ),
  )
/** But for the file of the runs that go on, which the first one opens for all that come. */
const descriptors = (pid) =>
  fs
    .readdirSync(`/proc/${pid}/fd`)
    .map((fd) => {
      try {
        return fs.readlinkSync(`/proc/${pid}/fd/${fd}`)
      } catch {
        return ''
      }
    })
    .filter((to) => !to.includes('/ongoing-'))
/** How many sockets a process listens on. */
export function listeners(pid) {
  const all = listening()
  return descriptors(pid).filter((to) => all.has(/^socket:\[(\d+)\]/.exec(to)?.[1])).length
}

const said = (events) => events.some((e) => e.type === 'TEXT_MESSAGE_CONTENT')
/** Processes of the run; not the program itself, nor (with a leak checker in it) the helper it has at its exit. */
const ofTheRun = (s) => processesOf(s.box.mark, [s.pid, s.child.pid]).filter((p) => p.cmd[0] !== RUNLET)

/** The program itself, after the run: no process but it, no zombie, no file, no listener but its own port. */
async function serviceIsClean(s, fds, kept) {
  // One that the test itself has just killed may still be on its way out.
  const own = () => below(s.pid).filter((p) => p.state !== 'Z')
  await until(`no more than ${kept} below the service: ${JSON.stringify(own())}`, () => own().length <= kept, 2000)
  await until('zombies to be reaped', () => below(s.pid).every((p) => p.state !== 'Z'), 1000)
  if (LOOKS) await until('only the control port to listen', () => listeners(s.pid) === 1, 1000)
  if (fds !== undefined)
    await until(`descriptors to be ${fds} again (${descriptors(s.pid)})`, () => descriptors(s.pid).length <= fds, 1000)
  assert.equal((await ask(s, 'GET', '/health')).status, 200, 'the service lives on')
}

/** What stays after a success by design: named in the certificate; then the test ends it, if the namespace has not. */
async function endKept(s, last, kept, lives) {
  const alive = ofTheRun(s)
  assert.equal(alive.length, lives ? kept : 0, `kept: ${alive.map((p) => p.cmd.join(' '))}`)
  assert.equal(last.metadata.runlet.leftovers?.length, kept, 'each is named')
  for (const p of alive)
    try {
      process.kill(p.pid, 'SIGKILL')
    } catch {
      /* gone meanwhile */
    }
  await until('them to go', () => ofTheRun(s).length === 0, 2000)
}

/** Nothing may take longer than this: a cell that hangs says so and is over. */
const within = (what, promise, ms = 15000) => {
  let timer
  return Promise.race([
    promise,
    new Promise((_, broken) => {
      timer = setTimeout(() => broken(new Error(`${what}: not within ${ms} ms`)), ms)
    }),
  ]).finally(() => clearTimeout(timer))
}

/** Plays it.
 *   prompt, fields, env, args   the agent's script, the request's fields, the program's environment and options
 *   during(ctx)                 once the agent has spoken: {s, r, signal(name)}; `when` overrides what is waited for
 *   end                         the terminal event: RUN_FINISHED or a code; undefined: there can be none
 *   signal                      what `during` sends to the program, for the exit code
 *   logged                      serve only, when the client is gone: the code in the log
 *   kept                        processes that may live on, each named
 *   orphans                     so many do, and end by themselves soon
 *   check(last, events)         more about the end */
export async function cell(
  { how, init },
  { prompt, fields = {}, env = {}, args = [], during, when, end, signal, logged, kept = 0, orphans = 0, check, orch },
) {
  const box = makeBox()
  const request = runRequest({ prompt, orch, ...fields, timeouts: { ...SHORT, ...fields.timeouts } })
  const s =
    how === 'serve'
      ? await serveAs(init, { box, args, env })
      : await startAs(init, ['run', '-', '--output', 'ndjson', ...args], box, { env })
  try {
    let r, fds
    const begun = Date.now()
    if (how === 'serve') {
      await ask(s, 'GET', '/health')
      await sleep(10)
      fds = orch ? undefined : descriptors(s.pid).length
      r = await open(s, request)
      assert.equal(r.status, 200)
    } else s.child.stdin.end(JSON.stringify(request))
    const events = () => (how === 'serve' ? r.events : eventsOf(s.stdout().subarray(0, s.stdout().lastIndexOf(10) + 1)))
    if (during) {
      await until('the agent to speak', () => (when ? when({ s, events: events() }) : said(events())), 8000)
      await during({ s, r })
    }
    await within(
      'the end',
      (async () => {
        if (how === 'serve') await r.ended
        else if (end !== undefined || signal) await s.ended
      })(),
    )
    let last
    if (end !== undefined) {
      last = assertStream(events(), end)
      check?.(last, events())
    }
    const took = Date.now() - begun
    if (how === 'run') {
      if (end !== undefined) assert.deepEqual(s.over, { code: codeOf(end, signal), signal: null }, s.stderr())
    } else if (logged) {
      await until(`the run to end as ${logged}`, () => s.stderr().includes(`run failed code=${logged}`), 8000)
      assert.equal(s.stderr().match(/ run (failed|finished)/g).length, 1, s.stderr())
      assert.equal(ofTheRun(s).length, 0, 'told and gone')
    }
    if (orphans) await until('orphans to end', () => ofTheRun(s).length === 0, 8000)
    if (kept) await endKept(s, last, kept, how === 'serve' || !init)
    else if (end !== undefined)
      assert.deepEqual(
        ofTheRun(s).map((p) => p.cmd.join(' ')),
        [],
        'nothing lives when it is told',
      )
    if (how === 'serve' && !signal) {
      await serviceIsClean(s, fds, 0)
      const over = await s.stop()
      assert.deepEqual([over.code, over.signal], [0, null], over.stderr)
    } else if (signal && signal !== 'SIGKILL' && how === 'serve')
      assert.deepEqual(await s.ended, { code: 0, signal: null }, s.stderr())
    await assertNothingLeft(box)
    return { took, last }
  } finally {
    await s.stop('SIGKILL')
    for (const p of processesOf(box.mark))
      try {
        process.kill(p.pid, 'SIGKILL')
      } catch {
        /* gone meanwhile */
      }
    box.remove()
  }
}
