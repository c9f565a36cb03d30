// SPDX-License-Identifier: MIT
// Spans of runs: what a collector is told, by which door, with which variables; and that none of that changes a run.
import assert from 'node:assert/strict'
import net from 'node:net'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect, startBridge } from '../support/bridge_client.mjs'
import { codeService, runCode, SHAPES, startHost } from '../support/code_host.mjs'
import { assertStream, textOf } from '../support/ndjson.mjs'
import { runRequest, startOrchestrator } from '../support/orchestrator.mjs'
import { startCollector } from '../support/otlp_collector.mjs'
import { ask, assertNothingLeft, makeBox, post, processesOf, run, RUNLET, serve, until } from '../support/runlet.mjs'

const ID = '0af7651916cd43dd8448eb211c80319c'
const SPAN = 'b7ad6b7169203331'
const words = [
  '@init',
  '@text hello secret-word',
  '@tool getTime {"tz":"utc-word"}',
  '@bash echo native-word',
  '@text bye',
  '@result success',
]
const setup = { source: { type: 'none' }, setup: ['echo "$TRACEPARENT" >setup.txt'] }
const SECRET = 'key-of-the-collector-1234'
const one = (list, what) => {
  assert.equal(list.length, 1, `${what}: ${list.length}`)
  return list[0]
}
/** Events without what differs from run to run. */
const bare = (events) =>
  JSON.stringify(events)
    .replace(/"timestamp":\d+/g, '')
    .replace(/"(durationMs|startupMs|cpuMs|maxRssKiB)":[\d.]+/g, '')

test('runlet run tells a run, its setup, its turns and its calls', async () => {
  const orch = await startOrchestrator(),
    c = await startCollector(),
    box = makeBox()
  const request = { ...runRequest({ orch, prompt: words, workspace: setup }), threadId: 'thread-7' }
  const r = await run(request, { box, args: ['--otlp-endpoint', c.url] })
  assertStream(r.events, 'RUN_FINISHED')
  assert.equal(c.requests[0].path, '/v1/traces')
  assert.equal(c.requests[0].headers['content-type'], 'application/json')

  const top = one(c.named('invoke_agent claude-code'), 'run')
  assert.equal(top.parentSpanId, undefined)
  assert.deepEqual(top.resource, { 'service.name': 'runlet' })
  assert.equal(top.attributes['gen_ai.operation.name'], 'invoke_agent')
  assert.equal(top.attributes['gen_ai.agent.name'], 'claude-code')
  assert.equal(top.attributes['gen_ai.provider.name'], 'anthropic')
  assert.equal(top.attributes['gen_ai.conversation.id'], 'thread-7')
  assert.equal(top.attributes['gen_ai.request.model'], request.model)
  assert.equal(top.attributes['runlet.run.id'], request.runId)
  assert.deepEqual(top.attributes['gen_ai.response.finish_reasons'], ['stop'])
  const used = r.events.at(-1).usage ?? r.events.at(-1).metadata?.usage
  assert.ok(top.attributes['gen_ai.usage.input_tokens'] > 0, JSON.stringify(used))
  assert.equal(top.status, undefined)

  const calls = r.events.filter((e) => e.type === 'TOOL_CALL_START')
  const host = one(c.named('execute_tool getTime'), 'host tool')
  assert.equal(host.attributes['gen_ai.tool.call.id'], calls.find((e) => e.toolCallName === 'getTime').toolCallId)
  assert.equal(host.attributes['runlet.call.id'], orch.requests[0].headers['x-runlet-call-id'])
  assert.equal(host.attributes['runlet.tool.origin'], 'host')
  assert.equal(orch.requests[0].headers.traceparent, `00-${top.traceId}-${host.spanId}-01`)
  const native = one(c.named('execute_tool Bash'), 'native tool')
  assert.equal(native.attributes['gen_ai.tool.call.id'], calls.find((e) => e.toolCallName === 'Bash').toolCallId)
  assert.equal(native.attributes['runlet.tool.origin'], 'native')
  one(c.named('setup'), 'setup')
  const turns = c.spans.filter((s) => s.attributes['gen_ai.operation.name'] === 'chat')
  assert.equal(turns.length, 3)
  assert.equal(turns[0].name, `chat ${request.model}`)
  assert.equal(turns[0].kind, 3)

  for (const s of c.spans) {
    assert.equal(s.traceId, top.traceId)
    assert.ok(s.endedMs >= s.beganMs)
    if (s === top) continue
    assert.equal(s.parentSpanId, top.spanId, s.name)
    assert.ok(s.beganMs >= top.beganMs && s.endedMs <= top.endedMs, s.name)
  }
  assert.equal(new Set(c.spans.map((s) => s.spanId)).size, c.spans.length)
  for (const word of ['secret-word', 'utc-word', 'native-word'])
    assert.ok(!c.requests.some((q) => q.body.includes(word)))
  orch.stop()
  c.stop()
  await assertNothingLeft(box)
  box.remove()
})

