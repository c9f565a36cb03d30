// SPDX-License-Identifier: MIT
// POST /v1/runs, executor's door: each of its three shapes against a host of that shape, then what the reviews of its
// own sandbox host found, a test each.
import assert from 'node:assert/strict'
import http from 'node:http'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { codeService, runCode, SHAPES, startHost, TOKEN } from '../support/code_host.mjs'
import { AGENT, ask, assertNothingLeft, command, processesOf, serve, until } from '../support/runlet.mjs'

const add = { 'math.add': ({ a, b }) => a + b }
const SUM = `console.log('begun', { n: 1 })
console.error('aside')
const left = await tools.math.add({ a: 2, b: 4 })
return { left, right: await tools.math.add({ a: left, b: 3 }) }`

/** The end of a run of any shape: what the answer or completeRun says. */
async function outcome(server, host, shape, id, code, more = {}) {
  const r = await runCode(server, { ...SHAPES[shape].request(host, id, code), ...more })
  if (shape !== 'convexUrl') {
    assert.equal(r.status, 200, r.text)
    return r.json
  }
  assert.equal(r.status, 202, r.text)
  assert.equal(r.json.accepted, true)
  assert.match(r.json.dispatchId, new RegExp(`^dispatch_${id}_\\d+$`))
  return (await until('completeRun', () => host.of('end')[0], 10000)).args
}

for (const shape of Object.keys(SHAPES)) {
  test(`${shape}: code of node calls two tools and returns`, async (t) => {
    const server = await codeService(t)
    const host = await startHost(t, add)
    const end = await outcome(server, host, shape, 'task_1', SUM)
    for (const call of host.calls) SHAPES[shape].check(call, 'task_1')
    assert.deepEqual(
      host.of('tool').map((call) => call.args.input),
      [
        { a: 2, b: 4 },
        { a: 6, b: 3 },
      ],
    )
    const ids = host.of('tool').map((call) => call.args.callId)
    assert.equal(new Set(ids).size, 2)
    for (const id of ids) assert.match(id, /^call_\w+$/)
    assert.equal(end.status, 'completed')
    assert.equal(end.exitCode, 0)
    assert.equal(end.error, undefined)
    const stdout = 'begun {"n":1}\nresult: {"left":6,"right":9}'
    if (shape === 'url') {
      assert.deepEqual(end, { status: 'completed', result: { left: 6, right: 9 }, exitCode: 0 })
    } else {
      assert.equal(end.stdout, stdout)
      assert.equal(end.stderr, 'aside')
      const lines = (stream) =>
        host
          .of('output')
          .filter((call) => call.args.stream === stream)
          .map((call) => call.args.line)
          .join('\n')
      assert.equal(lines('stdout'), stdout)
      assert.equal(lines('stderr'), 'aside')
      assert.ok(host.of('output').every((call) => Number.isInteger(call.args.timestamp)))
    }
    if (shape === 'convexUrl') assert.ok(end.durationMs > 0)
    await assertNothingLeft(server.box, [server.pid])
  })

  test(`${shape}: a pending call is sent again under its id until it is settled`, async (t) => {
    const server = await codeService(t)
    let asked = 0
    const pending = () => (++asked < 3 ? { ok: false, kind: 'pending', approvalId: 'a', retryAfterMs: 1 } : 'yes')
    const host = await startHost(t, { 'needs.leave': pending })
    const end = await outcome(server, host, shape, 'task_2', 'return await tools.needs.leave()')
    assert.equal(end.status, 'completed')
    const calls = host.of('tool')
    assert.equal(calls.length, 3)
    assert.equal(new Set(calls.map((call) => call.args.callId)).size, 1)
    assert.ok(calls[1].at - calls[0].at >= 49 && calls[2].at - calls[1].at >= 49, 'max(50, retryAfterMs)')
    assert.deepEqual(calls[0].args.input, {})
  })

  test(`${shape}: a denied call that nobody catches is the status denied`, async (t) => {
    const server = await codeService(t)
    const said = { ok: false, kind: 'denied', denied: true, error: 'not by this policy' }
    const host = await startHost(t, { 'no.way': () => said })
    const end = await outcome(server, host, shape, 'task_3', "await tools.no.way({}); return 'not reached'")
    assert.equal(end.status, 'denied')
    assert.equal(end.error, 'not by this policy')
    assert.equal(end.result, undefined)
    if (shape !== 'url') assert.equal(end.stderr, 'not by this policy')
    const caught = 'try { await tools.no.way() } catch (e) { return e.message }'
    const r = await runCode(server, SHAPES.url.request(host, 'task_3b', caught))
    assert.deepEqual(r.json, { status: 'completed', result: 'APPROVAL_DENIED:not by this policy', exitCode: 0 })
  })

  test(`${shape}: what the code throws is the status failed, in its words`, async (t) => {
    const server = await codeService(t)
    const host = await startHost(t)
    const end = await outcome(server, host, shape, 'task_4', "throw new Error('boom from user code')")
    assert.equal(end.status, 'failed')
    assert.equal(end.error, 'boom from user code')
    assert.equal(end.exitCode, 1)
  })
}

