// SPDX-License-Identifier: MIT
// The container table: what runtimes, filters and limits take away, each by name, and what a run is then.  Played by
// namespaces, chroot, rlimits and a small seccomp filter (support/refuse.c).  Needs root with CAP_SYS_ADMIN, as
// tests/node/run.sh says at its start: where it is not to be had these rows fail.
import assert from 'node:assert/strict'
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { assertStream, eventsOf, resultsOf, textOf } from '../support/ndjson.mjs'
import { runRequest } from '../support/orchestrator.mjs'
import {
  AGENT,
  LOOKS,
  RUNLET,
  ask,
  assertNothingLeft,
  command,
  makeBox,
  open,
  post,
  serve,
  until,
} from '../support/runlet.mjs'
import { CONTAINER, DOCKER_CAPS, buildImages, makeStore, startContainer } from '../support/image.mjs'

const tools = fs.mkdtempSync(path.join(os.tmpdir(), 'runlet-containers-'))
fs.chmodSync(tools, 0o755)
process.on('exit', () => fs.rmSync(tools, { recursive: true, force: true }))
const support = path.join(import.meta.dirname, '../support')
const REFUSE = path.join(tools, 'refuse')
execFileSync('gcc', ['-O1', '-std=gnu11', '-D_GNU_SOURCE', '-o', REFUSE, path.join(support, 'refuse.c')])

// Where an unprivileged user gets at them.
const OURS = path.join(tools, 'runlet')
fs.copyFileSync(RUNLET, OURS)
fs.chmodSync(OURS, 0o755)
const STRANGER = 4242 // no passwd entry
const as = (uid, ...caps) => ['setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', ...caps]

/** A box that another user can use, its agent too. */
function openBox(owner) {
  const box = makeBox({ agent: null })
  fs.copyFileSync(AGENT, path.join(box.bin, 'claude'))
  fs.chmodSync(path.join(box.bin, 'claude'), 0o755)
  fs.chmodSync(box.root, 0o755)
  fs.chmodSync(box.tmp, 0o1777)
  fs.chownSync(box.work, owner, owner)
  return box
}

const SPEAK = ['@text here', '@result success']
const last = (events) => events.at(-1)
const refusing = (...calls) => [REFUSE, ...calls, '--']

/** `runlet run` under another command line; `events` are what it printed. */
async function runUnder(under, prompt, { args = [], env = {}, box = makeBox(), fields = {} } = {}) {
  const words = [...under, OURS, 'run', '-', '--output', 'ndjson', '--workspace', box.work, ...args]
  const child = spawn(words[0], words.slice(1), { cwd: box.work, env: { ...box.env, ...env } })
  const out = []
  let stderr = ''
  child.stdout.on('data', (d) => out.push(d))
  child.stderr.on('data', (d) => (stderr += d))
  child.stdin.on('error', () => {})
  child.stdin.end(JSON.stringify(runRequest({ prompt, ...fields })))
  const timer = setTimeout(() => child.kill('SIGKILL'), 30000)
  const code = await new Promise((done) => child.on('close', done))
  clearTimeout(timer)
  return { code, stderr, events: eventsOf(Buffer.concat(out)), box }
}
async function good(under, { prompt = SPEAK, check = () => {}, ...options } = {}) {
  const r = await runUnder(under, prompt, options)
  assertStream(r.events, 'RUN_FINISHED')
  check(r)
  // A sanitizer's leak checker needs /proc, and fails the process without.
  if (!/LeakSanitizer has encountered a fatal error/.test(r.stderr)) assert.equal(r.code, 0, r.stderr)
  await assertNothingLeft(r.box)
  r.box.remove()
  return r
}
async function bad(under, code, message, options) {
  const r = await runUnder(under, SPEAK, options)
  assertStream(r.events, code)
  assert.match(last(r.events).message, message)
  await assertNothingLeft(r.box)
  r.box.remove()
  return r
}

// -- /proc --

/** A PID namespace whose /proc is that of the one around it, where the same numbers are other processes; and no groups,
 * which would do the work. */
