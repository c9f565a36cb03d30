// SPDX-License-Identifier: MIT
// What a request wants to find in its workspace: a clone from a real git server, files, notes, a setup.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { git, makeRepository, serveGit } from '../support/git_server.mjs'
import { assertStream, textOf } from '../support/ndjson.mjs'
import { runRequest } from '../support/orchestrator.mjs'
import {
  AGENT,
  ask,
  assertNothingLeft,
  makeBox,
  open,
  post,
  processesOf,
  run,
  serve,
  startRun,
  until,
} from '../support/runlet.mjs'

const TOKEN = 'git-token-of-the-test-0123456789'
const prompt = ['@init', '@text hello', '@result success']
const customs = (events, name) => events.filter((e) => e.type === 'CUSTOM' && e.name === name).map((e) => e.value)
const setups = (events) => customs(events, 'runlet.setup').map((v) => `${v.step}: ${v.state}`)
const errorOf = (r) => [r.events.at(-1).code, r.events.at(-1).message]
const none = (more) => ({ source: { type: 'none' }, ...more })

/** Every file below a folder that holds the text. */
function filesWith(folder, text) {
  return fs
    .readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((e) => e.isFile())
    .map((e) => path.join(e.parentPath, e.name))
    .filter((file) => fs.readFileSync(file).includes(text))
}

test('a repository behind basic authentication: branch, tag, commit; the token is nowhere', async () => {
  const box = makeBox()
  const repository = path.join(box.root, 'served/repo')
  fs.mkdirSync(path.dirname(repository))
  const write = (text) => () => fs.writeFileSync(path.join(repository, 'a'), text)
  makeRepository(repository, { one: write('one'), two: write('two') })
  git(repository, 'tag', 'v1', 'HEAD~1')
  const first = git(repository, 'rev-parse', 'HEAD~1')
  git(repository, 'checkout', '-q', '-b', 'other')
  fs.writeFileSync(path.join(repository, 'a'), 'three')
  git(repository, 'commit', '-qam', 'three')
  git(repository, 'checkout', '-q', 'main')
  const server = await serveGit(path.join(box.root, 'served'), { token: TOKEN })
  const refs = [
    [undefined, 'two'],
    ['other', 'three'],
    ['v1', 'one'],
    [first, 'one'],
  ]
  for (const [ref, text] of refs) {
    fs.rmSync(box.work, { recursive: true })
    fs.mkdirSync(box.work)
    const source = { type: 'git', url: `${server.url}/repo`, ref, auth: { token: TOKEN } }
    const r = await run(runRequest({ prompt: ['@environ', ...prompt], workspace: { source } }), { box })
    assert.equal(r.code, 0, r.stdout.toString() + r.stderr)
    assertStream(r.events, 'RUN_FINISHED')
    assert.deepEqual(setups(r.events), ['clone: started', 'clone: done'])
    assert.equal(fs.readFileSync(path.join(box.work, 'a'), 'utf8'), text)
    assert.ok(!`${r.stdout}${r.stderr}`.includes(TOKEN))
    assert.ok(!/RUNLET_GIT|GIT_CONFIG_VALUE/.test(textOf(r.events)), 'what git is told is not told to the agent')
  }
  assert.ok(server.heard.some((h) => h?.startsWith('Basic ')))
  assert.deepEqual(filesWith(box.work, TOKEN).concat(filesWith(box.tmp, TOKEN), filesWith(box.home, TOKEN)), [])
  const again = { type: 'git', url: `${server.url}/repo`, ref: 'other' }
  const r = await run(runRequest({ prompt, workspace: { source: again } }), { box })
  assert.equal(errorOf(r)[0], 'workspace-conflict')
  assert.equal(fs.readFileSync(path.join(box.work, 'a'), 'utf8'), 'one', 'nothing is deleted')
  await server.close()
  await assertNothingLeft(box)
  box.remove()
})

