// SPDX-License-Identifier: MIT
// container/Dockerfile as a stranger builds it: its build stage on Debian's own packages, of the context that
// .dockerignore leaves (flow/image_pods runs what comes out).  The base image is made by mmdebstrap from this machine's mirror.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { CONTAINER, makeStore } from '../support/image.mjs'
import { RUNLET } from '../support/runlet.mjs'

const tools = fs.mkdtempSync(path.join(os.tmpdir(), 'runlet-image-'))
let store
before(() => {
  fs.chmodSync(tools, 0o755)
  store = makeStore(tools)
  const format = '$(REPO_URI)'
  const [mirror] = execFileSync('apt-get', [
    'indextargets',
    '--format',
    format,
    'Created-By: Packages',
    'Origin: Debian',
  ])
    .toString()
    .split('\n')
  const root = path.join(tools, 'debian')
  const words = ['--variant=apt', '--mode=root', '--quiet', '--include=ca-certificates', 'bookworm', root, mirror]
  execFileSync('mmdebstrap', words, { stdio: 'inherit' })
  store.commit('docker.io/library/debian:bookworm-slim', root)
  fs.rmSync(root, { recursive: true })
})
after(() => fs.rmSync(tools, { recursive: true, force: true }))

test('docker build: the binary of the release build, alone in its image', () => {
  const commit = /^commit (.*)$/m.exec(execFileSync(RUNLET, ['version', '--verbose']).toString())[1]
  store.build('runlet', 'Dockerfile', path.join(CONTAINER, '..'), '--build-arg', `COMMIT=${commit}`)
  const root = store.mount('runlet')
  const files = fs.readdirSync(root, { recursive: true, withFileTypes: true }).filter((e) => e.isFile())
  assert.deepEqual(files.map((e) => path.join(e.parentPath, e.name).slice(root.length)).sort(), [
    '/container-runner.mjs',
    '/etc/passwd',
    '/etc/ssl/certs/ca-certificates.crt',
    '/runlet',
  ])
  // This machine's compiler and C library may be another Debian's.
  const told = (file) =>
    execFileSync(file, ['version', '--verbose'])
      .toString()
      .replace(/^(gcc|musl) .*$/gm, '$1')
  assert.equal(told(`${root}/runlet`), told(RUNLET))
})
