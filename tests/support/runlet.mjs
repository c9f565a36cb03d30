// SPDX-License-Identifier: MIT
// Starting the program under test, talking to it, and looking at what it leaves behind.
//
// Each start has a box: a private folder with bin/ (the agent's link is all that is in it, besides the system's PATH),
// home/, tmp/ (TMPDIR, so the state folder and the private folders of runs are in it) and work/; and a mark in the
// environment by which every process that descends from it is found.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import http from 'node:http'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { eventsOf } from './ndjson.mjs'

/** What `read` gives, or that of a file that is gone meanwhile: the agent is at work. */
export const ifThere = (read, gone) => {
  try {
    return read()
  } catch (e) {
    if (!['ENOENT', 'ENOTDIR', 'ENXIO'].includes(e.code)) throw e
    return gone
  }
}
/** Regular files, whole paths; one above 8 MiB is left out. */
export function* filesBelow(folder) {
  for (const e of ifThere(() => fs.readdirSync(folder, { withFileTypes: true }), [])) {
    const file = path.join(folder, e.name)
    if (e.isDirectory()) yield* filesBelow(file)
    else if (e.isFile() && ifThere(() => fs.statSync(file).size, Infinity) <= 8 << 20) yield file
  }
}

const need = (name) => process.env[name] ?? assert.fail(`${name} is not set: run this by tests/node/run.sh`)
export const RUNLET = need('RUNLET')
export const AGENT = need('RUNLET_AGENT')
assert.ok(fs.existsSync(RUNLET), `${RUNLET} is missing`)
assert.ok(fs.existsSync(AGENT), `${AGENT} is missing`)

/** Whether the program's memory, environment and what its descriptors are can be seen here (CAP_SYS_PTRACE).  Where not,
 * tests/node/run.sh said so and counted it as a failure; what needs it is not tested. */
export const LOOKS = process.env.RUNLET_TESTS_LOOKS !== 'no'

let boxes = 0
const standing = new Set()
export function makeBox({ agent = AGENT } = {}) {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), 'runlet-test-'))
  const box = { root, mark: `box-${process.pid}-${++boxes}` }
  for (const name of ['bin', 'home', 'tmp', 'work']) {
    box[name] = path.join(root, name)
    fs.mkdirSync(box[name], { mode: 0o755 })
  }
  if (agent) fs.symlinkSync(agent, path.join(box.bin, 'claude'))
  box.env = {
    PATH: `${box.bin}:/usr/local/bin:/usr/bin:/bin`,
    HOME: box.home,
    TMPDIR: box.tmp,
    LANG: 'C.UTF-8',
    TEST_MARK: box.mark,
  }
  standing.add(box)
  box.remove = () => {
    fs.rmSync(root, { recursive: true, force: true })
    standing.delete(box)
  }
  return box
}

/** Living processes that carry the mark: {pid, name, cmd, env}. */
export function processesOf(mark, but = []) {
  const found = []
  for (const pid of fs
    .readdirSync('/proc')
    .filter((d) => /^\d+$/.test(d))
    .map(Number)) {
    if (but.includes(pid)) continue
    try {
      const env = fs.readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0')
      if (!env.includes(`TEST_MARK=${mark}`)) continue
      const stat = fs.readFileSync(`/proc/${pid}/stat`, 'latin1')
      if (stat.slice(stat.lastIndexOf(')') + 2)[0] === 'Z') continue
      found.push({
        pid,
        name: fs.readFileSync(`/proc/${pid}/comm`, 'latin1').trim(),
        cmd: fs.readFileSync(`/proc/${pid}/cmdline`, 'latin1').split('\0').slice(0, -1),
        env,
      })
    } catch {
      /* gone meanwhile */
    }
  }
  return found
}

export async function until(what, test, ms = 5000) {
  const end = Date.now() + ms
  for (;;) {
    const value = await test()
    if (value) return value
    if (Date.now() > end) assert.fail(`${what}: not within ${ms} ms`)
    await sleep(20)
  }
}

