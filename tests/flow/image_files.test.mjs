// SPDX-License-Identifier: MIT
// What container/ has for others to read, against published schemas and parsers: Kubernetes, Compose, Dockerfiles; and
// what the program tells of itself: its version, and the SPDX document made of that.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import {
  composeFaults,
  DockerfileParser,
  kubernetesFaults,
  parseLicence,
  readYaml,
  spdxFaults,
} from '../support/formats.mjs'
import { CONTAINER } from '../support/image.mjs'
import { RUNLET } from '../support/runlet.mjs'

const ROOT = path.join(CONTAINER, '..')
const read = (name) => fs.readFileSync(path.join(ROOT, name), 'utf8')
const manifests = ['pod', 'job'].flatMap((name) => readYaml(path.join(CONTAINER, `kubernetes/${name}.yaml`)))
const pods = manifests.flatMap((m) => (m.kind === 'Pod' ? [m.spec] : m.kind === 'Job' ? [m.spec.template.spec] : []))

for (const manifest of manifests)
  test(`kubernetes: ${manifest.kind} ${manifest.metadata.name} is what the API takes`, async () =>
    assert.deepEqual(await kubernetesFaults(manifest), []))

test('kubernetes: the check finds a wrong type, a bad quantity and a member that the API does not know', async () => {
  const spoilt = async (spoil) => {
    const pod = structuredClone(manifests[0])
    spoil(pod.spec.containers[0], pod.spec)
    return (await kubernetesFaults(pod)).join('\n')
  }
  assert.match(await spoilt((c) => (c.ports[0].containerPort = 'http')), /containerPort must be integer/)
  assert.match(await spoilt((c) => (c.resources.limits.memory = '2Gigs')), /memory must match format "quantity"/)
  assert.match(await spoilt((c) => (c.securityContext.readOnlyRoot = true)), /readOnlyRoot.* does not exist/)
  assert.match(await spoilt((c, spec) => (spec.gracePeriod = 30)), /gracePeriod.* does not exist/)
})

test('kubernetes: nothing is root, nothing writable but volumes, and the grace is above the kill grace', () => {
  const help = execFileSync(RUNLET, ['serve', '--help']).toString()
  const killGraceMs = Number(/--kill-grace-ms .*\[(\d+)\]/.exec(help)[1])
  assert.equal(pods.length, 2)
  for (const spec of pods) {
    assert.equal(spec.automountServiceAccountToken, false)
    assert.ok(spec.securityContext.runAsNonRoot && spec.securityContext.runAsUser > 0)
    assert.equal(spec.securityContext.fsGroup, spec.securityContext.runAsGroup)
    assert.ok(spec.terminationGracePeriodSeconds * 1000 > killGraceMs + 1000)
    for (const container of spec.containers) {
      const { securityContext, resources, volumeMounts, env } = container
      assert.ok(securityContext.readOnlyRootFilesystem && !securityContext.allowPrivilegeEscalation)
      assert.deepEqual(securityContext.capabilities, { drop: ['ALL'] })
      assert.ok(resources.requests.memory && resources.limits.memory)
      assert.deepEqual(volumeMounts.map((m) => m.name).sort(), spec.volumes.map((v) => v.name).sort())
      const home = env.find((e) => e.name === 'HOME').value
      assert.ok(volumeMounts.some((m) => m.mountPath === home))
      for (const { name, value } of env)
        if (/TOKEN|KEY/.test(name)) assert.equal(value, undefined, `${name} is a secret`)
    }
  }
})

test('compose.yaml is what the Compose specification takes, and its grace is above the kill grace', () => {
  const [file] = readYaml(path.join(CONTAINER, 'compose.yaml'))
  assert.deepEqual(composeFaults(file), [])
  assert.notDeepEqual(composeFaults({ ...file, services: { agent: { ...file.services.agent, readonly: true } } }), [])
  assert.equal(file.services.agent.stop_grace_period, '15s')
  assert.ok(file.services.agent.read_only)
  for (const { build } of Object.values(file.services))
    assert.ok(fs.existsSync(path.join(CONTAINER, build.context, build.dockerfile)))
})

/** Whether a file of the tree is in the context of an image: the last line that matches it decides. */
function isSent(name) {
  let sent = true
  for (const line of read('.dockerignore')
    .split('\n')
    .filter((l) => l && !l.startsWith('#'))) {
    const pattern = line.replace(/^!/, '')
    const glob = new RegExp(
      `^${pattern
        .replaceAll('.', '\\.')
        .replace(/\*\*\//, '(.*/)?')
        .replace(/(?<!\.)\*/g, '[^/]*')}(/|$)`,
    )
    if (glob.test(name)) sent = line.startsWith('!')
  }
  return sent
}

for (const name of ['Dockerfile', 'Dockerfile.agent', 'cloudflare/Dockerfile'])
  test(`container/${name} parses, copies what its context has, and does not end as root but where its base is`, () => {
    const file = DockerfileParser.parse(read(`container/${name}`))
    const words = file.getInstructions().map((i) => i.getKeyword())
    for (const word of words)
      assert.match(word, /^(ARG|FROM|RUN|COPY|WORKDIR|USER|EXPOSE|ENV|HEALTHCHECK|ENTRYPOINT|CMD)$/)
    for (const copy of file.getCOPYs().filter((c) => c.getFlags().every((f) => f.getName() !== 'from')))
      for (const from of copy
        .getArguments()
        .slice(0, -1)
        .map((a) => a.getValue())) {
        assert.ok(fs.existsSync(path.join(ROOT, from)), from)
        assert.ok(isSent(from === '.' ? 'meson.build' : from), from)
      }
    if (name !== 'cloudflare/Dockerfile') assert.match(words.join(' '), /USER.* ENTRYPOINT CMD$/)
  })

