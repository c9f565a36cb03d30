// SPDX-License-Identifier: MIT
// Reading again: from every number, while a run goes on and after, through memory, file and gap; with the stock
// EventSource; the same run id; cancel and detach; and who may.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import { createRequire } from 'node:module'
import net from 'node:net'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { runRequest, startOrchestrator } from '../support/orchestrator.mjs'
import { agentsOf, assertWhole, json, poster, reader, slow, stateOf } from '../support/readers.mjs'
import { AGENT, assertNothingLeft, makeBox, post, serve, until } from '../support/runlet.mjs'

const require = createRequire(path.join(import.meta.dirname, '../node/replay/package.json'))
const { EventSource } = require('eventsource')
const parsePrometheus = require('parse-prometheus-text-format')

const N = 20000,
  SIZE = 40
const count = (n, us = 0, fields = {}) =>
  runRequest({ prompt: ['@init alone', `@count ${n} ${SIZE} ${us}`, '@result success'], ...fields })
const HANG = ['@init alone', '@text started', '@hang']
const events = (id, query = '') => `/runs/${encodeURIComponent(id)}/events${query}`
const sha = (data) => createHash('sha256').update(data).digest('hex')
const over = (server, id) => until(`${id} to be over`, async () => (await stateOf(server, id)) === 'over', 20000)

/** The whole stream of a run as it stands, and where each line begins. */
async function streamOf(server, id) {
  const r = reader(server, 'GET', events(id))
  const parts = []
  r.socket.on('data', (d) => parts.push(d))
  await r.ended
  const bytes = Buffer.concat(parts)
  const body = bytes.subarray(bytes.indexOf('\r\n\r\n') + 4)
  const starts = [0]
  for (let at = 0; (at = body.indexOf(10, at) + 1) > 0;) starts.push(at)
  return { body, starts, lines: starts.length - 1 }
}

let server
const ARGS = ['--max-runs', '64', '--max-connections', '2000', '--workspace-per-thread', '--log-memory-bytes', '200000']
before(async () => {
  server = await serve({ args: ARGS })
})
after(async () => {
  await server.stop()
  await assertNothingLeft(server.box)
  server.box.remove()
})

test('from every number of 20,000 events, while it runs and after, through the file', async () => {
  const request = count(N, 50)
  const live = poster(server, request)
  await until('it to begin', () => live.taker.lines > 10)
  const early = [] // readers that join all along, some of them before their first line is there
  let at = 0
  const join = (last) => {
    for (; at <= last; at += slow ? 13 : 97)
      early.push({ at, r: reader(server, 'GET', events(request.runId, `?after=${at}`)) })
  }
  while ((await stateOf(server, request.runId)) === 'running' && at < N) {
    join(live.taker.lines + 500)
    await sleep(30)
  }
  const whole = await live.ended
  assertWhole(whole, N, SIZE)
  assert.ok(early.length > (slow ? 1000 : 150), `${early.length} joined while it ran`)
  const told = (await json(server, `/runs/${request.runId}`)).value
  assert.equal(told.lastSeq, whole.lines)
  assert.equal(told.firstSeq, 1)
  assert.equal(told.bytes, whole.bytes)
  assert.ok(told.spillBytes > 1e6, `${told.spillBytes} bytes in the file`)
  const { body, starts, lines } = await streamOf(server, request.runId)
  assert.equal(sha(body), whole.hash, 'the replay is what was sent')
  assert.equal(lines, whole.lines)
  const rest = (n) => body.subarray(starts[Math.min(n, lines)])
  for (const { at: n, r } of early) {
    const t = await r.ended
    assert.equal(r.first, n + 1)
    assert.equal(t.lines, Math.max(0, lines - n))
    assert.equal(t.hash, sha(rest(n)), `after ${n}`)
  }
  // Afterwards: whole tails, and the beginning of every (or every 29th) one.
  const check = async (n) => {
    const r = reader(server, 'GET', events(request.runId, `?after=${n}`))
    if (n > lines - 1500) return assert.equal((await r.ended).hash, sha(rest(n)), `after ${n}`)
    await until('a line', () => r.taker.first !== undefined, 10000)
    r.socket.destroy()
    assert.equal(r.first, n + 1)
    return assert.equal(r.taker.first, body.subarray(starts[n], starts[n + 1] - 1).toString(), `after ${n}`)
  }
  let next = 0
  const worker = async () => {
    for (let n; (n = next) <= lines + 2;) {
      next += slow ? 1 : 29
      await check(n)
    }
  }
  await Promise.all(Array.from({ length: 16 }, worker))
})

