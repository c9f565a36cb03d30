// SPDX-License-Identifier: MIT
// Put this at /app/container-runner.mjs and an unmodified TanStack coordinator, which starts
// `node /app/container-runner.mjs` with RUNNER_PORT, starts runlet.
// The coordinator sends no token, so the service listens without one; calls from this machine itself
// are refused then (the agent is inside, the coordinator is not).
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { constants } from 'node:os'
import { delimiter, join } from 'node:path'

const found = (process.env.PATH || '')
  .split(delimiter)
  .map((dir) => join(dir, 'runlet'))
  .find((file) => existsSync(file))
const binary = process.env.RUNLET_BIN || found || '/usr/local/bin/runlet'
const port = process.env.RUNNER_PORT || '8080'
const runlet = spawn(binary, ['serve', '--listen', `0.0.0.0:${port}`, '--allow-unauthenticated'], { stdio: 'inherit' })
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, () => runlet.kill(signal))
runlet.on('error', (error) => {
  console.error(`container-runner: cannot start runlet: ${error.message} (set RUNLET_BIN or put it on PATH)`)
  process.exit(1)
})
// A status, not the signal itself: as PID 1 this process could not end by one.
runlet.on('exit', (code, signal) => process.exit(signal ? 128 + constants.signals[signal] : code))