const FOREIGN_PROC = [
  ...['unshare', '--mount', 'sh', '-c', 'umount -l /sys/fs/cgroup 2>/dev/null; exec "$@"', 'sh'],
  ...['unshare', '--pid', '--fork', '--propagation', 'unchanged', '--mount-proc', '--kill-child'],
  ...['unshare', '--pid', '--fork', '--kill-child'],
]
const NO_PROC = ['unshare', '--mount', 'sh', '-c', 'umount -l /proc && exec "$@"', 'sh']

test('a /proc of another PID namespace: the end of one run leaves the other alone', async () => {
  const s = await serve({ under: FOREIGN_PROC, args: ['--workspace-per-thread'] })
  const runs = []
  for (const [threadId, prompt] of [
    ['a', ['@setsid-child 60000', '@text here', '@hang']],
    ['b', ['@text here', '@sleep 1500', '@result success']],
  ])
    runs.push(await open(s, runRequest({ runId: threadId, threadId, prompt })))
  for (const r of runs) await until('it to speak', () => textOf(r.events) !== '')
  assert.equal((await ask(s, 'POST', '/runs/a/cancel')).status, 202)
  for (const r of runs) await r.ended
  assert.equal(last(runs[0].events).code, 'cancelled')
  assertStream(runs[1].events, 'RUN_FINISHED')
  assert.match(s.stderr(), /\/proc is of another PID namespace, and not believed/)
  s.child.kill('SIGKILL')
  await s.ended
  s.box.remove()
})

for (const [what, under, said] of [
  ['no /proc', NO_PROC, /there is no \/proc: processes that an agent leaves/],
  ['a /proc of another PID namespace', FOREIGN_PROC, /\/proc is of another PID namespace/],
]) {
  test(`${what}: said at the start, and a run`, async () => {
    const r = await good(under)
    assert.match(r.stderr, said)
  })
  test(`${what}: what left its session is named by its number, and ended where it shall be`, async () => {
    const prompt = ['@setsid-child 60000', '@orphans 1 60000', '@sleep 50', ...SPEAK]
    const kept = await runUnder(under, prompt)
    assertStream(kept.events, 'RUN_FINISHED')
    const { leftovers } = last(kept.events).metadata.runlet
    assert.equal(leftovers.length, 2)
    for (const one of leftovers) assert.ok(one.pid > 1 && one.name === '?', JSON.stringify(leftovers))
    if (under === NO_PROC) for (const one of leftovers) process.kill(one.pid, 'SIGKILL')
    await assertNothingLeft(kept.box)
    kept.box.remove()
    const swept = await runUnder(under, prompt, { fields: { leftovers: 'kill' } })
    assertStream(swept.events, 'RUN_FINISHED')
    assert.equal(last(swept.events).metadata.runlet.leftovers, undefined)
    await assertNothingLeft(swept.box)
    swept.box.remove()
  })
}

// -- seccomp --

for (const [what, calls] of [
  ['execveat refused (EPERM)', ['execveat']],
  ['execveat unknown (ENOSYS)', ['execveat=38']],
  [
    'clone3, close_range, pidfd_open and io_uring unknown',
    ['clone3=38', 'close_range=38', 'pidfd_open=38', 'io_uring_setup=38'],
  ],
  ['inotify refused', ['inotify']],
])
  test(`seccomp: ${what}: a run all the same`, () => good(refusing(...calls)))

test('seccomp: no subreaper, as in an emulator: refused at the start', async () => {
  const r = await runUnder(refusing('subreaper=22'), SPEAK)
  assert.notEqual(r.code, 0)
  assert.match(r.stderr + JSON.stringify(r.events), /cannot become a subreaper \(an emulator\?\): Invalid argument/)
  r.box.remove()
})
test('seccomp: getrandom refused is named', async () => {
  const r = await runUnder(refusing('getrandom'), SPEAK)
  assert.notEqual(r.code, 0)
  assert.match(
    r.stderr + JSON.stringify(r.events),
    /getrandom \(refused by a seccomp filter\?\): Operation not permitted/,
  )
  r.box.remove()
})
test('seccomp: a keeper that dies at its first call is no death of the agent', async () => {
  const r = await bad(refusing('setsid=kill'), 'spawn-failed', /the keeper of .* ended by signal 31/)
  assert.equal(last(r.events).metadata.runlet.signal, undefined)
})