test('while git runs the token is in no argv; a wrong one, a missing repository and a hanging server end the run', async () => {
  const box = makeBox()
  fs.mkdirSync(path.join(box.root, 'served'))
  makeRepository(path.join(box.root, 'served/repo'), {
    one: () => fs.writeFileSync(path.join(box.root, 'served/repo/a'), 'x'),
  })
  const server = await serveGit(path.join(box.root, 'served'), { token: TOKEN })
  const source = (repo, token) => ({ type: 'git', url: `${server.url}/${repo}`, auth: { token } })
  for (const [repo, token] of [
    ['repo', 'wrong-token-0123456789'],
    ['none', TOKEN],
  ]) {
    const r = await run(runRequest({ prompt, workspace: { source: source(repo, token) } }), { box })
    assert.equal(r.code, 1)
    const [code, message] = errorOf(r)
    assert.equal(code, 'clone-failed')
    assert.match(message, /^git clone failed \(exit 128\)\n/)
    assert.ok(!`${r.stdout}${r.stderr}`.includes(token))
    assert.deepEqual(fs.readdirSync(box.work), [])
  }
  const silent = await serveGit(path.join(box.root, 'served'), {})
  fs.writeFileSync(path.join(box.bin, 'git'), '#!/bin/sh\necho $$ > $HOME/pid\nexec sleep 60\n', { mode: 0o755 })
  const request = runRequest({ prompt, workspace: { source: source('repo', TOKEN) }, timeouts: { setupMs: 600 } })
  const running = startRun(request, { box })
  await until('git to run', () => fs.existsSync(path.join(box.home, 'pid')))
  for (const p of processesOf(box.mark)) assert.ok(!p.cmd.join(' ').includes(TOKEN), p.cmd.join(' '))
  assert.equal((await running.ended).code, 1)
  assert.match(running.stdout().toString(), /"clone-failed"/)
  await silent.close()
  await server.close()
  await assertNothingLeft(box)
  box.remove()
})

test('a repository of links that lead out: nothing is written outside', async () => {
  const box = makeBox()
  const repository = path.join(box.root, 'repo')
  const outside = path.join(box.root, 'outside')
  fs.mkdirSync(outside)
  fs.writeFileSync(path.join(outside, 'notes'), 'kept')
  makeRepository(repository, {
    one: () => {
      fs.symlinkSync(outside, path.join(repository, 'docs'))
      fs.symlinkSync(path.join(outside, 'notes'), path.join(repository, 'CLAUDE.md'))
      fs.writeFileSync(path.join(repository, 'own'), 'own')
    },
  })
  const source = { type: 'git', url: repository }
  const skill = (name) => ({ kind: 'file', path: name, content: 'skill' })
  const ask = (more) => run(runRequest({ prompt, threadId: 't', workspace: { source, ...more } }), { box })
  const refused = await ask({ skills: [skill('docs/x')] })
  assert.equal(errorOf(refused)[0], 'workspace-failed')
  const r = await ask({ instructions: 'Be brief.', skills: [skill('.claude/skills/s/SKILL.md')] })
  assert.equal(r.code, 0, r.stdout.toString())
  assert.deepEqual(fs.readdirSync(outside), ['notes'])
  assert.equal(fs.readFileSync(path.join(outside, 'notes'), 'utf8'), 'kept')
  assert.match(fs.readFileSync(path.join(box.work, 'AGENTS.md'), 'utf8'), /Be brief\./)
  assert.equal(fs.readFileSync(path.join(box.work, '.claude/skills/s/SKILL.md'), 'utf8'), 'skill')
  await assertNothingLeft(box)
  box.remove()
})

test("a repository's own notes come out unchanged but for the marked block, after three runs too", async () => {
  const box = makeBox()
  const repository = path.join(box.root, 'repo')
  makeRepository(repository, {
    one: () => {
      fs.writeFileSync(path.join(repository, 'CLAUDE.md'), '# Theirs\n')
      fs.writeFileSync(path.join(repository, '.mcp.json'), '{}')
    },
  })
  const workspace = { source: { type: 'git', url: `file://${repository}` }, instructions: 'Be brief.' }
  for (let i = 0; i < 3; i++) {
    const r = await run(runRequest({ prompt, threadId: `t-${i}`, workspace }), { box })
    assert.equal(r.code, 0, r.stdout.toString())
  }
  const block = '<!-- runlet: begin -->\nBe brief.\n<!-- runlet: end -->\n'
  assert.equal(fs.readFileSync(path.join(box.work, 'CLAUDE.md'), 'utf8'), `# Theirs\n\n${block}`)
  assert.equal(fs.readFileSync(path.join(box.work, 'AGENTS.md'), 'utf8'), block)
  assert.equal(git(box.work, 'status', '--short'), 'M CLAUDE.md\n?? AGENTS.md\n?? GEMINI.md')
  await assertNothingLeft(box)
  box.remove()
})

