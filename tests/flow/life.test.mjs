// SPDX-License-Identifier: MIT
// Several runs, and how they are ended: by the client, by signals, by deadlines; and that nothing is left.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { assertStream, eventsOf, resultsOf, textOf, textsOf, warningsOf } from '../support/ndjson.mjs'
import { runRequest, startOrchestrator } from '../support/orchestrator.mjs'
import {
  ask,
  assertNothingLeft,
  LOOKS,
  makeBox,
  open,
  post,
  processesOf,
  run,
  serve,
  startRun,
  until,
} from '../support/runlet.mjs'

/** A server for one test, stopped well at its end. */
const using = (options, fn) => async () => {
  const server = await serve(options)
  try {
    await fn(server)
    assert.ok(server.alive(), `it is gone: ${server.stderr()}`)
    await assertNothingLeft(server.box, [server.pid])
    const end = await server.stop()
    assert.deepEqual([end.code, end.signal], [0, null], end.stderr)
    await assertNothingLeft(server.box)
    assert.equal(server.stdout().length, 0, 'stdout is for the protocol')
  } finally {
    await server.stop('SIGKILL')
    server.box.remove()
  }
}
const HANG = ['@init', '@text started', '@hang']
const started = (r) => until('the agent to speak', () => r.events.some((e) => e.type === 'TEXT_MESSAGE_CONTENT'))
const agents = (server) => processesOf(server.box.mark, [server.pid]).filter((p) => /claude/.test(p.cmd[0] ?? ''))

test(
  'two runs at once in one service, each in its folder',
  using({ args: ['--workspace-per-thread'] }, async (server) => {
    const orch = await startOrchestrator()
    const prompt = ['@init', '@cwd', '@tool slow {"ms":800}', '@environ', '@result success']
    const begun = Date.now()
    const requests = [runRequest({ orch, prompt, threadId: 'a' }), runRequest({ orch, prompt, threadId: 'b/../c' })]
    const [a, b] = await Promise.all(requests.map((r) => post(server, r)))
    orch.stop()
    assert.ok(Date.now() - begun < 1600, 'at the same time')
    for (const [i, r] of [a, b].entries()) {
      assertStream(r.events, 'RUN_FINISHED')
      assert.ok(
        r.events.filter((e) => e.runId).every((e) => e.runId === requests[i].runId),
        'no event of the other',
      )
    }
    const folders = [a, b].map((r) => textsOf(r.events)[0])
    assert.notEqual(folders[0], folders[1])
    for (const f of folders) assert.equal(path.dirname(f), server.box.work)
    assert.equal(path.basename(folders[0]), 'a')
  }),
)

test(
  'one folder, one run: the second meanwhile is 409 with Retry-After',
  using({}, async (server) => {
    const first = await open(server, runRequest({ prompt: ['@init', '@text a', '@sleep 800', '@result success'] }))
    await started(first)
    const second = await post(server, runRequest())
    assert.equal(second.status, 409, second.text)
    assert.ok(Number(second.headers['retry-after']) > 0)
    await first.ended
    assertStream(first.events, 'RUN_FINISHED')
    assert.equal((await post(server, runRequest())).status, 200, 'free again')
  }),
)

test(
  'more than --max-runs is 503 with Retry-After',
  using({ args: ['--workspace-per-thread', '--max-runs', '2'] }, async (server) => {
    const two = await Promise.all(
      [1, 2].map(() => open(server, runRequest({ prompt: ['@init', '@text a', '@sleep 800', '@result success'] }))),
    )
    await Promise.all(two.map(started))
    const third = await post(server, runRequest())
    assert.equal(third.status, 503, third.text)
    assert.ok(Number(third.headers['retry-after']) > 0)
    await Promise.all(two.map((r) => r.ended))
    assert.equal((await post(server, runRequest())).status, 200)
  }),
)

test(
  'a run id that runs already is not started a second time',
  using({ args: ['--workspace-per-thread'] }, async (server) => {
    const request = runRequest({ prompt: ['@init', '@text a', '@sleep 700', '@result success'] })
    const first = await open(server, request)
    await started(first)
    await post(server, { ...request, threadId: 'other', messages: [{ role: 'user', content: 'else' }] }).then((r) =>
      assert.equal(r.status, 409, r.text),
    )
    assert.equal(agents(server).length, 1)
    await first.ended
    assertStream(first.events, 'RUN_FINISHED')
  }),
)

