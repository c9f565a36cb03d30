// SPDX-License-Identifier: MIT
// The hostile hour: twenty thousand mixed runs in one service, beside them clients that say nothing or half of it, agents
// that flood, a stderr that nobody reads and keepers that are killed.  Memory, descriptors and folders stay flat, and
// /health is answered within 100 ms at every probe.  RUNLET_SOAK_RUNS: how many.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import { connect } from 'node:net'
import path from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { below } from '../support/init.mjs'
import { runRequest, startOrchestrator } from '../support/orchestrator.mjs'
import { assertNothingLeft, post, serve, until } from '../support/runlet.mjs'

const RUNS = Number(process.env.RUNLET_SOAK_RUNS ?? 20000),
  WORKERS = 4,
  LOOKS = 10,
  SILENT = 200,
  PROBE_MS = 100

/** Each way a run can end, and how often: [share, prompt, end]. */
const KINDS = [
  [10, ['@init', '@text hi', '@result success'], 'RUN_FINISHED'],
  [3, ['@init', '@tool echo {"text":"x"}', '@result success'], 'RUN_FINISHED'],
  [2, ['@init', '@deltas 500 200', '@result success'], 'RUN_FINISHED'],
  [1, ['@init', '@stderr-flood 200000', '@result success'], 'RUN_FINISHED'],
  [1, ['@init', '@stderr oops', '@exit 3'], 'agent-exit'],
  [1, ['@init', '@signal 9'], 'agent-signal'],
  [1, ['@init', '@daemon sleep 0.05', '@result success'], 'RUN_FINISHED'],
  [1, ['@init', '@setsid-child 60000', '@exit 1'], 'agent-exit'],
].flatMap(([share, ...kind]) => Array(share).fill(kind))

/** Clients of the service that say nothing, or half a request, and come back when they are dropped. */
function besiege(port) {
  const sockets = new Set()
  let over = false,
    dropped = 0
  const dial = (i) => {
    if (over) return
    const s = connect({ port, host: '127.0.0.1' }, () => i % 3 === 0 && s.write('POST /run HTTP/1.1\r\nHost: x\r\n'))
    sockets.add(s)
    s.on('error', () => {})
    s.on('close', () => {
      dropped++
      sockets.delete(s)
      setTimeout(dial, 200, i).unref()
    })
  }
  for (let i = 0; i < SILENT; i++) dial(i)
  return {
    dropped: () => dropped,
    end() {
      over = true
      for (const s of sockets) s.destroy()
    },
  }
}

/** A process of its own, so that our own work is not measured: what it says at the end are [probes, slowest, failed]. */
function startProbe(port) {
  const child = spawn(
    process.execPath,
    [
      '-e',
      `const http = require('http')
      let probes = 0, slowest = 0, failed = 0, stop = false
      process.stdin.on('data', () => { stop = true })
      const probe = () => {
        if (stop) return console.log(JSON.stringify([probes, slowest, failed])), process.exit()
        const begun = performance.now()
        const done = (ok) => {
          probes++
          slowest = Math.max(slowest, performance.now() - begun)
          if (!ok) failed++
          setTimeout(probe, 50)
        }
        http.get({ port: ${port}, host: '127.0.0.1', path: '/health', agent: false }, (r) => { r.resume(); r.on('end', () => done(r.statusCode === 200)) })
          .on('error', () => done(false))
      }
      probe()`,
    ],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  )
  let said = ''
  child.stdout.on('data', (d) => (said += d))
  const ended = new Promise((done) => child.once('close', () => done(JSON.parse(said || '[]'))))
  return { child, end: () => (child.stdin.write('stop\n'), ended) }
}

const folders = (box) =>
  fs
    .readdirSync(box.tmp)
    .flatMap((state) => fs.readdirSync(path.join(box.tmp, state)).filter((n) => n.startsWith('run-')))

async function look(server) {
  await until('no zombie and no orphan', () => below(server.pid).length === 0)
  await until('no folder', () => folders(server.box).length === 0)
  const field = (name) =>
    Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(fs.readFileSync(`/proc/${server.pid}/status`, 'latin1'))[1])
  return {
    rssKiB: field('VmRSS'),
    peakKiB: field('VmHWM'),
    threads: field('Threads'),
    fds: fs.readdirSync(`/proc/${server.pid}/fd`).length,
  }
}

test(
  `${RUNS} runs among silent clients, floods, an unread stderr and dying keepers`,
  { timeout: 7200000 },
  async (t) => {
    const orch = await startOrchestrator()
    const server = await serve({ args: ['--workspace-per-thread', '--log-level', 'debug'] })
    server.child.stderr.pause()
    const siege = besiege(server.port),
      probe = startProbe(server.port)
    let killed = 0
    const killer = setInterval(() => {
      const keeper = below(server.pid).find((p) => p.name === 'runlet-keeper')
      if (!keeper) return
      try {
        process.kill(keeper.pid, 'SIGKILL')
        killed++
      } catch {
        /* gone meanwhile */
      }
    }, 500)
    t.after(() => {
      // also when it failed
      clearInterval(killer)
      siege.end()
      probe.child.kill()
      server.child.kill('SIGKILL')
      orch.stop()
    })
    const looks = []
    let next = 0,
      struck = 0
    for (let part = 1; part <= LOOKS; part++) {
      await Promise.all(
        Array.from({ length: WORKERS }, async (_, worker) => {
          while (next < (RUNS / LOOKS) * part) {
            const [prompt, end] = KINDS[next++ % KINDS.length]
            const tools = prompt[1].startsWith('@tool') ? { orch } : {}
            const r = await post(server, runRequest({ prompt, threadId: `worker-${worker}`, ...tools }))
            const last = r.events?.at(-1),
              is = last?.type === 'RUN_ERROR' ? last.code : last?.type
            if (is === end) continue
            assert.equal(is, 'agent-signal', r.text) // its keeper was killed
            struck++
          }
        }),
      )
      await sleep(4500) // kept connections to the orchestrator are closed after 4 s
      looks.push({ runs: next, killed, struck, dropped: siege.dropped(), ...(await look(server)) })
    }
    clearInterval(killer)
    const [probes, slowest, failed] = await probe.end()
    siege.end()
    console.table(looks)
    console.log(`${probes} probes of /health, the slowest ${slowest.toFixed(1)} ms, ${failed} without an answer`)
    const [first, last] = [looks[1], looks.at(-1)]
    assert.ok(struck <= killed, `${struck} runs ended by ${killed} killed keepers`)
    assert.equal(failed, 0)
    assert.ok(slowest < PROBE_MS, `/health took ${slowest} ms`)
    assert.ok(last.threads <= first.threads, 'threads')
    assert.ok(last.rssKiB <= first.rssKiB + 1024, 'memory')
    assert.ok(last.fds <= first.fds + 4, 'descriptors') // those of the siege come and go
    server.child.stderr.resume()
    assert.equal((await server.stop()).code, 0)
    await assertNothingLeft(server.box)
    server.box.remove()
  },
)
