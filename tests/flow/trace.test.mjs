// SPDX-License-Identifier: MIT
// A run that is a part of a trace: traceparent to tool calls, setup, agent and log; and a dev server that outlives its run.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import { test } from 'node:test'
import { assertStream, textOf } from '../support/ndjson.mjs'
import { runRequest, startOrchestrator } from '../support/orchestrator.mjs'
import { assertNothingLeft, makeBox, open, post, processesOf, run, serve, until } from '../support/runlet.mjs'

const ID = '0af7651916cd43dd8448eb211c80319c'
const PARENT = `00-${ID}-b7ad6b7169203331-01`
const words = ['@init', '@text hello', '@tool getTime {"tz":"utc"}', '@environ', '@result success']
const setup = { source: { type: 'none' }, setup: ['echo "$TRACEPARENT|$TRACESTATE" >setup.txt'] }

async function traced(headers, env = {}) {
  const orch = await startOrchestrator()
  const server = await serve({ args: ['--log-level', 'debug'], env })
  const r = await post(server, runRequest({ orch, prompt: words, workspace: setup }), { headers })
  assertStream(r.events, 'RUN_FINISHED')
  const seen = {
    tool: [orch.requests[0].headers.traceparent, orch.requests[0].headers.tracestate],
    setup: fs.readFileSync(path.join(server.box.work, 'setup.txt'), 'utf8').trim(),
    agent: textOf(r.events).match(/TRACE[A-Z]+=[^\n]*/g) ?? [],
    log: (await server.stop()).stderr.includes(`trace=${ID}`),
  }
  orch.stop()
  await assertNothingLeft(server.box)
  server.box.remove()
  return seen
}

test('traceparent and tracestate of the post go to tool calls, setup, agent and log', async () => {
  const seen = await traced({ traceparent: PARENT, tracestate: 'rojo=00f067aa0ba902b7, congo=t61' })
  assert.deepEqual(seen.tool, [PARENT, 'rojo=00f067aa0ba902b7,congo=t61'])
  assert.equal(seen.setup, `${PARENT}|rojo=00f067aa0ba902b7,congo=t61`)
  assert.deepEqual(seen.agent.sort(), [`TRACEPARENT=${PARENT}`, 'TRACESTATE=rojo=00f067aa0ba902b7,congo=t61'])
  assert.equal(seen.log, true)
})

test('what is no trace context goes nowhere', async () => {
  for (const traceparent of [
    `00-${ID}-b7ad6b7169203331`,
    'x'.repeat(55),
    `00-${ID.toUpperCase()}-b7ad6b7169203331-01`,
  ]) {
    const seen = await traced({ traceparent, tracestate: 'a=1' })
    assert.deepEqual(seen, { tool: [undefined, undefined], setup: '|', agent: [], log: false })
  }
})

test('the trace of the post is not mixed with that of the environment; runlet run has the latter', async () => {
  const other = { TRACEPARENT: `00-${ID}-1111111111111111-00`, TRACESTATE: 'other=1' }
  const seen = await traced({ traceparent: PARENT }, other)
  assert.deepEqual(seen.tool, [PARENT, undefined])
  assert.equal(seen.setup, `${PARENT}|`)
  const orch = await startOrchestrator(),
    box = makeBox()
  const r = await run(runRequest({ orch, prompt: words, workspace: setup }), { box, env: other })
  assert.equal(r.code, 0, r.stderr)
  assert.equal(orch.requests[0].headers.traceparent, other.TRACEPARENT)
  assert.equal(orch.requests[0].headers.tracestate, 'other=1')
  orch.stop()
  box.remove()
})

/** A dev server in the background, as the guidance has it; its port. */
const DEV = `require('net').createServer((s) => s.end('dev')).listen(0, '127.0.0.1', function () {
  require('fs').writeFileSync('port', String(this.address().port)) })`
const shell = (script) => ({
  ...runRequest({ harness: 'command', prompt: 'x', model: 'none' }),
  harnessOptions: { command: ['sh', '-c', script] },
})
const answers = (port) =>
  new Promise((done) => {
    const s = net.connect(port, '127.0.0.1')
    s.on('data', (d) => done(d.toString() === 'dev'))
    s.on('error', () => done(false))
  })

for (const onDisconnect of [undefined, 'detach'])
  test(`a dev server outlives its run${onDisconnect ? ', whose reader was cut in mid-run, with detach' : ''}`, async () => {
    const server = await serve({ box: makeBox({ agent: null }) }),
      box = server.box
    fs.writeFileSync(path.join(box.work, 'dev.cjs'), DEV)
    const wait = 'while [ ! -e port ]; do sleep 0.05; done; echo begun; while [ ! -e go ]; do sleep 0.05; done'
    const script = `nohup ${process.execPath} dev.cjs >dev.log 2>&1 & ${wait}`
    const r = await open(server, { ...shell(script), runId: 'dev', onDisconnect })
    await until('the agent', () => textOf(r.events).includes('begun'))
    if (onDisconnect) r.abort()
    fs.writeFileSync(path.join(box.work, 'go'), '')
    const over = async () => (await fetch(`${server.url}/runs/dev`)).json()
    await until('the end', async () => (await over()).state === 'over')
    const port = Number(fs.readFileSync(path.join(box.work, 'port'), 'utf8'))
    assert.equal(await answers(port), true)
    const events = await (await fetch(`${server.url}/runs/dev/events`)).text()
    const last = assertStream(
      events
        .trim()
        .split('\n')
        .filter(Boolean)
        .map((l) => JSON.parse(l)),
      'RUN_FINISHED',
    )
    assert.equal(last.metadata.runlet.leftovers.length, 1)
    for (const p of processesOf(box.mark, [server.pid])) process.kill(p.pid, 'SIGKILL')
    await server.stop()
    box.remove()
  })

test('a tool exposePreview brings its guidance into the system prompt: 0.0.0.0, not 3000, not our own port', async () => {
  const server = await serve({ box: makeBox({ agent: null }) })
  const descriptor = { name: 'exposePreview', description: 'x', inputSchema: { type: 'object' } }
  const orch = await startOrchestrator()
  for (const [tool, told] of [
    [descriptor, true],
    [{ ...descriptor, name: 'expose' }, false],
  ]) {
    const request = {
      ...runRequest({ orch, harness: 'command', prompt: 'Show it.', model: 'none' }),
      toolDescriptors: [tool],
    }
    const r = await post(server, { ...request, harnessOptions: { command: ['cat'] } })
    assert.equal(r.status, 200, r.text)
    const prompt = textOf(r.events)
    assert.equal(/exposePreview with its port\.\n\nShow it\./.test(prompt), told, prompt)
    if (told) assert.match(prompt, new RegExp(`0\\.0\\.0\\.0[^]*not on port 3000 or ${server.port}\\.`))
  }
  orch.stop()
  await server.stop()
  server.box.remove()
})
