// SPDX-License-Identifier: MIT
// Paperclip's published package before runlet: its own test files, which the package carries, with runlet in the place of
// its two Node programs, and its host side with no Node in the sandbox at all.
//
// In the tests of the package a script `node` stands in front of the real one: it gives the two programs to runlet and
// writes down each such start, and everything else to Node.  To Node goes also what a test does to the program's own
// JavaScript: a preloaded patch of fs, and the mode http2_v1, which runlet does not speak.
import assert from 'node:assert/strict'
import { execFile, spawn, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import test from 'node:test'
import { pathToFileURL } from 'node:url'
import { RUNLET, until } from '../support/runlet.mjs'

const PAPERCLIP =
  process.env.RUNLET_PAPERCLIP ?? assert.fail('RUNLET_PAPERCLIP is not set: run this by tests/node/run.sh')
const DIST = path.join(PAPERCLIP, '@paperclipai/adapter-utils/dist')
const published = (name) => import(pathToFileURL(path.join(DIST, name)).href)

function scratch(t) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'runlet-paperclip-'))
  t.after(() => fs.rmSync(folder, { recursive: true, force: true }))
  return folder
}

const SHIM = `#!/bin/sh
ours() { echo "$1" >>"$LOG"; shift; exec "$PROGRAM" "$@"; }
case \${1:-} in
*/paperclip-bridge-server.mjs)
  [ "\${PAPERCLIP_API_BRIDGE_MODE:-}" = http2_v1 ] || ours gateway "$@"
  echo http2 >>"$LOG" ;;
*/paperclip-process-session-remote.mjs) ours files "$@" ;;
*/paperclip-process-session-remote-stream.mjs) ours stream "$@" ;;
*/wrapper.mjs) # the same two, under a name that the test chose
  if grep -q eventsDir "$1"; then ours files process-session; else ours stream process-session --stream; fi ;;
esac
exec "$NODE" "$@"
`

/** Root may look everywhere, and two tests are about one who may not. */
const HUMBLE = process.getuid() === 0 ? ['setpriv', '--bounding-set=-dac_override,-dac_read_search'] : []

/** Runs one of the package's test files; {passed, failed: [name], starts: {gateway, files, stream, http2}}. */
function runPublished(t, file) {
  const folder = scratch(t)
  const bin = path.join(folder, 'bin')
  const log = path.join(folder, 'starts')
  const result = path.join(folder, 'result.json')
  fs.mkdirSync(bin)
  fs.writeFileSync(log, '')
  // Written into the script: what the tests start has an environment of its own.
  const words = { LOG: log, PROGRAM: RUNLET, NODE: process.execPath }
  const shim = SHIM.replace(/\$(LOG|PROGRAM|NODE)\b/g, (_, name) => words[name])
  fs.writeFileSync(path.join(bin, 'node'), shim, { mode: 0o755 })
  fs.writeFileSync(path.join(folder, 'setup.mjs'), `process.execPath = ${JSON.stringify(path.join(bin, 'node'))}\n`)
  const config = {
    test: { include: [file], exclude: [], setupFiles: [path.join(folder, 'setup.mjs')], retry: 2, watch: false },
    cacheDir: path.join(folder, 'cache'),
  }
  fs.writeFileSync(path.join(folder, 'vitest.config.mjs'), `export default ${JSON.stringify(config)}\n`)
  const vitest = path.join(PAPERCLIP, 'vitest/vitest.mjs')
  const [program, ...before] = [...HUMBLE, process.execPath]
  const ran = spawnSync(
    program,
    [
      ...before,
      ...[vitest, 'run', '--root', DIST, '--config', path.join(folder, 'vitest.config.mjs')],
      ...['--reporter=json', `--outputFile=${result}`],
    ],
    {
      cwd: folder,
      env: { ...process.env, NODE_OPTIONS: '', TMPDIR: folder, PATH: `${bin}:${process.env.PATH}` },
      encoding: 'utf8',
      timeout: 280_000,
      maxBuffer: 64 << 20,
    },
  )
  assert.ok(fs.existsSync(result), `vitest said nothing: ${ran.error ?? ''} ${ran.stderr}${ran.stdout}`.slice(-4000))
  const said = JSON.parse(fs.readFileSync(result, 'utf8'))
  const starts = { gateway: 0, files: 0, stream: 0, http2: 0 }
  for (const name of fs.readFileSync(log, 'utf8').split('\n').filter(Boolean)) starts[name]++
  return {
    passed: said.numPassedTests,
    failed: said.testResults.flatMap((one) =>
      one.assertionResults
        .filter((a) => a.status !== 'passed')
        .map((a) => `${a.fullName}: ${a.status} ${a.failureMessages?.join('\n') ?? ''}`.slice(0, 1500)),
    ),
    starts,
  }
}

