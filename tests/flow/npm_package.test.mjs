// SPDX-License-Identifier: MIT
// container/npm: the packages that pack.sh makes, installed by npm from their folder, without a registry.
import assert from 'node:assert/strict'
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { assertStream, eventsOf } from '../support/ndjson.mjs'
import { runRequest } from '../support/orchestrator.mjs'
import { makeBox, RUNLET, until } from '../support/runlet.mjs'

const NPM = path.join(import.meta.dirname, '../../container/npm')
const CPU = process.arch
const manifest = JSON.parse(fs.readFileSync(path.join(NPM, 'package.json'), 'utf8'))
const { version } = manifest
const box = makeBox()
const dist = path.join(box.root, 'dist')
const project = path.join(box.root, 'project')
const bin = (name) => path.join(project, 'node_modules/.bin', name)
// Nothing is asked of a registry, and npm's own state stays in the box.
const env = { ...box.env, npm_config_registry: 'http://127.0.0.1:9', npm_config_cache: path.join(box.root, 'cache') }
env.PATH = `${box.bin}:${process.env.PATH}`
// The launcher by the tests' own Node, which is newer than Debian's that npm may have.
const ours = { PATH: `${path.dirname(process.execPath)}:${env.PATH}` }

function install(...names) {
  const files = names.map((name) => path.join(dist, 'npm', `${name}-${version}.tgz`))
  execFileSync('npm', ['install', '--offline', '--no-audit', '--no-fund', '--loglevel=error', ...files], {
    cwd: project,
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
}
before(() => {
  fs.mkdirSync(dist)
  fs.copyFileSync(RUNLET, path.join(dist, `runlet-${CPU === 'x64' ? 'x86_64' : 'aarch64'}`))
  execFileSync(path.join(NPM, 'pack.sh'), [dist], { env, stdio: ['ignore', 'ignore', 'inherit'] })
  fs.mkdirSync(project)
  fs.writeFileSync(path.join(project, 'package.json'), '{"private": true}')
  install('runlet', `runlet-linux-${CPU}`)
})
after(() => box.remove())

/** A command line with a request on stdin, to its end. */
function give(words, prompt, options = {}) {
  const input = JSON.stringify(runRequest({ prompt }))
  return spawnSync(words[0], words.slice(1), { cwd: box.work, env: { ...env, ...options }, input })
}
const RUN = ['run', '-', '--output', 'ndjson']
// Node before 22.15 cannot put the binary in its place.
const OLDER = { NODE_OPTIONS: '--import=data:text/javascript,delete%20process.execve' }

test('the version is that of the program, in each place', () => {
  const [, meson] = /version: '([^']+)'/.exec(fs.readFileSync(path.join(NPM, '../../meson.build'), 'utf8'))
  assert.equal(version, meson)
  assert.deepEqual(Object.values(manifest.optionalDependencies), [meson, meson])
})

test('npx runlet run -: the events of a run, and its exit status', () => {
  const npx = ['npx', '--prefix', project, '--offline', 'runlet']
  const good = give([...npx, ...RUN], ['@text here', '@result success'])
  assert.equal(good.status, 0, good.stderr.toString())
  assertStream(eventsOf(good.stdout), 'RUN_FINISHED')
  const bad = give([...npx, ...RUN], ['@exit 3'])
  assert.equal(bad.status, 1)
  assertStream(eventsOf(bad.stdout), 'agent-exit')
})

for (const [node, options] of [
  ['this Node', ours],
  ['a Node without execve', { ...ours, ...OLDER }],
])
  test(`${node}: the launcher says nothing of its own, and passes arguments, exit status and TERM on`, async () => {
    const told = spawnSync(bin('runlet'), ['version', '--verbose'], { env: { ...env, ...options } })
    assert.equal(told.stderr.toString(), '')
    assert.equal(told.status, 0)
    assert.equal(told.stdout.toString(), execFileSync(RUNLET, ['version', '--verbose']).toString())
    assert.equal(give([bin('runlet'), ...RUN], ['@exit 3'], options).status, 1)
    const child = spawn(bin('runlet'), ['serve', '--listen', '127.0.0.1:0'], {
      cwd: box.work,
      env: { ...env, ...options },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    let said = ''
    child.stderr.on('data', (bytes) => (said += bytes))
    const ended = new Promise((done) => child.on('exit', (code, signal) => done({ code, signal })))
    await until('it to listen', () => said.includes('listening on'))
    child.kill('SIGTERM')
    assert.deepEqual(await ended, { code: 0, signal: null }, said)
  })

test('runlet-container-runner is the shim, with the binary of the package', async () => {
  const child = spawn(bin('runlet-container-runner'), [], {
    cwd: box.work,
    env: { ...env, RUNNER_PORT: '0' },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  child.stderr.on('data', (bytes) => (said += bytes))
  const ended = new Promise((done) => child.on('exit', (code, signal) => done({ code, signal })))
  const port = await until('it to listen', () => /listening on 0\.0\.0\.0:(\d+)/.exec(said)?.[1])
  assert.equal(await (await fetch(`http://127.0.0.1:${port}/health`)).text(), 'ok')
  child.kill('SIGTERM')
  assert.deepEqual(await ended, { code: 0, signal: null }, said)
})

test('without the package of this platform: one line that names it', () => {
  fs.rmSync(path.join(project, 'node_modules', `runlet-linux-${CPU}`), { recursive: true })
  const r = spawnSync(bin('runlet'), ['version'], { env })
  assert.equal(r.status, 1)
  assert.match(
    r.stderr.toString(),
    new RegExp(`^runlet: the package runlet-linux-${CPU} is not installed.*RUNLET_BIN\n$`),
  )
  const own = spawnSync(bin('runlet'), ['version'], { env: { ...env, RUNLET_BIN: RUNLET } })
  assert.equal(own.stdout.toString(), `runlet ${version}\n`)
})
