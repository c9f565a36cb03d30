// SPDX-License-Identifier: MIT
// The static binary in a root with nothing in it: no libraries, no shell, no /proc, no /dev, no /etc.
// Needs root (chroot); the release build, not the sanitizers' (which is not static).
import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import dgram from 'node:dgram'
import fs from 'node:fs'
import https from 'node:https'
import os from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { assertStream, eventsOf, failed, resultsOf } from '../support/ndjson.mjs'
import { runRequest } from '../support/orchestrator.mjs'
import { RUNLET } from '../support/runlet.mjs'

const isStatic = !/interpreter|INTERP/.test(execFileSync('readelf', ['-lW', RUNLET]).toString())

/** A root with the binary, a static agent called claude, and what `files` says. */
function makeRoot(files = {}) {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), 'runlet-root-'))
  fs.copyFileSync(RUNLET, path.join(root, 'runlet'))
  fs.chmodSync(path.join(root, 'runlet'), 0o755)
  execFileSync('gcc', [
    '-O1',
    '-static',
    '-std=gnu11',
    '-D_GNU_SOURCE',
    '-o',
    path.join(root, 'claude'),
    ...fs
      .readdirSync(path.join(import.meta.dirname, '../support'))
      .filter((f) => /^scripted_.*\.c$/.test(f))
      .map((f) => path.join(import.meta.dirname, '../support', f)),
  ])
  for (const name of ['tmp', 'work']) fs.mkdirSync(path.join(root, name), { mode: 0o755 })
  for (const [name, text] of Object.entries(files)) {
    fs.mkdirSync(path.dirname(path.join(root, name)), { recursive: true })
    fs.writeFileSync(path.join(root, name), text)
  }
  return root
}

function inside(root, args, { env = {}, input = '' } = {}) {
  return new Promise((done) => {
    const child = spawn('chroot', [root, '/runlet', ...args], {
      env: { PATH: '/:/usr/sbin:/usr/bin:/sbin:/bin', ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    const out = [],
      err = []
    child.stdout.on('data', (d) => out.push(d))
    child.stderr.on('data', (d) => err.push(d))
    child.stdin.on('error', () => {})
    child.stdin.end(input)
    const timer = setTimeout(() => child.kill('SIGKILL'), 30000)
    child.on('close', (code) => {
      clearTimeout(timer)
      done({ code, stdout: Buffer.concat(out), stderr: Buffer.concat(err).toString() })
    })
  })
}
const inRun = (root, request, args = [], env) =>
  inside(root, ['run', '--workspace', '/work', ...args], { input: JSON.stringify(request), env })

/** An https server with a certificate for `name`, and the file to trust. */
function makeTls(name) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'runlet-tls-'))
  const [key, cert] = ['key.pem', 'cert.pem'].map((f) => path.join(folder, f))
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-days',
      '2',
      '-subj',
      `/CN=${name}`,
      '-addext',
      `subjectAltName=DNS:${name},IP:127.0.0.1`,
      '-keyout',
      key,
      '-out',
      cert,
    ],
    { stdio: 'ignore' },
  )
  const pem = { key: fs.readFileSync(key), cert: fs.readFileSync(cert) }
  fs.rmSync(folder, { recursive: true })
  return pem
}