test("the package's callback bridge tests pass with runlet as the gateway: 61 of 61", (t) => {
  const { passed, failed, starts } = runPublished(t, 'sandbox-callback-bridge.test.js')
  assert.deepEqual(failed, [])
  assert.equal(passed, 61)
  assert.ok(starts.gateway >= 15, JSON.stringify(starts))
})

test("the package's sandbox tests pass with runlet as both of its programs: 132 of 132", (t) => {
  const { passed, failed, starts } = runPublished(t, 'execution-target-sandbox.test.js')
  assert.deepEqual(failed, [])
  assert.equal(passed, 132)
  assert.ok(starts.gateway >= 38 && starts.files >= 11 && starts.stream >= 8, JSON.stringify(starts))
})

test("the package's process session tests pass with runlet as the wrapper: 34 of 34", (t) => {
  const { passed, failed, starts } = runPublished(t, 'execution-target-stdin-race.test.js')
  assert.deepEqual(failed, [])
  assert.equal(passed, 34)
  assert.ok(starts.files >= 15 && starts.stream >= 9, JSON.stringify(starts))
})

/** A sandbox provider whose sandbox is this machine, with one folder on PATH before the system's. */
function localRunner(bin) {
  return {
    execute: (input) =>
      new Promise((resolve) => {
        const started = execFile(
          input.command,
          input.args ?? [],
          {
            cwd: input.cwd,
            env: { PATH: `${bin}:/usr/bin:/bin`, ...input.env },
            maxBuffer: 64 << 20,
            timeout: input.timeoutMs,
          },
          (error, stdout, stderr) =>
            resolve({
              exitCode: error ? (typeof error.code === 'number' ? error.code : null) : 0,
              signal: error?.signal ?? null,
              timedOut: Boolean(error?.killed),
              stdout,
              stderr,
              pid: started.pid ?? null,
              startedAt: new Date().toISOString(),
            }),
        )
        if (input.onLog) {
          started.stdout.on('data', (text) => void input.onLog('stdout', text))
          started.stderr.on('data', (text) => void input.onLog('stderr', text))
        }
        started.stdin.on('error', () => {}) // most commands read nothing
        started.stdin.end(input.stdin ?? '')
      }),
  }
}