test('every value of a tool and of the code arrives as what it is', async (t) => {
  const server = await codeService(t)
  const host = await startHost(t, {
    echo: (input) => ({ ok: true, value: input }),
    nothing: () => ({ ok: true }),
    broken: () => ({ ok: false, kind: 'failed', error: 'it fell over' }),
  })
  const values = [
    null,
    false,
    0,
    '',
    '5',
    5,
    'zwölf ✓ \ud83d\ude00',
    [],
    {},
    { value: { ok: false } },
    'a\nb',
    '{"x":1}',
  ]
  const code = `const out = []
    for (const v of ${JSON.stringify(values)}) out.push(await tools.echo(v))
    out.push(await tools.nothing() === undefined, await tools.broken().catch((e) => e.message),
      await tools.missing.one().catch((e) => e.message), await tools().catch((e) => e.message))
    return out`
  const r = await runCode(server, SHAPES.url.request(host, 'values', code))
  assert.deepEqual(r.json.result, [
    ...values,
    true,
    'it fell over',
    'no such tool',
    'Tool execution failed: toolPath must be the dotted name of a tool',
  ])
  for (const [i, value] of values.entries()) {
    const back = await runCode(server, SHAPES.url.request(host, `back-${i}`, `return ${JSON.stringify(value)}`))
    assert.deepEqual(back.json, { status: 'completed', result: value, exitCode: 0 })
  }
})

test('calls at the same time, slow ones and big ones all come back to their own', async (t) => {
  const server = await codeService(t, { args: ['--bridge-hold-ms', '20'] })
  const big = 'x'.repeat(3 << 20)
  const host = await startHost(t, {
    slow: async ({ n }) => {
      await sleep(400 - 30 * n)
      return n
    },
    big: () => big,
  })
  const code = `const all = await Promise.all([...Array(12).keys()].map((n) => tools.slow({ n })))
    return [all, (await tools.big()).length]`
  const r = await runCode(server, SHAPES.url.request(host, 'many', code))
  assert.deepEqual(r.json.result, [[...Array(12).keys()], big.length])
  const whole = await runCode(server, SHAPES.url.request(host, 'big', 'return await tools.big()'))
  assert.equal(whole.json.result, big)
  const over = await runCode(server, SHAPES.url.request(host, 'over', "return 'x'.repeat(17 * 1024 * 1024)"))
  assert.equal(over.json.status, 'failed')
  assert.match(over.json.error, /^the result is longer than 16777216 bytes$/)
})

test('output by any way is lines of output, and what is left going on does not hold the end', async (t) => {
  const server = await codeService(t)
  const host = await startHost(t)
  const code = `process.stdout.write('half'); process.stdout.write(' a line\\n'); console.table([[1]])
    process.stderr.write('no end'); setInterval(() => {}, 1000); console.info(undefined, 'x'); console.warn('w')`
  const end = await outcome(server, host, 'baseUrl', 'output', code)
  assert.equal(end.status, 'completed')
  assert.match(end.stdout, /^half a line\n┌.*\nundefined x$/s)
  assert.equal(end.stderr, 'no endw')
})

test('what is rejected and not waited for does not end the code', async (t) => {
  const server = await codeService(t)
  const host = await startHost(t, { 'no.way': () => ({ ok: false, kind: 'denied', error: 'no' }) })
  const code = `tools.no.way(); Promise.reject('aside'); await new Promise((done) => setTimeout(done, 300)); return 1`
  const end = await outcome(server, host, 'baseUrl', 'floating', code)
  assert.equal(end.status, 'completed')
  assert.equal(end.stdout, 'result: 1')
  assert.equal(end.stderr, 'Unhandled rejection: aside\nUnhandled rejection: APPROVAL_DENIED:no')
  const thrown = await outcome(
    server,
    host,
    'url',
    'timer',
    `setTimeout(() => { throw new Error('late') }); await new Promise(() => {})`,
  )
  assert.equal(thrown.status, 'failed')
  assert.equal(thrown.error, 'late')
})

