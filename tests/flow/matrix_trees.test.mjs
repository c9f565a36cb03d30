// SPDX-License-Identifier: MIT
// The fault matrix: each kind of process an agent can leave x each way the run ends x serve or run x PID 1 or not.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import { describe, test } from 'node:test'
import { cell, SETTINGS } from '../support/cells.mjs'
import { startAs } from '../support/init.mjs'
import { textOf, warningsOf } from '../support/ndjson.mjs'
import { runRequest } from '../support/orchestrator.mjs'
import { makeBox, open, processesOf, serve, until } from '../support/runlet.mjs'

/** What the agent starts, and how many processes of it live on. */
const KINDS = {
  'a child in a session of its own': [['@setsid-child 60000'], 1],
  'a double fork': [['@orphans 1 60000'], 1],
  'nohup and disown': [["@bash bash -c 'nohup sleep 60 >/dev/null 2>&1 & disown'"], 1],
  'one that ignores TERM, HUP and INT': [['@daemon trap "" TERM HUP INT; exec sleep 60'], 1],
  'a tree of shells': [['@daemon setsid sh -c "sleep 60 & setsid sleep 60 & exec sleep 60"', '@sleep 100'], 3],
  'one that holds stdout': [['@hold-stdout 60000'], 1],
  'one that talks on and on': [['@talk-on 20'], 1],
  'a stopped one': [["@daemon sh -c 'kill -STOP $$; sleep 60'", '@sleep 50'], 1],
}
const SAID = '@text started'
const ENDINGS = {
  success: (n) => ({ after: [SAID, '@result success'], end: 'RUN_FINISHED', kept: n }),
  'success, leftovers kill': () => ({
    after: [SAID, '@result success'],
    fields: { leftovers: 'kill' },
    end: 'RUN_FINISHED',
  }),
  'a crash': () => ({ after: [SAID, '@signal 11'], end: 'agent-signal' }),
  'exit 0 without a result': () => ({ after: [SAID], end: 'no-result' }),
  runMs: () => ({ after: [SAID, '@hang'], fields: { timeouts: { runMs: 800 } }, end: 'run-timeout' }),
  'runMs, TERM ignored': () => ({
    after: ['@ignore-term', SAID, '@hang'],
    fields: { timeouts: { runMs: 800 } },
    end: 'run-timeout',
  }),
  'no exit after the result': () => ({
    after: [SAID, '@ignore-term', '@result success', '@hang'],
    args: ['--result-grace-ms', '200'],
    end: 'RUN_FINISHED',
  }),
  'runner TERM': () => ({
    after: [SAID, '@hang'],
    during: ({ s }) => s.kill('SIGTERM'),
    signal: 'SIGTERM',
    end: 'runner-shutdown',
  }),
  'runner INT, TERM ignored': () => ({
    after: ['@ignore-term', SAID, '@hang'],
    during: ({ s }) => s.kill('SIGINT'),
    signal: 'SIGINT',
    end: 'runner-shutdown',
  }),
  'runner KILL': () => ({ after: [SAID, '@hang'], signal: 'SIGKILL' }),
  'the client gone': () => ({ after: [SAID, '@hang'], serve: true, during: ({ r }) => r.abort(), logged: 'cancelled' }),
}

/** KILL: no terminal line is possible; the keeper takes the tree and the files, or the namespace goes and the next
 * start takes the files. */
async function killed({ how, init }, prompt) {
  const box = makeBox()
  const s =
    how === 'serve' && !init
      ? await serve({ box })
      : await startAs(
          init,
          how === 'serve' ? ['serve', '--listen', '127.0.0.1:0'] : ['run', '-', '--output', 'ndjson'],
          box,
        )
  try {
    if (how === 'serve') {
      s.port ??= await until('it to listen', () => Number(/listening on 127\.0\.0\.1:(\d+)/.exec(s.stderr())?.[1]))
      const r = await open(s, runRequest({ prompt }))
      await until('the agent to speak', () => textOf(r.events) !== '')
    } else {
      s.child.stdin.end(JSON.stringify(runRequest({ prompt })))
      await until('the agent to speak', () => s.stdout().includes('started'))
    }
    const begun = Date.now()
    process.kill(s.pid, 'SIGKILL')
    const folders = () => fs.readdirSync(`${box.tmp}/${fs.readdirSync(box.tmp)[0]}`).filter((n) => n.startsWith('run-'))
    await until('all to be gone', () => processesOf(box.mark, [s.child.pid]).length === 0, 10000)
    if (!init) await until('the private folder to be gone', () => folders().length === 0, 10000)
    const took = Date.now() - begun
    if (init) {
      const next = await serve({ box })
      assert.deepEqual(folders(), [], 'swept by the next start')
      await next.stop()
    }
    return took
  } finally {
    s.child.kill('SIGKILL')
    box.remove()
  }
}

