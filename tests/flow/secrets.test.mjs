// SPDX-License-Identifier: MIT
// What a hostile agent gets at (support/snoop.c is what it tries): nothing with --agent-user, and without it just what
// src/reference/security.md says.  Needs root: who is not fails here.
import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { assertStream, eventsOf, resultsOf, textsOf } from '../support/ndjson.mjs'
import { runRequest, startOrchestrator } from '../support/orchestrator.mjs'
import {
  AGENT,
  LOOKS,
  RUNLET,
  assertNothingLeft,
  command,
  makeBox,
  open,
  post,
  processesOf,
  run,
  serve,
  startRun,
  until,
} from '../support/runlet.mjs'

assert.equal(process.getuid(), 0, 'these tests must be run as root')
const nobody = Number(execFileSync('id', ['-u', 'nobody']).toString())
const CONTROL = 'control-token-of-the-service-0123456789'

const tools = fs.mkdtempSync(path.join(os.tmpdir(), 'runlet-snoop-'))
fs.chmodSync(tools, 0o755)
const SNOOP = path.join(tools, 'snoop')
execFileSync('gcc', [
  '-O1',
  '-std=gnu11',
  '-D_GNU_SOURCE',
  '-o',
  SNOOP,
  path.join(import.meta.dirname, '../support/snoop.c'),
])
process.on('exit', () => fs.rmSync(tools, { recursive: true, force: true }))

/** A box that another user can enter, work in and make files in, as an image has it. */
function openBox() {
  const box = makeBox({ agent: null })
  fs.copyFileSync(AGENT, path.join(box.bin, 'claude'))
  fs.chmodSync(path.join(box.bin, 'claude'), 0o755)
  fs.chmodSync(box.root, 0o755)
  fs.chmodSync(box.tmp, 0o1777)
  fs.chownSync(box.work, nobody, nobody)
  return box
}
const as = (user) => ['--agent-user', user]
const lootOf = (box) => path.join(box.work, 'loot')
const contentOf = (r) =>
  resultsOf(r.events)
    .map((e) => e.content)
    .join('\n')
/** {"mem": [true, false], …}: what was got, of the keeper and of runlet. */
function attemptsOf(text) {
  const by = {}
  for (const [, pid, what, how] of text.matchAll(/^(\d+) (\S+) (got|refused)$/gm))
    if (pid !== '0') (by[what] ??= []).push(how === 'got')
  return by
}
function assertClosed(text) {
  const by = attemptsOf(text)
  assert.match(text, /^\d+ is runlet-keeper$/m)
  assert.match(text, /^\d+ is runlet$/m)
  for (const what of [
    'environ',
    'maps',
    'auxv',
    'stack',
    'syscall',
    'smaps',
    'task-environ',
    'mem',
    'process_vm_readv',
    'fd',
    'map_files',
    'root',
    'cwd',
    'pidfd_getfd',
    'ptrace',
  ])
    assert.deepEqual(by[what], [false, false], `${what}: ${text}`)
  assert.deepEqual(by.cmdline, [true, true], "that is everybody's: nothing secret may be in it")
  return by
}
function assertNotIn(file, secrets) {
  const loot = fs.readFileSync(file)
  assert.ok(loot.length > 2000, 'it did look')
  for (const [name, value] of Object.entries(secrets)) {
    assert.ok(value.length >= 16)
    assert.ok(!loot.includes(value), `${name} was found`)
    assert.ok(!loot.includes(value.slice(0, 16)), `a part of ${name} was found`)
  }
}