test('code that ends by itself, of any size, or prints past the console has its end too', async (t) => {
  const server = await codeService(t)
  const host = await startHost(t)
  const end = async (id, code) => (await runCode(server, SHAPES.baseUrl.request(host, id, code))).json
  assert.deepEqual(await end('exit', "console.log('x'); process.exit(3)"), {
    status: 'failed',
    stdout: 'x',
    stderr: '',
    exitCode: 3,
    error: (await end('exit', "console.log('x'); process.exit(3)")).error,
  })
  assert.equal((await end('exit-0', 'process.exit(0)')).status, 'completed')
  const killed = await end('kill', "process.kill(process.pid, 'SIGKILL'); await new Promise(() => {})")
  assert.equal(killed.status, 'failed')
  assert.match(killed.error, /SIGKILL|signal 9/)
  const child = await end(
    'child',
    "(await import('node:child_process')).execSync('echo past us', { stdio: 'inherit' }); return 1",
  )
  assert.equal(child.stdout, 'result: 1')
  assert.match(child.stderr, /^runlet: .+/)
  const long = `/* ${'x'.repeat(8 << 20)} */ return 'read'`
  assert.equal((await end('long', long)).stdout, 'result: read')
  const deep = await end('deep', 'let v = []; for (let i = 0; i < 500; i++) v = [v]; return v')
  assert.match(deep.error, /nested more than 100 deep/)
  const cycle = await end('cycle', 'const v = {}; v.v = v; return v')
  assert.equal(cycle.stdout, 'result: [object Object]')
  const huge = await end('huge', "return 'x'.repeat(80 << 20)")
  assert.match(huge.error, /^the result is longer than 16777216 bytes$/)
})

test('another harness gets the code as its words, and the one tool', async (t) => {
  const server = await codeService(t, { args: ['--runs-harness', 'claude-code'], agent: AGENT })
  const host = await startHost(t, add)
  const script =
    '@init\n@text Let me add.\n@tool call_tool {"toolPath":"math.add","input":{"a":1,"b":2}}\n@text Done.\n@result success'
  for (const shape of ['url', 'baseUrl']) {
    const end = await outcome(server, host, shape, `agent-${shape}`, script)
    assert.equal(end.status, 'completed')
    assert.equal(shape === 'url' ? end.result : end.stdout, 'Let me add.\nDone.')
  }
  assert.deepEqual(
    host.of('tool').map((call) => [call.args.toolPath, call.args.input]),
    Array(2).fill(['math.add', { a: 1, b: 2 }]),
  )
  const unknown = await command(['serve', '--listen', '127.0.0.1:0', '--runs-harness', 'nobody'])
  assert.equal(unknown.code, 2)
  assert.match(unknown.stderr, /--runs-harness: "nobody" is not known/)
})

test('the same run again is the same run, another body is 409', async (t) => {
  const server = await codeService(t)
  const host = await startHost(t, add)
  const request = SHAPES.baseUrl.request(host, 'again', SUM)
  const [one, two] = await Promise.all([runCode(server, request), runCode(server, request)])
  assert.deepEqual(one.json, two.json)
  const before = host.calls.length
  assert.equal(host.of('tool').length, 2)
  assert.deepEqual((await runCode(server, request)).json, one.json)
  assert.equal(host.calls.length, before, 'nothing is told twice')
  const other = await runCode(server, { ...request, code: 'return 1' })
  assert.equal(other.status, 409)
  assert.match(other.json.error, /known already/)
  const convex = SHAPES.convexUrl.request(host, 'again-2', 'return 1')
  const first = await runCode(server, convex)
  await until('the end', () => host.of('end').length === 1)
  assert.deepEqual((await runCode(server, convex)).json, first.json)
  await sleep(300)
  assert.equal(host.of('end').length, 1)
})

// -- what the reviews found --