test('a setup runs once for a thread and its wishes, over restarts; a dev server of it lives on', async () => {
  const box = makeBox()
  const args = ['--state-dir', path.join(box.root, 'state')]
  const setup = ['echo x >> count # a note', 'sleep 60 > /dev/null 2>&1 & echo $! > pid', 'cat']
  for (let i = 0; i < 2; i++) {
    const r = await run(runRequest({ prompt, threadId: 't', workspace: none({ setup }) }), { box, args })
    assert.equal(r.code, 0, r.stdout.toString())
    assert.equal(setups(r.events).length, i === 0 ? 6 : 0)
  }
  assert.equal(fs.readFileSync(path.join(box.work, 'count'), 'utf8'), 'x\n')
  const alive = processesOf(box.mark).map((p) => p.pid)
  assert.deepEqual(alive, [Number(fs.readFileSync(path.join(box.work, 'pid'), 'utf8'))])
  process.kill(alive[0])
  const failing = none({ setup: ['echo some words; false'] })
  const r = await run(runRequest({ prompt, threadId: 't', workspace: failing }), { box, args })
  assert.deepEqual(errorOf(r), ['setup-failed', 'setup step failed: echo some words; false (exit 1)\nsome words'])
  await assertNothingLeft(box)
  box.remove()
})

test('the service: progress is streamed while the setup runs, a client that goes ends it', async () => {
  const server = await serve()
  const request = runRequest({ prompt, workspace: none({ setup: ['echo a', 'exec sleep 60'] }) })
  const client = await open(server, request)
  await until('the second step', () => setups(client.events).includes('exec sleep 60: started'))
  client.abort()
  await until('the setup to go', () => !processesOf(server.box.mark).some((p) => p.name === 'sleep'))
  const next = await post(server, runRequest({ prompt, workspace: none({ setup: ['true'] }) }))
  assert.equal(next.status, 200)
  assert.equal(next.events.at(-1).type, 'RUN_FINISHED')
  await server.stop()
  await assertNothingLeft(server.box)
})

test("a git skill behind basic authentication: linked into the agent's own folder; its token is nowhere", async () => {
  const box = makeBox()
  fs.mkdirSync(path.join(box.root, 'served/team'), { recursive: true })
  const repository = path.join(box.root, 'served/team/tools.git')
  makeRepository(repository, {
    one: () => {
      fs.mkdirSync(path.join(repository, 'skills/pdf'), { recursive: true })
      fs.writeFileSync(path.join(repository, 'skills/pdf/SKILL.md'), 'pdf')
    },
  })
  const server = await serveGit(path.join(box.root, 'served'), { token: TOKEN })
  box.env.SKILL_TOKEN = TOKEN
  const skill = { kind: 'git', repo: `${server.url}/team/tools.git`, secret: { __secretName: 'SKILL_TOKEN' } }
  const secrets = { SKILL_TOKEN: { __secretName: 'SKILL_TOKEN' } }
  const r = await run(runRequest({ prompt, workspace: none({ skills: [skill], secrets }) }), { box })
  assert.equal(r.code, 0, r.stdout.toString())
  assert.deepEqual(setups(r.events), [`skill ${skill.repo}: started`, `skill ${skill.repo}: done`])
  assert.deepEqual(customs(r.events, 'runlet.warning'), [])
  assert.equal(fs.readlinkSync(path.join(box.work, '.claude/skills/pdf')), '../../.tanstack-skills/tools/skills/pdf')
  assert.equal(fs.readFileSync(path.join(box.work, '.claude/skills/pdf/SKILL.md'), 'utf8'), 'pdf')
  assert.ok(!`${r.stdout}${r.stderr}`.includes(TOKEN))
  assert.deepEqual(filesWith(box.work, TOKEN).concat(filesWith(box.tmp, TOKEN), filesWith(box.home, TOKEN)), [])
  box.env.SKILL_TOKEN = 'wrong-token-0123456789'
  const more = { skills: [{ ...skill, into: '/workspace/elsewhere' }], secrets }
  const wrong = await run(runRequest({ prompt, workspace: none(more) }), { box })
  assert.equal(wrong.code, 0, wrong.stdout.toString())
  const [warning] = customs(wrong.events, 'runlet.warning')
  assert.equal(warning.code, 'skill-not-applied')
  assert.match(warning.message, /^workspace\.skills: http.*tools\.git: git clone failed \(exit 128\)\n/)
  assert.ok(!fs.existsSync(path.join(box.work, 'elsewhere')))
  assert.ok(!`${wrong.stdout}${wrong.stderr}`.includes('wrong-token'))
  await server.close()
  await assertNothingLeft(box)
  box.remove()
})

