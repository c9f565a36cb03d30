#!/bin/sh
# SPDX-License-Identifier: MIT
# Gemini CLI 0.61.0: the exit status of a failed run is the HTTP status of the model's API, modulo 256.
#
# When the API refuses the request, the CLI ends with process.exit(status).  The system keeps eight bits of it, so 400
# becomes 144, 403 147 and 413 157.  Its own statuses for fatal errors (41, 42, 44, 52 to 55) are another range, and
# everything above 128 is read by shells and supervisors as the signal that ended a process: 144 as 16, 147 as 19 (STOP).
# No signal was there.
#
# Expected: one documented status for "the API refused", below 128; the HTTP status stands on stdout already.
#
# Seen (a run that succeeds exits 0):
#   HTTP 400: exit status 144, signal null, stdout names 400: true
#   HTTP 403: exit status 147, signal null, stdout names 403: true
#   HTTP 413: exit status 157, signal null, stdout names 413: true
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
npm install --prefix "$dir" --no-audit --no-fund --ignore-scripts --silent @google/gemini-cli@0.61.0 || {
  echo 'the packages could not be installed' >&2
  exit 2
}

cat > "$dir/probe.mjs" <<'EOF'
import { spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'

const dir = import.meta.dirname
const words = { 400: 'INVALID_ARGUMENT', 403: 'PERMISSION_DENIED', 413: 'INVALID_ARGUMENT' }
let status = 200
const model = createServer((req, res) => req.resume().on('end', () => { // the Gemini API
  const json = (code, value) => res.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(value))
  if (req.url.includes(':countTokens')) return json(200, { totalTokens: 10 })
  if (status !== 200) return json(status, { error: { code: status, message: 'The request was refused.', status: words[status] } })
  const answer = {
    candidates: [{ index: 0, finishReason: 'STOP', content: { role: 'model', parts: [{ text: 'done' }] } }],
    usageMetadata: { promptTokenCount: 1, candidatesTokenCount: 1, totalTokenCount: 2 }, modelVersion: 'mock', responseId: 'r1',
  }
  return req.url.includes(':streamGenerateContent')
    ? res.writeHead(200, { 'content-type': 'text/event-stream' }).end(`data: ${JSON.stringify(answer)}\n\n`) : json(200, answer)
}))
await new Promise((done) => model.listen(0, '127.0.0.1', done))

mkdirSync(`${dir}/home/.gemini`, { recursive: true })
mkdirSync(`${dir}/work`)
writeFileSync(`${dir}/home/.gemini/settings.json`, JSON.stringify({
  security: { auth: { selectedType: 'gemini-api-key' } }, general: { enableAutoUpdate: false },
  privacy: { usageStatisticsEnabled: false }, telemetry: { enabled: false },
}))
const gemini = () => new Promise((done) => {
  const env = {
    PATH: process.env.PATH, HOME: `${dir}/home`, TMPDIR: `${dir}/home`, GEMINI_API_KEY: 'mock',
    GOOGLE_GEMINI_BASE_URL: `http://127.0.0.1:${model.address().port}`, GEMINI_CLI_NO_RELAUNCH: 'true',
    HTTPS_PROXY: 'http://127.0.0.1:9', NO_PROXY: '127.0.0.1', // nothing but loopback
  }
  const args = [`${dir}/node_modules/.bin/gemini`, '--output-format', 'stream-json', '--model', 'gemini-2.5-pro', '--skip-trust']
  const child = spawn(process.execPath, args, { cwd: `${dir}/work`, env, stdio: ['pipe', 'pipe', 'ignore'] })
  const out = []
  child.stdout.on('data', (d) => out.push(d))
  child.on('close', (code, signal) => done({ code, signal, out: Buffer.concat(out).toString() }))
  child.stdin.end('Say something.')
})

const good = await gemini()
console.log(`HTTP 200: exit status ${good.code}`)
let same = good.code === 0
for (status of [400, 403, 413]) {
  const end = await gemini(), named = new RegExp(`"status":"error".*code[\\\\":]+${status}`).test(end.out)
  console.log(`HTTP ${status}: exit status ${end.code}, signal ${end.signal}, stdout names ${status}: ${named}`)
  same &&= end.code === status % 256 && end.signal === null && named
}
model.close()
console.log(same ? 'as stated' : 'CHANGED')
process.exitCode = same ? 0 : 1
EOF
timeout 110 node "$dir/probe.mjs"