// -- limits --

test('nofile 24: a run, or spawn-failed with its errno', async () => {
  for (let most = 12; most <= 40; most += 2) {
    const r = await runUnder(['prlimit', `--nofile=${most}`], SPEAK)
    const end = last(r.events)
    if (end?.type !== 'RUN_FINISHED')
      assert.match(
        r.stderr + JSON.stringify(end ?? ''),
        /Too many open files|No file descriptors|too many open files/,
        `nofile ${most}`,
      )
    if (end?.type === 'RUN_ERROR') assert.notEqual(end.code, 'agent-signal', `nofile ${most}: ${JSON.stringify(end)}`)
    await assertNothingLeft(r.box)
    r.box.remove()
  }
})

test('no more processes (pids limit): said by its name', async () => {
  const box = openBox(STRANGER)
  await bad(
    [...as(STRANGER), 'prlimit', '--nproc=1'],
    'spawn-failed',
    /no more processes may be started: see the container's pids limit/,
    { box },
  )
})

// -- users, HOME, capabilities --

test('a user without passwd entry, HOME unset: the workspace is HOME', async () => {
  const box = openBox(STRANGER)
  const r = await runUnder([...as(STRANGER), 'env', '-u', 'HOME'], ['@env HOME', '@result success'], { box })
  assertStream(r.events, 'RUN_FINISHED')
  assert.equal(textOf(r.events), `HOME=${box.work}`)
  assert.doesNotMatch(r.stderr, /HOME/)
  box.remove()
})
test('HOME unset, a passwd entry: its folder', async () => {
  const r = await runUnder(['env', '-u', 'HOME'], ['@env HOME', '@result success'])
  assert.equal(textOf(r.events), `HOME=${os.userInfo().homedir}`)
  r.box.remove()
})
test('a HOME that cannot be written is said at the start', async () => {
  const r = await runUnder([...as(STRANGER), 'env', 'HOME=/'], ['@env HOME', '@result success'], {
    box: openBox(STRANGER),
  })
  assertStream(r.events, 'RUN_FINISHED')
  assert.match(r.stderr, /HOME: folder \/ cannot be written.*: agents cannot keep their logins and sessions/)
  r.box.remove()
})

const NEEDED = ['chown', 'dac_override', 'kill', 'setgid', 'setuid']
const withOnly = (caps) => ['setpriv', `--bounding-set=-all,${caps.map((c) => `+${c}`).join(',')}`, '--inh-caps=-all']
const nobody = Number(execFileSync('id', ['-u', 'nobody']).toString())
test(`--agent-user with only ${NEEDED.join(', ')}: a run, also in a thread's own folder`, async () => {
  for (const more of [[], ['--workspace-per-thread']]) {
    const box = openBox(nobody)
    await good(withOnly(NEEDED), { box, args: ['--agent-user', 'nobody', ...more] })
  }
})
for (const missing of NEEDED)
  test(`--agent-user without ${missing}: refused at the start, by its name`, async () => {
    const box = openBox(nobody)
    const r = await runUnder(withOnly(NEEDED.filter((c) => c !== missing)), SPEAK, {
      box,
      args: ['--agent-user', 'nobody'],
    })
    assert.equal(r.code, 2, r.stderr)
    assert.match(r.stderr, new RegExp(`--agent-user.*CAP_${missing.toUpperCase()}`))
    box.remove()
  })

test('neither netlink nor /proc/net: --agent-user says so, and each call that is refused', async () => {
  const box = openBox(nobody)
  const s = await serve({ box, under: [...NO_PROC, ...refusing('netlink')], args: ['--agent-user', 'nobody'] })
  assert.match(
    s.stderr(),
    /--agent-user: every call from this machine will be refused: neither netlink nor \/proc\/net/,
  )
  for (let i = 1; i <= 2; i++) {
    await assert.rejects(ask(s, 'GET', '/health'))
    await until('the line', () => s.stderr().match(/a call from this machine was refused/g)?.length === i)
  }
  await s.stop()
  box.remove()
})