test('two readers at once, of both forms, get the same', async () => {
  const request = count(5000, 20)
  const live = poster(server, request)
  await until('it to begin', () => live.taker.lines > 10)
  const a = reader(server, 'GET', events(request.runId)),
    b = reader(server, 'GET', events(request.runId))
  const s = reader(server, 'GET', events(request.runId), { headers: { accept: 'text/event-stream' } })
  const parts = []
  s.socket.on('data', (d) => parts.push(d))
  const whole = await live.ended
  assert.equal((await a.ended).hash, whole.hash)
  assert.equal((await b.ended).hash, whole.hash)
  await s.ended
  const text = Buffer.concat(parts).toString()
  const frames = text
    .slice(text.indexOf('\r\n\r\n') + 4)
    .split('\n\n')
    .slice(0, -1)
  assert.equal(
    sha(
      frames
        .map((f, i) => {
          const [id, data] = f.split('\n')
          assert.equal(id, `id: ${i + 1}`)
          return `${data.slice(6)}\n`
        })
        .join(''),
    ),
    whole.hash,
  )
})

test('what memory and file could not hold is one gap with exact numbers, in both forms', async () => {
  const small = await serve({ args: [...ARGS, '--log-memory-bytes', '100000', '--log-spill-bytes', '300000'] })
  const request = count(N, 0, { onDisconnect: 'detach' })
  const live = poster(small, request)
  await until('it to begin', () => live.taker.lines > 0)
  live.socket.destroy()
  await over(small, request.runId)
  const { firstSeq, lastSeq, memoryBytes, spillBytes } = (await json(small, `/runs/${request.runId}`)).value
  assert.ok(firstSeq > 10000 && memoryBytes + spillBytes <= 400000 + 65536)
  for (const n of [0, 1, 777, firstSeq - 2]) {
    const r = reader(small, 'GET', events(request.runId, `?after=${n}`))
    const t = await r.ended
    const gap = JSON.parse(t.first)
    assert.deepEqual([gap.type, gap.name, gap.value], ['CUSTOM', 'runlet.gap', { from: n + 1, to: firstSeq - 1 }])
    assert.equal(r.first, firstSeq)
    assert.equal(t.lines, 1 + lastSeq - firstSeq + 1)
    assert.match(t.last, /RUN_FINISHED/)
  }
  const after = await reader(small, 'GET', events(request.runId, `?after=${firstSeq - 1}`)).ended
  assert.doesNotMatch(after.first, /runlet\.gap/)
  assert.equal(after.lines, lastSeq - firstSeq + 1)
  const sse = (await json(small, events(request.runId), { headers: { accept: 'text/event-stream' } })).text.split(
    '\n\n',
  )
  assert.match(sse[0], new RegExp(`^event: message\\ndata: .*"from":1,"to":${firstSeq - 1}}`))
  assert.match(sse[1], new RegExp(`^id: ${firstSeq}\\n`))

  // A reader that stalls while nobody is waited for gets its gap in the middle.
  const long = count(100000, 0, { onDisconnect: 'detach' })
  const owner = poster(small, long)
  await until('it to begin', () => owner.taker.lines > 0)
  const stalled = reader(small, 'GET', events(long.runId), { paused: true })
  owner.socket.destroy()
  await over(small, long.runId)
  const parts = []
  stalled.socket.on('data', (d) => parts.push(d))
  stalled.socket.resume()
  await stalled.ended
  const text = Buffer.concat(parts).toString()
  let seq = 0,
    gaps = 0
  for (const line of text
    .slice(text.indexOf('\r\n\r\n') + 4)
    .split('\n')
    .filter(Boolean)) {
    const e = JSON.parse(line)
    if (e.name !== 'runlet.gap') {
      seq++
      continue
    }
    assert.equal(e.value.from, seq + 1)
    seq = e.value.to
    gaps++
  }
  const facts = (await json(small, `/runs/${long.runId}`)).value
  assert.equal(seq, facts.lastSeq, 'lines and gaps together are all')
  assert.ok(gaps >= 1)
  await small.stop()
  small.box.remove()
})

