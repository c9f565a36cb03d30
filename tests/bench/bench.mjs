// SPDX-License-Identifier: MIT
// bench.mjs [quick]: runlet and the Node peer side by side, alternating, in one run; prints one Markdown table.
// Needs RUNLET, RUNLET_BENCH_AGENT and RUNLET_BENCH_STUB (run.sh builds them).  The client is the same for both; what it
// costs itself stands in the row "floor" where it matters.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import fs from 'node:fs'
import http from 'node:http'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const quick = process.argv[2] === 'quick'
const SIZES = quick ? { starts: 3, posts: 5, deltas: 5000, rounds: 1, calls: 200 } : { starts: 15, posts: 50, deltas: 200000, rounds: 3, calls: 3000 }
const { RUNLET, RUNLET_BENCH_AGENT: AGENT, RUNLET_BENCH_STUB: STUB } = process.env
const here = import.meta.dirname
const root = fs.mkdtempSync(path.join(os.tmpdir(), 'runlet-bench-'))
fs.mkdirSync(path.join(root, 'bin'))
fs.symlinkSync(AGENT, path.join(root, 'bin', 'claude'))
const DELTA = '"TEXT_MESSAGE_CONTENT"'
const TICK_US = 10000 // of /proc/PID/stat

const sorted = (xs) => [...xs].sort((a, b) => a - b)
const quantile = (xs, q) => sorted(xs)[Math.min(xs.length - 1, Math.floor(xs.length * q))]
const median = (xs) => quantile(xs, 0.5)
const freePort = () => new Promise((done) => { const s = net.createServer().listen(0, '127.0.0.1', () => { const { port } = s.address(); s.close(() => done(port)) }) })
const memory = (pid, key) => Number(new RegExp(`${key}:\\s+(\\d+)`).exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))[1])
const cpuUs = (pid) => { const f = fs.readFileSync(`/proc/${pid}/stat`, 'utf8'); const r = f.slice(f.lastIndexOf(')') + 2).split(' '); return (Number(r[11]) + Number(r[12])) * TICK_US }

/** A server of one of the two kinds, healthy when this returns; `ms` from spawn to the first 200. */
async function start(kind) {
  const port = await freePort(), box = fs.mkdtempSync(path.join(root, 'box-'))
  for (const n of ['work', 'tmp']) fs.mkdirSync(path.join(box, n), { mode: 0o700 })
  const env = { PATH: `${root}/bin:${process.env.PATH}`, HOME: box, TMPDIR: path.join(box, 'tmp'), RUNLET_LOG_LEVEL: 'error' }
  const argv = kind === 'runlet' ? [RUNLET, 'serve', '--listen', `127.0.0.1:${port}`, '--workspace', path.join(box, 'work')] : [process.execPath, path.join(here, 'peer.mjs'), String(port)]
  const begun = performance.now()
  const child = spawn(argv[0], argv.slice(1), { env, cwd: box, stdio: ['ignore', 'ignore', 'inherit'] })
  const agent = new http.Agent({ keepAlive: false })
  const healthy = () => new Promise((done) => http.get({ host: '127.0.0.1', port, path: '/health', agent }, (r) => { r.resume(); done(r.statusCode === 200) }).on('error', () => done(false)))
  while (!await healthy()) assert.ok(performance.now() - begun < 20000, `${kind} does not start`)
  const ms = performance.now() - begun
  return { kind, port, pid: child.pid, ms, stop: () => new Promise((done) => { child.on('close', done); child.kill('SIGTERM'); setTimeout(() => child.kill('SIGKILL'), 3000).unref() }) }
}

/** One run to its end: {firstMs, ms, events, terminal, deltas()}; `onMark` at each delta "mark". */
function run(server, prompt, { stub, keep = false, onMark } = {}) {
  const body = JSON.stringify({
    runId: randomUUID(), threadId: randomUUID(), harness: 'claude-code', model: 'm', messages: [{ role: 'user', content: prompt }], workspace: { source: { type: 'none' } },
    toolDescriptors: stub ? [{ name: 'echo', description: '', inputSchema: { type: 'object', properties: {} } }] : [], toolExecUrl: `http://127.0.0.1:${stub?.port ?? 9}/t`, toolExecToken: stub?.token ?? 'x',
  })
  return new Promise((done, broken) => {
    const begun = performance.now()
    const req = http.request({ host: '127.0.0.1', port: server.port, method: 'POST', path: '/run', headers: { 'content-type': 'application/json' }, agent: new http.Agent() }, (res) => {
      let firstMs, events = 0, deltas = 0, tail = Buffer.alloc(0), edge = tail
      const texts = []
      res.on('data', (d) => {
        firstMs ??= performance.now() - begun
        for (let at = -1; (at = d.indexOf(10, at + 1)) >= 0;) events++
        const seen = Buffer.concat([edge, d]) // a word may lie across two pieces, and is counted once
        for (let at = -1; (at = seen.indexOf(DELTA, at + 1)) >= 0;) deltas++
        edge = seen.subarray(Math.max(0, seen.length - DELTA.length + 1))
        if (keep) texts.push(d)
        if (onMark && d.includes('"delta":"mark"')) onMark()
        tail = Buffer.concat([tail, d]).subarray(-4096)
      })
      res.on('end', () => {
        const last = JSON.parse(tail.toString().trim().split('\n').at(-1))
        if (last.type !== 'RUN_FINISHED') return broken(new Error(`${server.kind}: ${JSON.stringify(last)}`))
        return done({ firstMs, ms: performance.now() - begun, events, deltas, text: Buffer.concat(texts).toString() })
      })
    })
    req.on('error', broken)
    req.end(body)
  })
}