test('with --agent-user a hostile agent gets at nothing of runlet: environ, maps, mem, fd, ptrace, files', async () => {
  const box = openBox(),
    orch = await startOrchestrator()
  const tokenFile = path.join(box.root, 'token-file')
  fs.writeFileSync(tokenFile, CONTROL, { mode: 0o600 })
  const server = await serve({
    box,
    args: [...as('nobody'), '--token-file', tokenFile],
    env: { RUNLET_TOKEN: 'the-token-that-the-file-wins-over', RUNLET_TOOL_TIMEOUT_MS: '60000' },
  })
  const prompt = [
    '@init',
    '@tool getTime {"place":"x"}',
    `@bash ${SNOOP} loot ${lootOf(box)} ${box.tmp} ${box.home} ${box.root}`,
    '@result success',
  ]
  const r = await post(server, runRequest({ orch, prompt, systemPrompts: ['of the orchestrator'] }), {
    headers: { authorization: `Bearer ${CONTROL}` },
  })
  orch.stop()
  assertStream(r.events, 'RUN_FINISHED')
  const by = assertClosed(contentOf(r))
  assert.deepEqual(by.signal, [false, false])
  assertNotIn(lootOf(box), {
    'the tool token': orch.token,
    'the control token': CONTROL,
    RUNLET_TOKEN: 'the-token-that-the-file-wins-over',
  })
  assert.match(contentOf(r), new RegExp(`^0 ${box.tmp}/runlet-0 refused$`, 'm'), 'the state folder')
  assert.match(contentOf(r), new RegExp(`^0 ${tokenFile} refused$`, 'm'))
  assert.doesNotMatch(fs.readFileSync(lootOf(box), 'latin1'), /RUNLET_/)
  const end = await server.stop()
  assert.deepEqual([end.code, end.signal], [0, null], end.stderr)
  await assertNothingLeft(box)
  box.remove()
})

test('with --agent-user the control port is closed to the agent, whatever it sends', async () => {
  const box = openBox()
  const server = await serve({ box, args: [...as('nobody'), '--workspace-per-thread'], env: { RUNLET_TOKEN: CONTROL } })
  const begin = JSON.stringify(runRequest({ prompt: ['@init', '@bash touch started', '@result success'] }))
  const asks = [
    'GET /runs',
    'GET /runs/x',
    'GET /runs/x/events',
    'POST /runs/x/cancel',
    'GET /metrics',
    'GET /ready',
    'POST /run',
    'GET /health',
  ]
  const prompt = [
    '@init',
    ...asks.map((a) => `@bash ${SNOOP} ask ${server.port} ${a} ${CONTROL} '{}'`),
    `@bash ${SNOOP} ask ${server.port} POST /run '' '${begin}'`,
    `@bash ${SNOOP} ask ${server.port} POST /run ${CONTROL} '${begin}'`,
    `@bash for i in 1 2 3 4 5; do ${SNOOP} hit ${server.port} /run '${begin}'; done`,
    '@sleep 300',
    '@result success',
  ]
  const r = await post(server, runRequest({ prompt }), { headers: { authorization: `Bearer ${CONTROL}` } })
  assertStream(r.events, 'RUN_FINISHED')
  assert.deepEqual(
    contentOf(r).match(/\d+$/gm),
    [...asks, 'a', 'b'].map(() => '0'), // reset
    contentOf(r),
  )
  assert.deepEqual(fs.readdirSync(box.work).length, 1, 'no second run was started')
  const other = await post(server, JSON.parse(begin), { headers: { authorization: `Bearer ${CONTROL}` } })
  assert.equal(other.status, 200, 'root of this machine may call')
  await server.stop()
  box.remove()
})