/** Passes a port on, and cuts each connection after so many bytes; the last of `cuts` stays for good. */
async function cuttingProxy(port, cuts) {
  const seen = []
  const proxy = net.createServer((from) => {
    const to = net.connect(port, '127.0.0.1')
    const most = cuts[Math.min(seen.length, cuts.length - 1)]
    let bytes = 0
    seen.push('')
    const n = seen.length - 1
    from.on('data', (d) => {
      seen[n] += d
      to.write(d)
    })
    to.on('data', (d) => {
      if (bytes + d.length > most) {
        from.write(d.subarray(0, most - bytes), () => from.resetAndDestroy())
        to.destroy()
        return
      }
      bytes += d.length
      from.write(d)
    })
    for (const s of [from, to])
      s.on('error', () => {}).on('close', () => {
        from.destroy()
        to.destroy()
      })
  })
  proxy.listen(0, '127.0.0.1')
  await new Promise((r) => proxy.once('listening', r))
  return { port: proxy.address().port, seen, stop: () => proxy.close() }
}

test('the stock EventSource, cut off in the middle of events, comes back by itself and misses nothing', async () => {
  const request = count(6000, 200)
  const live = poster(server, request)
  await until('it to begin', () => live.taker.lines > 10)
  const proxy = await cuttingProxy(server.port, [100000, 300001, Infinity])
  const source = new EventSource(`http://127.0.0.1:${proxy.port}${events(request.runId)}`)
  const got = []
  let errors = 0
  const closed = new Promise((done) =>
    source.addEventListener('error', (e) => {
      errors++
      if (source.readyState === EventSource.CLOSED) done(e)
    }),
  )
  source.addEventListener('message', (e) => got.push([Number(e.lastEventId), e.data]))
  const whole = await live.ended
  const end = await Promise.race([closed, sleep(40000, undefined, { ref: false })])
  assert.equal(end?.code, 204, 'the last time it was told that there is nothing more')
  assert.deepEqual(
    got.map(([id]) => id),
    Array.from({ length: whole.lines }, (_, i) => i + 1),
  )
  assert.equal(sha(got.map(([, data]) => `${data}\n`).join('')), whole.hash)
  assert.equal(errors, 4, 'two cuts, the end, and the 204')
  assert.match(proxy.seen[1], /last-event-id: \d+/i)
  source.close()
  proxy.stop()
})

test('the same run id and body is the same run: one agent, the same events', async () => {
  const request = count(3000, 300)
  const first = poster(server, request)
  await until('it to begin', () => first.taker.lines > 100)
  const agents = agentsOf(server).map((a) => a.pid)
  assert.equal(agents.length, 1)
  const second = poster(server, request)
  await until('the second', () => second.taker.lines > 100)
  assert.equal(second.status, 200)
  assert.deepEqual(
    agentsOf(server).map((a) => a.pid),
    agents,
  )
  first.socket.destroy() // the second still stands behind it
  const t = await second.ended
  assertWhole(t, 3000, SIZE)
  const third = await poster(server, request).ended // kept
  assert.equal(third.hash, t.hash)
  assert.equal(agentsOf(server).length, 0)
  const other = await post(server, { ...request, heartbeatMs: 5000 })
  assert.equal(other.status, 409)
  assert.match(other.text, /is known already, with another request/)
})

test('a poster that stops reading holds neither another nor a detached run', async () => {
  const request = count(80000, 0)
  const first = poster(server, request)
  await until('it to begin', () => first.taker.lines > 10)
  first.socket.pause()
  const t = await poster(server, request).ended
  assertWhole(t, 80000, SIZE)
  first.socket.destroy()

  const detached = count(80000, 0, { onDisconnect: 'detach' })
  const only = poster(server, detached)
  await until('it to begin', () => only.taker.lines > 10)
  only.socket.pause()
  await over(server, detached.runId)
  only.socket.resume()
  assertWhole(await only.ended, 80000, SIZE)
})

test('the last poster gone is the end of it; a looker is none', async () => {
  const request = runRequest({ prompt: HANG })
  const a = poster(server, request)
  await until('it to begin', () => a.taker.lines > 3)
  const look = reader(server, 'GET', events(request.runId))
  const b = poster(server, request)
  await until('the second', () => b.taker.lines > 3)
  a.socket.destroy()
  await sleep(200)
  assert.equal(await stateOf(server, request.runId), 'running')
  b.socket.destroy()
  const t = await look.ended
  assert.match(t.last, /RUN_ERROR.*"code":"cancelled".*"cancelledBy":"client"/)
})

