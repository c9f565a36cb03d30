// SPDX-License-Identifier: MIT
// container/container-runner.mjs: what the stock coordinator starts.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import test from 'node:test'
import { fileURLToPath } from 'node:url'
import { makeBox, RUNLET, until } from '../support/runlet.mjs'

const SHIM = fileURLToPath(new URL('../../container/container-runner.mjs', import.meta.url))

/** Starts the shim; `ended` resolves to {code, signal}. */
function startShim(box, env) {
  const child = spawn(process.execPath, [SHIM], {
    env: { ...box.env, ...env },
    cwd: box.work,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const shim = {
    child,
    text: '',
    ended: new Promise((resolve) => child.on('exit', (code, signal) => resolve({ code, signal }))),
  }
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (bytes) => {
      shim.text += bytes
    })
  return shim
}

function scriptIn(box, name, text) {
  const file = path.join(box.bin, name)
  fs.writeFileSync(file, `#!/bin/sh\n${text}\n`, { mode: 0o755 })
  return file
}

async function freePort() {
  const server = net.createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.on('listening', resolve))
  const { port } = server.address()
  await new Promise((resolve) => server.close(resolve))
  return String(port)
}

test('the shim serves health on RUNNER_PORT, refuses runs from inside, and ends in order on TERM', async (t) => {
  const box = makeBox()
  t.after(box.remove)
  const port = await freePort()
  const shim = startShim(box, { RUNLET_BIN: RUNLET, RUNNER_PORT: port })
  t.after(() => shim.child.kill('SIGKILL'))
  await until('health', () =>
    fetch(`http://127.0.0.1:${port}/health`)
      .then((r) => r.text())
      .catch(() => '')
      .then((text) => text === 'ok'),
  )
  assert.equal((await fetch(`http://127.0.0.1:${port}/run`, { method: 'POST', body: '{}' })).status, 403)
  shim.child.kill('SIGTERM')
  assert.deepEqual(await shim.ended, { code: 0, signal: null }, shim.text)
})

test('the shim passes the exit code on', async (t) => {
  const box = makeBox()
  t.after(box.remove)
  assert.deepEqual(await startShim(box, { RUNLET_BIN: scriptIn(box, 'seven', 'exit 7') }).ended, {
    code: 7,
    signal: null,
  })
})

test('the shim ends with 128+n when runlet died by a signal', async (t) => {
  const box = makeBox()
  t.after(box.remove)
  assert.deepEqual(await startShim(box, { RUNLET_BIN: scriptIn(box, 'dying', 'kill -TERM $$') }).ended, {
    code: 143,
    signal: null,
  })
})

test('the shim finds runlet on PATH and gives it its arguments', async (t) => {
  const box = makeBox()
  t.after(box.remove)
  scriptIn(box, 'runlet', 'echo "$@"')
  const shim = startShim(box, { RUNNER_PORT: '4711' })
  assert.deepEqual(await shim.ended, { code: 0, signal: null })
  await until('its words', () => shim.text === 'serve --listen 0.0.0.0:4711 --allow-unauthenticated\n')
})

test('the shim says what is missing', async (t) => {
  const box = makeBox()
  t.after(box.remove)
  const shim = startShim(box, { RUNLET_BIN: path.join(box.bin, 'nothing') })
  assert.deepEqual(await shim.ended, { code: 1, signal: null })
  await until('its words', () => /cannot start runlet: .*RUNLET_BIN/.test(shim.text))
})