test('CAP_PERFMON opens the environment on a newer Linux: the token is not in it, and memory stays closed', async () => {
  const s = await serve({ env: { RUNLET_TOKEN: 'token-of-the-test' } })
  const look = (caps, file) =>
    spawnSync('setpriv', [`--bounding-set=-all${caps}`, '--inh-caps=-all', 'cat', `/proc/${s.pid}/${file}`]).stdout
  assert.equal(look('', 'environ').length, 0)
  for (const cap of [',+perfmon', ',+sys_ptrace'])
    assert.doesNotMatch(look(cap, 'environ').toString(), /token-of-the-test/)
  if (LOOKS) assert.match(look(',+sys_ptrace', 'environ').toString(), /RUNLET_TOKEN=/)
  const opens = (caps) =>
    spawnSync('setpriv', [`--bounding-set=-all${caps}`, '--inh-caps=-all', 'sh', '-c', `exec 3</proc/${s.pid}/mem`])
      .status
  assert.notEqual(opens(',+perfmon'), 0)
  if (LOOKS) assert.equal(opens(',+sys_ptrace'), 0)
  await s.stop()
  s.box.remove()
})

// -- file systems, networks --

const readOnly = (box, ...kept) => [
  ...['unshare', '--mount', 'sh', '-ec'],
  'for f in $KEPT; do mount --bind "$f" "$f"; done; mount -o remount,bind,ro / && exec "$@"',
  'sh',
]
test('a read-only root, workspace and TMPDIR writable: a run', async () => {
  const box = makeBox()
  await good(readOnly(box), { box, env: { KEPT: `${box.work} ${box.tmp}` } })
})
test('a read-only root and nothing to write: refused by the name of the option', async () => {
  const box = makeBox()
  const r = await runUnder(readOnly(box), SPEAK, { box, env: { KEPT: '' } })
  assert.notEqual(r.code, 0)
  assert.match(r.stderr + JSON.stringify(r.events), /--(state-dir|workspace).*Read-only file system/)
  box.remove()
})

const ONLY_SIX = ['unshare', '--net', 'sh', '-ec', 'ip link set lo up; ip addr del 127.0.0.1/8 dev lo; exec "$@"', 'sh']
test('a loopback without IPv4: the bridge is on [::1]', () =>
  good(ONLY_SIX, {
    args: ['--tool-command', 'echo \'"from the host"\''],
    prompt: ['@tool getTime {}', ...SPEAK],
    fields: { toolDescriptors: [{ name: 'getTime' }], toolExecUrl: undefined, toolExecToken: undefined },
    check: (r) => assert.equal(resultsOf(r.events)[0].content, 'from the host'),
  }))

// -- a container that is killed whole (memory.oom.group) --

test('a runner that was killed: the next start tells of its runs', async () => {
  const box = makeBox()
  const first = await serve({ box })
  const request = runRequest({ runId: 'r1', threadId: 't1', prompt: ['@text here', '@hang'] })
  const r = await open(first, request)
  await until('it to speak', () => textOf(r.events) !== '')
  first.child.kill('SIGKILL')
  await first.ended
  const second = await serve({ box })
  assert.match(second.stderr(), /r1.*the runner was killed, and this run with it/)
  const told = JSON.parse((await ask(second, 'GET', '/runs/r1')).body)
  assert.equal(told.outcome, 'runner-lost')
  assert.equal(told.state, 'over')
  assert.equal(told.threadId, 't1')
  assert.ok(told.startedAt > 0 && told.startedAt <= told.endedAt)
  const events = eventsOf((await ask(second, 'GET', '/runs/r1/events')).body)
  assert.equal(last(events).code, 'runner-lost')
  assert.equal((await ask(second, 'GET', '/metrics')).status, 200)
  // Posted again it begins anew.
  const again = await post(second, runRequest({ runId: 'r1', threadId: 't1', prompt: SPEAK }))
  assertStream(again.events, 'RUN_FINISHED')
  assert.equal(JSON.parse((await ask(second, 'GET', '/runs/r1')).body).outcome, 'finished')
  await second.stop()
  assert.deepEqual(
    fs.readdirSync(box.tmp, { recursive: true }).filter((n) => /ongoing/.test(n)),
    [],
  )
  box.remove()
})

