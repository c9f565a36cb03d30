// SPDX-License-Identifier: MIT
// Every field of `workspace`: what it does, and what is said of a value that it cannot have.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { after, test } from 'node:test'
import { git, makeRepository } from '../support/git_server.mjs'
import { resultsOf } from '../support/ndjson.mjs'
import { runRequest } from '../support/orchestrator.mjs'
import { assertRefused, assertNothingLeft, makeBox, post, run, serve } from '../support/runlet.mjs'

const none = { source: { type: 'none' } }
const FIELDS = 'source packageManager setup scripts skills instructions plugins secrets root'.split(' ')
const said = (r) => resultsOf(r.events)[0]?.content
const warned = (r) =>
  r.events.filter((e) => e.name === 'runlet.warning').map((e) => `${e.value.code}: ${e.value.message}`)
const errorOf = (r) => [r.events.at(-1).code, r.events.at(-1).message]
const read = (r, name) => fs.readFileSync(path.join(r.box.work, name), 'utf8')
const steps = (r) => r.events.filter((e) => e.name === 'runlet.setup').map((e) => e.value)
const block = (text) => `<!-- runlet: begin -->\n${text}<!-- runlet: end -->\n`
const file = (name, content = 'content') => ({ kind: 'file', path: name, content })

/** [field, what, (box) => the members of workspace, (r) => the effect, the shell command of the agent]; r: run()'s, and the box. */
const effects = [
  ['source', 'none: the folder as it is', () => none, (r) => assert.deepEqual(fs.readdirSync(r.box.work), [])],
  [
    'source',
    'of an unknown type is none',
    () => ({ source: { type: 'svn' } }),
    (r) => assert.equal(said(r), `${r.box.work}\n`),
  ],
  [
    'source',
    'local: used in place',
    (box) => ({ source: { type: 'local', path: box.home } }),
    (r) => assert.equal(said(r), `${r.box.home}\n`),
  ],
  [
    'source',
    'git: one commit deep',
    (box) => ({ source: { type: 'git', url: `file://${repository(box)}` } }),
    (r) => assert.equal(said(r), '1\n'),
    'git rev-list --count HEAD',
  ],
  [
    'source',
    'git: the whole history',
    (box) => ({ source: { type: 'git', url: `file://${repository(box)}`, depth: 'full' } }),
    (r) => assert.equal(said(r), '3\n'),
    'git rev-list --count HEAD',
  ],
  [
    'source',
    'git: as deep as it says, of a tag',
    (box) => ({ source: { type: 'git', url: `file://${repository(box)}`, depth: 2, ref: 'v2' } }),
    (r) => assert.equal(said(r), '2\ntwo'),
    'git rev-list --count HEAD; cat a',
  ],
  ...['npm', 'pnpm', 'yarn', 'bun', 'auto', 7].map((packageManager) => [
    'packageManager',
    `${packageManager}: no effect`,
    () => ({ ...none, packageManager }),
    (r) => assert.deepEqual(fs.readdirSync(r.box.work), []),
  ]),
  [
    'setup',
    'a step is run as it is written',
    () => ({ ...none, setup: ['echo a # note', "cat <<'END' > b\n$x # y\nEND", 'printf %s "a\'b" > c; :'] }),
    (r) => {
      assert.equal(steps(r)[1].outputTail, 'a\n')
      assert.deepEqual([read(r, 'b'), read(r, 'c')], ['$x # y\n', "a'b"])
    },
  ],
  [
    'setup',
    'stdin is closed',
    () => ({ ...none, setup: ['cat', 'read x; echo "$?" > read'] }),
    (r) => assert.equal(read(r, 'read'), '1\n'),
  ],
  [
    'setup',
    'cd and export hold for the next step, and the agent is none of it',
    () => ({ ...none, setup: ['mkdir s && cd s', 'export A=1', 'echo "$A" > a'] }),
    (r) => assert.deepEqual([read(r, 's/a'), said(r)], ['1\n', `[]${r.box.work}\n`]),
    'printf "[$A]"; pwd',
  ],
  [
    'setup',
    'a syntax error is the step’s failure',
    () => ({ ...none, setup: ['true', 'if then'] }),
    (r) =>
      assert.match(errorOf(r).join(' '), /^setup-failed setup step failed: if then \(exit \d+\)\n.*[Ss]yntax error/),
  ],
  [
    'setup',
    'the first step that fails ends it',
    () => ({ ...none, setup: ['echo out; echo err >&2; exit 9', 'touch never'] }),
    (r) => {
      assert.deepEqual(errorOf(r), [
        'setup-failed',
        'setup step failed: echo out; echo err >&2; exit 9 (exit 9)\nout\nerr',
      ])
      assert.deepEqual(fs.readdirSync(r.box.work), [])
    },
  ],
  [
    'setup',
    'its output is bounded',
    () => ({ ...none, setup: ['yes | head -c 3000000; echo the end'] }),
    (r) => {
      assert.ok(steps(r)[1].outputTail.length <= 1500)
      assert.match(steps(r)[1].outputTail, /the end\n$/)
    },
  ],
  [
    'scripts',
    'stand in AGENTS.md by name',
    () => ({ ...none, scripts: { test: 'npm test', build: 'make' } }),
    (r) => assert.equal(read(r, 'AGENTS.md'), block('## Workspace scripts\n\n- build → make\n- test → npm test\n')),
  ],
  [
    'instructions',
    'stand in AGENTS.md, before the scripts; the others are links',
    () => ({ ...none, instructions: 'Be brief. \n', scripts: { b: 'make' } }),
    (r) => {
      assert.equal(read(r, 'AGENTS.md'), block('Be brief.\n\n## Workspace scripts\n\n- b → make\n'))
      for (const name of ['CLAUDE.md', 'GEMINI.md'])
        assert.equal(fs.readlinkSync(path.join(r.box.work, name)), 'AGENTS.md')
    },
  ],
  [
    'instructions',
    'empty: nothing',
    () => ({ ...none, instructions: '' }),
    (r) => assert.deepEqual(fs.readdirSync(r.box.work), []),
  ],
  [
    'skills',
    'a file, with the folders above it; null is nothing',
    () => ({ ...none, skills: [null, file('a/b/c.txt'), file('/workspace/d', '')] }),
    (r) => assert.deepEqual([read(r, 'a/b/c.txt'), read(r, 'd')], ['content', '']),
  ],
  [
    'skills',
    'a file that leads out ends the run',
    () => ({ ...none, skills: [file('../x')] }),
    (r) => assert.deepEqual(errorOf(r), ['workspace-failed', 'workspace.skills: "../x" leads out of the workspace']),
  ],
  [
    'skills',
    'a repository, linked into the agent’s own folder',
    (box) => ({ ...none, skills: [{ kind: 'git', repo: `file://${repository(box)}` }] }),
    (r) => assert.equal(fs.readlinkSync(path.join(r.box.work, '.claude/skills/s')), '../../.tanstack-skills/repo/s'),
  ],
  [
    'skills',
    'a repository that is not there is a warning',
    (box) => ({ ...none, skills: [{ kind: 'git', repo: `${box.root}/none`, into: '/workspace/x' }] }),
    (r) =>
      assert.match(warned(r).join(), /^skill-not-applied: workspace\.skills: .*none: git clone failed \(exit 128\)/),
  ],
  [
    'skills',
    'agent-skill is a warning',
    () => ({ ...none, skills: [{ kind: 'agent-skill', name: 'pdf' }] }),
    (r) => assert.match(warned(r).join(), /^skill-not-applied: workspace\.skills: pdf: skills of kind agent-skill/),
  ],
  [
    'plugins',
    'are installed by the agent’s own command, before it starts',
    (box) => {
      const words = '#!/bin/sh\n[ "$1" != plugin ] || { echo "$@" >> log; [ "$3" = good ]; exit; }\n'
      fs.renameSync(path.join(box.bin, 'claude'), path.join(box.bin, 'agent'))
      fs.writeFileSync(path.join(box.bin, 'claude'), `${words}exec agent "$@"\n`, { mode: 0o755 })
      return { ...none, plugins: ['good', 'bad one'], setup: ['echo setup >> log'] }
    },
    (r) => {
      assert.equal(said(r), 'setup\nplugin install good\nplugin install bad one\n')
      assert.deepEqual(warned(r), ['plugin-not-applied: workspace.plugins: bad one: exit 1'])
    },
    'cat log',
  ],
  [
    'secrets',
    'are variables of the setup and the agent',
    (box) => {
      box.env.DEEP_SECRET = 'the-deep-secret-of-the-test'
      return { ...none, secrets: { DEEP_SECRET: { __secretName: 'DEEP_SECRET' } }, setup: ['echo ${#DEEP_SECRET} > n'] }
    },
    (r) => {
      assert.equal(said(r), '27\n27\n')
      assert.ok(!r.stdout.includes('the-deep-secret'))
    },
    'cat n; echo ${#DEEP_SECRET}',
  ],
  [
    'root',
    'is a name for the folder, and moves nothing',
    () => ({ ...none, root: '/app', skills: [file('/app/a'), file('/workspace/b')], setup: ['pwd > pwd'] }),
    (r) =>
      assert.deepEqual(
        [read(r, 'a'), read(r, 'workspace/b'), read(r, 'pwd')],
        ['content', 'content', `${r.box.work}\n`],
      ),
  ],
]

