// SPDX-License-Identifier: MIT
// container/kubernetes and compose.yaml: what the kubelet would make of the Pod and the Job, made by crun: the image's entrypoint with the
// manifest's arguments, environment, user, read-only root, capabilities and volumes; its probes; its end.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { readYaml } from '../support/formats.mjs'
import { CONTAINER, buildImages, makeStore, startContainer } from '../support/image.mjs'
import { assertStream, eventsOf, resultsOf, textOf } from '../support/ndjson.mjs'
import { runRequest } from '../support/orchestrator.mjs'
import { until } from '../support/runlet.mjs'

const [pod] = readYaml(path.join(CONTAINER, 'kubernetes/pod.yaml'))
const [requests, job] = readYaml(path.join(CONTAINER, 'kubernetes/job.yaml'))
const SECRETS = { 'runlet/token': 'token-of-the-test', 'runlet/anthropic-api-key': 'key-of-the-test' }

const tools = fs.mkdtempSync(path.join(os.tmpdir(), 'runlet-pods-'))
let store
before(() => {
  fs.chmodSync(tools, 0o755)
  store = makeStore(tools)
  buildImages(store, path.join(CONTAINER, '..'))
})
after(() => fs.rmSync(tools, { recursive: true, force: true }))

test("container/Dockerfile, alone as its own user: nothing in it is that user's but the workspace, and it is ready", async () => {
  assert.equal(store.config('runlet').User, '65532:65532')
  const root = store.mount('runlet')
  const owner = (name) => fs.statSync(path.join(root, name)).uid
  assert.deepEqual(['/', '/tmp', '/runlet', '/workspace'].map(owner), [0, 0, 0, 65532])
  const c = startContainer(store, 'alone', 'runlet', { uid: 65532, env: [`RUNLET_TOKEN=${SECRETS['runlet/token']}`] })
  try {
    await c.listening()
    for (const door of ['health', 'ready']) {
      const asked = c.exec(['/runlet', door])
      assert.equal(asked.status, 0, asked.stderr.toString())
    }
  } finally {
    await c.stop()
  }
  assert.equal(await c.ended, 0, c.said())
})

/** As the kubelet does: an emptyDir belongs to fsGroup, a configMap is files. */
function mountOf(spec, { name, mountPath, readOnly }, configMaps) {
  const volume = spec.volumes.find((v) => v.name === name)
  if (volume.emptyDir)
    return {
      destination: mountPath,
      type: 'tmpfs',
      source: 'tmpfs',
      options: ['nosuid', 'nodev', 'mode=2777', `gid=${spec.securityContext.fsGroup}`],
    }
  const source = fs.mkdtempSync(path.join(tools, 'config-'))
  fs.chmodSync(source, 0o755)
  for (const [file, text] of Object.entries(configMaps[volume.configMap.name]))
    fs.writeFileSync(`${source}/${file}`, text)
  return { destination: mountPath, type: 'bind', source, options: ['bind', readOnly ? 'ro' : 'rw'] }
}

function start(name, spec, configMaps = {}) {
  const [container] = spec.containers
  return startContainer(store, name, container.image, {
    args: container.args,
    env: container.env.map(({ name, value, valueFrom }) => {
      const ref = valueFrom?.secretKeyRef
      return `${name}=${ref ? SECRETS[`${ref.name}/${ref.key}`] : value}`
    }),
    uid: spec.securityContext.runAsUser,
    groups: [spec.securityContext.fsGroup],
    readonly: container.securityContext.readOnlyRootFilesystem,
    noNewPrivileges: !container.securityContext.allowPrivilegeEscalation,
    mounts: container.volumeMounts.map((m) => mountOf(spec, m, configMaps)),
  })
}

/** POST /run from inside the container's network. */
function postInside(pid, request) {
  const ask = `fetch('http://127.0.0.1:8080/run', {method: 'POST', headers: {authorization: 'Bearer ${SECRETS['runlet/token']}', 'content-type': 'application/json'}, body: process.argv[1]}).then((r) => r.text()).then((t) => process.stdout.write(t))`
  return eventsOf(execFileSync('nsenter', ['-t', pid, '-n', process.execPath, '-e', ask, JSON.stringify(request)]))
}

