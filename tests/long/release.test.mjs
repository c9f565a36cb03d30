// SPDX-License-Identifier: MIT
// container/build.sh --all: both architectures by one command.  The other one's binary is run by qemu-user, as far as that
// goes (it has no subreaper, so no runs), and in a machine of its own by qemu-system: Debian's kernel, busybox, the
// scripted agent.
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { before, test } from 'node:test'
import { spdxFaults } from '../support/formats.mjs'
import { assertStream, eventsOf, resultsOf, textOf } from '../support/ndjson.mjs'
import { runRequest } from '../support/orchestrator.mjs'
import { RUNLET, makeBox, serve } from '../support/runlet.mjs'

const ROOT = path.join(import.meta.dirname, '../..')
const DIST = path.join(ROOT, 'build-dist')
const MOST = { x86_64: 1048576, aarch64: 1310720 }
const here = os.machine()
const other = Object.keys(MOST).find((arch) => arch !== here)
const binary = (arch) => path.join(DIST, `runlet-${arch}`)
const sha256 = (file) => createHash('sha256').update(fs.readFileSync(file)).digest('hex')
const emulated = (...words) => spawnSync(`qemu-${other}`, [binary(other), ...words], { encoding: 'utf8' })

before(() => {
  execFileSync(path.join(ROOT, 'container/build.sh'), ['--all'], { stdio: 'inherit' })
})

test('this architecture gives the bytes of the release build', () => assert.equal(sha256(binary(here)), sha256(RUNLET)))

for (const [arch, most] of Object.entries(MOST))
  test(`${arch}: at most ${most} bytes, static, position independent, for that machine`, () => {
    const { size } = fs.statSync(binary(arch))
    console.log(`${arch}: ${size} bytes`)
    assert.ok(size <= most, `${size}`)
    const look = execFileSync('readelf', ['-hlW', binary(arch)]).toString()
    assert.match(look, /Type:\s+DYN/)
    assert.doesNotMatch(look, /INTERP/)
    assert.match(look, arch === 'aarch64' ? /Machine:\s+AArch64/ : /Machine:\s+Advanced Micro Devices X86-64/)
  })

test('SHA256SUMS fit, and the SPDX document is valid and names both files with those sums', () => {
  execFileSync('sha256sum', ['--check', '--strict', 'SHA256SUMS'], { cwd: DIST })
  const document = JSON.parse(fs.readFileSync(path.join(DIST, 'runlet.spdx.json'), 'utf8'))
  assert.deepEqual(spdxFaults(document), [])
  const files = document['@graph'].filter((e) => e.type === 'software_File')
  assert.deepEqual(
    files.map((f) => [f.name, f.verifiedUsing[0].hashValue]),
    Object.keys(MOST).map((arch) => [`runlet-${arch}`, sha256(binary(arch))]),
  )
})

test(`${other} under qemu-user: its version, its help, a fault`, () => {
  const told = emulated('version', '--verbose')
  assert.equal(told.status, 0, told.stderr)
  const own = execFileSync(binary(here), ['version', '--verbose']).toString()
  assert.equal(told.stdout.replace(`target ${other}`, `target ${here}`), own)
  assert.ok(emulated('--help=markdown').stdout === execFileSync(binary(here), ['--help=markdown']).toString())
  const refused = emulated('serve', '--no-such-option')
  assert.equal(refused.status, 2)
  assert.match(refused.stderr, /--no-such-option/)
})

test(`${other} under qemu-user reads every recorded agent to the same bytes`, () => {
  const golden = path.join(ROOT, 'tests/golden')
  let compared = 0
  for (const name of fs.readdirSync(golden, { recursive: true }).filter((n) => n.endsWith('/in.ndjson'))) {
    const words = ['translate', '--harness', name.split('/')[0], path.join(golden, name)]
    const own = spawnSync(RUNLET, words, { encoding: 'utf8' })
    if (own.status !== 0) continue // a transcript that needs what translate has no option for
    const timeless = (text) => text.replace(/"timestamp":\d+/g, '"timestamp":0')
    assert.equal(timeless(emulated(...words).stdout), timeless(own.stdout), name)
    compared++
  }
  console.log(`${compared} transcripts`)
  assert.ok(compared > 50)
})

test(`${other} under qemu-user asks a service whether it is well and ready`, async () => {
  const s = await serve()
  for (const door of ['health', 'ready']) {
    const asked = emulated(door, '--url', `${s.url}/${door}`)
    assert.equal(asked.status, 0, asked.stderr)
  }
  await s.stop()
  s.box.remove()
})