test('runlet health: by its exit status and one line', async () => {
  const s = await serve()
  const well = await command(['health', '--url', `${s.url}/health`])
  assert.equal(well.code, 0, well.stderr)
  assert.equal(well.stderr, '')
  await s.stop()
  s.box.remove()
  const gone = await command(['health', '--url', `${s.url}/health`])
  assert.equal(gone.code, 1)
  assert.match(gone.stderr, /^runlet: http:\/\/127\.0\.0\.1:\d+\/health: .*\n$/)
})

test('runlet ready: with the token of its environment, and the reasons where it is not', async () => {
  const env = { RUNLET_TOKEN: 'secret' }
  const s = await serve({ env })
  const url = `${s.url}/ready`
  const well = await command(['ready', '--url', url], { env })
  assert.equal(well.code, 0, well.stderr)
  assert.equal(well.stderr, '')
  const stranger = await command(['ready', '--url', url])
  assert.equal(stranger.code, 1)
  assert.match(stranger.stderr, /\/ready: the answer is 401/)
  await s.stop()
  s.box.remove()
  const lacking = await serve({ args: ['--require-cli', 'no-such-agent'] })
  const not = await command(['ready', '--url', `${lacking.url}/ready`])
  assert.equal(not.code, 1)
  assert.match(not.stderr, /the answer is 503 .*"reasons":\[".*no-such-agent/)
  await lacking.stop()
  lacking.box.remove()
})

// -- container/Dockerfile.agent, its own lines in a root like its base image's --

const dockerfile = fs.readFileSync(path.join(CONTAINER, 'Dockerfile.agent'), 'utf8')
/** As a shell script in the root $R, and what it says of the start. */
function readDockerfile() {
  const image = { steps: [], workdir: '/' }
  for (const line of dockerfile.split('\n').filter((l) => l && !l.startsWith('#'))) {
    const [, word, rest] = /^(\w+) (.*)$/.exec(line)
    const [from, to] = rest.split(' ').filter((w) => !w.startsWith('--'))
    if (word === 'RUN') image.steps.push(`chroot "$R" /bin/sh -c '${rest}'`)
    else if (word === 'ARG') image.steps.push(`export ${rest}`)
    else if (word === 'COPY')
      image.steps.push(`mkdir -p "$R${path.dirname(to)}"; cp "$FILES/${path.basename(from)}" "$R${to}"`)
    else if (word === 'WORKDIR') image.steps.push(`mkdir -p "$R${(image.workdir = rest)}"`)
    else if (word === 'ENTRYPOINT') image.entrypoint = JSON.parse(rest)
    else if (word === 'CMD') image.entrypoint.push(...JSON.parse(rest))
    else if (word === 'HEALTHCHECK') image.health = JSON.parse(rest.replace(/^CMD /, ''))
    else assert.match(word, /^(FROM|USER)$/, `${word} is not played here`)
  }
  return image
}
const ROOT = `
ip link set lo up; mount -t tmpfs tmpfs "$R"; cd "$R"
mkdir -p usr etc proc dev tmp home/node; chmod 1777 tmp
for n in bin sbin lib lib64; do [ ! -L /$n ] || cp -P /$n .; done
mount --rbind /usr usr; mount -t tmpfs tmpfs usr/local; mkdir usr/local/bin
mount --rbind /proc proc; mount --rbind /dev dev
printf 'root:x:0:0::/root:/bin/sh\nnode:x:1000:1000::/home/node:/bin/sh\n' >etc/passwd
printf 'root:x:0:\nnode:x:1000:\n' >etc/group
chown 1000:1000 home/node
for n in npm apt-get; do printf '#!/bin/sh\n' >usr/local/bin/$n; done; cp "$FILES/claude" usr/local/bin
chmod 755 usr/local/bin/*
`
/** A run posted from inside the container's network: its agent makes a file in the workspace, as user 1000. */
function runInside(pid) {
  const asked = `fetch('http://127.0.0.1:8080/run', {method: 'POST', headers: {authorization: 'Bearer token-of-the-test', 'content-type': 'application/json'}, body: process.argv[1]}).then((r) => r.text()).then((t) => process.stdout.write(t))`
  const body = JSON.stringify(runRequest({ prompt: ['@bash touch made && stat -c %u made', ...SPEAK] }))
  const events = eventsOf(execFileSync('nsenter', ['-t', pid, '-n', process.execPath, '-e', asked, body]))
  assertStream(events, 'RUN_FINISHED')
  assert.match(JSON.stringify(resultsOf(events)[0]), /1000/)
}

for (const [how, user, env] of [
  ['docker run --user 1000', ['--userspec=1000:1000'], ['HOME=/home/node']],
  ['RUNLET_AGENT_USER=node', [], ['HOME=/root', 'RUNLET_AGENT_USER=node']],
])
  test(`container/Dockerfile.agent, ${how}: healthy, and a run that writes its workspace`, async () => {
    const image = readDockerfile()
    const R = fs.mkdtempSync(path.join(tools, 'root-'))
    const FILES = fs.mkdtempSync(path.join(tools, 'files-'))
    fs.copyFileSync(OURS, path.join(FILES, 'runlet'))
    fs.copyFileSync(AGENT, path.join(FILES, 'claude'))
    const start = [
      '/usr/sbin/chroot',
      ...user,
      R,
      '/bin/sh',
      '-c',
      `cd ${image.workdir}; exec "$@"`,
      'sh',
      ...image.entrypoint,
    ]
    const script = `${ROOT}${image.steps.join('\n')}\nexec env -i PATH=/usr/local/bin:/usr/bin:/bin RUNLET_TOKEN=token-of-the-test "$@"`
    const child = spawn('unshare', ['--mount', '--net', 'sh', '-euc', script, 'sh', ...env, ...start], {
      env: { ...process.env, R, FILES },
    })
    let stderr = ''
    child.stderr.on('data', (d) => (stderr += d))
    try {
      await until('it to listen', () => {
        assert.equal(child.exitCode, null, stderr)
        return /listening on 0\.0\.0\.0:8080/.test(stderr)
      })
      assert.doesNotMatch(stderr, / (warn|error) /)
      execFileSync('nsenter', ['-t', child.pid, '-n', '-m', '-r', ...image.health], { env: {} })
      runInside(child.pid)
    } finally {
      child.kill('SIGTERM')
    }
    await new Promise((done) => child.on('close', done))
  })

test('container/Dockerfile.agent, built by buildah, run by crun as its own user and as root with RUNLET_AGENT_USER=node', async () => {
  const store = makeStore(tools)
  buildImages(store, path.join(CONTAINER, '..'))
  const config = store.config('my-agent')
  assert.deepEqual(config.Healthcheck.Test.slice(0, 1), ['CMD'])
  assert.equal(config.User, '1000:1000')
  for (const [name, uid, env] of [
    ['user', 1000, ['HOME=/home/node']],
    ['agent-user', 0, ['HOME=/root', 'RUNLET_AGENT_USER=node']],
  ]) {
    const c = startContainer(store, name, 'my-agent', {
      uid,
      caps: DOCKER_CAPS,
      env: [...env, 'RUNLET_TOKEN=token-of-the-test'],
    })
    try {
      await c.listening()
      assert.doesNotMatch(c.said(), / (warn|error) /)
      assert.equal(c.exec(config.Healthcheck.Test.slice(1)).status, 0)
      runInside(c.pid())
    } finally {
      await c.stop()
    }
    assert.equal(await c.ended, 0, c.said())
  }
})
