// SPDX-License-Identifier: MIT
// Put this at /app/container-runner.mjs and an unmodified TanStack coordinator, which starts
// `node /app/container-runner.mjs` with RUNNER_PORT, starts runlet.
// The coordinator sends no token, so the service listens without one; calls from this machine itself
// are refused then (the agent is inside, the coordinator is not).
import { spawn } from 'node:child_process'

const port = process.env.RUNNER_PORT || '8080'
const runlet = spawn(process.env.RUNLET_BIN || 'runlet',
  ['serve', '--listen', `0.0.0.0:${port}`, '--allow-unauthenticated'], { stdio: 'inherit' })
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, () => runlet.kill(signal))
runlet.on('error', (error) => {
  console.error(`container-runner: cannot start runlet: ${error.message} (set RUNLET_BIN or put it on PATH)`)
  process.exit(1)
})
runlet.on('exit', (code, signal) => {
  if (signal) process.kill(process.pid, signal)
  else process.exit(code)
})
