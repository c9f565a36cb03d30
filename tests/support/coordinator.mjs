// SPDX-License-Identifier: MIT
// The start sequence of TanStack's coordinator in its co-located mode, from outside of the container, with its numbers:
// is there a runner (GET http://runner/health)?  if not: the declared secrets into the container's environment, `node
// /app/container-runner.mjs` with RUNNER_PORT by its control server, 20 looks 250 ms apart; then POST http://runner/run.
// The tools are run here, by the published package.  A program of its own, as it lives in a network of its own:
//   coordinator.mjs '{"address", "own", "exec": [words], "secrets": {}, "runs": [{…}]}'
// `exec` is how the control server starts something: its words, then -e NAME=value …, then `name`, then the command.
import { spawn } from 'node:child_process'
import http from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { runRequest, startOrchestrator } from './orchestrator.mjs'

const RUNNER_PORT = 8080
const { address, own, exec, name, secrets, runs } = JSON.parse(process.argv[2])

/** As containerFetch(url, init, port) does: to the container's port, the Host of the URL. */
function containerFetch(url, { method, headers = {}, body }) {
  const { host, pathname } = new URL(url)
  return new Promise((done, broken) => {
    const request = http.request({
      host: address,
      port: RUNNER_PORT,
      method,
      path: pathname,
      headers: { ...headers, host },
    })
    request.on('error', broken)
    request.on('response', async (response) => {
      const parts = []
      for await (const part of response) parts.push(part)
      done({ status: response.statusCode, text: Buffer.concat(parts).toString() })
    })
    request.end(body)
  })
}

let lastProbeError
async function healthy() {
  try {
    const { status } = await containerFetch('http://runner/health', { method: 'GET' })
    return status >= 200 && status < 300
  } catch (error) {
    lastProbeError = error
    return false
  }
}

let said = ''
async function ensureRunner() {
  if (await healthy()) return { started: false }
  const env = { ...secrets, RUNNER_PORT }
  const words = Object.entries(env).flatMap(([key, value]) => ['-e', `${key}=${value}`])
  const [program, ...rest] = [...exec, ...words, name, '/bin/sh', '-c', 'node /app/container-runner.mjs']
  const child = spawn(program, rest, { stdio: ['ignore', 'pipe', 'pipe'] })
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes) => (said += bytes))
  for (let attempt = 0; attempt < 20; attempt++) {
    if (await healthy()) return { started: true, attempt }
    await sleep(250)
  }
  throw new Error(`in-container runner did not become healthy in time: ${lastProbeError?.message} ${said}`)
}

const orch = await startOrchestrator({ host: own })
const told = []
for (const fields of runs) {
  const boot = await ensureRunner()
  const request = runRequest({ orch, ...fields })
  const answer = await containerFetch('http://runner/run', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(request),
  })
  told.push({ boot, ...answer })
}
process.stdout.write(JSON.stringify({ told, calls: orch.calls, said }), () => process.exit(0))