test('host abort 90 s vs task 300 s: the run ends itself, before its caller does, and its connection shows life', async (t) => {
  const server = await codeService(t)
  const host = await startHost(t, { hang: () => new Promise(() => {}) })
  const begun = Date.now()
  for (const [id, code] of [
    ['late', 'await new Promise((done) => setTimeout(done, 60000))'],
    ['busy', 'for (;;);'],
    ['call', 'await tools.hang()'],
    ['deaf', "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); await new Promise(() => {})"],
  ]) {
    const r = await runCode(server, { ...SHAPES.url.request(host, id, code), timeoutMs: 600 })
    assert.deepEqual(r.json, { status: 'timed_out', error: 'Execution timed out after 600ms' }, id)
  }
  assert.ok(Date.now() - begun < 4 * 3500, 'timeoutMs and the kill grace, far below the 30 s that hosts wait')
  await assertNothingLeft(server.box, [server.pid])
  const capped = await codeService(t, { args: ['--max-run-ms', '500'] })
  const r = await runCode(capped, SHAPES.url.request(host, 'capped', 'await tools.hang()'))
  assert.equal(r.json.error, 'Execution timed out after 500ms')
  const head = await new Promise((done) => {
    const body = JSON.stringify({ ...SHAPES.url.request(host, 'head', 'await tools.hang()'), timeoutMs: 2000 })
    const request = http.request(`${server.url}/v1/runs`, {
      method: 'POST',
      headers: { authorization: `Bearer ${TOKEN}` },
    })
    const sent = Date.now()
    request.on('response', (response) => {
      done({ status: response.statusCode, ms: Date.now() - sent })
      response.destroy()
    })
    request.end(body)
  })
  assert.equal(head.status, 200)
  assert.ok(head.ms < 1000, `${head.ms} ms to the head`)
})

test('partial config passes preflight: what cannot start is refused before anything has begun', async (t) => {
  const host = await startHost(t)
  const bare = await codeService(t, { node: false })
  const r = await runCode(bare, SHAPES.baseUrl.request(host, 'a', 'return 1'))
  assert.equal(r.status, 400)
  assert.match(r.json.error, /harness command cannot run here/)
  const server = await codeService(t)
  const good = SHAPES.baseUrl.request(host, 'a', 'return 1')
  for (const [request, words] of [
    ['{', /^Invalid JSON body/],
    ['[]', /Missing required fields: callback/],
    [{ ...good, taskId: '' }, /^Missing required fields: taskId, code, callback.baseUrl, callback.authToken$/],
    [{ ...good, code: undefined }, /^Missing required fields/],
    [{ ...good, code: 5 }, /^Missing required fields/],
    [{ ...good, callback: undefined }, /^Missing required fields: callback/],
    [{ ...good, callback: { baseUrl: host.url } }, /^Missing required fields/],
    [{ ...good, callback: { baseUrl: host.url, authToken: '' } }, /^Missing required fields/],
    [{ ...good, callback: { ...good.callback, url: host.url } }, /both baseUrl and url/],
    [{ ...good, callback: { baseUrl: 'ftp://x/', authToken: 'x' } }, /callback/],
    [{ ...good, callback: { baseUrl: 'nonsense', authToken: 'x' } }, /callback/],
    [{ ...good, taskId: 'a\nb' }, /control characters/],
    [{ ...good, callback: { baseUrl: host.url, authToken: 'a\r\nx: y' } }, /control characters/],
  ]) {
    const refused = await runCode(server, request)
    assert.equal(refused.status, 400, JSON.stringify(request))
    assert.match(refused.json.error, words)
  }
  assert.equal(host.calls.length, 0)
  assert.deepEqual(processesOf(server.box.mark, [server.pid]), [])
})

test('empty AUTH_TOKEN compares equal to empty bearer: without a secret the door is shut', async (t) => {
  const host = await startHost(t)
  const request = SHAPES.url.request(host, 'a', 'return 1')
  const open = await serve({ args: [] })
  t.after(async () => {
    await open.stop()
    open.box.remove()
  })
  for (const token of [null, '', 'x']) {
    const r = await runCode(open, request, { token })
    assert.equal(r.status, 503)
    assert.deepEqual(r.json, { error: 'Runtime authentication secret is not configured' })
  }
  for (const env of [{ RUNLET_TOKEN: '' }, { RUNLET_TOKEN: ' ' }]) {
    const r = await command(['serve', '--listen', '127.0.0.1:0'], { env, timeout: 5000 })
    assert.equal(r.code, 2, r.stderr)
  }
  const server = await codeService(t)
  for (const token of [null, '', ' ', 'x', TOKEN.slice(1), `${TOKEN}x`])
    assert.equal((await runCode(server, request, { token })).status, 401, `token ${token}`)
  const r = await runCode(server, { ...request, callback: { url: host.url } })
  assert.equal(r.status, 503)
  assert.deepEqual(r.json, { error: 'Runtime callback secret is not configured' })
  const empty = await runCode(server, { ...request, callback: { url: host.url, internalSecret: '' } })
  assert.equal(empty.status, 503)
  assert.equal(host.calls.length, 0)
})