test('hostile addresses, refs and names never reach a program as what they are not', async () => {
  const box = makeBox()
  const repository = path.join(box.root, 'repo')
  makeRepository(repository, { one: () => fs.writeFileSync(path.join(repository, 'a'), 'x') })
  const evil = `--upload-pack=touch ${box.root}/evil`
  const bad = [
    [{ type: 'git', url: '--upload-pack=x' }, /workspace\.source\.url must be a string that does not begin with "-"/],
    [{ type: 'git', url: `ext::sh -c touch% ${box.root}/evil` }, /workspace\.source\.url: it must not hold blanks/],
    [{ type: 'git', url: 'ext::sh' }, /workspace\.source\.url: it must be an https/],
    [{ type: 'git', url: 'ssh://-oProxyCommand=x/y' }, /workspace\.source\.url: it names no host/],
    [{ type: 'git', url: '-oProxyCommand=x:y' }, /does not begin with "-"/],
    [{ type: 'git', url: 'ssh://u:p@h/y' }, /workspace\.source\.url: it must not hold a password/],
    [{ type: 'git', url: 'https://h/\ny' }, /workspace\.source\.url: it must not hold blanks or control/],
    [
      { type: 'git', url: repository, ref: evil },
      /workspace\.source\.ref must be a string that does not begin with "-"/,
    ],
    [{ type: 'git', url: repository, depth: -1 }, /workspace\.source\.depth must be a whole number from 1/],
    [{ type: 'git', url: repository, depth: '1; x' }, /workspace\.source\.depth must be a whole number from 1/],
  ]
  for (const [source, words] of bad) {
    const r = await run(runRequest({ prompt, workspace: { source } }), { box })
    assert.equal(r.code, 2, JSON.stringify(source) + r.stdout)
    assert.match(errorOf(r)[1], words)
  }
  for (const [skill, words] of [
    [{ repo: '-x/y' }, /workspace\.skills\[0\]\.repo must be a string that does not begin/],
    [{ repo: 'ext::sh' }, /workspace\.skills\.repo: it must be an https/],
    [{ repo: 'a/b c' }, /workspace\.skills\.repo: it must not hold blanks/],
    [{ repo: 'file:///x/..' }, /workspace\.skills\.repo: nothing in it names its folder/],
    [{ repo: 'a/b', secret: { __secretName: 'NO' } }, /workspace\.skills\[0\]: resolveSecret: unknown secret "NO"/],
  ]) {
    const r = await run(runRequest({ prompt, workspace: none({ skills: [{ kind: 'git', ...skill }] }) }), { box })
    assert.equal(r.code, 2, JSON.stringify(skill) + r.stdout)
    assert.match(errorOf(r)[1], words)
  }
  for (const ref of ['main; touch evil', '$(touch evil)', '../x', 'a..b', 'no-such', 'a'.repeat(40)]) {
    const r = await run(runRequest({ prompt, workspace: { source: { type: 'git', url: repository, ref } } }), { box })
    assert.equal(errorOf(r)[0], 'clone-failed', ref)
    assert.deepEqual(fs.readdirSync(box.work), [])
  }
  assert.ok(!fs.existsSync(path.join(box.root, 'evil')))
  await assertNothingLeft(box)
  box.remove()
})

