// SPDX-License-Identifier: MIT
// The program as PID 1 of a PID namespace of its own, or not, with the same handles for both.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import { makeBox, RUNLET, until } from './runlet.mjs'

/** Whether to play as PID 1 or not: both, unless this machine may make no PID namespaces, which tests/node/run.sh found
 * out, said and counted as a failure. */
export const INITS = process.env.RUNLET_TESTS_PID_1 === 'no' ? [false] : [false, true]

const living = new Set()
process.on('exit', () => {
  for (const child of living) child.kill('SIGKILL')
})

const read = (file) => {
  try {
    return fs.readFileSync(file, 'latin1')
  } catch {
    return ''
  }
}
/** [{pid, parent, state, name}] of every process, read once. */
export function processTable() {
  return fs
    .readdirSync('/proc')
    .filter((d) => /^\d+$/.test(d))
    .flatMap((pid) => {
      const stat = read(`/proc/${pid}/stat`),
        at = stat.lastIndexOf(')')
      if (at < 0) return []
      const [state, parent] = stat.slice(at + 2).split(' ')
      return [{ pid: Number(pid), parent: Number(parent), state, name: stat.slice(stat.indexOf('(') + 1, at) }]
    })
}
/** Everything below `pid`, zombies too. */
export function below(pid, table = processTable()) {
  const found = new Set([pid])
  for (let before = 0; before !== found.size;) {
    before = found.size
    for (const p of table) if (found.has(p.parent)) found.add(p.pid)
  }
  return table.filter((p) => p.pid !== pid && found.has(p.pid))
}
export const zombies = (s) => below(s.pid).filter((p) => p.state === 'Z')

/** Starts RUNLET with `args`; as PID 1 when `init`.  {child, pid (its own, seen from here), kill(signal), stdout(), stderr(), ended}. */
export async function startAs(init, args, box, { env = {} } = {}) {
  // --kill-child: the namespace goes with the test.  Without root a user namespace gives the right to make the other.
  // unchanged: in a chroot whose root is no mount point the root's propagation cannot be set, and only /proc's has to be.
  const [program, ...argv] = init
    ? [
        'unshare',
        ...(process.getuid() === 0 ? [] : ['--user', '--map-root-user']),
        '--pid',
        '--fork',
        '--propagation',
        'unchanged',
        '--mount-proc',
        '--kill-child',
        RUNLET,
        ...args,
      ]
    : [RUNLET, ...args]
  const child = spawn(program, argv, { cwd: box.work, env: { ...box.env, ...env }, stdio: ['pipe', 'pipe', 'pipe'] })
  const out = [],
    err = []
  living.add(child)
  child.on('exit', () => living.delete(child))
  child.stdout.on('data', (d) => out.push(d))
  child.stderr.on('data', (d) => err.push(d))
  child.stdin.on('error', () => {})
  const s = { box, child, stdout: () => Buffer.concat(out), stderr: () => Buffer.concat(err).toString() }
  s.ended = new Promise((done) =>
    child.on('close', (code, signal) => {
      s.over = { code, signal }
      done(s.over)
    }),
  )
  s.pid = child.pid
  if (init)
    s.pid = await until('the first process of the namespace', () =>
      s.over ? child.pid : Number(read(`/proc/${child.pid}/task/${child.pid}/children`).trim()),
    )
  s.kill = (signal) => process.kill(s.pid, signal)
  s.stop = async (signal = 'SIGTERM') => {
    if (!s.over)
      try {
        s.kill(signal)
      } catch {
        /* gone meanwhile */
      }
    const timer = setTimeout(() => child.kill('SIGKILL'), 15000)
    const end = await s.ended
    clearTimeout(timer)
    return { ...end, stderr: s.stderr() }
  }
  return s
}

/** `runlet serve`, ready when this returns; `after` stands behind its options. */
export async function serveAs(init, { box = makeBox(), args = [], after = [], env = {} } = {}) {
  const s = await startAs(init, ['serve', '--listen', '127.0.0.1:0', '--workspace', box.work, ...args, ...after], box, {
    env,
  })
  s.port = await until('runlet serve to listen', () => {
    if (s.over) assert.fail(`runlet serve ended: ${JSON.stringify(s.over)} ${s.stderr()}`)
    const said = /listening on 127\.0\.0\.1:(\d+)/.exec(s.stderr())
    return said && Number(said[1])
  })
  return s
}
