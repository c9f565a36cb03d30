// SPDX-License-Identifier: MIT
// Images built by buildah from the Dockerfiles of container/ and run by crun, without a daemon and without a registry:
// their base images, which cannot be pulled here, are roots with a few programs of this machine.  Needs root with
// CAP_SYS_ADMIN, as tests/node/run.sh says at its start.
import assert from 'node:assert/strict'
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { AGENT, RUNLET, until } from './runlet.mjs'

export const CONTAINER = path.join(import.meta.dirname, '../../container')
// What Docker gives a container by default, of what matters here.
export const DOCKER_CAPS = ['chown', 'dac_override', 'kill', 'setgid', 'setuid'].map((c) => `CAP_${c.toUpperCase()}`)

/** The file and the libraries that it needs, in a root. */
export function putProgram(root, file, to = file) {
  const put = (from, into) => {
    fs.mkdirSync(path.dirname(root + into), { recursive: true })
    fs.copyFileSync(fs.realpathSync(from), root + into)
    fs.chmodSync(root + into, 0o755)
  }
  put(file, to)
  const needed = spawnSync('ldd', [file])
    .stdout.toString()
    .matchAll(/(?:^|\s)(\/\S+)/g)
  for (const [, library] of needed) if (fs.existsSync(library)) put(library, library)
}

/** A root in the place of node's image: a shell, the agent as `claude`, and an npm and an apt-get that do nothing. */
export function makeBase(root, programs = []) {
  for (const name of ['sh', 'mkdir', 'chown', 'rm', 'touch', 'stat', ...programs]) putProgram(root, `/bin/${name}`)
  putProgram(root, AGENT, '/usr/local/bin/claude')
  // The libraries of a sanitizer build, which is copied alone.
  putProgram(root, RUNLET, '/tmp/runlet')
  fs.rmSync(`${root}/tmp/runlet`)
  for (const name of ['npm', 'apt-get'])
    fs.writeFileSync(`${root}/usr/local/bin/${name}`, '#!/bin/sh\n', { mode: 0o755 })
  fs.mkdirSync(`${root}/etc`)
  fs.writeFileSync(`${root}/etc/passwd`, 'root:x:0:0::/root:/bin/sh\nnode:x:1000:1000::/home/node:/bin/sh\n')
  fs.writeFileSync(`${root}/etc/group`, 'root:x:0:\nnode:x:1000:\n')
  fs.mkdirSync(`${root}/root`)
  fs.chmodSync(`${root}/tmp`, 0o1777)
}

/** A store of images below a folder. */
export function makeStore(folder) {
  const store = fs.mkdtempSync(path.join(folder, 'store-'))
  const run = (options, ...words) =>
    execFileSync(
      'buildah',
      ['--root', `${store}/s`, '--runroot', `${store}/r`, '--storage-driver', 'vfs', ...words],
      options,
    )
      .toString()
      .trim()
  const buildah = (...words) => run({}, ...words)
  let copies = 0
  return {
    folder: store,
    buildah,
    /** The files below `root` as an image; `chowned`: [folder of the image, uid]; `config`: words of buildah's. */
    commit(name, root, chowned = [], config = []) {
      const made = buildah('from', 'scratch')
      buildah('copy', '-q', made, root, '/')
      for (const [to, uid] of chowned) {
        const empty = `${store}/empty-${copies++}`
        fs.mkdirSync(empty)
        buildah('copy', '-q', '--chown', `${uid}:${uid}`, made, empty, to)
      }
      if (config.length > 0) buildah('config', ...config, made)
      buildah('commit', '-q', made, name)
    },
    build(tag, dockerfile, context, ...words) {
      buildah(
        ...['bud', '-q', '--isolation', 'chroot', '--pull-never', '--format', 'docker', '-t', tag, ...words],
        ...['-f', path.join(CONTAINER, dockerfile), context],
      )
    },
    /** The configuration of an image, as a daemon reads it. */
    config: (name) => JSON.parse(JSON.parse(buildah('inspect', '--type', 'image', `localhost/${name}`)).Config).config,
    mount: (name) => buildah('mount', buildah('from', '--pull-never', `localhost/${name}`)),
  }
}

