// SPDX-License-Identifier: MIT
// container/build.sh --all: both architectures by one command.  The other one's binary is run by qemu-user, as far as that
// goes: it says what it is, reads recorded agents to the same events, asks a service; it does not start agents, for
// qemu-user has no execve of its own kind (a run needs a machine, or binfmt_misc).
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { before, test } from 'node:test'
import { spdxFaults } from '../support/formats.mjs'
import { RUNLET, serve } from '../support/runlet.mjs'

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
