// SPDX-License-Identifier: MIT
// container/cloudflare: its image, run by crun with a stand-in for the control server as its entrypoint, and the start
// sequence of an unmodified coordinator in another network (support/coordinator.mjs).
import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import {
  DOCKER_CAPS,
  CONTAINER,
  buildImages,
  makeBase,
  makeStore,
  putProgram,
  startContainer,
} from '../support/image.mjs'
import { assertStream, eventsOf, resultsOf, textOf } from '../support/ndjson.mjs'
import { until } from '../support/runlet.mjs'

const tools = fs.mkdtempSync(path.join(os.tmpdir(), 'runlet-cloudflare-'))
let store, container, outside
const inNet = (pid, ...words) => execFileSync('nsenter', ['-t', pid, '-n', ...words], { maxBuffer: 1 << 26 })

before(async () => {
  fs.chmodSync(tools, 0o755)
  store = makeStore(tools)
  buildImages(store, path.join(CONTAINER, '..'))
  const base = `${store.folder}/sandbox`
  makeBase(base, ['sleep', 'env'])
  // Node's libraries; itself it is mounted, being big.
  putProgram(base, process.execPath, '/usr/local/bin/node')
  fs.truncateSync(`${base}/usr/local/bin/node`)
  fs.mkdirSync(`${base}/workspace`)
  const version = /^ARG SANDBOX=(\S+)$/m.exec(fs.readFileSync(path.join(CONTAINER, 'cloudflare/Dockerfile'), 'utf8'))[1]
  store.commit(`docker.io/cloudflare/sandbox:${version}`, base, [], ['--entrypoint', '["/bin/sleep", "600"]'])
  // Nothing but the Dockerfile: as wrangler builds it, beside wrangler.jsonc.
  store.build('sandbox', 'cloudflare/Dockerfile', path.join(CONTAINER, 'cloudflare'))
  container = startContainer(store, 'sandbox', 'sandbox', {
    caps: DOCKER_CAPS,
    env: ['HOME=/root'],
    mounts: [{ destination: '/usr/local/bin/node', type: 'bind', source: process.execPath, options: ['bind', 'ro'] }],
  })
  await until('the container', () => {
    assert.equal(container.child.exitCode, null, container.said())
    return container.exec(['/bin/env']).status === 0
  })
  outside = spawn('unshare', ['--net', 'sleep', '600'])
  await until('the other network', () => {
    const own = (pid) => fs.readlinkSync(`/proc/${pid}/ns/net`)
    return own(outside.pid) !== own('self')
  })
  const inside = container.pid()
  inNet(outside.pid, 'ip', 'link', 'set', 'lo', 'up')
  inNet(outside.pid, 'ip', 'link', 'add', 'out', 'type', 'veth', 'peer', 'name', 'eth0', 'netns', String(inside))
  for (const [pid, device, address] of [
    [outside.pid, 'out', '10.77.0.1/24'],
    [inside, 'eth0', '10.77.0.2/24'],
  ]) {
    inNet(pid, 'ip', 'addr', 'add', address, 'dev', device)
    inNet(pid, 'ip', 'link', 'set', device, 'up')
  }
})
after(async () => {
  outside?.kill('SIGKILL')
  if (container) await container.stop('KILL')
  fs.rmSync(tools, { recursive: true, force: true })
})

/** The coordinator in its own network: {told: [{boot, status, text}], calls}. */
function coordinate(runs, secrets = {}) {
  const exec = [...container.crun, 'exec']
  const asked = { address: '10.77.0.2', own: '10.77.0.1', exec, name: container.name, secrets, runs }
  const script = path.join(import.meta.dirname, '../support/coordinator.mjs')
  return JSON.parse(inNet(outside.pid, process.execPath, script, JSON.stringify(asked)))
}
const eventsIn = ({ status, text }) => {
  assert.equal(status, 200, text)
  return eventsOf(Buffer.from(text))
}

test('probe, secrets, start, poll, run: a tool of the host, a secret by its name; a second run finds the runner', () => {
  const prompt = ['@init', '@tool getTime {"tz":"cet"}', '@env MODEL_KEY', '@text done', '@result success']
  const { told, calls } = coordinate(
    [{ prompt, secrets: { MODEL_KEY: 'x' } }, { prompt: ['@text again', '@result success'] }],
    {
      MODEL_KEY: 'value-of-the-worker',
    },
  )
  assert.equal(told[0].boot.started, true)
  assert.equal(told[1].boot.started, false)
  const events = eventsIn(told[0])
  assertStream(events, 'RUN_FINISHED')
  assert.equal(resultsOf(events)[0].content, 'now in cet')
  assert.match(textOf(events), /MODEL_KEY=value-of-the-worker/)
  assert.deepEqual(calls, [{ name: 'getTime', args: { tz: 'cet' } }])
  assertStream(eventsIn(told[1]), 'RUN_FINISHED')
})

test('a secret that the runner was not started with, and a bad request: a 400 with one line, which the coordinator passes on', () => {
  const { told } = coordinate([{ secrets: { OTHER_KEY: 'x' } }, { harness: 'no-such' }])
  for (const [i, words] of [/OTHER_KEY.* not set in the container/, /harness/].entries()) {
    assert.equal(told[i].boot.started, false)
    assert.equal(told[i].status, 400)
    assert.match(told[i].text.slice(0, 200), words)
  }
})

test('the agent, inside, cannot post a run: it has no token, and needs none outside', () => {
  const ask = `fetch('http://127.0.0.1:8080/run', {method: 'POST', body: '{}'}).then((r) => process.stdout.write(String(r.status)))`
  assert.equal(inNet(container.pid(), process.execPath, '-e', ask).toString(), '403')
})
