// SPDX-License-Identifier: MIT
// `runlet process-session` as Paperclip's host starts it.  The test is the host.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import readline from 'node:readline'
import test from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { makeBox, processesOf, RUNLET, until } from '../support/runlet.mjs'

const base64 = (value) => Buffer.from(value).toString('base64')

/** Starts a session around `command`; `ended` resolves to {code, signal}. */
function startSession(t, command, { stream = false, env = {} } = {}) {
  const box = makeBox()
  const folder = path.join(box.root, 'session')
  const script = `/assets/paperclip-process-session-remote${stream ? '-stream' : ''}.mjs`
  const child = spawn(RUNLET, [script], {
    cwd: box.work,
    env: {
      ...box.env,
      PAPERCLIP_PROCESS_SESSION_DIR: folder,
      PAPERCLIP_PROCESS_SESSION_COMMAND_B64: base64(JSON.stringify({ env: {}, ...command })),
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const session = { box, folder, child, sent: 0, text: '' }
  session.ended = new Promise((resolve) => child.on('close', (code, signal) => resolve({ code, signal })))
  session.send = (message) => {
    const file = path.join(folder, 'stdin', `${String(++session.sent).padStart(12, '0')}.json`)
    fs.writeFileSync(`${file}.part`, JSON.stringify(message))
    fs.renameSync(`${file}.part`, file)
  }
  /** Takes the event files there are, in order. */
  session.events = () =>
    fs
      .readdirSync(path.join(folder, 'events'))
      .filter((name) => name.endsWith('.json'))
      .sort()
      .map((name) => {
        const file = path.join(folder, 'events', name)
        const event = JSON.parse(fs.readFileSync(file, 'utf8'))
        fs.rmSync(file)
        return { seq: Number.parseInt(name, 10), ...event }
      })
  child.stderr.on('data', (bytes) => (session.text += bytes))
  t.after(async () => {
    child.kill('SIGKILL')
    await session.ended
    box.remove()
  })
  return session
}

const isThere = (session) => until('the folder', () => fs.existsSync(path.join(session.folder, 'stdin')))
const outputOf = (events, stream = 'stdout') =>
  Buffer.concat(events.filter((event) => event.stream === stream).map((event) => Buffer.from(event.data, 'base64')))

test('8 MB go in by files and come out by files, in order and whole', async (t) => {
  const session = startSession(t, { command: 'sh', args: ['-c', 'cat; echo done >&2'] })
  await isThere(session)
  const bytes = Buffer.alloc(8 << 20, 0).map((_, i) => (i * 7919) >> 8)
  for (let at = 0; at < bytes.length; at += 100_000)
    session.send({ type: 'stdin', data: bytes.subarray(at, at + 100_000).toString('base64') })
  session.send({ type: 'stdinEnd' })
  const events = []
  await until('the exit', () => events.push(...session.events()) && events.some((e) => e.type === 'exit'), 30_000)
  assert.deepEqual(await session.ended, { code: 0, signal: null })
  events.push(...session.events())
  assert.deepEqual(
    events.map((event) => event.seq),
    events.map((_, i) => i + 1),
  )
  assert.ok(outputOf(events).equals(bytes))
  assert.equal(outputOf(events, 'stderr').toString(), 'done\n')
  assert.deepEqual(
    events.slice(-2).map((event) => event.type),
    ['exit', 'shutdownAck'],
  )
  assert.deepEqual(fs.readdirSync(path.join(session.folder, 'stdin')), [])
  assert.equal(session.text, '')
})

test('a host that does not read its stream holds the process up, and memory stays flat', async (t) => {
  const size = 200 << 20
  const session = startSession(t, { command: 'head', args: ['-c', String(size), '/dev/zero'] }, { stream: true })
  session.child.stdout.pause()
  await sleep(700)
  const [, kib] = /VmRSS:\s+(\d+) kB/.exec(fs.readFileSync(`/proc/${session.child.pid}/status`, 'utf8'))
  const limit = RUNLET.includes('asan') ? 200 : 24
  assert.ok(kib < limit * 1024, `${kib} KiB`)
  let got = 0
  let seq = 0
  const last = []
  for await (const line of readline.createInterface({ input: session.child.stdout })) {
    const event = JSON.parse(line)
    assert.equal(event.seq, ++seq)
    if (event.type === 'data') got += Buffer.from(event.data, 'base64').length
    else last.push(event.type)
  }
  assert.equal(got, size)
  assert.deepEqual(last, ['exit', 'shutdownAck'])
  assert.deepEqual(await session.ended, { code: 0, signal: null })
})

test('when the reader of its stream goes away the process is ended', async (t) => {
  const session = startSession(t, { command: 'sh', args: ['-c', 'sleep 60 & exec sleep 60'] }, { stream: true })
  await until('the process', () => processesOf(session.box.mark).some((p) => p.name === 'sleep'))
  session.child.stdout.destroy()
  assert.equal((await session.ended).code, 1)
  await until('an end of all', () => processesOf(session.box.mark).length === 0)
})

test('killed with SIGKILL it leaves no process behind', async (t) => {
  const session = startSession(t, { command: 'sh', args: ['-c', '(setsid sleep 60 &) ; exec sleep 60'] })
  await until('both', () => processesOf(session.box.mark).filter((p) => p.name === 'sleep').length === 2)
  session.child.kill('SIGKILL')
  await session.ended
  await until('an end of all', () => processesOf(session.box.mark).length === 0)
})

test('the exit waits for what was printed before it, and what it left running by itself stays', async (t) => {
  const session = startSession(t, {
    command: 'sh',
    args: ['-c', 'sleep 60 >/dev/null 2>&1 & yes | head -c 3000000; exit 5'],
  })
  await isThere(session)
  const events = []
  await until('the end', () => session.child.exitCode !== null, 20_000)
  events.push(...session.events())
  assert.equal(outputOf(events).length, 3_000_000)
  assert.deepEqual(events.at(-2), { seq: events.length - 1, type: 'exit', code: 5, signal: null })
  const left = processesOf(session.box.mark)
  assert.deepEqual(
    left.map((p) => p.name),
    ['sleep'],
  )
  process.kill(left[0].pid, 'SIGKILL')
})

test('what is wrong in the environment is named', async (t) => {
  for (const [env, said] of [
    [{ PAPERCLIP_PROCESS_SESSION_DIR: '' }, /PAPERCLIP_PROCESS_SESSION_DIR is required/],
    [{ PAPERCLIP_PROCESS_SESSION_COMMAND_B64: 'e30=' }, /PAPERCLIP_PROCESS_SESSION_COMMAND_B64: command/],
    [{ PAPERCLIP_PROCESS_SESSION_STDIN_MAX_RETRIES: '5x' }, /STDIN_MAX_RETRIES must be a whole number/],
  ]) {
    const session = startSession(t, { command: 'cat' }, { env })
    assert.equal((await session.ended).code, 2)
    assert.match(session.text, said)
  }
})