/** runlet's own image, by its Dockerfile, whose build stage is given the program under test; and the agent's. */
export function buildImages(store, folder) {
  const base = `${store.folder}/base`
  makeBase(base)
  store.commit('docker.io/library/node:22-bookworm-slim', base, [['/home/node', 1000]])
  const out = `${store.folder}/out`
  fs.mkdirSync(`${out}/own/workspace`, { recursive: true })
  fs.mkdirSync(`${out}/image/tmp`, { recursive: true })
  fs.chmodSync(`${out}/image/tmp`, 0o1777)
  putProgram(`${out}/image`, RUNLET, '/runlet')
  fs.copyFileSync(path.join(CONTAINER, 'container-runner.mjs'), `${out}/image/container-runner.mjs`)
  store.commit('localhost/built', out)
  store.build('runlet', 'Dockerfile', folder, '--build-context', 'build=docker://localhost/built')
  store.build('my-agent', 'Dockerfile.agent', folder)
}

/** A container of an image: `args`, `env` (as NAME=value), `cwd`, `uid`, `caps`, `readonly`, `mounts` as of crun's
 * configuration.  Runs until it is stopped. */
export function startContainer(store, name, image, { env = [], uid = 0, caps = [], mounts = [], ...options }) {
  const config = store.config(image)
  const bundle = `${store.folder}/bundle-${name}`
  fs.mkdirSync(bundle)
  execFileSync('crun', ['spec'], { cwd: bundle })
  const spec = JSON.parse(fs.readFileSync(`${bundle}/config.json`))
  spec.root = { path: store.mount(image), readonly: options.readonly ?? false }
  spec.process = {
    ...spec.process,
    terminal: false,
    args: [...(config.Entrypoint ?? []), ...(options.args ?? config.Cmd ?? [])],
    cwd: config.WorkingDir || '/',
    user: { uid, gid: uid, additionalGids: options.groups ?? [] },
    env: [...config.Env, ...env],
    noNewPrivileges: options.noNewPrivileges ?? false,
    capabilities: { bounding: caps, ...(uid === 0 && { effective: caps, permitted: caps }) },
  }
  // The groups of this machine may be of both kinds, which crun does not take.
  delete spec.linux.resources
  spec.linux.namespaces = spec.linux.namespaces.filter((n) => n.type !== 'cgroup')
  spec.mounts = [...spec.mounts.filter((m) => m.type !== 'cgroup'), ...mounts]
  fs.writeFileSync(`${bundle}/config.json`, JSON.stringify(spec))
  const crun = ['crun', '--root', `${store.folder}/crun`, '--cgroup-manager=disabled']
  const groups = 'umount -l -R /sys/fs/cgroup; mount -t cgroup2 cgroup2 /sys/fs/cgroup; exec "$@"'
  const child = spawn('unshare', ['--mount', 'sh', '-c', groups, 'sh', ...crun, 'run', '-b', bundle, name])
  const c = { child, stdout: '', stderr: '', spec, config, crun, name }
  child.stdout.on('data', (d) => (c.stdout += d))
  child.stderr.on('data', (d) => (c.stderr += d))
  c.ended = new Promise((done) => child.on('close', (code) => done(code)))
  c.said = () => c.stdout + c.stderr
  c.listening = (port = 8080) =>
    until('it to listen', () => {
      assert.equal(child.exitCode, null, c.said())
      return c.said().includes(`listening on 0.0.0.0:${port}`)
    })
  c.exec = (words, ...more) => spawnSync(crun[0], [...crun.slice(1), 'exec', ...more, name, ...words])
  c.pid = () => JSON.parse(execFileSync(crun[0], [...crun.slice(1), 'state', name])).pid
  c.stop = async (signal = 'TERM') => {
    spawnSync(crun[0], [...crun.slice(1), 'kill', name, signal])
    return c.ended
  }
  return c
}