/** [field, the members of workspace, the text of the 400, after "run request: "]. */
const git_ = (more) => ({ source: { type: 'git', url: 'https://h/r', ...more } })
const skill = (more) => ({ ...none, skills: [more] })
const bad = [
  ['source', { source: null }, 'workspace must be a WorkspaceDefinition'],
  ['source', { source: 'git' }, 'workspace must be a WorkspaceDefinition'],
  ['source', { source: { type: 'local' } }, 'workspace.source.path must be a non-empty string'],
  ['source', { source: { type: 'local', path: 7 } }, 'workspace.source.path must be a non-empty string'],
  ['source', git_({ url: '' }), 'workspace.source.url must be a non-empty string'],
  ['source', git_({ url: 7 }), 'workspace.source.url must be a non-empty string'],
  ['source', git_({ ref: 7 }), 'workspace.source.ref must be a non-empty string'],
  ['source', git_({ ref: '--x' }), 'workspace.source.ref must be a string that does not begin with "-"'],
  ['source', git_({ depth: 0 }), 'workspace.source.depth must be a whole number from 1 to 2147483647'],
  ['source', git_({ depth: 1.5 }), 'workspace.source.depth must be a whole number from 1 to 2147483647'],
  ['source', git_({ auth: 't' }), 'workspace.source.auth must be an object'],
  ['source', git_({ auth: { token: '' } }), 'workspace.source.auth.token must be a non-empty string'],
  ['source', git_({ auth: { username: 'u' } }), 'workspace.source.auth.token must be a non-empty string'],
  ['setup', { setup: 'npm ci' }, 'workspace.setup must be an array of strings'],
  ['setup', { setup: {} }, 'workspace.setup must be an array of strings'],
  ['setup', { setup: ['a', ['b']] }, 'workspace.setup[1] must be a string, not an array'],
  ['setup', { setup: ['a\0b'] }, 'workspace.setup[0] must be a string without NUL characters'],
  ['setup', { setup: Array(257).fill('a') }, 'workspace.setup holds more than 256 steps'],
  ['setup', { setup: ['a'.repeat(200000)] }, 'workspace.setup[0] is longer than 102400 bytes'],
  ['scripts', { scripts: ['a'] }, 'workspace.scripts must be an object'],
  ['scripts', { scripts: { a: 1 } }, 'workspace.scripts must be an object of names and commands, each one line'],
  ['scripts', { scripts: { a: 'b\nc' } }, 'workspace.scripts must be an object of names and commands, each one line'],
  ['skills', { skills: {} }, 'workspace.skills must be an array'],
  ['skills', skill('x'), 'workspace.skills[0].kind must be "file", "git", "mcp" or "agent-skill"'],
  ['skills', skill({ kind: 'x' }), 'workspace.skills[0].kind must be "file", "git", "mcp" or "agent-skill"'],
  ['skills', skill(file('')), 'workspace.skills[0] must have a path and a content'],
  ['skills', skill(file('a', null)), 'workspace.skills[0] must have a path and a content'],
  ['skills', skill({ kind: 'git' }), 'workspace.skills[0].repo must be a non-empty string'],
  ['skills', skill({ kind: 'git', repo: 'a/b', into: '' }), 'workspace.skills[0].into must be a non-empty string'],
  [
    'skills',
    skill({ kind: 'git', repo: 'a/b', secret: 'X' }),
    'workspace.skills[0].secret must be {"__secretName": a name of workspace.secrets}',
  ],
  [
    'skills',
    skill({ kind: 'git', repo: 'a/b', secret: { __secretName: 'X' } }),
    'workspace.skills[0]: resolveSecret: unknown secret "X"',
  ],
  ['skills', skill({ kind: 'agent-skill' }), 'workspace.skills[0].name must be a non-empty string'],
  ['instructions', { instructions: 7 }, 'workspace.instructions must be a non-empty string'],
  ['plugins', { plugins: 'a' }, 'workspace.plugins must be an array of strings'],
  ['plugins', { plugins: [''] }, 'workspace.plugins[0] must be a non-empty string that does not begin with "-"'],
  ['plugins', { plugins: ['-x'] }, 'workspace.plugins[0] must be a non-empty string that does not begin with "-"'],
  ['secrets', { secrets: 'A' }, 'workspace.secrets must be an object'],
  [
    'secrets',
    { secrets: { RUNLET_TOKEN: {} } },
    'workspace.secrets: "RUNLET_TOKEN" cannot be read (no \'=\', not empty, not RUNLET_...)',
  ],
  ['root', { root: '' }, 'workspace.root must be a non-empty string'],
  ['root', { root: 7 }, 'workspace.root must be a non-empty string'],
]