/** No process of the box lives, and no file of ours is left in its TMPDIR (the state folder itself may stay, empty of
 * all but its lock, and the note of a killed service for the next: ongoing-…/runs). */
export async function assertNothingLeft(box, but = []) {
  let left = []
  await until('processes of the run', () => (left = processesOf(box.mark, but)).length === 0, 3000).catch(() => {
    assert.deepEqual(
      left.map((p) => `${p.pid} ${p.cmd.join(' ')}`),
      [],
    )
  })
  // A private folder of many files is removed by a process of its own: it may take a moment after the last event.
  const listed = () =>
    fs
      .readdirSync(box.tmp, { recursive: true, withFileTypes: true })
      .filter((e) => !e.isDirectory() && !/lock$|^runs$/.test(e.name))
  await until(
    'files to go',
    () => {
      try {
        return listed().length === 0
      } catch {
        return false
      }
    },
    3000,
  ).catch(() => {})
  const files = listed()
  assert.deepEqual(
    files.map((e) => path.join(e.parentPath, e.name)),
    [],
    'files left behind',
  )
  const folders = fs.readdirSync(box.tmp).filter((n) => !/^runlet-\d+(-agent)?$/.test(n))
  assert.deepEqual(folders, [], 'folders left behind')
}

// A test that fails or is timed out must not leave its program running, nor its box.
const living = new Set()
process.on('exit', () => {
  for (const child of living) child.kill('SIGKILL')
  for (const box of standing) {
    for (const p of processesOf(box.mark))
      try {
        process.kill(p.pid, 'SIGKILL')
      } catch {
        /* gone meanwhile */
      }
    try {
      box.remove()
    } catch {
      /* one of them wrote meanwhile: the TMPDIR of tests/node/run.sh goes with all in it */
    }
  }
})
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, () => process.exit(1))

function collect(child) {
  const out = [],
    err = []
  living.add(child)
  child.on('exit', () => living.delete(child))
  child.stdout?.on('data', (d) => out.push(d))
  child.stderr.on('data', (d) => err.push(d))
  child.stdin?.on('error', () => {})
  const ended = new Promise((done) => child.on('close', (code, signal) => done({ code, signal })))
  return { stdout: () => Buffer.concat(out), stderr: () => Buffer.concat(err).toString(), ended }
}

