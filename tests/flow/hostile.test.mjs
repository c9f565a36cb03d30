// SPDX-License-Identifier: MIT
// What one client or one agent may not do to the others: each test is an attack that once stopped the service.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import path from 'node:path'
import { after, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { runRequest } from '../support/orchestrator.mjs'
import { ask, assertNothingLeft, makeBox, open, post, serve, startRun, until } from '../support/runlet.mjs'

const sockets = new Set()
after(() => sockets.forEach((s) => s.destroy()))

/** A plain connection; `got` is what came. */
function dial(port, text = '') {
  const s = connect({ port, host: '127.0.0.1' }),
    c = { got: '', ended: false, close: () => s.destroy(), send: (t) => s.write(t) }
  sockets.add(s)
  s.setEncoding('latin1')
  s.on('data', (d) => (c.got += d))
  s.on('error', () => (c.ended = true))
  s.on('close', () => (c.ended = true))
  return new Promise((r) => s.once('connect', () => r(c)).once('close', () => r(c))).then((c) => {
    if (text) s.write(text)
    return c
  })
}

const GET = (target) => `GET ${target} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`

/** How long GET /health takes; it has to be answered. */
async function health(server) {
  const begun = performance.now()
  const r = await ask(server, 'GET', '/health')
  assert.equal(r.body.toString(), 'ok')
  return performance.now() - begun
}

/** A host that answers no call until it is told; `calls` are those that came. */
async function startSilentHost() {
  const calls = []
  const server = createServer((req, res) => {
    req.resume()
    calls.push(res)
  })
  server.listen(0, '127.0.0.1')
  await new Promise((r) => server.once('listening', r))
  return {
    calls,
    fields: {
      toolDescriptors: [{ name: 'wait', description: 'd', inputSchema: { type: 'object' } }],
      toolExecUrl: `http://127.0.0.1:${server.address().port}/tools`,
      toolExecToken: 'token-of-the-host',
    },
    stop() {
      server.closeAllConnections()
      server.close()
    },
  }
}

/** A run whose agent shows us its bridge and sleeps, so that we are its agent: {run, port, head(length)}. */
async function startAgent(server, fields = {}) {
  const shown = path.join(server.box.home, 'bridge')
  fs.rmSync(shown, { force: true })
  const request = runRequest({
    harness: 'command',
    harnessOptions: {
      command: ['sh', '-c', `cat >/dev/null; env >"${shown}.new"; mv "${shown}.new" "${shown}"; exec sleep 600`],
    },
    ...fields,
  })
  const run = await open(server, request)
  await until('the agent to show its bridge', () => fs.existsSync(shown))
  const env = Object.fromEntries(
    fs
      .readFileSync(shown, 'utf8')
      .split('\n')
      .map((l) => l.split(/=(.*)/s)),
  )
  const port = Number(new URL(env.MCP_BRIDGE_URL).port)
  const head = (length) =>
    `POST /mcp HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAuthorization: Bearer ${env.MCP_BRIDGE_TOKEN}\r\n` +
    `Content-Type: application/json\r\nAccept: application/json, text/event-stream\r\nContent-Length: ${length}\r\n\r\n`
  return { run, request, port, head, post: (json) => head(Buffer.byteLength(json)) + json }
}

const cancel = (server, a) => ask(server, 'POST', `/runs/${a.request.runId}/cancel`)
const callOf = (id) => ({ jsonrpc: '2.0', id, method: 'tools/call', params: { name: 'wait', arguments: {} } })

describe('connections', () => {
  test('silent ones lock nobody out: the oldest make room', async () => {
    const server = await serve({ args: ['--max-connections', '8'] })
    const silent = await Promise.all(Array.from({ length: 100 }, () => dial(server.port)))
    for (let i = 0; i < 10; i++) assert.ok((await health(server)) < 100)
    const runs = await ask(server, 'GET', '/runs')
    assert.equal(runs.status, 200)
    await until('the oldest to be dropped', () => silent.filter((c) => c.ended).length >= 92)
    silent.forEach((c) => c.close())
    assert.equal((await server.stop()).code, 0)
    server.box.remove()
  })

  test('half a request is as silent as none', async () => {
    const server = await serve({ args: ['--max-connections', '8'] })
    const begun = await Promise.all(Array.from({ length: 30 }, () => dial(server.port, 'GET /health HT')))
    assert.ok((await health(server)) < 100)
    assert.equal((await ask(server, 'GET', '/runs')).status, 200)
    begun.forEach((c) => c.close())
    await server.stop()
    server.box.remove()
  })

  test('where all are at work /health is answered, and the rest is told 503', async () => {
    const server = await serve({ args: ['--max-connections', '2'] })
    const request = runRequest({ prompt: ['@init', '@hang'] })
    const run = await open(server, request)
    const reader = await dial(server.port, GET(`/runs/${request.runId}/events`))
    await until('the reader to be served', () => reader.got.includes('RUN_STARTED'))
    const silent = await Promise.all(Array.from({ length: 100 }, () => dial(server.port)))
    for (let i = 0; i < 10; i++) assert.ok((await health(server)) < 100)
    assert.equal((await ask(server, 'GET', '/runs')).status, 503)
    silent.forEach((c) => c.close())
    reader.close()
    run.abort()
    await server.stop()
    await assertNothingLeft(server.box)
    server.box.remove()
  })

  test("an agent's silent ones do not keep it from its bridge, and are closed", async () => {
    const server = await serve(),
      host = await startSilentHost()
    const a = await startAgent(server, host.fields)
    const silent = await Promise.all(Array.from({ length: 300 }, () => dial(a.port)))
    const c = await dial(a.port, a.post('{"jsonrpc":"2.0","id":1,"method":"ping"}'))
    await until('an answer', () => c.got.includes('"result":{}'))
    await until('all silent ones to be closed', () => silent.every((s) => s.ended), 15000)
    assert.equal(c.ended, false, 'who has spoken stays')
    await cancel(server, a)
    await a.run.ended
    host.stop()
    await server.stop()
    server.box.remove()
  })
})

describe('standard streams that nobody reads', () => {
  test('a full stderr stops nothing, and what it lost is counted when it is read again', async () => {
    const server = await serve()
    server.child.stderr.pause()
    for (let i = 0; i < 1500; i++) {
      const r = await ask(server, 'POST', '/run', { body: `{"runId":"${'x'.repeat(200)}"}` })
      assert.equal(r.status, 400)
    }
    assert.ok((await health(server)) < 100)
    server.child.stderr.resume()
    await sleep(200)
    await ask(server, 'POST', '/run', { body: '{}' })
    await until('the count', () => /warn (\d+) log lines were lost: stderr was not read/.test(server.stderr()))
    assert.equal((await server.stop()).code, 0)
    server.box.remove()
  })

  test('a full stdout of `runlet run` holds its agent, and no deadline', async () => {
    const box = makeBox()
    const request = runRequest({
      prompt: ['@init', '@deltas 200000 100', '@result success'],
      timeouts: { runMs: 1500 },
    })
    const r = startRun(request, { box, args: ['--kill-grace-ms', '300'] }) // and a second more for its lines
    r.child.stdout.pause()
    const begun = Date.now()
    assert.equal(await new Promise((done) => r.child.once('exit', (code) => done(code))), 124)
    assert.ok(Date.now() - begun < 4500, `${Date.now() - begun} ms`)
    await assertNothingLeft(box)
    box.remove()
  })
})

/** Of the program, in MiB. */
const rss = (server) =>
  Number(/^VmHWM:\s+(\d+)/m.exec(fs.readFileSync(`/proc/${server.pid}/status`, 'latin1'))[1]) / 1024
const BUDGET = ['--run-memory-bytes', String(32 << 20)]

/** An ACP agent whose calls get one title after the other and never a word that would tell them. */
const TITLES = `
let n = 0
const say = (m) => process.stdout.write(JSON.stringify({ jsonrpc: '2.0', ...m }) + '\\n')
const title = 'x'.repeat(4 << 20)
require('readline').createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method } = JSON.parse(line)
  if (method === 'initialize') say({ id, result: { protocolVersion: 1, agentCapabilities: {} } })
  if (method === 'session/new') say({ id, result: { sessionId: 's' } })
  if (method !== 'session/prompt') return
  const more = () => {
    say({ method: 'session/update', params: { sessionId: 's', update: { sessionUpdate: 'tool_call', toolCallId: 'call-' + n, title: n++ + title, status: 'pending', rawInput: {} } } })
    if (n < 60) process.stdout.once('drain', more)
  }
  more()
})`

/** A program that leaves 16 calls open, each with 4 MiB of arguments. */
const OPEN_CALLS = `
const say = (m) => process.stdout.write(JSON.stringify(m) + '\\n')
for (let i = 0; i < 16; i++) {
  say({ type: 'TOOL_CALL_START', toolCallId: 'call-number-' + i + 'x', toolCallName: 't' })
  for (let j = 0; j < 8; j++) say({ type: 'TOOL_CALL_ARGS', toolCallId: 'call-number-' + i + 'x', delta: 'x'.repeat(512 << 10) })
}
setInterval(() => {}, 1000)`

describe('memory', () => {
  test('bodies half sent to the bridge end the run when they are more than its budget', async () => {
    const server = await serve({ args: BUDGET }),
      host = await startSilentHost()
    const a = await startAgent(server, host.fields)
    const half = Buffer.alloc(3 << 20, ' ').toString()
    for (let i = 0; i < 20; i++) void dial(a.port, a.head(30 << 20) + half)
    await a.run.ended
    const end = a.run.events.at(-1)
    assert.equal(end.code, 'memory-limit')
    assert.match(end.message, /more than 33554432 bytes \(--run-memory-bytes\)/)
    assert.ok(rss(server) < 300, `${rss(server)} MiB`)
    host.stop()
    await server.stop()
    await assertNothingLeft(server.box)
    server.box.remove()
  })

  test('calls whose answers are big end the run when they are more than its budget', async () => {
    const server = await serve({ args: BUDGET }),
      host = await startSilentHost()
    const a = await startAgent(server, host.fields)
    await dial(a.port, a.post(JSON.stringify(Array.from({ length: 40 }, (_, i) => callOf(i)))))
    await until('the calls', () => host.calls.length === 40)
    for (const call of host.calls) call.writeHead(200).write(`{"result":"${'x'.repeat(2 << 20)}`)
    await a.run.ended
    assert.equal(a.run.events.at(-1).code, 'memory-limit')
    host.stop()
    await server.stop()
    server.box.remove()
  })

  for (const [what, harness, script, options] of [
    ['titles of calls', 'acp', TITLES, {}],
    ['open calls', 'command', OPEN_CALLS, { output: 'ndjson' }],
  ])
    test(`${what} that are not told yet end the run when they are more than its budget`, async () => {
      const server = await serve({ args: BUDGET })
      const request = runRequest({ harness, harnessOptions: { command: [process.execPath, '-e', script], ...options } })
      const r = await post(server, request)
      assert.equal(r.events.at(-1).code, 'memory-limit', JSON.stringify(r.events.at(-1)).slice(0, 500))
      await server.stop()
      await assertNothingLeft(server.box)
      server.box.remove()
    })
})

describe('private folders', () => {
  /** A run whose agent fills its private folder by `script`, with the folder as $D. */
  const fill = (script) => [
    '@init',
    `@bash for a in $(tr '\\0' ' ' </proc/$PPID/cmdline); do case $a in */runlet-*/run-*) D=\${a%/*};; esac; done; cd "$D" && ${script}`,
    '@result success',
  ]
  const folders = (box) =>
    fs
      .readdirSync(box.tmp)
      .flatMap((state) => fs.readdirSync(path.join(box.tmp, state)).filter((n) => n.startsWith('run-')))

  test('with a hundred thousand files hold nobody up, and go', async () => {
    const server = await serve(),
      host = await startSilentHost()
    const r = post(server, runRequest({ prompt: fill('seq 100000 | xargs touch && ls | wc -l'), ...host.fields }))
    let slowest = 0
    let gone = false
    const watch = (async () => {
      for (; !gone; await sleep(20)) slowest = Math.max(slowest, await health(server))
    })()
    const { events } = await r
    assert.match(JSON.stringify(events), /1000\d\d/)
    await until('the folder to go', () => folders(server.box).length === 0, 30000)
    gone = true
    await watch // none is under way when the service is stopped
    assert.ok(slowest < 150, `${slowest} ms`)
    host.stop()
    await server.stop()
    await assertNothingLeft(server.box)
    server.box.remove()
  })

  test('deeper than a stack and than there are descriptors go too', async () => {
    const server = await serve({ under: ['sh', '-c', 'ulimit -n 200; ulimit -s 256; exec "$0" "$@"'] }),
      host = await startSilentHost()
    const deep = 'i=0; while [ $i -lt 3000 ]; do mkdir d && cd d || exit 1; i=$((i+1)); done; echo deep'
    const { events } = await post(server, runRequest({ prompt: fill(deep), ...host.fields }))
    assert.match(JSON.stringify(events), /deep/)
    await until('the folder to go', () => folders(server.box).length === 0, 30000)
    host.stop()
    assert.equal((await server.stop()).code, 0)
    server.box.remove()
  })
})

describe('tool calls', () => {
  test('of a run are capped, more wait, and more than that are refused', async () => {
    const server = await serve({ args: ['--max-run-calls', '5', '--max-waiting-calls', '20'] }),
      host = await startSilentHost()
    const a = await startAgent(server, host.fields)
    const batch = JSON.stringify(Array.from({ length: 30 }, (_, i) => callOf(i + 1)))
    const c = await dial(a.port, a.post(batch))
    await until('five calls', () => host.calls.length === 5)
    await until('the answers', () => c.got.split('"code":-32000').length === 6)
    assert.match(c.got, /"message":"too many calls: 5 are in flight and 20 wait"/)
    await sleep(200)
    assert.equal(host.calls.length, 5)
    for (let done = 0; done < 25; done++) {
      await until('a call', () => host.calls.length > done)
      host.calls[done].writeHead(200).end(`{"result":"done ${done}"}`)
    }
    await until('all answers', () => c.got.split('done ').length === 26)
    await cancel(server, a)
    await a.run.ended
    host.stop()
    await server.stop()
    server.box.remove()
  })

  test('take no descriptor that a cancel needs', async () => {
    const server = await serve({
        under: ['sh', '-c', 'ulimit -n 256; exec "$0" "$@"'],
        args: ['--workspace-per-thread', '--max-run-calls', '10000', '--max-calls', '10000'],
      }),
      host = await startSilentHost()
    const agents = []
    for (let i = 0; i < 2; i++) agents.push(await startAgent(server, host.fields))
    for (const a of agents) {
      for (let i = 0; i < 8; i++)
        await dial(a.port, a.post(JSON.stringify(Array.from({ length: 200 }, (_, n) => callOf(200 * i + n)))))
      for (let i = 0; i < 100; i++) void dial(a.port)
    }
    await until('many calls', () => host.calls.length > 50)
    await sleep(500)
    const fds = fs.readdirSync(`/proc/${server.pid}/fd`).length
    assert.ok(fds > 150, `all but the spare ones are taken: ${fds}`)
    for (let i = 0; i < 10; i++) assert.ok((await health(server)) < 500)
    for (const a of agents) assert.equal((await cancel(server, a)).status, 202)
    for (const a of agents) await a.run.ended
    host.stop()
    assert.equal((await server.stop()).code, 0)
    await assertNothingLeft(server.box)
    server.box.remove()
  })
})