test('the stock host takes runlet by nodeCommand: calls, denials, an upload, changes of which nobody knows', async (t) => {
  const bridge = await published('sandbox-callback-bridge.js')
  const folder = scratch(t)
  const queue = path.join(folder, 'queue')
  const token = bridge.createSandboxCallbackBridgeToken()
  const runner = localRunner(path.join(folder, 'none'))
  const seen = []
  const worker = await bridge.startSandboxCallbackBridgeWorker({
    client: bridge.createFileSystemSandboxCallbackBridgeQueueClient(),
    queueDir: queue,
    pollIntervalMs: 10,
    handleRequest: async (request) => {
      seen.push(request)
      if (request.method === 'PATCH') throw new Error('the host broke in the middle')
      return { status: 200, headers: { 'content-type': 'text/plain', etag: '"7"' }, body: `got ${request.path}` }
    },
  })
  t.after(() => worker.stop({ drainTimeoutMs: 10 }))
  const server = await bridge.startSandboxCallbackBridgeServer({
    runner,
    remoteCwd: folder,
    assetRemoteDir: path.join(folder, 'assets'),
    bridgeAsset: await bridge.createSandboxCallbackBridgeAsset(),
    queueDir: queue,
    bridgeToken: token,
    pollIntervalMs: 10,
    nodeCommand: RUNLET,
    timeoutMs: 30_000,
  })
  const pid = Number(fs.readFileSync(path.join(queue, 'server.pid'), 'utf8'))
  assert.equal(fs.readlinkSync(`/proc/${pid}/exe`), fs.realpathSync(RUNLET))
  const call = (where, options = {}) =>
    fetch(server.baseUrl + where, { ...options, headers: { authorization: `Bearer ${token}`, ...options.headers } })
  const json = { 'content-type': 'application/json' }

  const good = await call('/api/agents/me?x=1', { headers: { accept: 'text/plain', 'x-other': 'dropped' } })
  assert.equal(good.status, 200)
  assert.equal(good.headers.get('etag'), '"7"')
  assert.equal(await good.text(), 'got /api/agents/me')
  assert.deepEqual(seen[0].headers, { accept: 'text/plain' })
  assert.equal(seen[0].query, '?x=1')

  for (const where of ['/api/secrets', '/api/agents/me/%2e%2e/%2e%2e/secrets', '//other.example/api/secrets']) {
    const denied = await call(where)
    assert.equal(denied.status, 403)
    assert.match((await denied.json()).error, /Route not allowed: GET \/api\/secrets/)
  }

  const bytes = Buffer.from(Uint8Array.from({ length: 300_000 }, (_, i) => i * 31))
  const form = new FormData()
  form.append('file', new Blob([bytes]), 'a.bin')
  const upload = await call('/api/companies/c/issues/i/attachments', { method: 'POST', body: form })
  assert.equal(upload.status, 200)
  assert.ok(Buffer.isBuffer(seen.at(-1).body) && seen.at(-1).body.includes(bytes)) // not one byte was changed

  const broken = await call('/api/issues/1', { method: 'PATCH', headers: json, body: '{}' })
  assert.ok(broken.status >= 400, String(broken.status))

  await worker.stop({ drainTimeoutMs: 10 })
  await server.stop()
  await until('its end', () => !fs.existsSync(`/proc/${pid}`))
})

test('the stock host talks with a process through runlet that is the only node of the sandbox, in both forms', async (t) => {
  const { startAdapterExecutionTargetProcessSessionBridge } = await published('execution-target.js')
  for (const streamOutputViaSession of [false, true]) {
    const folder = scratch(t)
    const bin = path.join(folder, 'bin')
    fs.mkdirSync(bin)
    fs.symlinkSync(RUNLET, path.join(bin, 'node'))
    const session = await startAdapterExecutionTargetProcessSessionBridge({
      runId: 'run',
      target: {
        kind: 'remote',
        transport: 'sandbox',
        providerKey: 'test',
        remoteCwd: folder,
        timeoutMs: 30_000,
        runner: localRunner(bin),
      },
      runtimeRootDir: path.join(folder, 'runtime'),
      adapterKey: 'acpx',
      command: 'sh',
      args: ['-c', 'cat; echo "$MINE" >&2; exit 4'],
      cwd: folder,
      env: { MINE: 'yes' },
      timeoutSec: 20,
      onLog: async () => {},
      streamOutputViaSession,
    })
    t.after(() => session.stop())
    // The host's own end of it is a script of Node's.
    const proxy = spawn(process.execPath, [session.agentCommand], { stdio: ['pipe', 'pipe', 'pipe'] })
    const said = { stdout: '', stderr: '' }
    for (const name of ['stdout', 'stderr']) proxy[name].on('data', (bytes) => (said[name] += bytes))
    const text = Array.from({ length: 20 }, (_, i) => `line ${i} ${'x'.repeat(5000)}\n`).join('')
    proxy.stdin.end(text)
    const code = await new Promise((resolve) => proxy.on('close', resolve))
    assert.equal(code, 4)
    assert.equal(said.stdout, text)
    assert.equal(said.stderr, 'yes\n')
  }
})
