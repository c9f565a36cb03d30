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

// -- container/Dockerfile.agent, its own lines in a root like its base image's --

const dockerfile = fs.readFileSync(path.join(import.meta.dirname, '../../container/Dockerfile.agent'), 'utf8')
/** As a shell script in the root $R, and what it says of the start. */
function readDockerfile() {
  const image = { steps: [], workdir: '/' }
  for (const line of dockerfile.split('\n').filter((l) => l && !l.startsWith('#'))) {
    const [, word, rest] = /^(\w+) (.*)$/.exec(line)
    const [from, to] = rest.split(' ')
    if (word === 'RUN') image.steps.push(`chroot "$R" /bin/sh -c '${rest}'`)
    else if (word === 'COPY')
      image.steps.push(`mkdir -p "$R${path.dirname(to)}"; cp "$FILES/${path.basename(from)}" "$R${to}"`)
    else if (word === 'WORKDIR') image.steps.push(`mkdir -p "$R${(image.workdir = rest)}"`)
    else if (word === 'ENTRYPOINT') image.entrypoint = JSON.parse(rest)
    else if (word === 'HEALTHCHECK') image.health = JSON.parse(rest.replace(/^CMD /, ''))
    else assert.equal(word, 'FROM', `${word} is not played here`)
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
printf '#!/bin/sh\n' >usr/local/bin/npm; cp "$FILES/claude" usr/local/bin
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
    fs.writeFileSync(path.join(FILES, 'container-runner.mjs'), '')
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

/** A root with a few programs and what they need, in place of the base image, which cannot be pulled here. */
function makeBase(R) {
  const put = (file, to = file) => {
    fs.mkdirSync(path.dirname(R + to), { recursive: true })
    fs.copyFileSync(fs.realpathSync(file), R + to)
    fs.chmodSync(R + to, 0o755)
  }
  const programs = ['sh', 'mkdir', 'chown', 'touch', 'stat'].map((n) => [`/bin/${n}`])
  for (const [file, to] of [...programs, [AGENT, '/usr/local/bin/claude'], [OURS, '/tmp/runlet']]) {
    put(file, to)
    const needed = spawnSync('ldd', [file])
      .stdout.toString()
      .matchAll(/(?:^|\s)(\/\S+)/g)
    for (const [, library] of needed) if (fs.existsSync(library)) put(library)
  }
  fs.rmSync(`${R}/tmp/runlet`)
  fs.writeFileSync(`${R}/usr/local/bin/npm`, '#!/bin/sh\n', { mode: 0o755 })
  fs.mkdirSync(`${R}/etc`)
  fs.writeFileSync(`${R}/etc/passwd`, 'root:x:0:0::/root:/bin/sh\nnode:x:1000:1000::/home/node:/bin/sh\n')
  fs.writeFileSync(`${R}/etc/group`, 'root:x:0:\nnode:x:1000:\n')
  fs.mkdirSync(`${R}/root`)
  fs.chmodSync(`${R}/tmp`, 0o1777)
}

// What Docker gives a container by default, of what matters here.
const DOCKER_CAPS = NEEDED.map((c) => `CAP_${c.toUpperCase()}`)

test('container/Dockerfile.agent, built by buildah, run by crun as node and with RUNLET_AGENT_USER=node', async () => {
  const store = fs.mkdtempSync(path.join(tools, 'store-'))
  const buildah = (...words) =>
    execFileSync('buildah', ['--root', `${store}/s`, '--runroot', `${store}/r`, '--storage-driver', 'vfs', ...words])
      .toString()
      .trim()
  makeBase(`${store}/base`)
  fs.mkdirSync(`${store}/home`)
  const base = buildah('from', 'scratch')
  buildah('copy', '-q', base, `${store}/base`, '/')
  buildah('copy', '-q', '--chown', '1000:1000', base, `${store}/home`, '/home/node')
  buildah('commit', '-q', base, `docker.io/library/${/^FROM (\S+)$/m.exec(dockerfile)[1]}`)
  for (const [from, to] of [
    [OURS, 'build-release/runlet'],
    [path.join(support, '../../container/container-runner.mjs'), 'container/container-runner.mjs'],
  ]) {
    fs.mkdirSync(path.dirname(`${store}/context/${to}`), { recursive: true })
    fs.copyFileSync(from, `${store}/context/${to}`)
  }
  buildah(
    ...['bud', '-q', '--isolation', 'chroot', '--pull-never', '--format', 'docker', '-t', 'agent'],
    ...['-f', path.join(support, '../../container/Dockerfile.agent'), `${store}/context`],
  )
  const { config } = JSON.parse(JSON.parse(buildah('inspect', '--type', 'image', 'localhost/agent')).Config)
  assert.deepEqual(config.Healthcheck.Test.slice(0, 1), ['CMD'])
  for (const [name, uid, env] of [
    ['user', 1000, ['HOME=/home/node']],
    ['agent-user', 0, ['HOME=/root', 'RUNLET_AGENT_USER=node']],
  ]) {
    const bundle = `${store}/${name}`
    fs.mkdirSync(bundle)
    execFileSync('crun', ['spec'], { cwd: bundle })
    const spec = JSON.parse(fs.readFileSync(`${bundle}/config.json`))
    spec.root = { path: buildah('mount', buildah('from', '--pull-never', 'localhost/agent')), readonly: false }
    spec.process = {
      ...spec.process,
      terminal: false,
      args: config.Entrypoint,
      cwd: config.WorkingDir,
      user: { uid, gid: uid },
      env: [...config.Env, ...env, 'RUNLET_TOKEN=token-of-the-test'],
      capabilities: { bounding: DOCKER_CAPS, ...(uid === 0 && { effective: DOCKER_CAPS, permitted: DOCKER_CAPS }) },
    }
    // The groups of this machine may be of both kinds, which crun does not take.
    delete spec.linux.resources
    spec.linux.namespaces = spec.linux.namespaces.filter((n) => n.type !== 'cgroup')
    spec.mounts = spec.mounts.filter((m) => m.type !== 'cgroup')
    fs.writeFileSync(`${bundle}/config.json`, JSON.stringify(spec))
    const crun = ['crun', '--root', `${store}/crun`, '--cgroup-manager=disabled']
    const groups = 'umount -l -R /sys/fs/cgroup; mount -t cgroup2 cgroup2 /sys/fs/cgroup; exec "$@"'
    const child = spawn('unshare', ['--mount', 'sh', '-c', groups, 'sh', ...crun, 'run', '-b', bundle, name])
    let said = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (d) => (said += d))
    try {
      await until('it to listen', () => {
        assert.equal(child.exitCode, null, said)
        return /listening on 0\.0\.0\.0:8080/.test(said)
      })
      assert.doesNotMatch(said, / (warn|error) /)
      execFileSync(crun[0], [...crun.slice(1), 'exec', name, ...config.Healthcheck.Test.slice(1)])
      runInside(JSON.parse(execFileSync(crun[0], [...crun.slice(1), 'state', name])).pid)
    } finally {
      spawnSync(crun[0], [...crun.slice(1), 'kill', name, 'TERM'])
    }
    await new Promise((done) => child.on('close', done))
    assert.equal(child.exitCode, 0, said)
  }
})
