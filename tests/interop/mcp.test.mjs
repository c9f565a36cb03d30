// SPDX-License-Identifier: MIT
// The bridge of the built program before the MCP conformance suites and the published MCP clients.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import fs from 'node:fs'
import { Agent, request } from 'node:http'
import os from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  ClientV1,
  ClientV2,
  CONFORMANCE,
  CONFORMANCE_OLD,
  createAiSdkClient,
  INSPECTOR,
  TransportV1,
  TransportV2,
} from '../node/mcp/clients.mjs'
import { startBridge, startProxy } from '../support/bridge.mjs'
import { until } from '../support/runlet.mjs'

const EXPECTED = JSON.parse(fs.readFileSync(path.join(import.meta.dirname, 'conformance.json')))

/** A program of the test's node, to its end. */
function node(args, { cwd } = {}) {
  return new Promise((done) => {
    execFile(process.execPath, args, { cwd, maxBuffer: 1 << 28, timeout: 240000 }, (error, stdout, stderr) =>
      done({ code: error ? (error.code ?? -1) : 0, stdout, stderr }),
    )
  })
}

const withBridge = (args, fn) => async () => {
  const bridge = await startBridge(args)
  try {
    await fn(bridge)
  } finally {
    await bridge.stop()
  }
}

// -- conformance ------------------------------------------------------------------------------------------------------

async function conform(bridge, name, args) {
  const proxy = await startProxy(bridge),
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'runlet-conformance-'))
  const r = await node([args[0], 'server', '--url', proxy.url, ...args.slice(1)], { cwd: folder })
  proxy.stop()
  fs.rmSync(folder, { recursive: true, force: true })
  const summary = r.stdout.slice(r.stdout.indexOf('=== SUMMARY ==='))
  const said = (mark) =>
    [...summary.matchAll(new RegExp(`^${mark} ([\\w-]+): \\d+ passed`, 'gm'))].map((m) => m[1]).sort()
  const { passes, vacuous, fails } = EXPECTED[name]
  for (const reason of Object.keys(fails)) assert.ok(EXPECTED.reasons[reason], `${reason} is not explained`)
  assert.deepEqual(said('✗'), Object.values(fails).flat().sort(), r.stdout.slice(-4000) + r.stderr.slice(-1000))
  assert.equal(said('✓').length, passes)
  const nothing = [...summary.matchAll(/^✓ ([\w-]+): 0 passed/gm)].map((m) => m[1])
  assert.deepEqual(nothing, vacuous, 'scenarios that looked at nothing')
}

const PACE = ['--bridge-hold-ms', '150', '--bridge-progress-ms', '50']
test(
  'conformance 0.1.16: 14 of 32 scenarios, all that tools can pass',
  withBridge(PACE, (b) => conform(b, '0.1.16', [CONFORMANCE_OLD, '--suite', 'all'])),
)
test(
  'conformance 0.2, 2025-11-25: 15 of 33',
  withBridge(PACE, (b) => conform(b, '2025-11-25', [CONFORMANCE, '--requirements', '2025-11-25'])),
)
test(
  'conformance 0.2, 2026-07-28: 20 of 50',
  withBridge(PACE, (b) => conform(b, '2026-07-28', [CONFORMANCE, '--requirements', '2026-07-28'])),
)

// -- clients --------------------------------------------------------------------------------------------------------------

const ME = { name: 'test', version: '1' }
const textOf = (result) => result.content[0].text

async function connectV1(bridge) {
  const client = new ClientV1(ME)
  await client.connect(new TransportV1(new URL(bridge.url), { requestInit: { headers: bridge.headers } }))
  return client
}

async function connectV2(bridge, mode) {
  const client = new ClientV2(ME, { versionNegotiation: { mode } })
  await client.connect(new TransportV2(new URL(bridge.url), { requestInit: { headers: bridge.headers } }))
  return client
}

async function listAndCall(client) {
  const { tools } = await client.listTools()
  assert.equal(tools[0].name, 'test_simple_text')
  assert.equal(tools.length, 14)
  assert.equal(textOf(await client.callTool({ name: 'echo', arguments: { text: 'ping ✓' } })), '{"text":"ping ✓"}')
  const failed = await client.callTool({ name: 'test_error_handling', arguments: {} })
  assert.equal(failed.isError, true)
  assert.match(textOf(failed), /^Tool execution failed: remote tool "test_error_handling" failed: 500 /)
  await client.close()
}

test(
  'SDK v1 lists and calls',
  withBridge([], async (b) => listAndCall(await connectV1(b))),
)
test(
  'SDK v2 legacy lists and calls',
  withBridge([], async (b) => listAndCall(await connectV2(b, 'legacy'))),
)
test(
  'SDK v2 auto lists and calls',
  withBridge([], async (b) => listAndCall(await connectV2(b, 'auto'))),
)
test(
  'SDK v2 pinned to 2026-07-28 lists and calls',
  withBridge([], async (b) => listAndCall(await connectV2(b, { pin: '2026-07-28' }))),
)
test(
  'SDK v2 auto falls back before --mcp-legacy-only',
  withBridge(['--mcp-legacy-only'], async (b) => listAndCall(await connectV2(b, 'auto'))),
)
test(
  'SDK v2 pinned is refused by --mcp-legacy-only',
  withBridge(['--mcp-legacy-only'], (b) => assert.rejects(connectV2(b, { pin: '2026-07-28' }))),
)