if (LOOKS)
  test("the agent has the user's ids, groups and HOME, no privileges to gain, and its own private folder", async () => {
    const box = openBox(),
      orch = await startOrchestrator()
    const shell =
      'id -u; id -g; id -G; echo $HOME $USER $LOGNAME $SHELL; grep -E "NoNewPrivs|CapEff" /proc/self/status; cat /proc/self/oom_score_adj'
    const started = ['@init', `@bash ${shell}`, '@text started', '@hang']
    const server = await serve({ box, args: as('nobody') })
    const score = fs.readFileSync('/proc/self/oom_score_adj', 'latin1').trim()
    const r = await open(server, runRequest({ orch, prompt: started }))
    await until('the agent to speak', () => textsOf(r.events).includes('started'))
    const said = contentOf(r).trim().split('\n')
    const entry = execFileSync('getent', ['passwd', 'nobody']).toString().trim().split(':')
    assert.deepEqual(said.slice(0, 3), [entry[2], entry[3], execFileSync('id', ['-G', 'nobody']).toString().trim()])
    assert.equal(said[3], `${entry[5]} nobody nobody ${entry[6]}`)
    assert.match(said.join('\n'), /NoNewPrivs:\s+1/)
    assert.match(said.join('\n'), /CapEff:\s+0+$/m)
    assert.equal(said.at(-1), score, 'as whoever started runlet')
    const [agent] = processesOf(box.mark, [server.pid]).filter((p) => /claude/.test(p.cmd[0]))
    const config = agent.cmd[agent.cmd.indexOf('--mcp-config') + 1]
    for (const [file, mode] of [
      [config, 0o600],
      [path.dirname(config), 0o700],
    ]) {
      const s = fs.statSync(file)
      assert.deepEqual([s.uid, s.mode & 0o777], [nobody, mode], file)
    }
    const keepers = processesOf(box.mark, [server.pid]).filter((p) => p.name === 'runlet-keeper')
    assert.equal(keepers.length, 1)
    for (const pid of [server.pid, keepers[0].pid]) {
      const status = fs.readFileSync(`/proc/${pid}/status`, 'latin1')
      assert.match(status, /^Uid:\s+0\s+0\s+0\s+0$/m)
      assert.equal(fs.statSync(`/proc/${pid}/environ`).uid, 0)
    }
    r.abort()
    await until('the agent to go', () => processesOf(box.mark, [server.pid]).length === 0)
    await until('the folder to go', () => !fs.existsSync(path.dirname(config)))
    orch.stop()
    await server.stop()
    await assertNothingLeft(box)
    box.remove()
  })

test('--agent-may-gain-privileges leaves set-user-id programs working', async () => {
  const box = openBox()
  const r = await run(runRequest({ prompt: ['@init', '@bash grep NoNewPrivs /proc/self/status', '@result success'] }), {
    box,
    args: [...as(String(nobody)), '--agent-may-gain-privileges'],
  })
  assertStream(r.events, 'RUN_FINISHED')
  assert.match(contentOf(r), /NoNewPrivs:\s+0/)
  box.remove()
})

test('an agent of another user and all it started are ended, by cancel and when runlet is killed', async () => {
  const box = openBox()
  const prompt = ['@init', '@ignore-term', '@setsid-child 60000', '@daemon sleep 60', '@text started', '@hang']
  const server = await serve({ box, args: [...as('nobody'), '--kill-grace-ms', '200'] })
  const r = await open(server, runRequest({ prompt }))
  await until('the agent to speak', () => textsOf(r.events).includes('started'))
  r.abort()
  await until('all to be gone', () => processesOf(box.mark, [server.pid]).length === 0)
  await server.stop()
  const second = startRun(runRequest({ prompt }), { box, args: as('nobody') })
  await until('the agent to speak', () => second.stdout().includes('started'))
  second.child.kill('SIGKILL')
  await until('all to be gone', () => processesOf(box.mark).length === 0)
  await until('its folder too', () => fs.readdirSync(path.join(box.tmp, 'runlet-0-agent')).length === 0)
  box.remove()
})

test("--workspace-per-thread makes each thread a folder of the user's; a folder of ours is left as it is", async () => {
  const box = openBox()
  fs.chownSync(box.work, 0, 0)
  fs.mkdirSync(path.join(box.work, 'old'))
  const prompt = ['@init', '@bash touch made', '@result success']
  for (const [threadId, uid] of [
    ['new', nobody],
    ['old', 0],
  ]) {
    const r = await run(runRequest({ prompt, threadId }), {
      box,
      args: [...as('nobody'), '--workspace-per-thread', '--workspace', box.work],
    })
    assertStream(r.events, 'RUN_FINISHED')
    assert.equal(fs.statSync(path.join(box.work, threadId)).uid, uid)
    assert.equal(fs.existsSync(path.join(box.work, threadId, 'made')), uid === nobody)
  }
  box.remove()
})

test('--tool-command runs as runlet', async () => {
  const box = openBox()
  const request = {
    ...runRequest({ prompt: ['@init', '@tool who {}', '@result success'] }),
    toolDescriptors: [{ name: 'who', description: 'x', inputSchema: { type: 'object' } }],
  }
  const r = await run(request, { box, args: [...as('nobody'), '--tool-command', 'id -u'] })
  assertStream(r.events, 'RUN_FINISHED')
  assert.equal(resultsOf(r.events)[0].content.trim(), '0')
  box.remove()
})