test('--otlp-content adds prompts, answers, arguments and results', async () => {
  const orch = await startOrchestrator(),
    c = await startCollector()
  await run(runRequest({ orch, prompt: words }), { args: ['--otlp-endpoint', `${c.url}/`, '--otlp-content'] })
  const top = one(c.named('invoke_agent claude-code'), 'run')
  const [message] = JSON.parse(top.attributes['gen_ai.input.messages'])
  assert.equal(message.role, 'user')
  assert.match(message.parts[0].content, /secret-word/)
  const turn = c.spans.find((s) => s.attributes['gen_ai.output.messages'])
  assert.match(JSON.parse(turn.attributes['gen_ai.output.messages'])[0].parts[0].content, /hello secret-word/)
  const host = one(c.named('execute_tool getTime'), 'host tool')
  assert.deepEqual(JSON.parse(host.attributes['gen_ai.tool.call.arguments']), { tz: 'utc-word' })
  assert.match(host.attributes['gen_ai.tool.call.result'], /now in utc-word/)
  const native = one(c.named('execute_tool Bash'), 'native tool')
  assert.match(native.attributes['gen_ai.tool.call.arguments'], /native-word/)
  assert.match(native.attributes['gen_ai.tool.call.result'], /native-word/)
  orch.stop()
  c.stop()
})

test('a post goes on with its trace; agent, setup and log have the span; the headers are secret', async () => {
  const orch = await startOrchestrator(),
    c = await startCollector()
  const env = {
    OTEL_EXPORTER_OTLP_ENDPOINT: c.url,
    OTEL_EXPORTER_OTLP_HEADERS: `api-key=${SECRET}, x-more=a%20b`,
    OTEL_SERVICE_NAME: 'sandbox',
    OTEL_RESOURCE_ATTRIBUTES: 'service.name=other,deployment.environment.name=te%C3%A9st',
  }
  const server = await serve({ args: ['--log-level', 'debug'], env })
  const prompt = ['@init', '@environ', '@tool fail {}', '@result success']
  const r = await post(server, runRequest({ orch, prompt, workspace: setup }), {
    headers: { traceparent: `00-${ID}-${SPAN}-01`, tracestate: 'rojo=1' },
  })
  assertStream(r.events, 'RUN_FINISHED')
  await until('the spans', () => c.named('invoke_agent claude-code').length === 1)
  const top = c.named('invoke_agent claude-code')[0]
  assert.deepEqual([top.traceId, top.parentSpanId, top.traceState, top.flags], [ID, SPAN, 'rojo=1', 0x301])
  assert.deepEqual(top.resource, { 'service.name': 'sandbox', 'deployment.environment.name': 'teést' })
  assert.equal(c.requests[0].headers['api-key'], SECRET)
  assert.equal(c.requests[0].headers['x-more'], 'a b')
  const own = `00-${ID}-${top.spanId}-01`
  assert.match(textOf(r.events), new RegExp(`TRACEPARENT=${own}`))
  assert.match(textOf(r.events), /OTEL_SERVICE_NAME=sandbox/)
  assert.ok(!textOf(r.events).includes('OTLP_HEADERS'))
  const failed = one(c.named('execute_tool fail'), 'host tool')
  assert.deepEqual([failed.status, failed.attributes['error.type']], [{ code: 2 }, 'failed'])
  const metrics = (await ask(server, 'GET', '/metrics')).body.toString()
  assert.match(metrics, new RegExp(`runlet_otlp_spans_total\\{outcome="sent"\\} ${c.spans.length}\n`))
  assert.match(metrics, /runlet_otlp_spans_total\{outcome="dropped"\} 0\n/)
  for (const p of processesOf(server.box.mark)) assert.ok(!p.env.join().includes(SECRET), p.cmd.join(' '))
  const log = (await server.stop()).stderr
  assert.match(log, new RegExp(`run=\\S+ trace=${ID} span=${top.spanId} `))
  assert.ok(!log.includes(SECRET))
  orch.stop()
  c.stop()
  server.box.remove()
})

