// SPDX-License-Identifier: MIT
// The program before a person: requests that are typed, transcripts that are read.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { assertStream, eventsOf } from '../support/ndjson.mjs'
import { runRequest } from '../support/orchestrator.mjs'
import { assertNothingLeft, command, makeBox, processesOf, run, RUNLET, until } from '../support/runlet.mjs'
import { terminal } from '../support/terminal.mjs'

const request = (prompt = ['@init', '@text hello reader', '@result success']) => {
  const { runId, threadId, ...rest } = runRequest({ prompt })
  return JSON.stringify(rest, null, 1)
}
/** Lines short enough for a terminal, in two goes, as somebody types them: not before the program reads. */
async function typeIn(t, box, text) {
  let seen = 0
  const reads = () => processesOf(box.mark).some((p) => p.cmd[0] === RUNLET)
  await until('the program to wait', () => (seen = reads() ? seen + 1 : 0) > 10)
  const half = text.indexOf('\n', text.length / 2) + 1
  t.type(text.slice(0, half))
  await until('the first half to be shown', () => t.screen().replaceAll('\r', '').includes(text.slice(0, half)))
  t.type(`${text.slice(half)}\n\x04`)
}
const using = (fn) => async () => {
  const box = makeBox()
  await fn(box)
  box.remove()
}

test(
  'a request can be typed on a terminal, which is stdin, stdout and stderr in one',
  using(async (box) => {
    const t = terminal([RUNLET, 'run'], { box })
    await until('it to say that it reads', () => /from the terminal/.test(t.screen()))
    await typeIn(t, box, request())
    const { code, screen } = await t.ended
    assert.equal(code, 0, screen)
    assert.match(screen, /hello reader/)
  }),
)

test(
  'a request can be typed under script(1)',
  using(async (box) => {
    const t = terminal([`${RUNLET} run`, '/dev/null'], { box, under: ['script', '-qec'] })
    await until('it to say that it reads', () => /from the terminal/.test(t.screen()))
    await typeIn(t, box, request())
    const { code, screen } = await t.ended
    assert.equal(code, 0, screen)
    assert.match(screen, /hello reader/)
  }),
)

test(
  'a command request and a transcript can be typed, too',
  using(async (box) => {
    const exec = terminal([RUNLET, 'exec'], { box })
    await typeIn(exec, box, JSON.stringify({ command: 'echo', args: ['out of', 'exec'] }, null, 1))
    assert.match((await exec.ended).screen, /"out of exec\\n"/)
    const translate = terminal([RUNLET, 'translate', '--harness', 'command'], { box })
    await typeIn(translate, box, 'words\nof an agent')
    const { code, screen } = await translate.ended
    assert.equal(code, 0, screen)
    assert.match(screen, /words.*words\s+of an agent\s+\S*finished/s)
  }),
)

test(
  'who types into the pipe before it has a terminal that waits, as ever',
  using(async (box) => {
    const t = terminal(['sh', '-c', `cat | ${RUNLET} run -`], { box })
    await typeIn(t, box, request())
    const { code, screen } = await t.ended
    assert.equal(code, 0, screen)
    assert.match(screen, /hello reader/)
    assert.doesNotMatch(screen, /unavailable/)
  }),
)

const SOCKETS = `
import socket, subprocess, sys
ours, its = socket.socketpair()
its.setblocking(sys.argv[1] == "waits")
child = subprocess.Popen(sys.argv[2:], stdin=its, stdout=its)
its.close()
text = sys.stdin.buffer.read()
ours.sendall(text[:40])
try:
    child.wait(0.3)
except subprocess.TimeoutExpired:
    pass
ours.sendall(text[40:])
ours.shutdown(socket.SHUT_WR)
while (text := ours.recv(65536)):
    sys.stdout.buffer.write(text)
sys.exit(child.wait())
`
for (const [what, mode] of [
  ['one socket', 'waits'],
  ['one socket that its maker left non-blocking', 'nonblocking'],
])
  test(
    `stdin and stdout may be ${what}`,
    using(async (box) => {
      const script = path.join(box.root, 'sockets.py')
      fs.writeFileSync(script, SOCKETS)
      const child = spawn('/usr/bin/python3', [script, mode, RUNLET, 'run', '-'], { cwd: box.work, env: box.env })
      let shown = ''
      child.stdout.on('data', (d) => (shown += d))
      child.stdin.end(request())
      assert.equal(await new Promise((done) => child.on('close', done)), 0, shown)
      assert.match(shown, /"hello reader"[^]*RUN_FINISHED/)
    }),
  )

const text = (screen) => screen.replaceAll('\r\n', '\n')