test('what --agent-user cannot do is said at the start, by its name', async () => {
  const box = openBox()
  const start = (args, options = {}) =>
    command(['serve', '--listen', '127.0.0.1:0', '--workspace', box.work, ...args], { box, ...options })
  for (const [args, says] of [
    [as('no-such-user'), /--agent-user: no-such-user is not in \/etc\/passwd/],
    [as('root'), /--agent-user: root is root/],
    [['--agent-may-gain-privileges'], /--agent-may-gain-privileges needs --agent-user/],
  ]) {
    const r = await start(args)
    assert.equal(r.code, 2, r.stderr)
    assert.match(r.stderr, says)
  }
  fs.chownSync(box.work, 0, 0)
  let r = await start(as('nobody'))
  assert.equal(r.code, 2, r.stderr)
  assert.match(
    r.stderr,
    new RegExp(`--agent-user nobody with --workspace: uid ${nobody} cannot write in ${box.work}: Permission denied`),
  )
  fs.chownSync(box.work, nobody, nobody)
  fs.chmodSync(box.tmp, 0o700)
  r = await start(as('nobody'))
  assert.equal(r.code, 2, r.stderr)
  assert.match(r.stderr, /--agent-user nobody with --state-dir: uid \d+ cannot enter .*runlet-0-agent/)
  fs.chmodSync(box.tmp, 0o1777)
  const local = { ...runRequest(), workspace: { source: { type: 'local', path: box.home } } }
  r = await run(local, { box, args: as('nobody') })
  assert.equal(r.code, 2, r.stderr)
  assert.match(r.stderr, /workspace\.source\.path: uid \d+ cannot write in/)
  const user = spawn(
    'setpriv',
    ['--reuid', String(nobody), '--regid', String(nobody), '--clear-groups', RUNLET, 'serve', ...as('nobody')],
    { env: box.env, cwd: '/' },
  )
  let said = ''
  user.stderr.on('data', (d) => {
    said += d
  })
  assert.equal(await new Promise((done) => user.on('close', done)), 2)
  assert.match(said, /--agent-user: runlet must be started as root, not as uid \d+/)
  box.remove()
})

test('two RUNLET_TOKENs are refused; one is not to be seen in /proc/<runlet>/environ, of run neither', async () => {
  const box = openBox()
  const start = (args) => spawn('sh', ['-c', `exec python3 - "$@"`, 'sh', ...args], { env: box.env, cwd: box.work })
  const two = start([RUNLET])
  let said = ''
  two.stderr.on('data', (d) => {
    said += d
  })
  two.stdin.end(
    'import os,sys,ctypes\nlibc=ctypes.CDLL(None)\np=ctypes.c_char_p\nargv=(p*5)(b"runlet",b"serve",b"--listen",b"127.0.0.1:0",None)\nenv=(p*5)(b"RUNLET_TOKEN=one-token-0123456789",b"PATH=/bin",("TMPDIR="+os.environ["TMPDIR"]).encode(),b"RUNLET_TOKEN=two-token-0123456789",None)\nlibc.execve(sys.argv[1].encode(),argv,env)\n',
  )
  assert.equal(await new Promise((done) => two.on('close', done)), 2, said)
  assert.match(said, /RUNLET_TOKEN is in the environment twice/)
  const server = await serve({ box, env: { RUNLET_TOKEN: CONTROL } })
  if (LOOKS) assert.ok(!fs.readFileSync(`/proc/${server.pid}/environ`, 'latin1').includes('control-token'))
  await server.stop()
  const r = startRun(runRequest({ prompt: ['@init', '@text started', '@hang'] }), {
    box,
    env: { RUNLET_TOKEN: CONTROL },
  })
  await until('the agent to speak', () => r.stdout().includes('started'))
  for (const p of processesOf(box.mark)) assert.ok(!p.env.join().includes('control-token'), p.name)
  r.child.kill('SIGTERM')
  await r.ended
  box.remove()
})

