// SPDX-License-Identifier: MIT
// What a bridge owes its sockets, without a host around them; `bridge` as of bridge_client.mjs.  Where it says `ours`
// the package's own bridge does less; its files are written without waiting, and may be of any state after a quick turn.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import http from 'node:http'
import net from 'node:net'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { connect, startBridge, TOKEN } from './bridge_client.mjs'
import { processesOf, until } from './runlet.mjs'

const script = (...lines) => ['@init', ...lines, '@result success'].join('\n')
const start = (lines, more = {}) => ({ type: 'start', prompt: script(...[lines].flat()), tools: [], ...more })
const ECHO = { name: 'echo', description: 'echo', inputSchema: { type: 'object', properties: {} } }

async function withBridge(bridge, fn, options) {
  const b = await startBridge(bridge, options)
  try {
    await fn(b)
  } finally {
    await b.close()
  }
}

export const bridgeCases = {
  async 'ready by a line and by a file; stop answers, closes 1000 and exits 0'(bridge) {
    await withBridge(bridge, async (b) => {
      assert.equal(b.said.stdout, `{"type":"bridge-ready","port":${b.port}}\n`)
      // The package's own writes it twice at a time, and may leave something that is no JSON.
      const meta = { type: 'test-type', port: b.port, state: 'waiting', pid: b.child.pid }
      if (bridge.ours) assert.deepEqual(b.json('bridge-meta.json'), meta)
      const c = await connect(b).hello()
      c.send({ type: 'stop' })
      await c.next('bridge-stop')
      assert.deepEqual(await c.closed, [1000, 'stop'])
      assert.equal((await b.ended).code, 0)
    })
  },

  async 'destroy has no answer but the close'(bridge) {
    await withBridge(bridge, async (b) => {
      const c = await connect(b).hello()
      c.send({ type: 'destroy' })
      assert.deepEqual(await c.closed, [1000, 'destroy'])
      assert.deepEqual(c.frames.map((f) => f.type), ['bridge-hello']) // prettier-ignore
      assert.equal((await b.ended).code, 0)
    })
  },

  async 'a wrong, an empty and no token: 101, then 1008, and not a frame'(bridge) {
    await withBridge(bridge, async (b) => {
      const queries = [
        `?agent_bridge_token=${TOKEN.replace(/.$/, '2')}`,
        `?agent_bridge_token=${TOKEN}0`,
        `?agent_bridge_token=${TOKEN.slice(1)}`,
        '?agent_bridge_token=',
        '?agent_bridge_token',
        '?other=1',
        '',
      ]
      for (const query of queries) {
        const c = connect(b, { query })
        await c.opened
        assert.deepEqual(await c.closed, [1008, 'unauthorized'], query)
        assert.deepEqual(c.frames, [])
      }
      const encoded = `?x=1&agent_bridge_token=${TOKEN.replaceAll('a', '%61')}`
      const c = await connect(b, { query: encoded }).hello()
      c.ws.terminate()
      if (!bridge.ours) return
      assert.ok(!`${b.said.stdout}${b.said.stderr}`.includes(TOKEN), 'the token is nowhere in what it says')
      assert.ok(!b.said.stderr.includes('agent_bridge_token'), 'nor the query')
    })
  },

  async 'bridge-hello: once, of its own, and not in the packet of the 101'(bridge) {
    await withBridge(bridge, async (b) => {
      for (let i = 0; i < 5; i++) {
        const at = {}
        const c = connect(b)
        c.opened.then(() => (at.open = performance.now()))
        c.ws.on('message', () => (at.hello ??= performance.now()))
        await c.next('bridge-hello')
        assert.deepEqual(c.frames[0], {
          type: 'bridge-hello',
          state: 'waiting',
          lastSeq: 0,
          capabilities: { experimental_userMessageResponses: true },
        })
        if (bridge.ours) assert.ok(at.hello - at.open >= 5, `${at.hello - at.open} ms after the 101`)
        await sleep(50)
        assert.equal(c.frames.length, 1)
        c.ws.terminate()
      }
    })
  },

  async 'handshakes that are given up harm nobody'(bridge) {
    await withBridge(bridge, async (b) => {
      for (let i = 0; i < 40; i++) {
        const socket = net.connect(b.port, '127.0.0.1', () => {
          if (i % 4 > 0) socket.write('GET /?agent_bridge_token=x HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n')
          if (i % 4 > 1) socket.write('Connection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n')
          if (i % 4 > 2) socket.write('Sec-WebSocket-Version: 13\r\n\r\n')
          setTimeout(() => socket.resetAndDestroy(), i % 7)
        })
        socket.on('error', () => {})
      }
      const status = await new Promise((done) => http.get({ port: b.port }, (res) => done(res.statusCode)))
      assert.equal(status, 426)
      await sleep(50)
      ;(await connect(b).hello()).ws.terminate()
    })
  },

  async 'a turn: seq from 1, the log on disk has the same frames, start-config.json the start'(bridge) {
    await withBridge(bridge, async (b) => {
      const c = await connect(b).hello()
      const frame = start(['@text one'], { model: 'some-model', tools: [ECHO] })
      c.send(frame)
      await c.next('finish')
      const first = c.frames.filter((f) => f.seq !== undefined)
      c.send(start(['@text two']))
      await c.next('finish')
      const events = c.frames.filter((f) => f.seq !== undefined)
      assert.deepEqual(events.map((f) => f.seq), [...events.keys()].map((i) => i + 1)) // prettier-ignore
      if (!bridge.ours) return
      await sleep(100)
      assert.deepEqual(b.log(), events.slice(first.length), 'the log has the last turn only')
      assert.deepEqual(b.json('start-config.json'), start(['@text two']))
      assert.deepEqual(b.json('rerun-start-config.json'), frame)
      assert.equal(b.state(), 'waiting')
    })
  },

  async 'a frame that is no JSON is told to its sender alone'(bridge) {
    await withBridge(bridge, async (b) => {
      const [one, two] = [await connect(b).hello(), await connect(b).hello()]
      one.send('{"type":')
      const error = await one.next('error')
      assert.match(error.error, /^protocol parse error: /)
      assert.equal(error.seq, undefined)
      assert.equal(two.frames.length, 1)
      two.send({ type: 'nobody knows it' })
      two.send(start('@text still here'))
      await two.next('finish')
      assert.equal(one.frames.length, 2, 'events go to who started the turn')
    })
  },

  async 'a second socket gets nothing until it resumes, then all, and the first nothing more'(bridge) {
    await withBridge(bridge, async (b) => {
      const one = await connect(b).hello()
      one.send(start('@count 40 20 20000'))
      await one.next('text-delta')
      const two = await connect(b).hello()
      assert.equal(two.frames[0].state, 'running')
      await sleep(200)
      assert.equal(two.frames.length, 1)
      two.send({ type: 'resume', lastSeenEventId: 2 })
      await two.next('finish', 10000)
      const seqs = two.frames.slice(1).map((f) => f.seq)
      assert.deepEqual(seqs, [...seqs.keys()].map((i) => i + 3)) // prettier-ignore
      const last = one.frames.at(-1).seq
      assert.ok(last < seqs.at(-1) - 10, `the first was told up to ${last}`)
    })
  },

  async 'the owner goes, the turn goes on, who comes after gets all of it'(bridge) {
    await withBridge(bridge, async (b) => {
      const one = await connect(b).hello()
      one.send(start(['@count 20 20 5000', '@text the end']))
      await one.next('text-delta')
      one.ws.terminate()
      await sleep(500)
      const two = await connect(b).hello()
      two.send({ type: 'resume', lastSeenEventId: 0 })
      await two.next('finish')
      assert.equal(two.frames[0].lastSeq, two.frames.at(-1).seq)
      assert.deepEqual(two.frames.slice(1).map((f) => f.seq), [...two.frames.keys()].slice(1)) // prettier-ignore
      if (bridge.ours) assert.deepEqual(two.frames.slice(1), b.log())
    })
  },

  async 'a tool result that comes before the call is kept for it'(bridge) {
    if (!bridge.ours) return // its ids are not known before
    await withBridge(bridge, async (b) => {
      const c = await connect(b).hello()
      c.send(start(['@tool echo {}', '@text after'], { tools: [ECHO] }))
      const call = await c.next('tool-call')
      assert.equal(call.providerExecuted ?? false, false)
      assert.equal(typeof call.input, 'string')
      c.send({ type: 'tool-result', toolCallId: call.toolCallId, output: { a: [1, null] } })
      const result = await c.next('tool-result')
      assert.deepEqual(result.result, { a: [1, null] })
      await c.next('finish')
    })
  },

  async 'steering: no turn, not the owner, twice the same'(bridge) {
    await withBridge(bridge, async (b) => {
      const [one, two] = [await connect(b).hello(), await connect(b).hello()]
      one.send({ type: 'user-message', messageId: 'm0', text: 'too early' })
      let response = await one.next('user-message-response')
      assert.deepEqual([response.messageId, response.accepted], ['m0', false])
      assert.equal(response.seq, undefined)
      one.send(start(['@text listening', '@hear', '@sleep 300']))
      await one.next('text-end')
      two.send({ type: 'user-message', messageId: 'm1', text: 'not mine' })
      response = await two.next('user-message-response')
      assert.deepEqual([response.messageId, response.accepted], ['m1', false])
      for (let i = 0; i < 2; i++) one.send({ type: 'user-message', messageId: 'm2', text: 'turn left' })
      response = await one.next('user-message-response')
      assert.deepEqual([response.messageId, response.accepted, typeof response.seq], ['m2', true, 'number'])
      await one.next('finish')
      const heard = one.frames.filter((f) => f.type === 'text-delta' && f.delta.includes('turn left'))
      assert.equal(heard.length, 1)
    })
  },

  async 'abort: one finish, unified other; abort without a turn is nothing'(bridge) {
    await withBridge(bridge, async (b) => {
      const c = await connect(b).hello()
      c.send({ type: 'abort' })
      c.send(start(['@text begun', '@hang']))
      await c.next('text-end')
      const begun = Date.now()
      c.send({ type: 'abort' })
      c.send({ type: 'abort' })
      const finish = await c.next('finish')
      assert.ok(Date.now() - begun < 4000)
      assert.equal(finish.finishReason.unified, 'other')
      await sleep(200)
      assert.equal(c.count('finish'), 1)
      assert.equal(c.count('error'), 0)
      c.send(start('@text next'))
      assert.equal((await c.next('finish')).finishReason.unified, 'stop')
    })
  },

  async 'a start while a turn runs: the old one is ended first, and says nothing more'(bridge) {
    await withBridge(bridge, async (b) => {
      const c = await connect(b).hello()
      c.send(start(['@text old turn', '@hang']))
      await c.next('text-end')
      const at = c.frames.length
      c.send(start(['@text new turn']))
      const finish = await c.next('finish', 15000)
      if (!bridge.ours) return // its old turn's finish comes first
      assert.equal(finish.finishReason.unified, 'stop')
      const after = c.frames.slice(at)
      assert.equal(after[0].type === 'bridge-thread' ? after[1].type : after[0].type, 'stream-start')
      assert.equal(b.log()[0].seq, after[0].seq)
      await sleep(300)
      assert.equal(c.count('finish'), 1)
      assert.equal(processesOf(b.box.mark).filter((p) => p.name === 'claude').length, 0)
    })
  },

  async 'an owner that takes nothing is followed by another: the turn goes on'(bridge) {
    await withBridge(bridge, async (b) => {
      const one = await connect(b).hello()
      one.send(start(['@count 60000 200', '@text the end']))
      await one.next('text-delta')
      one.ws.pause()
      await sleep(1000)
      const two = await connect(b).hello()
      two.send({ type: 'resume', lastSeenEventId: 0 })
      await two.next('finish', 20000)
      const seqs = two.frames.slice(1).map((f) => f.seq)
      assert.deepEqual(seqs, [...seqs.keys()].map((i) => i + 1)) // prettier-ignore
      one.ws.terminate()
    })
  },

  async 'who speaks at once gets the hello first'(bridge) {
    await withBridge(bridge, async (b) => {
      const c = connect(b)
      await c.opened
      c.send('no JSON')
      await c.next('error')
      assert.equal(c.frames[0].type, 'bridge-hello')
      await sleep(50)
      assert.equal(c.count('bridge-hello'), 1)
    })
  },

  async 'a call that the agent announces and does not make is not run by the host'(bridge) {
    if (!bridge.ours) return // it has no agent
    await withBridge(bridge, async (b) => {
      const c = await connect(b).hello()
      const id = 'toolu_01NeverMade00000000000000'
      const use = { type: 'tool_use', id, name: 'mcp__tanstack__echo', input: { text: 7 } }
      const refusal = { type: 'tool_result', tool_use_id: id, is_error: true, content: 'InputValidationError' }
      const lines = [
        { type: 'assistant', message: { id: 'msg_refused', role: 'assistant', content: [use] } },
        { type: 'user', message: { role: 'user', content: [refusal] } },
      ].map((line) => `@raw ${JSON.stringify(line)}`)
      c.send(start([lines[0], '@sleep 200', lines[1], '@text after'], { tools: [ECHO] }))
      await c.next('finish')
      const calls = c.frames.filter((f) => f.type === 'tool-call')
      assert.deepEqual(calls.map((f) => [f.toolCallId, f.providerExecuted]), [[id, true]]) // prettier-ignore
      const [result] = c.frames.filter((f) => f.type === 'tool-result')
      assert.deepEqual([result.toolCallId, result.isError, result.result], [id, true, 'InputValidationError'])
    })
  },

  async 'a frame of the host may have lines: what is kept of it is one'(bridge) {
    if (!bridge.ours) return // its ids are not known before
    await withBridge(bridge, async (b) => {
      const one = await connect(b).hello()
      one.send(start(['@tool echo {}', '@text after'], { tools: [ECHO] }))
      const { toolCallId } = await one.next('tool-call')
      const result = { type: 'tool-result', toolCallId, output: { a: [1, 2], b: 'x\ny' } }
      one.send(JSON.stringify(result, null, 2))
      assert.deepEqual((await one.next('tool-result')).result, result.output)
      await one.next('finish')
      await sleep(100)
      const events = one.frames.slice(1)
      assert.deepEqual(b.log(), events)
      const two = await connect(b).hello()
      two.send({ type: 'resume', lastSeenEventId: events.at(-3).seq })
      await two.next('finish')
      assert.deepEqual(two.frames.slice(1), events.slice(-2))
    })
  },

  async 'stop, while an agent runs that does not go: answered, and over in less than 4 s'(bridge) {
    if (!bridge.ours) return // it has no agent
    await withBridge(bridge, async (b) => {
      const c = await connect(b).hello()
      c.send(start(['@ignore-term', '@text begun', '@bash trap "" TERM INT; sleep 60']))
      await c.next('text-end')
      const begun = Date.now()
      c.send({ type: 'stop' })
      await c.next('bridge-stop')
      assert.deepEqual(await c.closed, [1000, 'stop'])
      assert.equal((await b.ended).code, 0)
      assert.ok(Date.now() - begun < 4000, `${Date.now() - begun} ms`)
      assert.equal(processesOf(b.box.mark).length, 0)
    })
  },

  async 'an abort while the turn before winds down is of the turn that waits for it'(bridge) {
    if (!bridge.ours) return // its turns overlap
    await withBridge(bridge, async (b) => {
      const c = await connect(b).hello()
      c.send(start(['@text old turn', '@ignore-term', '@bash trap "" TERM INT; sleep 60']))
      await c.next('text-end')
      c.send(start(['@text never said', '@hang']))
      await sleep(100)
      c.send({ type: 'user-message', messageId: 'm1', text: 'to nobody' })
      const response = await c.next('user-message-response')
      assert.deepEqual([response.messageId, response.accepted, response.seq], ['m1', false, undefined])
      c.send({ type: 'abort' })
      assert.equal((await c.next('finish', 10000)).finishReason.unified, 'other')
      assert.ok(!c.frames.some((f) => f.delta === 'never said'))
      await until('the turn to end', () => b.state() === 'waiting')
      c.send(start('@text next'))
      assert.equal((await c.next('finish')).finishReason.unified, 'stop')
      assert.equal(c.count('finish'), 2)
    })
  },

  async 'who may do all is not asked, not even for a person'(bridge) {
    if (!bridge.ours) return // it asks whoever the script says
    await withBridge(bridge, async (b) => {
      const c = await connect(b).hello()
      const lines = ['@ask AskUserQuestion {"questions":[]}', '@text after']
      for (const permissionMode of [undefined, 'allow-all']) {
        c.send(start(lines, { permissionMode }))
        await c.next('finish')
      }
      assert.equal(c.count('tool-approval-request'), 0)
      assert.equal(c.count('tool-result'), 2)
      c.send(start(lines, { permissionMode: 'allow-edits' }))
      const { approvalId } = await c.next('tool-approval-request')
      c.send({ type: 'tool-approval-response', approvalId, approved: true })
      await c.next('finish')
    })
  },

  async 'a mode that is not known starts nothing'(bridge) {
    if (!bridge.ours) return // its adapter decides
    await withBridge(bridge, async (b) => {
      const c = await connect(b).hello()
      c.send(start('@text unseen', { permissionMode: 'allow-nothing' }))
      const { error } = await c.next('error')
      assert.equal(error, 'start: permissionMode must be allow-reads, allow-edits or allow-all')
      assert.equal(b.state(), 'waiting')
      assert.equal(c.count('stream-start'), 0)
    })
  },

  async 'python3-websockets: a turn whose start comes in fragments, a ping in its middle, stop'(bridge) {
    await withBridge(bridge, async (b) => {
      const url = `ws://127.0.0.1:${b.port}/?agent_bridge_token=${TOKEN}`
      const client = path.join(import.meta.dirname, 'ws_bridge_client.py')
      const types = JSON.parse((await promisify(execFile)('/usr/bin/python3', [client, url])).stdout)
      assert.equal(types[0], 'bridge-hello')
      assert.deepEqual(types.slice(-3), ['finish', 'bridge-stop', '1000 stop'])
      assert.equal((await b.ended).code, 0)
    })
  },

  async 'what steers the bridge is kept from the agent'(bridge) {
    if (!bridge.ours) return // it has no agent
    await withBridge(bridge, async (b) => {
      const c = await connect(b).hello()
      c.send(start('@environ'))
      await c.next('finish')
      const said = c.frames.flatMap((f) => (f.type === 'text-delta' ? [f.delta] : [])).join('')
      assert.match(said, /PATH=/)
      assert.ok(!said.includes(TOKEN) && !/BRIDGE_|HARNESS_DEBUG/.test(said), said)
    })
  },

  async 'verbs of the generation before: detach, shutdown, interrupt'(bridge) {
    if (!bridge.ours) return // it is of the newer generation
    await withBridge(bridge, async (b) => {
      const c = await connect(b).hello()
      c.send(start(['@text begun', '@hang']))
      await c.next('text-end')
      c.send({ type: 'interrupt' })
      assert.equal((await c.next('bridge-interrupted')).ok, true)
      await until('the turn to end', () => b.state() === 'waiting')
      c.send({ type: 'detach' })
      const answer = await c.next('bridge-detach')
      assert.equal(typeof answer.data, 'object')
      await c.closed
      assert.equal((await b.ended).code, 0)
    })
    await withBridge(bridge, async (b) => {
      const c = await connect(b).hello()
      c.send({ type: 'shutdown' })
      assert.equal((await c.closed)[0], 1000)
      assert.equal((await b.ended).code, 0)
    })
  },

  async 'replay from disk: the log of a dead bridge, its seq goes on'(bridge) {
    if (!bridge.ours) return
    const first = await startBridge(bridge)
    const c = await connect(first).hello()
    c.send(start(['@text one', '@text two']))
    await c.next('finish')
    await sleep(100)
    first.child.kill('SIGKILL')
    await first.ended
    const log = first.log()
    await withBridge(
      bridge,
      async (b) => {
        const again = await connect(b).hello()
        assert.equal(again.frames[0].lastSeq, log.at(-1).seq)
        again.send({ type: 'resume', lastSeenEventId: 3 })
        await again.next('finish')
        assert.deepEqual(again.frames.slice(1), log.slice(3))
        again.send(start('@text three'))
        await again.next('finish')
        assert.equal(b.log()[0].seq, log.at(-1).seq + 1)
      },
      { box: first.box, env: { BRIDGE_REPLAY_FROM_DISK: '1' } },
    )
  },

  async 'a start that cannot be: a port in use, a token that is missing'(bridge) {
    if (!bridge.ours) return
    const server = net.createServer().listen(0, '0.0.0.0')
    await new Promise((done) => server.on('listening', done))
    const taken = await startBridge(bridge, { ready: false, env: { BRIDGE_WS_PORT: String(server.address().port) } })
    assert.notEqual((await taken.ended).code, 0)
    assert.match(taken.said.stdout, /^\{"type":"bridge-fatal","message":"[^"]*in use[^"]*"\}\n$/)
    server.close()
    await taken.close()
    for (const BRIDGE_CHANNEL_TOKEN of ['', undefined]) {
      const b = await startBridge(bridge, { ready: false, env: { BRIDGE_CHANNEL_TOKEN } })
      assert.notEqual((await b.ended).code, 0)
      assert.match(b.said.stdout + b.said.stderr, /BRIDGE_CHANNEL_TOKEN/)
      await b.close()
    }
  },
}
