// SPDX-License-Identifier: MIT
// What the program says by itself: the service at its start, a run of what it leaves out, a refusal of what it knows.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { assertStream } from '../support/ndjson.mjs'
import { runRequest } from '../support/orchestrator.mjs'
import { command, makeBox, open, post, run, serve, until } from '../support/runlet.mjs'

const good = ['@init', '@text one', '@result success']
const warnings = (events) => events.filter((e) => e.name === 'runlet.warning').map((e) => e.value)
const unknown = (events) => warnings(events).filter((w) => w.code === 'unknown-member')

/** A program on the box's PATH as npm puts one there: a link into its package. */
function install(box, name, version, text = '#!/bin/sh\n: >"$0.started"\n') {
  const folder = path.join(box.root, 'packages', name)
  fs.mkdirSync(path.join(folder, 'bin'), { recursive: true })
  fs.writeFileSync(path.join(folder, 'package.json'), JSON.stringify({ name, version }))
  fs.writeFileSync(path.join(folder, 'bin', name), text, { mode: 0o755 })
  fs.symlinkSync(path.join(folder, 'bin', name), path.join(box.bin, name))
}

test('serve says at its start what it stands on, and starts no agent for it', async () => {
  const box = makeBox({ agent: null })
  box.env.PATH = box.bin
  install(box, 'codex', '0.171.0')
  install(box, 'gemini', '0.61.0')
  const server = await serve({ box })
  const said = await until('the agents', () => /agents found: .*/.exec(server.stderr()))
  assert.equal(said[0], `agents found: codex 0.171.0 (${box.bin}/codex), gemini 0.61.0 (${box.bin}/gemini)`)
  const { stdout } = await command(['--version'])
  assert.ok(
    server.stderr().includes(` ${stdout.toString().trim()}, workspace ${box.work}, no token is asked for\n`),
    server.stderr(),
  )
  await server.stop()
  assert.deepEqual(fs.readdirSync(box.bin), ['codex', 'gemini'])
  box.remove()
})

test('serve says that there is a token, and which files with tokens everybody can read', async () => {
  const box = makeBox()
  const write = (name, mode) => {
    const file = path.join(box.root, name)
    fs.writeFileSync(file, 'token-of-the-test')
    fs.chmodSync(file, mode)
    return file
  }
  const agui = ['--agui-harness', 'claude-code', '--agui-tool-url', 'http://127.0.0.1:1/']
  for (const [mode, warned] of [
    [0o644, true],
    [0o604, true],
    [0o640, false],
    [0o600, false],
  ]) {
    const file = write(`token-${mode}`, mode)
    const server = await serve({ box, args: ['--token-file', file, ...agui, '--agui-tool-token-file', file] })
    await until('its words', () => /callers need the token/.test(server.stderr()))
    const { stderr } = await server.stop()
    for (const option of ['token-file', 'agui-tool-token-file'])
      assert.equal(
        stderr.includes(
          `--${option} ${file} can be read by every user here, the agent's too (mode ${mode.toString(8)}): chmod o-r it`,
        ),
        warned,
        stderr,
      )
  }
  box.remove()
})

test('POST /run needs no more than run does', async () => {
  const server = await serve()
  const r = await post(server, { harness: 'claude-code', prompt: good.join('\n') })
  assertStream(r.events)
  assert.deepEqual(warnings(r.events), [])
  assert.equal(r.headers['x-runlet-known-run'], undefined)
  const again = await post(server, { harness: 'claude-code', prompt: good.join('\n') })
  assert.notEqual(again.events[0].runId, r.events[0].runId)
  await server.stop()
  server.box.remove()
})

test('the same run id again says so in the head of the answer', async () => {
  const server = await serve()
  const request = runRequest({ prompt: ['@init', '@text one', '@hang'], runId: 'same' })
  const first = await open(server, request)
  const second = await open(server, request)
  assert.equal(first.headers['x-runlet-known-run'], undefined)
  assert.equal(second.headers['x-runlet-known-run'], 'true')
  await until('its events from the first on', () => second.events[0]?.type === 'RUN_STARTED')
  first.abort()
  second.abort()
  const short = runRequest({ prompt: good, runId: 'short', threadId: 'other' })
  await until('the place to be free', async () => (await post(server, short)).status === 200)
  assert.equal((await post(server, short)).headers['x-runlet-known-run'], 'true')
  await server.stop()
  server.box.remove()
})