test('what is not sampled, switched off or for gRPC is not told, and its traceparent goes on as it came', async () => {
  const orch = await startOrchestrator(),
    c = await startCollector()
  const told = async (env, args = []) => {
    const before = [c.requests.length, orch.requests.length]
    const r = await run(runRequest({ orch, prompt: ['@init', '@tool getTime {"tz":"x"}', '@result success'] }), {
      env,
      args,
    })
    assertStream(r.events, 'RUN_FINISHED')
    return [c.requests.length - before[0], orch.requests[before[1]].headers.traceparent, r.stderr]
  }
  const all = { OTEL_EXPORTER_OTLP_ENDPOINT: c.url }
  const unsampled = `00-${ID}-${SPAN}-00`
  assert.deepEqual(await told({ ...all, TRACEPARENT: unsampled }), [0, unsampled, ''])
  assert.deepEqual(await told({ ...all, OTEL_SDK_DISABLED: 'true' }), [0, undefined, ''])
  assert.deepEqual(await told({ ...all, OTEL_TRACES_EXPORTER: 'none' }), [0, undefined, ''])
  const grpc = await told({ ...all, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' })
  assert.deepEqual(grpc.slice(0, 2), [0, undefined])
  assert.match(grpc[2], /OTEL_EXPORTER_OTLP_PROTOCOL is grpc/)
  assert.match((await told({ OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4317' }))[2], /OTEL_EXPORTER_OTLP_ENDPOINT: /)
  assert.equal((await told({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${c.url}/mine` }))[0], 1)
  assert.equal(c.requests.at(-1).path, '/mine')
  assert.equal((await told({ OTEL_SDK_DISABLED: 'true' }, ['--otlp-endpoint', c.url]))[0], 1)
  const bad = await run('{}', { args: ['--otlp-endpoint', 'ftp://x'] })
  assert.equal(bad.code, 2)
  assert.match(bad.stderr, /--otlp-endpoint/)
  orch.stop()
  c.stop()
})

test('a collector that is down, slow, refuses or hangs up changes no run', async () => {
  const orch = await startOrchestrator()
  const request = { ...runRequest({ orch, prompt: words }), runId: 'r', threadId: 't' }
  const go = async (args) => {
    const r = await run(request, { args })
    assert.equal(r.code, 0, r.stderr)
    return { ...r, bare: bare(r.events) }
  }
  const without = (await go([])).bare
  const probe = net.createServer().listen(0, '127.0.0.1')
  await new Promise((done) => probe.once('listening', done))
  const down = `http://127.0.0.1:${probe.address().port}`
  await new Promise((done) => probe.close(done))
  const dead = await go(['--otlp-endpoint', down])
  assert.equal(dead.bare, without)
  assert.match(dead.stderr, /warn \d+ spans of traces were dropped: connection refused/)
  for (const [answer, why] of [
    [(res) => res.writeHead(400).end('{}'), /dropped: the collector has answered 400/],
    [(res) => res.writeHead(429, { 'retry-after': '1' }).end(), /dropped: the collector has answered 429/],
    [(res) => res.writeHead(503).end(), /dropped: the collector has answered 503/],
    [(res) => res.socket.destroy(), /spans of traces were dropped: /],
    [() => sleep(60000, undefined, { ref: false }), /spans of traces were dropped: /],
    [
      (res) => res.writeHead(200).end('{"partialSuccess":{"rejectedSpans":"2"}}'),
      /warn 2 spans of traces were dropped/,
    ],
    [(res) => res.writeHead(200).end('no JSON'), /^$/],
  ]) {
    const c = await startCollector()
    c.answer = answer
    const r = await go(['--otlp-endpoint', c.url])
    assert.equal(r.bare, without)
    assert.match(r.stderr, why)
    assert.ok(c.requests.length > 0)
    c.stop()
  }
  orch.stop()
})

test('a service sends a batch again that its collector could not take, and drops one that it will not', async () => {
  const orch = await startOrchestrator(),
    c = await startCollector()
  const server = await serve({ args: ['--otlp-endpoint', c.url] })
  const good = c.answer
  c.answer = (res, q) => (c.requests.length === 1 ? res.writeHead(503, { 'retry-after': '1' }).end() : good(res, q))
  await post(server, runRequest({ orch, prompt: words }))
  await until('the spans', () => c.named('invoke_agent claude-code').length === 1, 15000)
  assert.equal(c.requests[0].body, c.requests[1].body)
  c.answer = (res) => res.writeHead(400).end()
  await post(server, runRequest({ orch, prompt: words }))
  const figures = async () => (await ask(server, 'GET', '/metrics')).body.toString()
  await until('the drop', async () => /outcome="dropped"\} [1-9]/.test(await figures()), 15000)
  await server.stop()
  orch.stop()
  c.stop()
  server.box.remove()
})

test('a run that is ended has a span that says why', async () => {
  const c = await startCollector()
  const request = { ...runRequest({ prompt: ['@init', '@text x', '@hang'] }), timeouts: { runMs: 700 } }
  const r = await run(request, { args: ['--otlp-endpoint', c.url] })
  assertStream(r.events, 'run-timeout')
  const top = one(c.named('invoke_agent claude-code'), 'run')
  assert.equal(top.attributes['error.type'], 'run-timeout')
  assert.deepEqual(top.status, { code: 2 })
  c.stop()
})

test('code of POST /v1/runs and turns of a bridge are told, too, and go on with a trace', async (t) => {
  const c = await startCollector()
  t.after(() => c.stop())
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: c.url, TRACEPARENT: `00-${ID}-${SPAN}-01` }
  const server = await codeService(t, { env })
  const host = await startHost(t, { 'math.add': ({ a, b }) => a + b })
  const code = 'return await tools.math.add({ a: 2, b: 4 })'
  const traceparent = `00-${ID}-1111111111111111-01`
  const r = await runCode(server, SHAPES.baseUrl.request(host, 'task_1', code), { headers: { traceparent } })
  assert.equal(r.json.status, 'completed', r.text)
  await until('the spans', () => c.named('invoke_agent command').length === 1)
  const top = c.named('invoke_agent command')[0]
  assert.deepEqual([top.traceId, top.parentSpanId], [ID, '1111111111111111'])
  const call = one(
    c.spans.filter((s) => s.attributes['gen_ai.operation.name'] === 'execute_tool'),
    'call',
  )
  assert.deepEqual([call.parentSpanId, call.attributes['runlet.tool.origin']], [top.spanId, 'host'])
  assert.equal(c.spans.length, 2)

  const b = await startBridge({ command: RUNLET, ours: true }, { env })
  const s = await connect(b).hello()
  s.send({ type: 'start', prompt: '@init\n@text hi\n@result success', tools: [] })
  await s.next('finish')
  s.send({ type: 'stop' })
  await b.ended
  await b.close()
  const turn = one(c.named('invoke_agent claude-code'), 'turn')
  assert.deepEqual([turn.traceId, turn.parentSpanId], [ID, SPAN])
})