describe('trees', { concurrency: 10 }, () => {
  for (const setting of SETTINGS)
    for (const [kind, [start, count]] of Object.entries(KINDS))
      for (const [ending, make] of Object.entries(ENDINGS)) {
        const { after, serve: only, ...rest } = make(count)
        if (only && setting.how !== 'serve') continue
        test(`${setting.name}: ${kind}, ${ending}`, async () => {
          const prompt = ['@init', ...start, ...after]
          if (ending === 'runner KILL') await killed(setting, prompt)
          else await cell(setting, { prompt, ...rest })
        })
      }
})

test('runner KILL: tree and files are gone within 100 ms', async () => {
  const took = []
  for (let i = 0; i < 5; i++)
    took.push(
      await killed({ how: 'serve', init: false }, [
        '@init',
        '@daemon trap "" TERM; exec sleep 60',
        '@setsid-child 60000',
        SAID,
        '@hang',
      ]),
    )
  assert.ok(Math.min(...took) <= 100, `${took} ms`)
})

describe('many', { concurrency: 2 }, () => {
  for (const setting of SETTINGS) {
    for (const ending of ['a crash', 'runMs', 'success, leftovers kill', 'runner TERM']) {
      const { after, fields, ...rest } = ENDINGS[ending]()
      test(`${setting.name}: a fork bomb of 512, ${ending}`, async () => {
        await cell(setting, {
          prompt: ['@init', '@fork-bomb 9', ...after],
          ...rest,
          fields: { ...fields, ...(fields?.timeouts ? { timeouts: { runMs: 2000 } } : {}) },
        })
      })
    }
    test(`${setting.name}: 1,000 orphans that fall to the runner and die there`, () =>
      cell(setting, {
        prompt: ['@init', '@orphans 1000 2500', '@text x', '@result success'],
        end: 'RUN_FINISHED',
        kept: setting.how === 'run' ? 1000 : undefined,
        ...(setting.how === 'serve' ? { orphans: 1000 } : {}),
        check: (last, events) => {
          assert.equal(last.metadata.runlet.leftovers.length, 1000)
          assert.equal(warningsOf(events).length, 1)
        },
      }))
  }
})

// What it does to those it cannot be stopped from reaching: its keeper; as PID 1 all but us.
const KEEPER = 'read -r _ _ _ k _ < /proc/$PPID/stat'
describe('violence', { concurrency: 6 }, () => {
  const TREE = ['@daemon trap "" TERM; exec sleep 60', '@setsid-child 60000']
  for (const setting of SETTINGS) {
    test(`${setting.name}: it kills its keeper`, () =>
      cell(setting, {
        prompt: ['@init', ...TREE, `@bash ${KEEPER}; kill -KILL $k; sleep 60`],
        end: 'agent-signal',
        check: (last) => assert.equal(last.metadata.runlet.signal, 'SIGKILL'),
      }))
    test(`${setting.name}: it stops its keeper`, () =>
      cell(setting, {
        prompt: ['@init', ...TREE, `@bash ${KEEPER}; kill -STOP $k; sleep 60`],
        fields: { timeouts: { runMs: 500 } },
        end: 'run-timeout',
      }))
    test(`${setting.name}: TERM, INT, HUP to its keeper do nothing`, () =>
      cell(setting, {
        prompt: [
          '@init',
          `@bash ${KEEPER}; kill -TERM $k; kill -INT $k; kill -HUP $k; kill -USR1 $k`,
          '@text x',
          '@result success',
        ],
        end: 'RUN_FINISHED',
      }))
    if (!setting.init) continue
    for (const command of ['kill -9 -1; sleep 60', 'pkill -9 -f runlet; sleep 60', 'pkill -9 runlet-keeper; sleep 60'])
      test(`${setting.name}: ${command}`, () =>
        cell(setting, { prompt: ['@init', ...TREE, `@bash ${command}`], end: 'agent-signal' }))
    for (const command of [
      'pkill -f runlet',
      'pkill -INT runlet',
      'kill -TERM 1; kill -INT 1; kill -HUP 1; kill -QUIT 1; kill -KILL 1; kill -STOP 1; kill -USR1 1; kill -ABRT 1',
    ])
      test(`${setting.name}: ${command.slice(0, 30)} is not obeyed`, () =>
        cell(setting, {
          prompt: ['@init', `@bash ${command}; sleep 0.2`, '@text x', '@result success'],
          end: 'RUN_FINISHED',
        }))
    test(`${setting.name}: kill -TERM -1`, () =>
      cell(setting, {
        prompt: ['@init', ...TREE, '@bash kill -TERM -1; sleep 60'],
        end: 'agent-signal',
        check: (last) => assert.equal(last.metadata.runlet.signal, 'SIGTERM'),
      }))
    test(`${setting.name}: kill -STOP -1`, () =>
      cell(setting, {
        prompt: ['@init', ...TREE, '@bash kill -STOP -1; sleep 60'],
        fields: { timeouts: { runMs: 500 } },
        end: 'run-timeout',
      }))
  }
})
