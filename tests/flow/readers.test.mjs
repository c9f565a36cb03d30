// SPDX-License-Identifier: MIT
// Byte-complete under every reader: fast, slow, stalled, gone; one run and many at once.  What came is judged by its hash.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { runRequest } from '../support/orchestrator.mjs'
import {
  agentsOf,
  assertWhole,
  isBlocked,
  json,
  peakOf,
  poster,
  reader,
  rssOf,
  sanitized,
  slow,
  stateOf,
  trickle,
} from '../support/readers.mjs'
import { assertNothingLeft, post, serve, until } from '../support/runlet.mjs'

const SIZE = 40
const MOST = 200000
const count = (n, fields = {}) =>
  runRequest({ prompt: ['@init alone', `@count ${n} ${SIZE}`, '@result success'], ...fields })
let server
before(async () => {
  server = await serve({ args: ['--max-runs', '64', '--workspace-per-thread', '--keep-runs', '2'] })
})
after(async () => {
  await server.stop()
  await assertNothingLeft(server.box)
  server.box.remove()
})

test('a fast reader of a burst of 200,000', async () => {
  assertWhole(await poster(server, count(MOST)).ended, MOST, SIZE)
})

test('a reader of 64 KiB a second', async () => {
  const r = poster(server, count(MOST), { paused: true })
  await trickle(r, 65536, 3000)
  assertWhole(await r.ended, MOST, SIZE)
})

test('a stalled reader: at most 4 MB a run, and the agent waits', async () => {
  await post(server, count(1000)) // what the first run costs once
  const rss = rssOf(server)
  const r = poster(server, count(MOST), { paused: true })
  await sleep(slow ? 30000 : 2000)
  const grown = rssOf(server) - rss
  const [agent] = agentsOf(server)
  assert.ok(agent, 'it is still there')
  assert.ok(await isBlocked(agent), 'it waits for its reader')
  if (!sanitized) assert.ok(grown <= 4096, `${grown} KiB more`)
  r.socket.resume()
  assertWhole(await r.ended, MOST, SIZE)
})

for (const runs of [8, 32])
  test(`${runs} runs at once: every third reader stalled, every third slow, and none starves another`, async () => {
    const n = (sanitized ? 320000 : 960000) / runs
    const rss = rssOf(server)
    const all = Array.from({ length: runs }, (_, i) => poster(server, count(n), { paused: i % 3 === 0 }))
    const trickles = all.map((r, i) => (i % 3 === 1 ? trickle(r, 65536, 2000) : undefined))
    const fast = await Promise.all(all.filter((_, i) => i % 3 === 2).map((r) => r.ended))
    for (const t of fast) assertWhole(t, n, SIZE)
    await Promise.all(trickles)
    const grown = rssOf(server) - rss
    if (!sanitized) assert.ok(grown <= 4096 * runs, `${grown} KiB more`)
    for (const r of all) r.socket.resume()
    for (const r of all) assertWhole(await r.ended, n, SIZE)
  })

test('a reader gone in the middle of a line ends its run; the next one of a detached run has the rest', async () => {
  const beside = poster(server, count(50000))
  const gone = count(MOST)
  const r = poster(server, gone)
  await until('bytes', () => r.taker.bytes > 100000)
  r.socket.destroy()
  await until('its run to be over', async () => (await stateOf(server, gone.runId)) === 'over')
  assert.equal((await json(server, `/runs/${gone.runId}`)).value.outcome, 'cancelled')
  assertWhole(await beside.ended, 50000, SIZE)

  const kept = count(MOST, { onDisconnect: 'detach' })
  const first = poster(server, kept)
  await until('bytes', () => first.taker.bytes > 100000)
  first.socket.destroy()
  const had = await first.ended
  const rest = reader(server, 'GET', `/runs/${kept.runId}/events?after=${had.lines}`)
  const then = await rest.ended
  assert.equal(rest.first, had.lines + 1)
  assert.equal(had.deltas + then.deltas, MOST)
  assertWhole(await reader(server, 'GET', `/runs/${kept.runId}/events`).ended, MOST, SIZE)
})

test('1,000 fast runs whose agent exits right behind its last byte lose nothing', async () => {
  const text = ['@init alone', `@count 7 ${SIZE}`, '@result success']
  let next = 0
  const worker = async () => {
    while (next++ < 1000) assertWhole(await poster(server, runRequest({ prompt: text })).ended, 7, SIZE)
  }
  await Promise.all(Array.from({ length: 8 }, worker))
})

test('memory is given back', async () => {
  await until('all runs to be over', async () =>
    (await json(server, '/runs')).value.runs.every((r) => r.state === 'over'),
  )
  await sleep(200)
  if (!sanitized) assert.ok(rssOf(server) < 6000, `${rssOf(server)} KiB resident, ${peakOf(server)} at most`)
})