test('Number("90s") = NaN: a timeout is a whole number, or the request is refused', async (t) => {
  const server = await codeService(t)
  const host = await startHost(t)
  const good = JSON.stringify(SHAPES.url.request(host, 'a', 'return 1')).slice(0, -1)
  for (const value of [
    '"90s"',
    '"5000"',
    '0',
    '-1',
    '1.5',
    '1e400',
    'true',
    '[]',
    '{}',
    '21600001',
    '1e99',
    '99999999999999999999',
  ])
    assert.match(
      (await runCode(server, `${good},"timeoutMs":${value}}`)).json.error,
      /^timeoutMs must be a whole number of milliseconds from 1 to 21600000$/,
      value,
    )
  for (const value of ['null', '5e3', '5000.0', '21600000']) {
    const r = await runCode(server, `${good.replace('"runId":"a"', `"runId":"${value}"`)},"timeoutMs":${value}}`)
    assert.equal(r.json.status, 'completed', value)
  }
  for (const flag of ['--max-run-ms', '--tool-timeout-ms']) {
    const r = await command(['serve', '--listen', '127.0.0.1:0', flag, '90s'])
    assert.equal(r.code, 2)
    assert.match(r.stderr, new RegExp(`${flag} must be a whole number`))
  }
})

test('tool-call/output after task is terminal: nothing is sent after the end', async (t) => {
  const server = await codeService(t)
  for (const shape of Object.keys(SHAPES)) {
    const host = await startHost(t, {
      hang: () => new Promise(() => {}),
      pending: () => ({ ok: false, kind: 'pending', approvalId: 'a', retryAfterMs: 150 }),
    })
    const code = `tools.hang(); tools.pending(); setInterval(() => console.log('still here'), 10); tools.pending()
      await new Promise(() => {})`
    await outcome(server, host, shape, `end-${shape}`, code, { timeoutMs: 700 })
    const before = host.calls.length
    if (shape === 'convexUrl') assert.equal(host.calls.at(-1).kind, 'end')
    await sleep(600)
    assert.equal(host.calls.length, before, shape)
    await until('the hanging call to be aborted', () => host.calls.find((c) => c.args.toolPath === 'hang').gone)
  }
  await assertNothingLeft(server.box, [server.pid])
})

test('tool-call/output after task is terminal: a caller that leaves ends the run, and hears nothing more', async (t) => {
  const server = await codeService(t)
  const host = await startHost(t, {
    pending: () => ({ ok: false, kind: 'pending', approvalId: 'a', retryAfterMs: 60 }),
  })
  const code = "setInterval(() => console.log('still here'), 10); await tools.pending()"
  const request = http.request(`${server.url}/v1/runs`, {
    method: 'POST',
    headers: { authorization: `Bearer ${TOKEN}` },
  })
  request.on('error', () => {})
  request.end(JSON.stringify(SHAPES.baseUrl.request(host, 'left', code)))
  await until('some calls', () => host.of('tool').length > 1 && host.of('output').length > 1)
  request.destroy()
  await assertNothingLeft(server.box, [server.pid])
  const before = host.calls.length
  await sleep(400)
  assert.equal(host.calls.length, before)
  const over = await until('the run to be over', async () => {
    const r = await ask(server, 'GET', '/runs/left', { headers: { authorization: `Bearer ${TOKEN}` } })
    const record = JSON.parse(r.body)
    return record.state === 'over' && record
  })
  assert.equal(over.outcome, 'cancelled')
})

test('empty transpile output treated as failure: empty code, output and values are no absence', async (t) => {
  const server = await codeService(t)
  const host = await startHost(t, { empty: () => '' })
  for (const [i, code] of ['', ' ', '\n', '// nothing'].entries()) {
    const end = await outcome(server, host, 'baseUrl', `empty-${i}`, code)
    assert.deepEqual(end, { status: 'completed', stdout: '', stderr: '', exitCode: 0 })
  }
  const end = await outcome(server, host, 'url', 'empty', '')
  assert.deepEqual(end, { status: 'completed', result: null, exitCode: 0 })
  const lines = await outcome(
    server,
    host,
    'baseUrl',
    'lines',
    "console.log(''); console.log(''); return await tools.empty('')",
  )
  assert.deepEqual(lines, { status: 'completed', stdout: '\n\nresult: ', stderr: '', exitCode: 0 })
  assert.equal(host.of('tool')[0].args.input, '')
})