test('the Pod is started, alive and ready by its probes, runs an agent that writes workspace and home, ends in its grace', async () => {
  const [container] = pod.spec.containers
  const c = start('pod', pod.spec)
  const probe = (name) => c.exec(container[`${name}Probe`].exec.command)
  try {
    await until('the startup probe', () => {
      assert.equal(c.child.exitCode, null, c.said())
      return c.said().includes('listening') && probe('startup').status === 0
    })
    for (const name of ['liveness', 'readiness']) {
      const answer = probe(name)
      assert.equal(answer.status, 0, `${name}: ${answer.stderr}`)
    }
    assert.doesNotMatch(c.said(), / (warn|error) /)
    const events = postInside(
      c.pid(),
      runRequest({
        prompt: [
          '@bash touch /workspace/made /home/node/made /tmp/made && stat -c %u:%g /workspace/made',
          '@bash touch /made || echo "the root is closed"',
          '@env ANTHROPIC_API_KEY',
          '@env RUNLET_TOKEN',
          '@result success',
        ],
      }),
    )
    assertStream(events, 'RUN_FINISHED')
    const [made, closed] = resultsOf(events).map((r) => r.content)
    assert.match(made, /1000:1000/)
    assert.match(closed, /the root is closed/)
    assert.match(textOf(events), /ANTHROPIC_API_KEY=key-of-the-test/)
    assert.doesNotMatch(textOf(events), /token-of-the-test/)
  } finally {
    const begun = Date.now()
    assert.equal(await c.stop(), 0, c.said())
    assert.ok(Date.now() - begun < pod.spec.terminationGracePeriodSeconds * 1000)
  }
})

test('the Pod without its token is not ready, and the probe says why', async () => {
  const [container] = pod.spec.containers
  const c = start('pod-2', pod.spec)
  try {
    await c.listening()
    const answer = c.exec(container.readinessProbe.exec.command, '-e', 'RUNLET_TOKEN=another')
    assert.equal(answer.status, 1)
    assert.match(answer.stderr.toString(), /\/ready: the answer is 401/)
  } finally {
    await c.stop()
  }
})

test('compose.yaml: the service is healthy by its check, its agent writes home and workspace, it ends in its grace', async () => {
  const [{ services, volumes }] = readYaml(path.join(CONTAINER, 'compose.yaml'))
  const { agent } = services
  const values = { RUNLET_TOKEN: SECRETS['runlet/token'] }
  const filled = (text) => text.replace(/\$\{(\w+)(:[?-][^}]*)?\}/g, (_, name) => values[name] ?? '')
  // A named volume begins as a copy of the image's folder.
  const mounts = agent.volumes.map((v) => {
    const [name, destination] = v.split(':')
    assert.ok(name in volumes)
    const source = fs.mkdtempSync(path.join(tools, 'volume-'))
    const { uid, gid } = fs.statSync(path.join(store.mount(agent.image), destination))
    fs.chownSync(source, uid, gid)
    return { destination, type: 'bind', source, options: ['bind', 'rw'] }
  })
  for (const [destination, options] of agent.tmpfs.map((t) => t.split(':')))
    mounts.push({ destination, type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'nodev', ...options.split(',')] })
  const uid = Number(store.config(agent.image).User.split(':')[0])
  const env = Object.entries(agent.environment).map(([name, value]) => `${name}=${filled(value)}`)
  const noNewPrivileges = agent.security_opt.includes('no-new-privileges:true')
  assert.deepEqual(agent.cap_drop, ['ALL'])
  const c = startContainer(store, 'compose', agent.image, {
    uid,
    env,
    mounts,
    noNewPrivileges,
    readonly: agent.read_only,
  })
  try {
    await c.listening()
    const [how, ...check] = agent.healthcheck.test
    assert.equal(how, 'CMD')
    const asked = c.exec(check)
    assert.equal(asked.status, 0, asked.stderr.toString())
    assert.doesNotMatch(c.said(), / (warn|error) /)
    const prompt = [
      '@bash touch /home/node/made /workspace/made /tmp/made && stat -c %u /workspace/made',
      '@result success',
    ]
    const events = postInside(c.pid(), runRequest({ prompt }))
    assertStream(events, 'RUN_FINISHED')
    assert.match(resultsOf(events)[0].content, /1000/)
  } finally {
    assert.equal(await c.stop(), 0, c.said())
  }
})

test('the Job runs its request to the end: its log is the events, its exit status the end of the run', async () => {
  const data = requests.data['request.json']
  const request = JSON.parse(data)
  const spec = job.spec.template.spec
  for (const [name, prompt, code] of [
    ['job', '@text done\n@result success', 0],
    ['job-2', '@exit 3', 1],
  ]) {
    const messages = [{ role: 'user', content: prompt }]
    const c = start(name, spec, {
      [requests.metadata.name]: { 'request.json': JSON.stringify({ ...request, messages }) },
    })
    assert.equal(await c.ended, code, c.said())
    assertStream(eventsOf(Buffer.from(c.stdout)), code === 0 ? 'RUN_FINISHED' : 'agent-exit')
  }
})