test('cancel: acknowledged, that run and no other', async () => {
  const one = runRequest({ prompt: HANG }),
    two = runRequest({ prompt: HANG })
  const a = poster(server, one),
    b = poster(server, two)
  await until('both', () => a.taker.lines > 3 && b.taker.lines > 3)
  const r = await json(server, `/runs/${one.runId}/cancel`, { method: 'POST' })
  assert.equal(r.status, 202)
  assert.deepEqual(r.value, { runId: one.runId, state: 'ending' })
  const t = await a.ended
  assert.match(t.last, /RUN_ERROR.*"code":"cancelled".*"cancelledBy":"api"/)
  await over(server, one.runId)
  const again = await json(server, `/runs/${one.runId}/cancel`, { method: 'POST' })
  assert.deepEqual([again.status, again.value], [200, { runId: one.runId, state: 'over' }])
  assert.equal((await json(server, '/runs/nobody/cancel', { method: 'POST' })).status, 404)
  assert.equal(await stateOf(server, two.runId), 'running')
  await json(server, `/runs/${two.runId}/cancel`, { method: 'POST' })
  await b.ended
})

test('detach: the run goes on without its client, and is read later', async () => {
  const request = count(4000, 200, { onDisconnect: 'detach' })
  const r = poster(server, request)
  await until('it to begin', () => r.taker.lines > 100)
  r.socket.resetAndDestroy()
  await sleep(100)
  assert.equal(await stateOf(server, request.runId), 'running')
  const later = reader(server, 'GET', events(request.runId, '?after=50'))
  const t = await later.ended
  assert.match(t.last, /RUN_FINISHED/)
  assertWhole(await reader(server, 'GET', events(request.runId)).ended, 4000, SIZE)
})

test('GET /runs and /runs/{id} tell the facts, also of an id that needs encoding', async () => {
  const request = count(100, 0, { runId: 'ä/run 7%?#', threadId: 'thread 7' })
  assert.equal((await post(server, request)).status, 200)
  await over(server, request.runId)
  const { value } = await json(server, `/runs/${encodeURIComponent(request.runId)}`)
  assert.equal(value.runId, request.runId)
  assert.equal(value.threadId, 'thread 7')
  assert.deepEqual(
    [value.harness, value.model, value.state, value.outcome, value.onDisconnect],
    ['claude-code', 'fake-model', 'over', 'finished', 'cancel'],
  )
  assert.equal(value.certificate.exitCode, 0)
  assert.equal(value.certificate.events, value.events - 1, 'the terminal event is not in its own count')
  assert.ok(value.startedAt <= value.endedAt)
  const { runs } = (await json(server, '/runs')).value
  assert.deepEqual(runs[0], value, 'the newest first')
  assert.equal((await json(server, '/runs/nobody')).status, 404)
  assert.equal((await json(server, events('nobody'))).status, 404)
  assert.equal((await json(server, events(request.runId, '?after=-1'))).status, 400)
  const future = await json(server, events(request.runId, '?after=99999'))
  assert.deepEqual([future.status, future.text], [200, ''])
})

test('kept for so many and so long, then forgotten', async () => {
  const s = await serve({ args: ['--keep-runs', '2', '--keep-ms', '1500'] })
  const all = [1, 2, 3].map(() => count(10))
  for (const r of all) {
    assert.equal((await post(s, r)).status, 200)
    await over(s, r.runId).catch(() => {})
  }
  assert.deepEqual(
    (await json(s, '/runs')).value.runs.map((r) => r.runId),
    [all[2].runId, all[1].runId],
  )
  await until('the rest to be forgotten', async () => (await json(s, '/runs')).value.runs.length === 0)
  assert.equal((await post(s, all[0])).status, 200, 'what is forgotten may run anew')
  await s.stop()
  s.box.remove()
})

test('all of it is behind the same gate as POST /run; /health is open', async () => {
  const box = makeBox()
  fs.writeFileSync(path.join(box.root, 'token'), 'the-token\n')
  const s = await serve({ box, args: ['--token-file', path.join(box.root, 'token')] })
  const targets = [
    ['GET', '/runs'],
    ['GET', '/runs/a'],
    ['GET', '/runs/a/events'],
    ['POST', '/runs/a/cancel'],
    ['GET', '/ready'],
    ['GET', '/metrics'],
  ]
  for (const [method, target] of targets) {
    assert.equal((await json(s, target, { method })).status, 401, target)
    assert.equal((await json(s, target, { method, headers: { authorization: 'Bearer wrong' } })).status, 401, target)
    const r = await json(s, target, { method, headers: { authorization: 'Bearer the-token' } })
    assert.equal(r.status, target.startsWith('/runs/') ? 404 : 200, target)
  }
  assert.equal((await json(s, '/health')).status, 200)
  await s.stop()
  box.remove()
  for (const [method, target] of targets) {
    assert.equal((await json(server, target, { method, headers: { origin: 'http://localhost' } })).status, 403, target)
    assert.equal((await json(server, target, { method, headers: { host: 'evil.example' } })).status, 403, target)
  }
})

