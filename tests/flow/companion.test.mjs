// SPDX-License-Identifier: MIT
// `runlet serve -- COMMAND`: the image's former entrypoint beside the service, as PID 1 of a namespace and not.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assertStream } from '../support/ndjson.mjs'
import { runRequest } from '../support/orchestrator.mjs'
import { ask, assertNothingLeft, command, makeBox, open, post, until } from '../support/runlet.mjs'
import { INITS, serveAs, zombies } from '../support/init.mjs'

const up = (s) => until('the companion to be up', () => s.stdout().toString().includes('up'))
const HANG = ['@init', '@text started', '@hang']
const hang = async (s) => {
  const r = await open(s, runRequest({ prompt: HANG }))
  await until('the agent to speak', () => r.events.some((e) => e.type === 'TEXT_MESSAGE_CONTENT'))
  return r
}

for (const init of INITS) {
  const where = init ? ', as PID 1' : ''
  const using =
    (script, fn, options = {}) =>
    async () => {
      const s = await serveAs(init, {
        after: ['--', '/bin/sh', '-c', script, 'name', 'an argument'],
        args: ['--kill-grace-ms', '400'],
        ...options,
      })
      try {
        await fn(s)
        await assertNothingLeft(s.box)
      } finally {
        await s.stop('SIGKILL')
        s.box.remove()
      }
    }

  for (const [script, status] of [
    ['exit 0', 0],
    ['exit 7', 7],
    ['exit 251', 251],
    ['kill -KILL $$', 137],
    ['kill -SEGV $$', 139],
    ['kill -TERM $$', 143],
  ])
    test(
      `its status is ours: ${script}${where}`,
      using(`echo up; read line; ${script}`, async (s) => {
        await up(s)
        assert.equal((await ask(s, 'GET', '/health')).status, 200, 'the service is up beside it')
        assertStream((await post(s, runRequest())).events, 'RUN_FINISHED')
        s.child.stdin.write('go\n') // our stdin is its own
        assert.deepEqual(await s.ended, { code: status, signal: null }, s.stderr())
      }),
    )

  test(
    `its exit ends a run with runner-shutdown${where}`,
    using('echo up; read line; exit 3', async (s) => {
      const r = await hang(s)
      s.child.stdin.write('go\n')
      assert.equal((await s.ended).code, 3)
      await r.ended
      assertStream(r.events, 'runner-shutdown')
    }),
  )

  for (const signal of ['SIGTERM', 'SIGINT', 'SIGQUIT'])
    test(
      `${signal} reaches it and shuts the service down${where}`,
      using(`trap 'echo got; exit 9' ${signal.slice(3)}; echo up; while :; do sleep 0.05; done`, async (s) => {
        await up(s)
        const r = await hang(s)
        s.kill(signal)
        assert.deepEqual(await s.ended, { code: 9, signal: null }, s.stderr())
        assert.match(s.stdout().toString(), /got/)
        await r.ended
        assertStream(r.events, 'runner-shutdown')
      }),
    )

  test(
    `HUP, USR1, USR2 and WINCH only reach it${where}`,
    using(
      'for s in HUP USR1 USR2 WINCH; do trap "echo got $s" $s; done; trap "exit 4" TERM; echo up; while :; do sleep 0.05; done',
      async (s) => {
        await up(s)
        for (const name of ['HUP', 'USR1', 'USR2', 'WINCH']) {
          s.kill(`SIG${name}`)
          await until(name, () => s.stdout().toString().includes(`got ${name}`))
        }
        assertStream((await post(s, runRequest())).events, 'RUN_FINISHED')
        s.kill('SIGTERM')
        assert.equal((await s.ended).code, 4)
      },
    ),
  )

  test(
    `one that ignores TERM is killed after the grace${where}`,
    using("trap '' TERM; echo up; while :; do sleep 0.05; done", async (s) => {
      await up(s)
      const begun = Date.now()
      s.kill('SIGTERM')
      assert.equal((await s.ended).code, 137)
      const took = Date.now() - begun
      assert.ok(took >= 390 && took < 2000, `${took} ms`)
    }),
  )

  test(
    `its arguments, and the environment without ours${where}`,
    using(
      'echo "$0|$1"; env; read line',
      async (s) => {
        await until('its words', () => s.stdout().toString().includes('TEST_MARK'))
        const said = s.stdout().toString()
        assert.match(said, /^name\|an argument\n/)
        assert.match(said, /^PATH=/m)
        assert.doesNotMatch(said, /RUNLET_|sesame/)
        s.child.stdin.end()
        await s.ended
      },
      { env: { RUNLET_TOKEN: 'sesame', RUNLET_LOG_LEVEL: 'debug' } },
    ),
  )

  test(
    `what it leaves behind is reaped, and its status is not lost among it${where}`,
    using(
      'echo up; for i in $(seq 200); do (sleep 0.0$((i % 10)) &); done; sleep 0.3; read line; exit 77',
      async (s) => {
        await up(s)
        await until('orphans to be reaped', () => zombies(s).length === 0)
        s.child.stdin.end()
        assert.equal((await s.ended).code, 77)
      },
    ),
  )
}

if (INITS.includes(true))
  test('as PID 1 a signal from inside is obeyed by neither', async () => {
    const s = await serveAs(true, {
      after: ['--', '/bin/sh', '-c', "trap 'exit 9' TERM HUP; echo up; while :; do sleep 0.05; done"],
    })
    await up(s)
    const r = await post(
      s,
      runRequest({ prompt: ['@init', '@bash kill -TERM 1; kill -HUP 1; kill -KILL 1; sleep 0.2', '@result success'] }),
    )
    assertStream(r.events, 'RUN_FINISHED')
    assert.match(s.stderr(), /signal 15 from process \d+ in this container is not obeyed/)
    s.kill('SIGTERM')
    assert.equal((await s.ended).code, 9)
    s.box.remove()
  })

test('usage errors are exact', async () => {
  const box = makeBox()
  for (const [args, text] of [
    [['serve', '--'], /^runlet: -- needs a command to run beside the service/],
    [['serve', '--', ''], /^runlet: -- needs a command/],
    [['serve', 'nginx'], /^runlet: unexpected argument nginx \(a command to run beside the service stands after --\)/],
    [['run', '--', 'nginx'], /^runlet: -- COMMAND belongs to runlet serve, not to runlet run/],
    [['serve', '--', 'no-such-thing'], /^runlet: companion: no-such-thing is not on PATH/],
  ]) {
    const r = await command(args, { box })
    assert.equal(r.code, 2, r.stderr)
    assert.match(r.stderr, text)
  }
  await assertNothingLeft(box)
  box.remove()
})

test('where it cannot listen the companion is not started', async () => {
  const box = makeBox()
  const other = await serveAs(false, {})
  const r = await command(['serve', '--listen', `127.0.0.1:${other.port}`, '--', '/bin/sh', '-c', 'echo started'], {
    box,
  })
  assert.equal(r.code, 1)
  assert.equal(r.stdout.length, 0)
  await other.stop()
  other.box.remove()
  box.remove()
})