test('the context of the images has what the build reads, and nothing that was built', () => {
  const tracked = execFileSync(
    'find',
    [
      ...['.', '(', '-name', '.git', '-o', '-name', 'node_modules', '-o', '-path', './build*', '-o', '-path'],
      ...['./subprojects/*-[0-9]*', '-type', 'd', ')', '-prune', '-o', '-type', 'f', '-print'],
    ].filter(Boolean),
    { cwd: ROOT, maxBuffer: 1 << 26 },
  )
    .toString()
    .trim()
    .split('\n')
    .map((name) => name.slice(2))
  for (const name of tracked.filter((n) =>
    /^(src|include|subprojects\/packagefiles|container)\/|^meson|^tests\/(unit|support|fuzz)\//.test(n),
  ))
    assert.ok(isSent(name), name)
  for (const name of [
    'build-release/runlet',
    '.git/HEAD',
    'subprojects/curl-8.14.1/lib/url.c',
    'tests/node/node_modules/x',
  ])
    assert.ok(!isSent(name), name)
})

test('the agent of Dockerfile.agent is the one that the tests know', () => {
  const tried = JSON.parse(read('tests/node/claude/package.json')).dependencies['@anthropic-ai/claude-code']
  assert.match(read('container/Dockerfile.agent'), new RegExp(`^ARG AGENT=@anthropic-ai/claude-code@${tried}$`, 'm'))
})

// -- what the program tells of itself --

const verbose = () =>
  Object.fromEntries(
    execFileSync(RUNLET, ['version', '--verbose'])
      .toString()
      .trim()
      .split('\n')
      .map((line) => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)]),
  )

test('runlet version --verbose: the versions are those of the sources', () => {
  const told = verbose()
  const version = /version: '([\d.]+)'/.exec(read('meson.build'))[1]
  assert.equal(execFileSync(RUNLET, ['version']).toString(), `runlet ${version}\n`)
  assert.equal(execFileSync(RUNLET, ['--version']).toString(), `runlet ${version}\n`)
  assert.equal(told.runlet, version)
  assert.match(told.commit, /^(unknown|[0-9a-f]{12}\+?)$/)
  const folders = fs.readdirSync(path.join(ROOT, 'subprojects'))
  for (const [name, folder] of [
    ['libuv', 'libuv'],
    ['cJSON', 'cJSON'],
    ['libcurl', 'curl'],
    ['mbedTLS', 'mbedtls'],
  ])
    assert.ok(folders.includes(`${folder}-${told[name]}`), `${name} ${told[name]}`)
  const header = read('subprojects/nghttp2-1.64.0/third-party/llhttp/include/llhttp.h')
  const part = (name) => new RegExp(`LLHTTP_VERSION_${name} (\\d+)`).exec(header)[1]
  assert.equal(told.llhttp, [part('MAJOR'), part('MINOR'), part('PATCH')].join('.'))
})

test('container/sbom.py: valid SPDX 3.0.1 of the binary, the same twice, with each library by licence and hash', () => {
  const make = () =>
    execFileSync('python3', [path.join(CONTAINER, 'sbom.py'), RUNLET], {
      env: { ...process.env, SOURCE_DATE_EPOCH: '1' },
    })
  const text = make().toString()
  assert.equal(make().toString(), text)
  const document = JSON.parse(text)
  assert.deepEqual(spdxFaults(document), [])
  const graph = document['@graph']
  const ids = new Set(graph.map((e) => e.spdxId ?? e['@id']))
  for (const e of graph)
    for (const value of [e.from, e.to, e.element, e.rootElement, e.creationInfo].flat().filter(Boolean))
      assert.ok(ids.has(value), `${e.spdxId} names ${value}, which is not there`)
  for (const e of graph.filter((x) => x.type === 'simplelicensing_LicenseExpression'))
    assert.ok(parseLicence(e.simplelicensing_licenseExpression))
  const file = graph.find((e) => e.type === 'software_File')
  assert.equal(file.verifiedUsing[0].hashValue, createHash('sha256').update(fs.readFileSync(RUNLET)).digest('hex'))
  const told = verbose()
  for (const name of ['libuv', 'llhttp', 'cJSON', 'libcurl', 'mbedTLS']) {
    const library = graph.find((e) => e.type === 'software_Package' && e.name === name)
    assert.equal(library.software_packageVersion, told[name])
    assert.match(library.verifiedUsing[0].hashValue, /^[0-9a-f]{64}$/)
    assert.ok(
      graph.some((e) => e.relationshipType === 'hasDeclaredLicense' && e.from === library.spdxId),
      name,
    )
  }
  assert.notDeepEqual(spdxFaults({ ...document, '@graph': [...graph, { type: 'software_Package' }] }), [])
})