test(
  'eight runs at once, each stream its own',
  using({ args: ['--workspace-per-thread', '--max-runs', '8'] }, async (server) => {
    const all = await Promise.all(
      Array.from({ length: 8 }, (_, i) =>
        post(server, runRequest({ prompt: ['@init', `@repeat 200`, `@text run ${i}`, '@end', '@result success'] })),
      ),
    )
    all.forEach((r, i) => {
      assertStream(r.events, 'RUN_FINISHED')
      assert.deepEqual([...new Set(textsOf(r.events))], [`run ${i}`])
    })
  }),
)

// The client goes.
for (const [what, prompt, orchestrated] of [
  ['hangs', HANG],
  ['ignores SIGTERM', ['@init', '@ignore-term', '@text started', '@hang']],
  ['talks', ['@init', '@text started', '@deltas 100000 100 500', '@hang']],
  [
    'has children in sessions of their own',
    ['@init', '@setsid-child 60000', '@daemon sleep 60', '@text started', '@hang'],
  ],
  ['waits for a host tool', ['@init', '@text started', '@tool silent', '@hang'], true],
])
  test(
    `the client goes away while the agent ${what}: the agent and its tree are ended`,
    using({ args: ['--kill-grace-ms', '500'] }, async (server) => {
      const orch = await startOrchestrator()
      const r = await open(server, runRequest({ prompt, ...(orchestrated ? { orch } : {}) }))
      await started(r)
      if (orchestrated) await until('the tool call', () => orch.calls.length === 1)
      assert.ok(agents(server).length >= 1)
      r.abort()
      await until('the agent to go', () => processesOf(server.box.mark, [server.pid]).length === 0, 5000)
      if (orchestrated) await until('the tool call to be given up', () => orch.requests[0].aborted)
      orch.stop()
      await until('the folder to be free', async () => (await post(server, runRequest())).status === 200)
    }),
  )