// Without --agent-user: what src/reference/security.md says, no less and no more.
if (LOOKS)
  test('without --agent-user an agent that is root reads what runlet knows', async () => {
    const box = openBox(),
      orch = await startOrchestrator()
    const server = await serve({ box })
    const prompt = [
      '@init',
      '@tool getTime {"place":"x"}',
      `@bash ${SNOOP} loot ${lootOf(box)}`,
      `@bash ${SNOOP} ask ${server.port} GET /runs`,
      '@result success',
    ]
    const r = await post(server, runRequest({ orch, prompt }))
    orch.stop()
    assertStream(r.events, 'RUN_FINISHED')
    const by = attemptsOf(contentOf(r))
    for (const what of ['environ', 'mem', 'process_vm_readv', 'fd', 'pidfd_getfd', 'ptrace', 'signal'])
      assert.ok(by[what].includes(true), `${what}: ${contentOf(r)}`)
    assert.ok(fs.readFileSync(lootOf(box)).includes(orch.token), "the tool token is in runlet's memory")
    assert.doesNotMatch(contentOf(r), /^GET \/runs 403$/m)
    await server.stop()
    box.remove()
  })

test("without --agent-user an agent of runlet's own, unprivileged user: memory is closed; files, signals and an open port are not", async () => {
  const box = openBox(),
    orch = await startOrchestrator()
  fs.chownSync(box.home, nobody, nobody)
  const prompt = [
    '@init',
    '@tool getTime {"place":"x"}',
    `@bash ${SNOOP} loot ${lootOf(box)} ${box.tmp}`,
    '@result success',
  ]
  const child = spawn(
    'setpriv',
    ['--reuid', String(nobody), '--regid', String(nobody), '--clear-groups', RUNLET, 'run', '-', '--output', 'ndjson'],
    { env: { ...box.env, RUNLET_TOKEN: CONTROL }, cwd: box.work },
  )
  const out = []
  child.stdout.on('data', (d) => out.push(d))
  child.stdin.end(JSON.stringify(runRequest({ orch, prompt })))
  await new Promise((done) => child.on('close', done))
  orch.stop()
  const r = { events: eventsOf(Buffer.concat(out)) }
  assertStream(r.events, 'RUN_FINISHED')
  const by = assertClosed(contentOf(r))
  assert.deepEqual(by.signal, [true, true])
  assert.match(contentOf(r), /^0 \S+\/runlet-\d+ got$/m, "the state folder is its own user's")
  assertNotIn(lootOf(box), { 'the tool token': orch.token, 'the control token': CONTROL })
  box.remove()
})

/** The readable memory of a process, as root sees it. */
function memoryOf(pid) {
  const parts = [],
    mem = fs.openSync(`/proc/${pid}/mem`, 'r')
  for (const line of fs.readFileSync(`/proc/${pid}/maps`, 'latin1').split('\n')) {
    const [, from, to] = /^([0-9a-f]+)-([0-9a-f]+) r/.exec(line) ?? []
    const size = parseInt(to, 16) - parseInt(from, 16)
    if (!from || size > 2 ** 26 || /vvar|vsyscall/.test(line)) continue
    const part = Buffer.alloc(size)
    try {
      parts.push(part.subarray(0, fs.readSync(mem, part, 0, size, parseInt(from, 16))))
    } catch {
      /* a guard page */
    }
  }
  fs.closeSync(mem)
  return Buffer.concat(parts)
}

if (LOOKS)
  test('what a request brought is wiped when its run is over', async () => {
    const box = openBox(),
      orch = await startOrchestrator()
    const server = await serve({ box, env: { RUNLET_TOKEN: CONTROL } })
    const prompt = ['@init', '@tool getTime {"place":"x"}', '@text started', '@sleep 400', '@result success']
    const going = post(server, runRequest({ orch, prompt }), { headers: { authorization: `Bearer ${CONTROL}` } })
    await until('the tool call', () => orch.calls.length === 1)
    assert.ok(memoryOf(server.pid).includes(`"toolExecToken":"${orch.token}"`), 'while it runs it is there')
    assertStream((await going).events, 'RUN_FINISHED')
    orch.stop()
    await until('the body to be wiped', () => !memoryOf(server.pid).includes(`"toolExecToken":"${orch.token}"`))
    await until('the head too', () => !memoryOf(server.pid).toString('latin1').includes(`Bearer ${CONTROL}`))
    await server.stop()
    box.remove()
  })