/** Any command line, to its end. */
export async function command(args, { box, env = {}, input, cwd, timeout = 60000 } = {}) {
  const own = box ?? makeBox()
  const child = spawn(RUNLET, args, {
    cwd: cwd ?? own.work,
    env: { ...own.env, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  const c = collect(child)
  if (typeof input === 'function') await input(child.stdin)
  else child.stdin.end(input ?? '')
  const timer = setTimeout(() => child.kill('SIGKILL'), timeout)
  const end = await c.ended
  clearTimeout(timer)
  if (!box) own.remove()
  return { ...end, stdout: c.stdout(), stderr: c.stderr() }
}

/** `runlet run -` with a request; `events` are what it printed. */
export async function run(request, { args = [], ...options } = {}) {
  const input = typeof request === 'string' || Buffer.isBuffer(request) ? request : JSON.stringify(request)
  const r = await command(['run', '-', '--output', 'ndjson', ...args], { ...options, input })
  return { ...r, events: eventsOf(r.stdout) }
}

/** `runlet run -` still running: {child, stdout(), stderr(), ended}; `pipes`: descriptors 3 and on. */
export function startRun(request, { box, args = [], env = {}, pipes = [] }) {
  const child = spawn(RUNLET, ['run', '-', '--output', 'ndjson', ...args], {
    cwd: box.work,
    env: { ...box.env, ...env },
    stdio: ['pipe', 'pipe', 'pipe', ...pipes],
  })
  const c = collect(child)
  child.stdin.end(JSON.stringify(request))
  return { child, ...c }
}

/** `runlet serve` on a port of its choice, ready when this returns.  `under`: a command line that executes it. */
export async function serve({ box = makeBox(), args = [], env = {}, listen = '127.0.0.1:0', under = [] } = {}) {
  const words = [...under, RUNLET, 'serve', '--listen', listen, '--workspace', box.work, ...args]
  const child = spawn(words[0], words.slice(1), {
    cwd: box.work,
    env: { ...box.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const c = collect(child)
  let over
  c.ended.then((end) => {
    over = end
  })
  const said = () => /listening on (?:[\d.]+|\[[\d:a-f]*\]):(\d+)/.exec(c.stderr())
  const port = await until('runlet serve to listen', () => {
    if (over) assert.fail(`runlet serve ended: ${JSON.stringify(over)} ${c.stderr()}`)
    return said() && Number(said()[1])
  })
  return {
    box,
    child,
    port,
    pid: child.pid,
    url: `http://127.0.0.1:${port}`,
    stdout: c.stdout,
    stderr: c.stderr,
    ended: c.ended,
    alive: () => over === undefined,
    async stop(signal = 'SIGTERM') {
      if (!over) child.kill(signal)
      const timer = setTimeout(() => child.kill('SIGKILL'), 15000)
      const end = await c.ended
      clearTimeout(timer)
      return { ...end, stderr: c.stderr() }
    },
  }
}

/** A request of any kind.  Answers {status, headers, body, headMs}; `agent` keeps connections. */
export function ask(server, method, target, { headers = {}, body, agent } = {}) {
  return new Promise((done, broken) => {
    const begun = Date.now()
    const req = http.request(
      { host: '127.0.0.1', port: server.port, method, path: target, headers, agent: agent ?? new http.Agent() },
      async (res) => {
        const headMs = Date.now() - begun
        const parts = []
        try {
          for await (const part of res) parts.push(part)
        } catch (e) {
          return broken(e)
        }
        return done({ status: res.statusCode, headers: res.headers, body: Buffer.concat(parts), headMs })
      },
    )
    req.on('error', broken)
    req.end(body)
  })
}

/** POST /run, to the end.  `events` when it is a 200. */
export async function post(server, request, { headers = {} } = {}) {
  const body = typeof request === 'string' || Buffer.isBuffer(request) ? request : JSON.stringify(request)
  const r = await ask(server, 'POST', '/run', { headers: { 'content-type': 'application/json', ...headers }, body })
  return { ...r, text: r.body.toString(), events: r.status === 200 ? eventsOf(r.body) : undefined }
}

/** A 400 with this text, behind which only what was given may stand, or which of many is at fault. */
export function assertRefused(r, text) {
  assert.equal(r.status, 400, r.text)
  assertRefusal(r.text, text)
}
export function assertRefusal(said, text) {
  assert.equal(said.slice(0, text.length), text)
  assert.match(said.slice(text.length), /^(?:, not |, and is missing|: |, which takes |$)/, said)
}

/** POST /run, returning at the response head: {status, headers, headMs, events (growing), ended, abort()}. */
export function open(server, request, { target = '/run' } = {}) {
  return new Promise((done, broken) => {
    const begun = Date.now(),
      events = []
    const req = http.request(
      {
        host: '127.0.0.1',
        port: server.port,
        method: 'POST',
        path: target,
        headers: { 'content-type': 'application/json' },
        agent: new http.Agent(),
      },
      (res) => {
        let held = Buffer.alloc(0)
        res.on('data', (d) => {
          held = Buffer.concat([held, d])
          for (let at; (at = held.indexOf(10)) >= 0; held = held.subarray(at + 1)) {
            const line = held.subarray(0, at).toString()
            if (line.trim()) events.push(JSON.parse(line))
          }
        })
        res.on('error', () => {})
        const ended = new Promise((end) => res.on('close', () => end(res.complete)))
        done({
          status: res.statusCode,
          headers: res.headers,
          headMs: Date.now() - begun,
          events,
          ended,
          abort: () => req.destroy(),
        })
      },
    )
    req.on('error', broken)
    req.end(JSON.stringify(request))
  })
}