test(
  'a slow reader loses nothing, and the agent waits for it',
  using({}, async (server) => {
    const net = await import('node:net')
    const body = JSON.stringify(runRequest({ prompt: ['@init', '@deltas 60000 200', '@result success'] }))
    const s = net.connect(server.port, '127.0.0.1', () =>
      s.write(
        `POST /run HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
      ),
    )
    s.pause()
    await sleep(1500)
    const rss = Number(/VmRSS:\s+(\d+)/.exec(fs.readFileSync(`/proc/${server.pid}/status`, 'utf8'))[1])
    assert.ok(rss < 40000, `${rss} KiB resident`)
    assert.ok(agents(server).length >= 1, 'the agent is held')
    const parts = []
    s.on('data', (d) => parts.push(d))
    s.resume()
    await new Promise((r) => s.on('close', r))
    const events = Buffer.concat(parts)
      .toString('latin1')
      .split('\r\n')
      .filter((l) => l.startsWith('{'))
      .join('')
      .split('\n')
      .filter((l) => l.startsWith('{') && l.endsWith('}'))
    assert.ok(events.length > 59000)
    assert.match(Buffer.concat(parts).toString().slice(-2000), /RUN_FINISHED/)
  }),
)

// Signals.
for (const signal of ['SIGTERM', 'SIGINT'])
  test(`serve gets ${signal} in the middle of runs: RUN_ERROR runner-shutdown, exit 0, nothing left`, async () => {
    const server = await serve({ args: ['--workspace-per-thread', '--kill-grace-ms', '500'] })
    const runs = await Promise.all(
      [HANG, ['@init', '@ignore-term', '@setsid-child 60000', '@text started', '@hang']].map((prompt) =>
        open(server, runRequest({ prompt })),
      ),
    )
    await Promise.all(runs.map(started))
    const begun = Date.now()
    const end = await server.stop(signal)
    assert.deepEqual([end.code, end.signal], [0, null], end.stderr)
    assert.ok(Date.now() - begun < 5000)
    for (const r of runs) {
      assert.equal(await r.ended, true, 'the answer was completed')
      const last = assertStream(r.events, 'runner-shutdown')
      assert.equal(last.metadata.runlet.cancelledBy, 'signal')
    }
    await assertNothingLeft(server.box)
    server.box.remove()
  })

for (const [signal, code] of [
  ['SIGTERM', 143],
  ['SIGINT', 130],
])
  test(`run gets ${signal}: RUN_ERROR runner-shutdown, exit ${code}, nothing left`, async () => {
    const box = makeBox()
    const r = startRun(runRequest({ prompt: ['@init', '@daemon sleep 60', '@text started', '@hang'] }), { box })
    await until('the agent to speak', () => r.stdout().includes('started'))
    r.child.kill(signal)
    const end = await r.ended
    assertStream(eventsOf(r.stdout()), 'runner-shutdown')
    assert.deepEqual([end.code, end.signal], [code, null])
    await assertNothingLeft(box)
    box.remove()
  })

for (const [what, start] of [
  ['serve', 'serve'],
  ['run', 'run'],
])
  test(`${what} is killed with SIGKILL: its agent and all below it die`, async () => {
    const box = makeBox()
    const prompt = ['@init', '@setsid-child 60000', '@daemon sleep 60', '@text started', '@hang']
    let child
    if (start === 'serve') {
      const server = await serve({ box })
      const r = await open(server, runRequest({ prompt }))
      await started(r)
      child = server.child
    } else {
      const r = startRun(runRequest({ prompt }), { box })
      await until('the agent to speak', () => r.stdout().includes('started'))
      child = r.child
    }
    assert.ok(processesOf(box.mark, [child.pid]).length >= 3)
    child.kill('SIGKILL')
    await until('all to be gone', () => processesOf(box.mark).length === 0, 10000)
    await until(
      'the private folder to be gone',
      () => fs.readdirSync(box.tmp).filter((n) => !/^runlet-\d+$/.test(n)).length === 0,
    )
    box.remove()
  })

test('run with nobody reading its stdout ends the agent, exit 1', async () => {
  const box = makeBox()
  const r = startRun(runRequest({ prompt: ['@init', '@text started', '@deltas 100000 100 1000', '@hang'] }), { box })
  await until('the agent to speak', () => r.stdout().includes('started'))
  r.child.stdout.destroy()
  assert.equal((await r.ended).code, 1)
  await assertNothingLeft(box)
  box.remove()
})

// Processes that stay.
test(
  'a grandchild that holds stdout does not hold the run',
  using({}, async (server) => {
    for (const hold of ['@hold-stdout 6000', '@setsid-child 6000']) {
      const begun = Date.now()
      const r = await post(
        server,
        runRequest({ prompt: ['@init', hold, '@text the last words', '@result success'], leftovers: 'kill' }),
      )
      assertStream(r.events, 'RUN_FINISHED')
      assert.equal(textOf(r.events), 'the last words')
      assert.ok(Date.now() - begun < 3000, `${Date.now() - begun} ms`)
    }
    await until('them to go', () => processesOf(server.box.mark, [server.pid]).length === 0, 8000)
  }),
)

test(
  'after success what the agent left running stays, and is named',
  using({}, async (server) => {
    const r = await post(
      server,
      runRequest({ prompt: ['@init', '@daemon sleep 3', '@text It runs.', '@result success'] }),
    )
    const last = assertStream(r.events, 'RUN_FINISHED')
    assert.ok(
      processesOf(server.box.mark, [server.pid]).some((p) => p.cmd[0] === 'sleep'),
      'it lives',
    )
    assert.deepEqual(
      last.metadata.runlet.leftovers.map((l) => l.name),
      ['sleep'],
    )
    assert.ok(warningsOf(r.events).length <= 1)
    await until('it to end by itself', () => processesOf(server.box.mark, [server.pid]).length === 0, 6000)
  }),
)

test(
  'after an error nothing stays',
  using({}, async (server) => {
    const r = await post(
      server,
      runRequest({ prompt: ['@init', '@daemon sleep 60', '@setsid-child 60000', '@exit 3'] }),
    )
    assertStream(r.events, 'agent-exit')
    assert.deepEqual(
      processesOf(server.box.mark, [server.pid]).map((p) => p.cmd.join(' ')),
      [],
    )
  }),
)

test(
  'an agent that does not exit after its result is ended, and it was a success',
  using({ args: ['--result-grace-ms', '500', '--kill-grace-ms', '300'] }, async (server) => {
    for (const more of [[], ['@ignore-term']]) {
      const r = await post(server, runRequest({ prompt: ['@init', ...more, '@result success', '@hang'] }))
      const last = assertStream(r.events, 'RUN_FINISHED')
      assert.equal(last.metadata.runlet.forced, true)
    }
  }),
)

// Deadlines.
for (const [what, timeouts, prompt, code] of [
  ['runMs', { runMs: 700 }, ['@init', '@deltas 100000 10 10000', '@hang'], 'run-timeout'],
  ['startMs', { startMs: 600 }, ['@hang'], 'start-timeout'],
  ['idleMs', { idleMs: 600 }, ['@init', '@text x', '@hang'], 'idle-timeout'],
])
  test(
    `${what} passed is RUN_ERROR ${code}, and exit 124 of run`,
    using({ args: ['--kill-grace-ms', '500'] }, async (server) => {
      const begun = Date.now()
      const r = await post(server, runRequest({ prompt, timeouts }))
      const last = assertStream(r.events, code)
      assert.equal(last.metadata.runlet.cancelledBy, 'timeout')
      assert.ok(Date.now() - begun < 4000)
      assert.equal((await run(runRequest({ prompt, timeouts }))).code, 124)
    }),
  )

test(
  'idleMs does not run while a tool call is open',
  using({}, async (server) => {
    const orch = await startOrchestrator()
    const r = await post(
      server,
      runRequest({ orch, prompt: ['@init', '@tool slow {"ms":1500}', '@result success'], timeouts: { idleMs: 700 } }),
    )
    assertStream(r.events, 'RUN_FINISHED')
    assert.equal(resultsOf(r.events)[0].content, 'slept 1500')
    orch.stop()
  }),
)

test(
  '--max-run-ms caps what the request asks for',
  using({ args: ['--max-run-ms', '700', '--kill-grace-ms', '300'] }, async (server) => {
    assertStream((await post(server, runRequest({ prompt: HANG, timeouts: { runMs: 60000 } }))).events, 'run-timeout')
  }),
)

test(
  'a silent run has a heartbeat',
  using({}, async (server) => {
    const r = await post(server, runRequest({ prompt: ['@init', '@sleep 1300', '@result success'], heartbeatMs: 300 }))
    assertStream(r.events, 'RUN_FINISHED')
    const beats = r.events.filter((e) => e.name === 'runlet.heartbeat')
    assert.ok(beats.length >= 2 && beats.length <= 5, `${beats.length}`)
    assert.ok(beats[0].value.sinceMs >= 300)
  }),
)

test(
  'nothing secret in any command line, and no RUNLET_ variable with the agent',
  using({ env: { RUNLET_LOG_LEVEL: 'debug', MY_SECRET: 'very-secret-value' } }, async (server) => {
    const orch = await startOrchestrator()
    const r = await open(server, runRequest({ orch, prompt: HANG, secrets: { MY_SECRET: '' }, systemPrompts: ['x'] }))
    await started(r)
    const seen = processesOf(server.box.mark)
    assert.ok(seen.length >= (LOOKS ? 2 : 1))
    for (const p of seen) {
      assert.ok(
        !p.cmd.some((a) => a.includes(orch.token) || a.includes('very-secret-value') || /^Bearer/.test(a)),
        p.cmd.join(' '),
      )
      assert.ok(!p.env.some((e) => e.includes(orch.token)), p.cmd.join(' '))
    }
    const [agent] = agents(server)
    assert.ok(agent.env.includes('MY_SECRET=very-secret-value'), 'the declared secret is there')
    assert.ok(!agent.env.some((e) => e.startsWith('RUNLET_')))
    const config = agent.cmd[agent.cmd.indexOf('--mcp-config') + 1]
    const token = /Bearer ([\w-]+)/.exec(fs.readFileSync(config, 'utf8'))[1]
    assert.ok(token.length >= 32)
    for (const p of seen) assert.ok(!p.cmd.join(' ').includes(token) && !p.env.join(' ').includes(token))
    assert.equal(fs.statSync(config).mode & 0o777, 0o600)
    assert.equal(fs.statSync(path.dirname(config)).mode & 0o777, 0o700)
    r.abort()
    await until('the config to be gone', () => !fs.existsSync(config), 8000)
    assert.ok(
      !server.stderr().includes(orch.token) &&
        !server.stderr().includes(token) &&
        !server.stderr().includes('very-secret-value'),
    )
    orch.stop()
  }),
)

test(
  'a hundred runs one after the other leave no descriptor and no process behind',
  using({}, async (server) => {
    const count = () => fs.readdirSync(`/proc/${server.pid}/fd`).length
    for (let i = 0; i < 5; i++) await post(server, runRequest())
    await sleep(300)
    const before = count()
    for (let i = 0; i < 100; i++) assert.equal((await post(server, runRequest())).events.at(-1).type, 'RUN_FINISHED')
    await sleep(300)
    assert.ok(count() <= before + 1, `${before} before, ${count()} after`)
    assert.equal((await ask(server, 'GET', '/health')).status, 200)
  }),
)

test('a state folder of somebody else, or a link, is refused', async () => {
  const box = makeBox()
  const link = path.join(box.root, 'link')
  fs.symlinkSync(box.home, link)
  const { command } = await import('../support/runlet.mjs')
  const r = await command(['serve', '--listen', '127.0.0.1:0', '--state-dir', link], { box })
  assert.notEqual(r.code, 0)
  assert.match(r.stderr, /state-dir/)
  box.remove()
})
