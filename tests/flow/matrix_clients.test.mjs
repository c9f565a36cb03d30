// SPDX-License-Identifier: MIT
// The fault matrix: how a client goes or stays x where the run is x PID 1 or not, of `serve`; and of `run` its reader.
import assert from 'node:assert/strict'
import net from 'node:net'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { listeners } from '../support/cells.mjs'
import { below, INITS, serveAs, startAs } from '../support/init.mjs'
import { assertStream } from '../support/ndjson.mjs'
import { runRequest, startOrchestrator } from '../support/orchestrator.mjs'
import { ask, assertNothingLeft, LOOKS, makeBox, processesOf, until } from '../support/runlet.mjs'

let orch
before(async () => {
  orch = await startOrchestrator()
})
after(() => orch.stop())

/** A plain socket: what came, and every way to leave. */
function connect(s, request) {
  const body = JSON.stringify(request)
  const socket = net.connect({ port: s.port, host: '127.0.0.1', allowHalfOpen: true })
  const parts = []
  socket.on('data', (d) => parts.push(d))
  socket.on('error', () => {})
  socket.write(
    `POST /run HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  )
  const text = () => Buffer.concat(parts).toString()
  return {
    socket,
    text,
    ended: new Promise((done) => socket.on('end', done).on('close', done)),
    // the chunks of the answer, joined (each event is a chunk or a part of one)
    events: () => {
      let rest = text().slice(text().indexOf('\r\n\r\n') + 4),
        all = ''
      for (let m; (m = /^([0-9a-f]+)\r\n/.exec(rest)) && m[1] !== '0';) {
        const n = parseInt(m[1], 16)
        all += Buffer.from(rest.slice(m[0].length)).subarray(0, n).toString()
        rest = Buffer.from(rest.slice(m[0].length))
          .subarray(n + 2)
          .toString()
      }
      return all
        .split('\n')
        .filter((l) => l.trim())
        .map((l) => JSON.parse(l))
    },
  }
}
/** The agent stays at the moment for `ms`: long, unless its end is waited for. */
const MOMENTS = {
  'before a word': {
    prompt: (ms) => ['@flush', `@sleep ${ms}`, '@init', '@text x', '@result success'],
    there: (c) => c.text().includes('RUN_STARTED'),
  },
  'in the middle of a text': {
    prompt: (ms) => ['@init', '@text started', `@sleep ${ms}`, '@text more', '@result success'],
    there: (c) => c.text().includes('started'),
  },
  'in a host tool': {
    prompt: (ms) => ['@init', '@text started', `@tool slow {"ms":${ms}}`, '@result success'],
    there: (c) => c.text().includes('TOOL_CALL_START'),
  },
  'after success': {
    prompt: (ms) => ['@init', '@text started', '@result success', `@sleep ${ms}`],
    there: (c) => c.text().includes('TEXT_MESSAGE_END'),
  },
}
const LEAVES = {
  closes: { act: (c) => c.socket.destroy(), logged: 'failed code=cancelled' },
  resets: { act: (c) => c.socket.resetAndDestroy(), logged: 'failed code=cancelled' },
  'half-closes': { act: (c) => c.socket.end(), logged: 'finished', reads: true },
  'half-closes, then resets': {
    act: async (c) => {
      c.socket.end()
      await sleep(50)
      c.socket.resetAndDestroy()
    },
    logged: 'failed code=cancelled',
  },
}

async function served(init, args, request, play) {
  const box = makeBox()
  const s = await serveAs(init, { box, args: ['--kill-grace-ms', '300', ...args] })
  try {
    await ask(s, 'GET', '/health')
    const c = connect(s, request)
    await play(s, c)
    await until('its end in the log', () => / run (failed|finished)/.test(s.stderr()))
    assert.equal(s.stderr().match(/ run (failed|finished)/g).length, 1, s.stderr())
    assert.deepEqual(
      processesOf(box.mark, [s.pid, s.child.pid]).map((p) => p.cmd.join(' ')),
      [],
      'told and gone',
    )
    await until('no zombie', () => below(s.pid).length === 0, 1000)
    if (LOOKS) await until('only the control port to listen', () => listeners(s.pid) === 1, 1000)
    assert.equal((await ask(s, 'GET', '/health')).status, 200)
    assert.equal((await s.stop()).code, 0)
    await assertNothingLeft(box)
    c.socket.destroy()
  } finally {
    await s.stop('SIGKILL')
    box.remove()
  }
}

describe('clients', { concurrency: 6 }, () => {
  for (const init of INITS)
    for (const [when, { prompt, there }] of Object.entries(MOMENTS))
      for (const [what, leave] of Object.entries(LEAVES))
        for (const [tree, start] of [
          ['', []],
          [', a tree below it', ['@daemon trap "" TERM; exec sleep 60']],
        ])
          test(`serve${init ? ', PID 1' : ''}: the client ${what} ${when}${tree}`, () =>
            served(
              init,
              [],
              runRequest({ orch, prompt: [...start, ...prompt(leave.reads ? 300 : 6000)], leftovers: 'kill' }),
              async (s, c) => {
                await until('the moment', () => there(c), 8000)
                await leave.act(c)
                await until('the run to end', () => / run (failed|finished)/.test(s.stderr()), 5000)
                assert.match(s.stderr(), new RegExp(` run ${leave.logged}`))
                if (!leave.reads) return
                await c.ended
                assertStream(c.events(), 'RUN_FINISHED')
              },
            ))
})

describe('readers', { concurrency: 4 }, () => {
  const FLOOD = ['@init', '@text started', '@deltas 30000 1000', '@result success', '@flush']
  for (const init of INITS) {
    const where = init ? ', PID 1' : ''
    test(`serve${where}: the client stalls, and is gone after --write-stall-ms`, () =>
      served(init, ['--write-stall-ms', '700'], runRequest({ prompt: [...FLOOD, '@hang'] }), async (s, c) => {
        c.socket.pause()
        await until('the run to be given up', () => s.stderr().includes(' run failed code=cancelled'), 15000)
      }))
    test(`serve${where}: the client stalls for a while, and loses nothing`, () =>
      served(init, [], runRequest({ prompt: FLOOD }), async (s, c) => {
        c.socket.pause()
        await sleep(1200)
        c.socket.resume()
        await c.ended
        assert.match(c.text().slice(-3000), /RUN_FINISHED/)
        assert.equal(c.text().match(/"TEXT_MESSAGE_CONTENT"/g).length, 30001)
      }))
    for (const signal of ['SIGTERM', 'SIGINT'])
      test(`serve${where}: ${signal} while the client stalls`, async () => {
        const box = makeBox()
        const s = await serveAs(init, { box, args: ['--kill-grace-ms', '300'] })
        const c = connect(s, runRequest({ prompt: [...FLOOD, '@hang'] }))
        await until('the first words', () => c.text().includes('started'), 8000)
        c.socket.pause()
        await sleep(500)
        const begun = Date.now()
        s.kill(signal)
        assert.deepEqual(await s.ended, { code: 0, signal: null })
        assert.ok(Date.now() - begun < 4000, 'the grace and 1 s to flush')
        assert.match(s.stderr(), / run failed code=runner-shutdown/)
        await assertNothingLeft(box)
        c.socket.destroy()
        box.remove()
      })
    test(`run${where}: nobody reads its stdout any more`, async () => {
      const box = makeBox()
      const s = await startAs(init, ['run', '-', '--output', 'ndjson'], box)
      s.child.stdin.end(
        JSON.stringify(
          runRequest({
            prompt: ['@daemon trap "" TERM; exec sleep 60', ...FLOOD, '@hang'],
            timeouts: { killGraceMs: 300 },
          }),
        ),
      )
      await until('the first words', () => s.stdout().includes('started'), 8000)
      s.child.stdout.destroy()
      assert.deepEqual(await s.ended, { code: 1, signal: null }, s.stderr())
      await assertNothingLeft(box)
      box.remove()
    })
    test(`serve${where}: a second TERM hastens`, async () => {
      const box = makeBox()
      const s = await serveAs(init, { box, args: ['--kill-grace-ms', '20000'] })
      const c = connect(s, runRequest({ prompt: ['@ignore-term', '@init', '@text started', '@hang'] }))
      await until('the first words', () => c.text().includes('started'), 8000)
      const begun = Date.now()
      s.kill('SIGTERM')
      await sleep(200)
      s.kill('SIGTERM')
      assert.deepEqual(await s.ended, { code: 0, signal: null })
      assert.ok(Date.now() - begun < 5000)
      assertStream(c.events(), 'runner-shutdown')
      await assertNothingLeft(box)
      box.remove()
    })
  }
})