test(
  'a transcript shows what is waited for while nothing happens, folds results, and ends with what it came to',
  using(async (box) => {
    const prompt = ['@init', '@text Looking around', '@bash seq 1 40; sleep 2; echo x > made.txt', '@result success']
    fs.writeFileSync(path.join(box.work, 'r.json'), request(prompt))
    const t = terminal([RUNLET, 'run', 'r.json'], { box })
    const { code, screen } = await t.ended
    assert.equal(code, 0, screen)
    assert.match(screen, /\x1b7[^\n]*… waiting for Bash, \d s[^\n]*\x1b8\x1b\[K/, 'drawn and taken away')
    assert.match(text(screen), /< 1\n {2}2\n {2}3\n {2}4\n {2}5\n {2}… 35 more lines \(--full shows them\)\n/)
    assert.match(text(screen), /files: [^\n]*made\.txt \(new\)\n/)
    assert.match(
      text(screen),
      /finished\x1b\[0m, \d+\.\d s, 1 tool call, \d+ tokens in, \d+ out, \$\d\.\d{4}, at most \d+ MiB, session \S+\n$/,
    )
    const full = terminal([RUNLET, 'run', '--full', 'r.json'], { box })
    assert.match(text((await full.ended).screen), /\n {2}39\n {2}40\n/)
  }),
)

test(
  'signs of life come while the workspace is filled, too',
  using(async (box) => {
    const r = { ...JSON.parse(request()), workspace: { source: { type: 'none' }, setup: ['sleep 2.5'] } }
    fs.writeFileSync(path.join(box.work, 'r.json'), JSON.stringify(r))
    const { code, screen } = await terminal([RUNLET, 'run', 'r.json'], { box }).ended
    assert.equal(code, 0, screen)
    assert.match(screen, /… waiting for sleep 2\.5, \d s/)
  }),
)

for (const [what, env, seen, unseen] of [
  ['NO_COLOR', { NO_COLOR: '1' }, /\x1b7/, /\x1b\[\d*m/],
  ['a dumb terminal', { TERM: 'dumb' }, /hello reader/, /\x1b/],
])
  test(
    `${what} is heeded`,
    using(async (box) => {
      fs.writeFileSync(
        path.join(box.work, 'r.json'),
        request(['@init', '@text hello reader', '@sleep 1600', '@result success']),
      )
      const { code, screen } = await terminal([RUNLET, 'run', 'r.json'], { box, env }).ended
      assert.equal(code, 0, screen)
      assert.match(screen, seen)
      assert.doesNotMatch(screen, unseen)
    }),
  )

test(
  'Ctrl-C interrupts a run: that is no failure, its agent is gone and its session is told',
  using(async (box) => {
    fs.writeFileSync(path.join(box.work, 'r.json'), request(['@init', '@text started', '@hang']))
    const t = terminal([RUNLET, 'run', 'r.json'], { box })
    await until('the agent to speak', () => t.screen().includes('started'))
    t.type('\x03')
    const { code, screen } = await t.ended
    assert.equal(code, 130, screen)
    assert.match(text(screen), /\x1b\[1minterrupted\x1b\[0m, \d+\.\d s, 0 tool calls, .*session \S+\n$/)
    assert.doesNotMatch(screen, /\x1b\[31m|failed|runner-shutdown/)
    await assertNothingLeft(box)
  }),
)

test(
  'a refused request is one message, without the folders of PATH',
  using(async (box) => {
    fs.rmSync(path.join(box.bin, 'claude'))
    fs.writeFileSync(path.join(box.work, 'r.json'), request())
    const { code, screen } = await terminal([RUNLET, 'run', 'r.json'], { box }).ended
    assert.equal(code, 2)
    assert.equal(screen.match(/claude is not on PATH/g)?.length, 1, screen)
    assert.match(text(screen), /refused: .*claude is not on PATH \(4 folders\)/)
    assert.doesNotMatch(screen, /\/usr\/bin/)
  }),
)

test(
  'a recorded run is shown to people, too',
  using(async (box) => {
    const lines = '{"type":"system","subtype":"init","session_id":"s-1","model":"m"}\n'
    const piped = await command(['translate', '--output', 'pretty'], { box, input: lines })
    assert.match(piped.stdout.toString(), /^run run, model unknown\n/)
    const both = await command(['translate', '--output', 'pretty', '--events', 'ag-ui'], { box, input: lines })
    assert.deepEqual([both.code, both.stderr], [2, 'runlet: --events and --output exclude each other\n'])
    fs.writeFileSync(path.join(box.work, 'lines'), lines)
    const shown = await terminal([RUNLET, 'translate', 'lines'], { box }).ended
    assert.match(shown.screen, /\x1b\[2mrun run, model unknown/)
  }),
)

test(
  'a recorded run is translated to the same events',
  using(async (box) => {
    const prompt = ['@init', '@text a', '@bash echo out', '@text b', '@exit 3']
    const r = await run(request(prompt), {
      box,
      args: ['--record', 'lines'],
    })
    assertStream(r.events, 'agent-exit')
    const file = path.join(box.work, 'lines')
    assert.equal(fs.statSync(file).mode & 0o777, 0o600)
    const again = await command(['translate', 'lines', '--exit-status', '3'], { box })
    assert.equal(again.code, 0, again.stderr)
    const words = (events) =>
      events
        .filter((e) => !/^(CUSTOM|RUN_STARTED)$/.test(e.type))
        .map((e) => [e.type, e.toolCallName, e.delta, e.content, e.code, e.message].join('|'))
    assert.deepEqual(words(eventsOf(again.stdout)), words(r.events))
  }),
)

test(
  'a file that cannot be recorded into refuses the run, and names the option',
  using(async (box) => {
    const r = await run(request(), { box, args: ['--record', '/no/such/folder/x'] })
    assert.equal(r.code, 2)
    assert.match(r.stderr, /--record \/no\/such\/folder\/x: No such file/)
  }),
)

test(
  'a terminal is left as it was, also by a run that is killed',
  using(async (box) => {
    fs.writeFileSync(path.join(box.work, 'hang.json'), request(['@init', '@text started', '@hang']))
    const script = `${RUNLET} run hang.json & sleep 0.1; until kill -KILL $!; do :; done; wait; cat`
    const t = terminal(['sh', '-c', script], { box })
    t.type('a line for cat\n')
    await until('cat', () => t.screen().split('a line for cat').length === 3)
    t.type('\x04')
    const { code, screen } = await t.ended
    assert.equal(code, 0, screen)
    assert.doesNotMatch(screen, /unavailable/)
  }),
)