async function tlsHost(pem, options = {}) {
  const seen = []
  const server = https.createServer({ ...pem, ...options }, async (req, res) => {
    const parts = []
    for await (const p of req) parts.push(p)
    seen.push({ host: req.headers.host, protocol: req.socket.getProtocol(), body: Buffer.concat(parts).toString() })
    res.writeHead(200, { 'content-type': 'application/json' }).end('{"result":"over TLS"}')
  })
  server.unref() // a test that fails does not stop it
  server.on('tlsClientError', () => {})
  server.listen(0, '127.0.0.1')
  await new Promise((r) => server.once('listening', r))
  return {
    seen,
    port: server.address().port,
    stop: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

const PROMPT = ['@init', '@tool echo {"text":"hi"}', '@result success']
const withTool = (more) => runRequest({ prompt: PROMPT, toolDescriptors: [{ name: 'echo' }], ...more })

test('the binary is static', () => {
  assert.ok(isStatic || /asan/i.test(RUNLET), 'the release build must not need an interpreter')
})

if (isStatic) {
  test('empty root: --version, and a run to its end', async () => {
    const root = makeRoot()
    const version = await inside(root, ['--version'])
    assert.equal(version.code, 0, version.stderr)
    assert.match(version.stdout.toString(), /^runlet \d+\.\d+\.\d+\n$/)
    const r = await inRun(root, runRequest({ prompt: ['@init', '@text here', '@result success'] }))
    assert.equal(r.code, 0, r.stderr)
    assertStream(eventsOf(r.stdout), 'RUN_FINISHED')
    assert.deepEqual(
      fs.readdirSync(path.join(root, 'tmp')).flatMap((n) => fs.readdirSync(path.join(root, 'tmp', n))),
      [],
    )
    fs.rmSync(root, { recursive: true })
  })

  test('empty root: --tool-command without a shell is refused at once, by its name', async () => {
    const root = makeRoot()
    const r = await inRun(root, withTool(), ['--tool-command', 'date'])
    assert.equal(r.code, 2)
    assert.match(r.stderr, /--tool-command needs \/bin\/sh/)
    assert.equal(r.stdout.length, 0)
    fs.rmSync(root, { recursive: true })
  })

  for (const [what, tls] of [
    ['TLS 1.3', {}],
    ['TLS 1.2 with RSA', { maxVersion: 'TLSv1.2' }],
  ])
    test(`empty root: an https tool call with a given CA file, ${what}`, async () => {
      const pem = makeTls('tools.test')
      const host = await tlsHost(pem, tls)
      const root = makeRoot({ 'ca.pem': pem.cert })
      const request = withTool({ toolExecUrl: `https://127.0.0.1:${host.port}/tools` })
      const good = await inRun(root, request, ['--ca-file', '/ca.pem'])
      assertStream(eventsOf(good.stdout), 'RUN_FINISHED')
      assert.equal(resultsOf(eventsOf(good.stdout))[0].content, 'over TLS')
      assert.equal(host.seen.length, 1)
      const none = await inRun(root, request) // no CA file anywhere: an error that says what to do, never without checking
      assert.match(
        resultsOf(eventsOf(none.stdout))[0].content,
        /no CA certificates here: give --ca-file or SSL_CERT_FILE/,
      )
      assert.ok(failed(resultsOf(eventsOf(none.stdout))[0]))
      const other = makeTls('tools.test')
      fs.writeFileSync(path.join(root, 'ca.pem'), other.cert)
      const untrusted = await inRun(root, request, ['--ca-file', '/ca.pem'])
      assert.match(resultsOf(eventsOf(untrusted.stdout))[0].content, /certificate/)
      assert.equal(host.seen.length, 1, 'nothing went to a server that is not trusted')
      host.stop()
      fs.rmSync(root, { recursive: true })
    })

  test('empty root: a named CA file that is not there is an error at start', async () => {
    const root = makeRoot()
    const r = await inRun(root, withTool(), [], { SSL_CERT_FILE: '/nowhere.pem' })
    assert.notEqual(r.code, 0)
    assert.match(r.stderr, /SSL_CERT_FILE \/nowhere\.pem/)
    fs.rmSync(root, { recursive: true })
  })

  test('empty root: names are resolved by resolv.conf', async () => {
    const asked = []
    const dns = dgram.createSocket('udp4')
    dns.unref()
    dns.on('message', (q, from) => {
      // one A record for every name
      const end = q.indexOf(0, 12) + 5,
        type = q.readUInt16BE(end - 4)
      asked.push(type)
      const head = Buffer.from(q.subarray(0, end))
      head.writeUInt16BE(0x8180, 2)
      head.writeUInt16BE(type === 1 ? 1 : 0, 6)
      head.writeUInt16BE(0, 10)
      const record = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 127, 0, 0, 1])
      dns.send(type === 1 ? Buffer.concat([head, record]) : head, from.port, from.address)
    })
    await new Promise((done, broken) => {
      dns.once('error', broken)
      dns.bind(53, '127.0.0.77', done)
    })
    const pem = makeTls('tools.example.test')
    const host = await tlsHost(pem)
    const root = makeRoot({ 'ca.pem': pem.cert, 'etc/resolv.conf': 'nameserver 127.0.0.77\n' })
    const r = await inRun(root, withTool({ toolExecUrl: `https://tools.example.test:${host.port}/x` }), [
      '--ca-file',
      '/ca.pem',
    ])
    assertStream(eventsOf(r.stdout), 'RUN_FINISHED')
    assert.equal(resultsOf(eventsOf(r.stdout))[0].content, 'over TLS', r.stderr)
    assert.equal(host.seen[0].host, `tools.example.test:${host.port}`)
    assert.ok(asked.includes(1), 'the name server was asked')
    host.stop()
    dns.close()
    fs.rmSync(root, { recursive: true })
  })
}
