// SPDX-License-Identifier: MIT
// The program before a person: requests that are typed, transcripts that are read.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { runRequest } from '../support/orchestrator.mjs'
import { makeBox, processesOf, RUNLET, until } from '../support/runlet.mjs'
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
    await typeIn(translate, box, 'words\nof an agent\n')
    const { code, screen } = await translate.ended
    assert.equal(code, 0, screen)
    assert.match(screen, /RUN_FINISHED/)
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