test('a token in the address, or given: not in the clone, not with a credential store, not in /runs, the log, or an error', async () => {
  const box = makeBox()
  fs.mkdirSync(path.join(box.root, 'served'))
  makeRepository(path.join(box.root, 'served/repo'), {
    one: () => fs.writeFileSync(path.join(box.root, 'served/repo/a'), 'x'),
  })
  const git_server = await serveGit(path.join(box.root, 'served'), { token: TOKEN })
  fs.writeFileSync(path.join(box.home, '.gitconfig'), '[credential]\n\thelper = store\n')
  const server = await serve({ box, args: ['--workspace-per-thread', '--log-level', 'debug'] })
  const address = git_server.url.replace('http://', `http://x-access-token:${TOKEN}@`)
  const workspaces = [
    { type: 'git', url: `${address}/repo` },
    { type: 'git', url: `${git_server.url}/repo`, auth: { token: TOKEN } },
    { type: 'git', url: `${address}/none` },
  ].map((source) => ({ source }))
  const skills = ['repo', 'none'].map((name) => ({ kind: 'git', repo: `${address}/${name}` }))
  workspaces.push(none({ skills }))
  const heard = []
  for (const [i, workspace] of workspaces.entries()) {
    const request = runRequest({
      runId: `run-${i}`,
      threadId: `t-${i}`,
      prompt: ['@init', '@bash git config -l', '@result success'],
    })
    const r = await post(server, { ...request, workspace })
    assert.equal(r.events.at(-1).type, i === 2 ? 'RUN_ERROR' : 'RUN_FINISHED', r.text)
    heard.push(r.text)
    for (const target of ['/runs', `/runs/run-${i}`, `/runs/run-${i}/events`, '/metrics'])
      heard.push((await ask(server, 'GET', target)).body.toString())
  }
  assert.match(heard[0], /remote\.origin\.url=http:\/\/127/)
  assert.match(heard.join(), /skill-not-applied.*\/none: git clone failed/)
  heard.push(server.stderr())
  assert.ok(!heard.join('\n').includes(TOKEN))
  const kept = [box.work, box.tmp, box.home].flatMap((folder) => filesWith(folder, TOKEN))
  assert.deepEqual(kept, [])
  await server.stop()
  await git_server.close()
  await assertNothingLeft(box)
  box.remove()
})

test('without git on the PATH a git source and a git skill are a 400 that names it', async () => {
  const box = makeBox()
  box.env.PATH = box.bin
  for (const [workspace, where] of [
    [{ source: { type: 'git', url: 'https://h/r' } }, 'source'],
    [none({ skills: [{ kind: 'git', repo: 'a/b' }] }), 'skills'],
  ]) {
    const r = await run(runRequest({ prompt, workspace }), { box })
    assert.equal(r.code, 2)
    assert.match(errorOf(r)[1], new RegExp(`^run request: workspace\\.${where} needs git: git`))
  }
  box.remove()
})

test("a repository's own settings of all agents come out unchanged after three runs with skills; git status shows what the README says", async () => {
  const box = makeBox()
  const repository = path.join(box.root, 'repo')
  const own = {
    'CLAUDE.md': '# Theirs\n',
    '.mcp.json': '{"mcpServers":{}}\n',
    '.codex/config.toml': '# theirs\n',
    'opencode.json': '{}\n',
    '.claude/settings.json': '{}\n',
    '.claude/skills/own/SKILL.md': 'theirs',
  }
  makeRepository(repository, {
    one: () => {
      for (const [name, text] of Object.entries(own)) {
        fs.mkdirSync(path.dirname(path.join(repository, name)), { recursive: true })
        fs.writeFileSync(path.join(repository, name), text)
      }
    },
  })
  const tools = path.join(box.root, 'tools')
  makeRepository(tools, {
    one: () => {
      for (const name of ['own', 'more']) {
        fs.mkdirSync(path.join(tools, name))
        fs.writeFileSync(path.join(tools, name, 'SKILL.md'), 'ours')
      }
    },
  })
  const workspace = {
    source: { type: 'git', url: `file://${repository}` },
    instructions: 'Be brief.',
    skills: [
      { kind: 'git', repo: `file://${tools}` },
      { kind: 'file', path: 'notes/x', content: 'x' },
    ],
    setup: ['true'],
  }
  for (let i = 0; i < 3; i++) {
    const r = await run(runRequest({ prompt, threadId: `t-${i}`, workspace }), { box })
    assert.equal(r.code, 0, r.stdout.toString())
    const [warning, ...rest] = customs(r.events, 'runlet.warning')
    assert.match(warning.message, /"\.claude\/skills\/own" is there already$/)
    assert.deepEqual(rest, [])
  }
  for (const [name, text] of Object.entries(own))
    if (name !== 'CLAUDE.md') assert.equal(fs.readFileSync(path.join(box.work, name), 'utf8'), text, name)
  assert.equal(
    git(box.work, 'status', '--short'),
    'M CLAUDE.md\n?? .claude/skills/more\n?? .tanstack-skills/\n?? AGENTS.md\n?? GEMINI.md\n?? notes/',
  )
  await assertNothingLeft(box)
  box.remove()
})