test('members that nobody knows are named in a warning, and nothing else is said of them', async () => {
  const server = await serve()
  const some = { outputSchemas: {}, modelOptions: { temperature: 1 }, timeouts: { runms: 5 }, harnessOptions: { m: 1 } }
  const r = await post(server, { ...runRequest({ prompt: good }), ...some })
  assertStream(r.events)
  const [warning, ...more] = unknown(r.events)
  assert.deepEqual(more, [])
  for (const name of ['outputSchemas', 'modelOptions.temperature', 'timeouts.runms', 'harnessOptions.m'])
    assert.match(warning.message, new RegExp(`[:,] ${name} \\(known: [a-zA-Z ]+\\)`))
  assert.match(warning.message, /timeouts.runms \(known: runMs startMs [a-zA-Z ]*setupMs/)
  const plain = await post(server, runRequest({ prompt: good, runId: 'plain' }))
  assert.deepEqual(unknown(plain.events), [])
  const both = await run({ ...runRequest({ prompt: good }), prompt: 'not this' })
  assert.deepEqual(unknown(both.events), [
    { code: 'unknown-member', message: 'left out of the request: prompt (there are messages)' },
  ])
  await server.stop()
  server.box.remove()
})

test('a variable that no option has is named in the log', async () => {
  const env = {
    RUNLET_MAX_RUN: '3',
    RUNLET_TOKEN: 'known',
    RUNLET_LISTEN: '127.0.0.1:0',
    RUNLET_SERVICE_HOST: '10.0.0.1', // Kubernetes, of a service of that name
    RUNLET_PORT_8080_TCP_ADDR: '10.0.0.1',
    RUNLETS: '1',
  }
  const { stderr, code } = await run(runRequest({ prompt: good }), { env })
  assert.equal(code, 0, stderr)
  const named = stderr.split('\n').filter((line) => line.includes('the variable '))
  assert.deepEqual(
    named.map((line) => line.replace(/^.*(?=the variable)/, '')),
    ['the variable RUNLET_MAX_RUN is not known: no option has that name (runlet --help)'],
  )
})

test('an unknown harness is told those that are known, and those that are here', async () => {
  const box = makeBox({ agent: null })
  box.env.PATH = box.bin
  install(box, 'opencode', '1.0.0')
  const known = 'Known: claude-code, codex, opencode, grok-build, gemini, acp, command; found on PATH: opencode'
  const text = `run request: harness must be a known harness id, not "emacs". ${known}`
  const server = await serve({ box })
  const r = await post(server, { harness: 'emacs', prompt: 'x' })
  assert.deepEqual([r.status, r.text], [400, text])
  const missing = await post(server, { harness: 'codex', prompt: 'x' })
  assert.equal(missing.status, 400)
  assert.match(missing.text, /^run request: harness codex cannot run here: codex is .*Agents found: opencode$/)
  await server.stop()
  assert.equal((await run({ harness: 'emacs', prompt: 'x' }, { box })).events[0].message, text)
  box.remove()
})

test('a value of harnessOptions that is wrong is a 400 that names it, and exit 2, not a run', async () => {
  const server = await serve()
  for (const [harness, harnessOptions, text] of [
    ['codex', { sandbox: 'none' }, /harnessOptions.sandbox must be .* for codex, not "none"$/],
    ['gemini', { protocol: 'grpc' }, /harnessOptions.protocol must be .* for harness gemini, not "grpc"$/],
    ['command', { command: ['true'], output: 'xml' }, /harnessOptions.output must be text or ndjson, not "xml"$/],
    ['command', { command: 'true' }, /harnessOptions.command must be an array of strings, not "true"$/],
    ['command', { command: ['true', 7] }, /harnessOptions.command\[1\] must be a string, not 7$/],
    ['command', {}, /harnessOptions.command must name the program harness command runs/],
    ['acp', { agent: 'emacs' }, /harnessOptions.agent: "emacs" is not known. Known: claude, codex, /],
    ['acp', { command: ['true'], mode: 7 }, /harnessOptions.mode must be a non-empty string, not 7$/],
    ['acp', { command: ['true'], config: { a: [] } }, /harnessOptions.config.a must be a string or a boolean/],
    ['claude-code', { promptCommands: 'yes' }, /harnessOptions.promptCommands must be true or false, not "yes"$/],
    ['claude-code', { settingSources: ['all'] }, /harnessOptions.settingSources must be .*, not "all"$/],
    [
      'claude-code',
      { sandbox: 'read-only' },
      /harnessOptions.sandbox is not supported by harness claude-code, which takes .*harnessOptions.settingSources$/,
    ],
  ]) {
    const request = { harness, harnessOptions, prompt: 'x' }
    const r = await post(server, request)
    assert.equal(r.status, 400, JSON.stringify(harnessOptions))
    assert.match(r.text, text)
    const once = await run(request)
    assert.equal(once.code, 2)
    assert.deepEqual(
      once.events.map((e) => [e.type, e.code]),
      [['RUN_ERROR', 'bad-request']],
    )
    assert.match(once.events[0].message, text)
  }
  await server.stop()
  server.box.remove()
})