/** Three commits, v2 the second of them, and a skill. */
function repository(box) {
  const folder = path.join(box.root, 'repo')
  const write = (text) => () => fs.writeFileSync(path.join(folder, 'a'), text)
  makeRepository(folder, { one: write('one'), two: write('two') })
  git(folder, 'tag', 'v2')
  fs.mkdirSync(path.join(folder, 's'))
  fs.writeFileSync(path.join(folder, 's/SKILL.md'), 'skill')
  git(folder, 'add', '-A')
  git(folder, 'commit', '-qm', 'three')
  return folder
}

test('no field of workspace is left out here', () => {
  assert.deepEqual([...new Set(effects.map((row) => row[0]))].sort(), [...FIELDS].sort())
  assert.deepEqual([...new Set(bad.map((row) => row[0]))].sort(), FIELDS.filter((f) => f !== 'packageManager').sort())
})

for (const [field, what, members, effect, command = 'pwd'] of effects)
  test(`workspace.${field}: ${what}`, async () => {
    const box = makeBox()
    const prompt = ['@init', `@bash ${command}`, '@result success']
    const r = await run(runRequest({ prompt, workspace: members(box) }), { box })
    if (!/-failed$/.test(errorOf(r)[0])) assert.equal(r.code, 0, r.stdout + r.stderr)
    effect({ ...r, box })
    await assertNothingLeft(box)
    box.remove()
  })

const server = await serve()
after(async () => {
  await server.stop()
  await assertNothingLeft(server.box)
  server.box.remove()
})
for (const [field, members, text] of bad)
  test(`400 for workspace.${field}: ${JSON.stringify(members).slice(0, 80)}`, async () => {
    const r = await post(
      server,
      runRequest({ prompt: ['@init', '@result success'], workspace: { ...none, ...members } }),
    )
    assertRefused(r, `run request: ${text}`)
  })

test('400 for a secret that the runner does not have, with the words of TanStack’s runner', async () => {
  for (const [secrets, name] of [
    [{ NOT_THERE: {} }, 'NOT_THERE'],
    [['A'], '0'],
  ]) {
    const r = await post(server, runRequest({ prompt: ['@init'], secrets }))
    const text = `runInContainerHarness: secret "${name}" is not set in the container env`
    assert.deepEqual([r.status, r.text], [400, text])
  }
})