const MACHINES = {
  aarch64: { debian: 'arm64', words: ['-M', 'virt', '-cpu', 'cortex-a57'], console: 'ttyAMA0' },
  x86_64: { debian: 'amd64', words: ['-M', 'q35'], console: 'ttyS0' },
}
const INIT = `#!/bin/sh
export PATH=/bin HOME=/work TMPDIR=/tmp RUNLET_TOKEN=token-of-the-test
mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev
ip link set lo up
echo "== run"; runlet run --output ndjson --tool-command 'echo "\\"of $(uname -m)\\""' /run.json; echo "== status $?"
echo "== exit"; runlet run --output ndjson /exit.json; echo "== status $?"
echo "== serve"; runlet serve --listen 127.0.0.1:8080 2>/tmp/log & service=$!
n=0; until runlet health 2>/dev/null || [ $((n += 1)) -gt 100 ]; do sleep 0.2; done
runlet ready; echo "== status $?"
kill $service; wait $service; echo "== status $?"
poweroff -f
`
test(`${other} in a machine of its own: a run with a tool, an agent that fails, a service from its start to TERM`, () => {
  const { debian, words, console: tty } = MACHINES[other]
  const box = makeBox()
  const packages = path.join(DIST, 'machine')
  execFileSync(path.join(ROOT, 'container/foreign.sh'), [
    debian,
    packages,
    'busybox-static',
    `linux-image-cloud-${debian}`,
  ])
  const root = path.join(box.root, 'root')
  for (const name of ['bin', 'proc', 'sys', 'dev', 'tmp', 'work', 'etc'])
    fs.mkdirSync(path.join(root, name), { recursive: true })
  const put = (from, to) => fs.copyFileSync(from, path.join(root, to))
  put(path.join(packages, 'bin/busybox'), 'bin/busybox')
  for (const name of ['sh', 'mount', 'ip', 'uname', 'sleep', 'poweroff', 'kill'])
    fs.symlinkSync('busybox', path.join(root, 'bin', name))
  put(binary(other), 'bin/runlet')
  const support = path.join(ROOT, 'tests/support')
  const sources = fs.readdirSync(support).filter((n) => /^scripted_.*\.c$/.test(n))
  const flags = [`-specs=${DIST}/${other}/static-pie.specs`, '-idirafter', `${DIST}/${other}/work/kernel-headers`]
  execFileSync(`${other}-linux-gnu-gcc`, [
    ...[...flags, '-O1', '-fPIE', '-std=gnu11', '-D_GNU_SOURCE', '-o', path.join(root, 'bin/claude')],
    ...sources.map((n) => path.join(support, n)),
  ])
  const request = (prompt) => JSON.stringify(runRequest({ prompt, toolDescriptors: [{ name: 'getTime' }] }))
  fs.writeFileSync(
    path.join(root, 'run.json'),
    request(['@init', '@tool getTime {}', '@bash uname -m', '@text done', '@result success']),
  )
  fs.writeFileSync(path.join(root, 'exit.json'), request(['@setsid-child 60000', '@exit 3']))
  fs.writeFileSync(path.join(root, 'etc/passwd'), 'root:x:0:0::/work:/bin/sh\n')
  fs.writeFileSync(path.join(root, 'init'), INIT, { mode: 0o755 })
  const disk = path.join(box.root, 'initrd')
  execFileSync('sh', ['-ec', `cd "$1"; find . | cpio -o -H newc --quiet | gzip -1 >"$2"`, 'sh', root, disk])
  const [kernel] = fs.readdirSync(path.join(packages, 'boot')).filter((n) => n.startsWith('vmlinuz-'))
  const { stdout } = spawnSync(
    `qemu-system-${other}`,
    [
      ...[...words, '-m', '512', '-nographic', '-nic', 'none', '-no-reboot'],
      ...['-kernel', path.join(packages, 'boot', kernel), '-initrd', disk, '-append', `console=${tty} quiet panic=-1`],
    ],
    { encoding: 'utf8', timeout: 600000, stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const said = stdout.replaceAll('\r', '')
  const part = (name) => said.split(`== ${name}\n`)[1]?.split('== ') ?? assert.fail(said)
  const events = (name) => eventsOf(Buffer.from(part(name)[0]))
  assertStream(events('run'), 'RUN_FINISHED')
  assert.deepEqual(
    resultsOf(events('run')).map((r) => r.content.trim()),
    [`of ${other}`, other],
  )
  assert.equal(textOf(events('run')), 'done')
  assertStream(events('exit'), 'agent-exit')
  const statuses = [...said.matchAll(/== status (\d+)/g)].map((m) => Number(m[1]))
  assert.deepEqual(statuses, [0, 1, 0, 0], said)
  box.remove()
})