async function startStub() {
  const token = randomUUID()
  const child = spawn(STUB, [token], { stdio: ['ignore', 'pipe', 'inherit'] })
  const port = Number(await new Promise((done) => child.stdout.once('data', (d) => done(d.toString().trim()))))
  return { token, port, stop: () => child.kill('SIGKILL') }
}

const KINDS = ['runlet', 'node']
const rows = []
const row = (what, unit, values, digits = 1) => {
  const [a, b] = KINDS.map((k) => values[k])
  const ratio = (b / a).toFixed(b < a ? 2 : 1)
  rows.push(`| ${what} | ${a.toFixed(digits)} ${unit} | ${b.toFixed(digits)} ${unit} | ${ratio} |`)
}
const both = async (fn) => { const r = {}; for (const k of KINDS) r[k] = await fn(k); return r }
const load = () => fs.readFileSync('/proc/loadavg', 'utf8').split(' ')[0]

const loadBefore = load()
const starts = { runlet: [], node: [] }
for (let i = 0; i < SIZES.starts; i++)
  await both(async (k) => { const s = await start(k); starts[k].push(s.ms); await s.stop() })
row('start to healthy, median', 'ms', { runlet: median(starts.runlet), node: median(starts.node) })

const idle = await both(async (k) => { const s = await start(k); await sleep(300); const rss = memory(s.pid, 'VmRSS'); await s.stop(); return rss / 1024 })
row('idle RSS', 'MiB', idle)

const servers = await both(start)
for (const k of KINDS) for (let i = 0; i < 3; i++) await run(servers[k], 'hello') // warm
const first = { runlet: [], node: [] }
for (let i = 0; i < SIZES.posts; i++) await both(async (k) => first[k].push((await run(servers[k], 'hello')).firstMs))
row('POST to first byte, median', 'ms', { runlet: median(first.runlet), node: median(first.node) }, 2)
row('POST to first byte, p99', 'ms', { runlet: quantile(first.runlet, 0.99), node: quantile(first.node, 0.99) }, 2)

const rate = { runlet: [], node: [] }, cost = { runlet: [], node: [] }
for (let i = 0; i < SIZES.rounds; i++)
  await both(async (k) => {
    const before = cpuUs(servers[k].pid), r = await run(servers[k], `deltas ${SIZES.deltas} 12`)
    assert.equal(r.deltas, SIZES.deltas, `${k} lost some`)
    rate[k].push(r.events / r.ms * 1000)
    cost[k].push((cpuUs(servers[k].pid) - before) / r.events)
  })
row(`${SIZES.deltas} deltas, median`, 'events/s', { runlet: median(rate.runlet), node: median(rate.node) }, 0)
row('CPU per event', 'µs', { runlet: median(cost.runlet), node: median(cost.node) }, 2)
row('peak RSS after it', 'MiB', { runlet: memory(servers.runlet.pid, 'VmHWM') / 1024, node: memory(servers.node.pid, 'VmHWM') / 1024 })

const stub = await startStub()
const p50 = {}, p99 = {}, callCost = {}
await both(async (k) => {
  const marks = []
  const r = await run(servers[k], `calls ${SIZES.calls} 100`, { stub, keep: true, onMark: () => marks.push(cpuUs(servers[k].pid)) })
  const times = [...r.text.matchAll(/"delta":"([\d,]+)"/g)].flatMap((m) => m[1].split(',')).filter(Boolean).map(Number)
  assert.ok(times.length >= SIZES.calls, `${k}: ${times.length} times`)
  p50[k] = median(times) / 1e6
  p99[k] = quantile(times, 0.99) / 1e6
  callCost[k] = marks.length >= 2 ? (marks.at(-1) - marks[0]) / SIZES.calls : NaN
})
stub.stop()
row('tool call through the bridge, p50', 'ms', p50, 3)
row('tool call, p99', 'ms', p99, 3)
row('CPU per tool call', 'µs', callCost, 0)
await both((k) => servers[k].stop())
fs.rmSync(root, { recursive: true, force: true })

console.log(`| what | runlet | Node peer | Node / runlet |\n| --- | --- | --- | --- |\n${rows.join('\n')}`)
console.log(`\nload ${loadBefore} before, ${load()} after; ${os.cpus().length} cores; ${quick ? 'quick sizes: proves that it works, not how fast' : 'full sizes'}`)