test(
  'the AI SDK lists and calls',
  withBridge([], async (b) => {
    const client = await createAiSdkClient({ transport: { type: 'http', url: b.url, headers: b.headers } })
    const tools = await client.tools()
    assert.equal(Object.keys(tools).length, 14)
    assert.equal(textOf(await tools.echo.execute({ text: 'hi' }, { toolCallId: '1', messages: [] })), '{"text":"hi"}')
    await client.close()
  }),
)

for (const era of ['legacy', 'auto', 'modern']) {
  test(
    `the inspector lists and calls: ${era}`,
    withBridge([], async (b) => {
      const [[name, value]] = Object.entries(b.headers)
      const inspect = async (...args) => {
        const r = await node([
          INSPECTOR,
          '--cli',
          b.url,
          '--transport',
          'http',
          '--header',
          `${name}: ${value}`,
          '--protocol-era',
          era,
          ...args,
        ])
        assert.equal(r.code, 0, r.stdout + r.stderr)
        return JSON.parse(r.stdout.slice(r.stdout.indexOf('{')))
      }
      const listed = await inspect('--method', 'tools/list')
      assert.equal((listed.result ?? listed).tools.length, 14)
      const called = await inspect('--method', 'tools/call', '--tool-name', 'echo', '--tool-arg', 'text=hi')
      assert.equal(textOf(called.result ?? called), '{"text":"hi"}')
    }),
  )
}

// -- long calls and cancels ---------------------------------------------------------------------------------------------------

const QUICK = ['--bridge-hold-ms', '50', '--bridge-progress-ms', '300']
const clients = { 'SDK v1': connectV1, 'SDK v2 modern': (b) => connectV2(b, { pin: '2026-07-28' }) }
const call = (client, params, options) =>
  client instanceof ClientV1 ? client.callTool(params, undefined, options) : client.callTool(params, options)

for (const [name, connect] of Object.entries(clients)) {
  test(
    `${name}: a timeout of 700 ms that progress resets outlives a call of 2.5 s`,
    withBridge(QUICK, async (b) => {
      const client = await connect(b),
        seen = []
      const result = await call(
        client,
        { name: 'slow', arguments: { ms: 2500 } },
        { timeout: 700, resetTimeoutOnProgress: true, onprogress: (p) => seen.push(p.progress) },
      )
      assert.equal(textOf(result), 'slow 2500')
      assert.ok(seen.length >= 5, `${seen}`)
      assert.deepEqual(
        seen,
        [...new Set(seen)].sort((x, y) => x - y),
        'strictly increasing',
      )
      await client.close()
    }),
  )

  test(
    `${name}: a hundred cancelled calls abort a hundred requests at the host`,
    withBridge(QUICK, async (b) => {
      const client = await connect(b)
      for (let i = 0; i < 100; i++) {
        const abort = new AbortController()
        const asked = call(client, { name: 'slow', arguments: { ms: 60000 } }, { signal: abort.signal })
        await until('the call to arrive', () => b.calls.length === i + 1)
        abort.abort()
        await assert.rejects(asked)
      }
      await until('the host to see them aborted', () => b.calls.every((c) => c.aborted))
      assert.equal(b.calls.length, 100)
      assert.equal(textOf(await call(client, { name: 'echo', arguments: {} })), '{}')
      await client.close()
    }),
  )

  test(
    `${name}: a timed out call is aborted at the host`,
    withBridge(QUICK, async (b) => {
      const client = await connect(b)
      await assert.rejects(call(client, { name: 'slow', arguments: { ms: 60000 } }, { timeout: 400 }))
      await until('the host to see it aborted', () => b.calls[0]?.aborted)
      await client.close()
    }),
  )
}

test('the end of the run aborts what is under way', async () => {
  const b = await startBridge(QUICK),
    client = await connectV1(b)
  const asked = call(client, { name: 'slow', arguments: { ms: 60000 } })
  asked.catch(() => {})
  await until('the call to arrive', () => b.calls.length === 1)
  const stopped = b.stop()
  await until('the host to see it aborted', () => b.calls[0].aborted)
  await stopped
  await assert.rejects(asked)
  await client.close()
})

// In `tests/run.sh agents` only: the normal run is to stay under ten minutes.
if (process.env.RUNLET_SLOW)
  test(
    'a connection idle for 65 s takes the next POST',
    withBridge([], async (b) => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 }),
        body = '{"jsonrpc":"2.0","id":1,"method":"ping"}'
      const post = () =>
        new Promise((done, fail) => {
          const headers = { ...b.headers, 'content-type': 'application/json', accept: 'application/json' }
          const r = request(b.url, { method: 'POST', agent, headers }, async (res) => {
            done([res.socket.localPort, Buffer.concat(await res.toArray()).toString()])
          })
          r.on('error', fail).end(body)
        })
      const first = await post()
      await sleep(65000)
      assert.deepEqual(await post(), first, 'the same connection, the same answer')
      agent.destroy()
    }),
  )