test('length-leaking compare, later max-length loop: a bearer of any length is refused alike', async (t) => {
  const server = await codeService(t)
  const host = await startHost(t)
  for (const token of ['a', TOKEN.slice(0, -1), `${TOKEN}${TOKEN}`, 'x'.repeat(8000)]) {
    const r = await runCode(server, SHAPES.url.request(host, 'a', ''), { token })
    assert.equal(r.status, 401)
    assert.equal(r.text, 'unauthorized')
  }
})

test('output one POST per line, unbounded: lines go out in batches, of bounded size, one at a time', async (t) => {
  const server = await codeService(t)
  let open = 0
  let most = 0
  const host = await startHost(
    t,
    {},
    {
      before: async (call) => {
        if (call.kind !== 'output') return
        most = Math.max(most, ++open)
        await sleep(100)
        open--
      },
    },
  )
  const code = "for (let i = 0; i < 20000; i++) console.log('line number ' + i); console.error('end')"
  const end = await outcome(server, host, 'baseUrl', 'lines', code)
  assert.equal(end.status, 'completed')
  assert.match(end.stdout, /^line number 0\nline number 1\n/)
  assert.match(end.stdout, /\n\[\d+ bytes more were cut\]$/)
  assert.ok(end.stdout.length < 300 * 1024)
  assert.equal(end.stderr, 'end')
  assert.equal(most, 1)
  assert.ok(host.of('output').length < 30, `${host.of('output').length} callbacks`)
  for (const call of host.of('output')) assert.ok(call.args.line.length <= 66 * 1024)
  const told = host.of('output').map((call) => call.args.line)
  assert.ok(told.some((line) => /^\[runlet: \d+ lines were not told: the callback is too slow\]$/.test(line)))
})

test('output one POST per line, unbounded: a host that never answers them holds nothing up', async (t) => {
  const server = await codeService(t)
  const host = await startHost(t, add, {
    before: (call) => (call.kind === 'output' ? new Promise(() => {}) : undefined),
  })
  const begun = Date.now()
  const end = await outcome(server, host, 'baseUrl', 'deaf', SUM)
  assert.equal(end.status, 'completed')
  assert.match(end.stdout, /result: {"left":6,"right":9}$/)
  assert.ok(Date.now() - begun < 4500, 'the last ones have 2 s')
})

test('202 + completeRun: the end is told three times at most, until it is taken', async (t) => {
  const server = await codeService(t)
  for (const [failures, tries] of [
    [0, 1],
    [1, 2],
    [2, 3],
    [9, 3],
  ]) {
    let failed = 0
    const bad = [
      { status: 500, body: 'no' },
      { status: 200, body: { status: 'error', errorMessage: 'busy' } },
    ]
    const before = (call) => (call.kind === 'end' && failed++ < failures ? bad[failed % 2] : undefined)
    const host = await startHost(t, {}, { before })
    await runCode(server, SHAPES.convexUrl.request(host, `tries-${failures}`, 'return 1'))
    await until('the tries', () => host.of('end').length === tries, 10000)
    await sleep(700)
    const ends = host.of('end')
    assert.equal(ends.length, tries)
    for (const end of ends) assert.deepEqual(end.args, ends[0].args)
    if (tries > 1) assert.ok(ends[1].at - ends[0].at >= 195 && ends[1].at - ends[0].at < 390)
    if (tries > 2) assert.ok(ends[2].at - ends[1].at >= 395)
  }
  assert.match(server.stderr(), /run=tries-9 the end of the run could not be told: 3 tries/)
})

test('202 + completeRun: a shutdown ends the run, and its end still leaves', async (t) => {
  const server = await codeService(t)
  const host = await startHost(t)
  await runCode(server, SHAPES.convexUrl.request(host, 'shut', "console.log('up'); await new Promise(() => {})"))
  await until('its output', () => host.of('output').length > 0)
  const end = await server.stop()
  assert.equal(end.code, 0, end.stderr)
  assert.equal(host.of('end').length, 1)
  assert.equal(host.of('end')[0].args.status, 'failed')
  assert.equal(host.of('end')[0].args.stdout, 'up')
  await assertNothingLeft(server.box)
})