test('with --agent-user clone, skills, files, setup and plugins are that user’s', async () => {
  assert.equal(process.getuid(), 0, 'this test must be run as root')
  const box = makeBox({ agent: null })
  fs.copyFileSync(AGENT, path.join(box.bin, 'agent'))
  const plugin = '#!/bin/sh\n[ "$1" != plugin ] || { id -un > plugin; exit; }\nexec agent "$@"\n'
  fs.writeFileSync(path.join(box.bin, 'claude'), plugin, { mode: 0o755 })
  fs.chmodSync(box.root, 0o755)
  fs.chmodSync(box.tmp, 0o1777)
  const nobody = Number(execFileSync('id', ['-u', 'nobody']))
  fs.chownSync(box.work, nobody, nobody)
  fs.mkdirSync(path.join(box.root, 'served'))
  const repository = path.join(box.root, 'served/repo')
  makeRepository(repository, { one: () => fs.writeFileSync(path.join(repository, 'SKILL.md'), 'x') })
  const server = await serveGit(path.join(box.root, 'served'), { token: TOKEN })
  box.env.SKILL_TOKEN = TOKEN
  const workspace = {
    source: { type: 'git', url: `${server.url}/repo`, auth: { token: TOKEN } },
    secrets: { SKILL_TOKEN: {} },
    instructions: 'Be brief.',
    skills: [
      { kind: 'git', repo: `${server.url}/repo`, secret: { __secretName: 'SKILL_TOKEN' } },
      { kind: 'file', path: 'a/b', content: 'x' },
    ],
    setup: ['id -un > setup'],
    plugins: ['p'],
  }
  const args = ['--agent-user', 'nobody', '--workspace', box.work]
  const r = await run(runRequest({ prompt, workspace }), { box, args, cwd: '/' })
  assert.equal(r.code, 0, r.stdout + r.stderr)
  assert.deepEqual(customs(r.events, 'runlet.warning'), [])
  for (const name of ['setup', 'plugin']) assert.equal(fs.readFileSync(path.join(box.work, name), 'utf8'), 'nobody\n')
  const all = fs.readdirSync(box.work, { recursive: true })
  assert.ok(all.includes('.claude/skills/repo') && all.includes('a/b') && all.includes('AGENTS.md'))
  for (const name of all) assert.equal(fs.lstatSync(path.join(box.work, name)).uid, nobody, name)
  await server.close()
  await assertNothingLeft(box)
  box.remove()
})

test('by ssh: an address of either kind, as a source and as a skill; it never asks', async () => {
  const box = makeBox()
  const repository = path.join(box.root, 'repo')
  makeRepository(repository, { one: () => fs.writeFileSync(path.join(repository, 'SKILL.md'), 'x') })
  // What ssh would run there is run here.
  const ssh = '#!/bin/sh\necho "$@" >> $HOME/ssh\nfor last; do :; done\nexec sh -c "$last"\n'
  fs.writeFileSync(path.join(box.bin, 'ssh'), ssh, { mode: 0o755 })
  for (const url of [`git@host.example:${repository}`, `ssh://git@host.example${repository}`]) {
    fs.rmSync(box.work, { recursive: true })
    fs.mkdirSync(box.work)
    const workspace = { source: { type: 'git', url }, skills: [{ kind: 'git', repo: url }] }
    const r = await run(runRequest({ prompt, workspace }), { box })
    assert.equal(r.code, 0, r.stdout.toString())
    assert.deepEqual(customs(r.events, 'runlet.warning'), [])
    assert.ok(fs.existsSync(path.join(box.work, 'SKILL.md')))
    assert.ok(fs.existsSync(path.join(box.work, '.claude/skills/repo/SKILL.md')))
  }
  const calls = fs.readFileSync(path.join(box.home, 'ssh'), 'utf8').trim().split('\n')
  assert.equal(calls.length, 4)
  for (const words of calls) assert.match(words, /^-oBatchMode=yes .*git@host\.example git-upload-pack '/)
  await assertNothingLeft(box)
  box.remove()
})

test('what a setup left running is ended with the run if its leftovers are to be killed', async () => {
  const box = makeBox()
  const setup = ['sleep 60 > /dev/null 2>&1 & setsid sleep 61 > /dev/null 2>&1 &']
  const r = await run({ ...runRequest({ prompt, workspace: none({ setup }) }), leftovers: 'kill' }, { box })
  assert.equal(r.code, 0, r.stdout.toString())
  await assertNothingLeft(box)
  box.remove()
})
