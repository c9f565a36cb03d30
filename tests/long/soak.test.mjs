// SPDX-License-Identifier: MIT
// Ten thousand short runs in one service: descriptors, threads, memory and zombies stay flat.  RUNLET_SOAK_RUNS: how many.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { below, INITS, serveAs } from '../support/init.mjs'
import { runRequest, startOrchestrator } from '../support/orchestrator.mjs'
import { assertNothingLeft, post, until } from '../support/runlet.mjs'

const RUNS = Number(process.env.RUNLET_SOAK_RUNS ?? 10000),
  WORKERS = 4,
  LOOKS = 10

/** Each way a run can end in turn: [share, prompt, end]. */
const KINDS = [
  [14, ['@init', '@text hi', '@result success'], 'RUN_FINISHED'],
  [2, ['@init', '@tool echo {"text":"x"}', '@result success'], 'RUN_FINISHED'],
  [1, ['@init', '@stderr oops', '@exit 3'], 'agent-exit'],
  [1, ['@init', '@signal 9'], 'agent-signal'],
  [1, ['@init', '@daemon sleep 0.05', '@result success'], 'RUN_FINISHED'], // kept; it falls to the runner and dies there
  [1, ['@init', '@setsid-child 60000', '@exit 1'], 'agent-exit'], // swept
].flatMap(([share, ...kind]) => Array(share).fill(kind))

async function look(s) {
  await until('no zombie and no orphan', () => below(s.pid).length === 0)
  const status = fs.readFileSync(`/proc/${s.pid}/status`, 'latin1'),
    field = (name) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)[1])
  return {
    fds: fs.readdirSync(`/proc/${s.pid}/fd`).length,
    threads: field('Threads'),
    rssKiB: field('VmRSS'),
    peakKiB: field('VmHWM'),
    zombies: below(s.pid).filter((p) => p.state === 'Z').length,
  }
}

for (const init of INITS)
  test(`${RUNS} runs in one service${init ? ', PID 1' : ''}`, { timeout: 1800000 }, async (t) => {
    const orch = await startOrchestrator()
    const s = await serveAs(init, { args: ['--workspace-per-thread'] })
    t.after(() => {
      // also when it failed
      s.child.kill('SIGKILL')
      orch.stop()
    })
    const looks = [],
      begun = Date.now()
    let next = 0
    for (let part = 1; part <= LOOKS; part++) {
      await Promise.all(
        Array.from({ length: WORKERS }, async (_, worker) => {
          while (next < (RUNS / LOOKS) * part) {
            const [prompt, end] = KINDS[next++ % KINDS.length]
            const r = await post(
              s,
              runRequest({ prompt, threadId: `worker-${worker}`, ...(prompt[1].startsWith('@tool') ? { orch } : {}) }),
            )
            const last = r.events?.at(-1)
            assert.equal(last?.type === 'RUN_ERROR' ? last.code : last?.type, end, r.text)
          }
        }),
      )
      await sleep(4500) // kept connections to the orchestrator are closed after 4 s
      looks.push({ runs: next, ...(await look(s)) })
    }
    console.log(`${init ? 'PID 1, ' : ''}${((Date.now() - begun - LOOKS * 4500) / RUNS).toFixed(2)} ms a run`)
    console.table(looks)
    const [first, last] = [looks[1], looks.at(-1)]
    assert.ok(last.fds <= first.fds + 1, 'descriptors')
    assert.ok(last.threads <= first.threads, 'threads')
    assert.ok(last.rssKiB <= first.rssKiB + 512, 'memory')
    assert.equal(last.zombies, 0)
    assert.equal((await s.stop()).code, 0)
    await assertNothingLeft(s.box)
    s.box.remove()
  })