test('GET /ready names every reason', async () => {
  const box = makeBox(),
    name = `cli-of-${box.mark}` // of which this machine has no other
  const cli = path.join(box.bin, name)
  fs.symlinkSync(AGENT, cli)
  const s = await serve({ box, args: ['--max-runs', '1', '--require-cli', `${name},sh`] })
  let r
  try {
    assert.deepEqual(await json(s, '/ready').then((r) => [r.status, r.value]), [200, { ready: true }])
    r = poster(s, runRequest({ prompt: HANG }))
    await until('it to begin', () => r.taker.lines > 3)
    fs.unlinkSync(cli)
    const not = await json(s, '/ready')
    assert.equal(not.status, 503)
    assert.equal(not.value.ready, false)
    assert.match(not.value.reasons.join('\n'), new RegExp(`--max-runs[^]*${name} is not on PATH`))
  } finally {
    r?.socket.destroy()
    await s.stop()
    box.remove()
  }
})

test('GET /metrics is Prometheus text and counts right', async () => {
  const orch = await startOrchestrator()
  const s = await serve({ args: ['--workspace-per-thread'] })
  const good = runRequest({ orch, prompt: ['@init', '@tool echo {"text":"x"}', '@tool fail', '@result success'] })
  const a = await post(s, good)
  assert.equal(a.status, 200)
  await post(s, runRequest({ prompt: ['@init alone', '@exit 3'] }))
  const hang = poster(s, runRequest({ prompt: HANG }))
  await until('it to begin', () => hang.taker.lines > 3)
  const { headers, text } = await json(s, '/metrics')
  assert.equal(headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8')
  const metrics = Object.fromEntries(parsePrometheus(text).map((m) => [m.name, m]))
  const value = (name, labels = {}) =>
    Number(metrics[name].metrics.find((m) => Object.entries(labels).every(([k, v]) => m.labels[k] === v)).value)
  assert.equal(value('runlet_runs_total', { outcome: 'finished' }), 1)
  assert.equal(value('runlet_runs_total', { outcome: 'agent-exit' }), 1)
  assert.equal(value('runlet_runs_running'), 1)
  assert.equal(value('runlet_runs_kept'), 2)
  assert.equal(value('runlet_readers'), 1)
  assert.equal(value('runlet_tool_calls_total', { outcome: 'result' }), 1)
  assert.equal(value('runlet_tool_calls_total', { outcome: 'failed' }), 1)
  const histogram = metrics.runlet_tool_call_duration_seconds
  assert.equal(histogram.type, 'HISTOGRAM')
  assert.equal(Number(histogram.metrics[0].count), 2)
  assert.equal(Number(histogram.metrics[0].buckets['+Inf']), 2)
  const { runs } = (await json(s, '/runs')).value
  assert.equal(
    value('runlet_events_total'),
    runs.reduce((n, r) => n + r.events, 0),
  )
  assert.equal(
    value('runlet_event_bytes_total'),
    runs.reduce((n, r) => n + r.bytes, 0),
  )
  assert.ok(value('process_resident_memory_bytes') > 1e5)
  assert.match(metrics.runlet_build_info.metrics[0].labels.version, /^\d+\.\d+/)
  for (const m of Object.values(metrics)) assert.ok(m.help && m.type !== 'UNTYPED', m.name)
  const line = s
    .stderr()
    .split('\n')
    .filter((l) => l.includes(`run=${good.runId}`) && l.includes('run finished'))
  assert.equal(line.length, 1, 'one summary line')
  assert.match(line[0], /events=\d+ bytes=\d+ toolCalls=2 durationMs=\d+ cpuMs=\d+/)
  hang.socket.destroy()
  await s.stop()
  s.box.remove()
  orch.stop()
})

test('a runner that is told to stop ends the streams of lookers too', async () => {
  const s = await serve()
  const request = runRequest({ prompt: HANG })
  const a = poster(s, request)
  await until('it to begin', () => a.taker.lines > 3)
  const look = reader(s, 'GET', events(request.runId))
  await until('the looker', () => look.taker.lines > 3)
  const end = await s.stop()
  assert.equal(end.code, 0)
  const t = await look.ended
  assert.match(t.last, /runner-shutdown/)
  assert.equal(t.hash, (await a.ended).hash)
  assert.doesNotMatch(end.stderr, /Sanitizer|runtime error/)
  s.box.remove()
})
