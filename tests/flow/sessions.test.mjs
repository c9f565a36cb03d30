// SPDX-License-Identifier: MIT
// The agent's own session, taken along: what is in its archive, what is not, and archives that mean harm.  That the
// real agents go on with theirs is tested in interop/sessions.test.mjs.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import http from 'node:http'
import path from 'node:path'
import { test } from 'node:test'
import { assertStream, warningsOf } from '../support/ndjson.mjs'
import { runRequest } from '../support/orchestrator.mjs'
import { AGENT, ask, assertNothingLeft, makeBox, open, post, run, serve, until } from '../support/runlet.mjs'
import { filesOf, tarOf } from '../support/tar.mjs'

const ID = 'scripted-session' // the scripted agent's
const PROMPT = ['@init', '@text hello', '@result success'].join('\n')
const MAIN = `projects/workspace/${ID}.jsonl`
const dashed = (folder) => folder.replace(/[^a-zA-Z0-9]/g, '-')
const ask1 = (more) => runRequest({ prompt: PROMPT, runId: 'R', ...more })

/** A box whose agent has kept this session, and other things. */
function openBox(session = '{"cwd":"WORK"}\n') {
  const box = makeBox()
  box.own = path.join(box.home, '.claude')
  box.folder = path.join(box.own, 'projects', dashed(box.work))
  box.put = (name, text) => {
    const file = path.join(box.own, name)
    fs.mkdirSync(path.dirname(file), { recursive: true })
    fs.writeFileSync(file, text)
  }
  if (session)
    box.put(
      path.relative(box.own, path.join(box.folder, `${ID}.jsonl`)),
      session.replaceAll('WORK', fs.realpathSync(box.work)),
    )
  return box
}

const listed = (folder) => (fs.existsSync(folder) ? fs.readdirSync(folder, { recursive: true }).sort() : [])
const told = (events) => events.filter((e) => e.name === 'runlet.session').map((e) => e.value)

test('an archive has the session of that id and nothing else; tar reads it; it is kept with the run', async () => {
  const box = openBox()
  const inside = path.relative(box.own, box.folder)
  for (const name of [
    '.credentials.json',
    'settings.json',
    `${inside}/.credentials.json`,
    `${inside}/another-session.jsonl`,
    `${inside}/${ID}/.credentials.json`,
    `${inside}/${ID}/subagents/credentials.json`,
    `../.claude.json`,
  ])
    box.put(name, 'PLANTED')
  box.put(`${inside}/${ID}/subagents/agent-1.jsonl`, '{}\n')
  fs.symlinkSync(path.join(box.own, '.credentials.json'), path.join(box.folder, ID, 'subagents/agent-2.jsonl'))
  fs.linkSync(path.join(box.own, '.credentials.json'), path.join(box.folder, ID, 'subagents/agent-3.jsonl'))
  const server = await serve({ box })
  try {
    const { events } = await post(server, ask1({ session: { export: true } }))
    assertStream(events, 'RUN_FINISHED')
    const kept = await ask(server, 'GET', '/runs/R/session')
    assert.equal(kept.status, 200)
    assert.equal(kept.headers['content-type'], 'application/x-tar')
    assert.deepEqual(told(events), [
      { bytes: kept.body.length, sha256: createHash('sha256').update(kept.body).digest('hex') },
    ])
    assert.ok(!kept.body.includes('PLANTED'))
    const names = ['runlet-session.json', MAIN, `projects/workspace/${ID}/subagents/agent-1.jsonl`]
    assert.deepEqual(execFileSync('tar', ['tf', '-'], { input: kept.body }).toString().trim().split('\n'), names)
    const [head] = filesOf(kept.body)
    assert.deepEqual(JSON.parse(head.text), {
      format: 1,
      harness: 'claude-code',
      sessionId: ID,
      workspace: fs.realpathSync(box.work),
    })
    await post(server, ask1({ runId: 'again', session: { export: true } }))
    const again = await ask(server, 'GET', '/runs/again/session')
    assert.ok(again.body.equals(kept.body), 'the same session gives the same bytes')
  } finally {
    await server.stop()
  }
  await assertNothingLeft(box)
  box.remove()
})

test('runlet run --session-file writes it, for the next container to bring', async () => {
  const box = openBox()
  const file = path.join(box.root, 'session.tar')
  const args = ['--session-file', file]
  const r = await run(ask1(), { box, args })
  assert.equal(r.code, 0, r.stderr)
  const archive = fs.readFileSync(file)
  assert.deepEqual(told(r.events), [
    { bytes: archive.length, sha256: createHash('sha256').update(archive).digest('hex') },
  ])
  assert.equal(fs.statSync(file).mode & 0o777, 0o600)
  const other = openBox(null)
  const next = await run(ask1(importOf(archive)), { box: other })
  assert.equal(next.code, 0, next.stderr)
  assert.deepEqual(listed(other.folder), [`${ID}.jsonl`])
  const nowhere = await run(ask1(), { box, args: ['--session-file', '/none/session.tar'] })
  assert.match(nowhere.stderr, /--session-file: /)
  assert.equal(nowhere.code, 0, 'the run is what it was')
  box.remove()
  other.remove()
})

test('a run that has no archive says why', async () => {
  const box = openBox(null)
  const server = await serve({ box })
  try {
    assert.equal((await ask(server, 'GET', '/runs/none/session')).status, 404)
    const going = await open(server, ask1({ prompt: '@init\n@sleep 60000', session: { export: true } }))
    await until('the run to begin', () => going.events.some((e) => e.name === 'claude-code.session-id'))
    const early = await ask(server, 'GET', '/runs/R/session')
    assert.deepEqual(
      [early.status, early.body.toString()],
      [409, 'the run is not over: its session is taken at its end'],
    )
    await ask(server, 'POST', '/runs/R/cancel')
    await going.ended
    const [warning] = warningsOf(going.events).filter((w) => w.code === 'session-not-exported')
    assert.match(warning.message, /^session\.export: /)
    const later = await ask(server, 'GET', '/runs/R/session')
    assert.equal(later.status, 404)
    assert.match(later.body.toString(), /session \{"export":true\}/)
  } finally {
    await server.stop()
  }
  box.remove()
})

const HEAD = { format: 1, harness: 'claude-code', sessionId: ID, workspace: '/old/place' }
const head = (more) => ({ name: 'runlet-session.json', text: JSON.stringify({ ...HEAD, ...more }) })
const GOOD = [head(), { name: MAIN, text: '{"cwd":"/old/place","a":{"cwd":"/old/place/b"},"text":"/old/place"}\n' }]
const importOf = (archive) => ({ session: { import: archive.toString('base64') } })

test('a session is brought, its path rewritten; what is there just so is no harm, and nothing is overwritten', async () => {
  const box = openBox(null)
  const work = fs.realpathSync(box.work)
  const file = path.join(box.folder, `${ID}.jsonl`)
  const bring = (files) => run(ask1(importOf(tarOf(files))), { box })
  for (let i = 0; i < 2; i++) {
    const r = await bring(GOOD)
    assert.equal(r.code, 0, r.stderr)
    assert.equal(fs.readFileSync(file, 'utf8'), `{"cwd":"${work}","a":{"cwd":"${work}/b"},"text":"/old/place"}\n`)
  }
  const before = fs.readFileSync(file)
  const other = [...GOOD.slice(0, 1), { name: MAIN, text: 'another' }]
  const r = await bring([...other, { name: `projects/workspace/${ID}/subagents/agent-1.jsonl`, text: 'x' }])
  const last = assertStream(r.events, 'session-import-failed')
  assert.match(last.message, /^session\.import: ".*" is there already, and is another: nothing is overwritten$/)
  assert.ok(fs.readFileSync(file).equals(before))
  assert.ok(!fs.existsSync(path.join(box.folder, ID)), 'and nothing was written beside it')
  await assertNothingLeft(box)
  box.remove()
})

const HOSTILE = {
  'a name with ..': [[head(), { name: `projects/workspace/../../../${ID}.jsonl` }], /is no file of a session/],
  'an absolute name': [[head(), { name: '/etc/cron.d/x' }], /is no file of a session/],
  'a symbolic link': [[head(), { name: MAIN, type: '2', link: '/etc/passwd' }], /is no plain file/],
  'a hard link': [[head(), { name: MAIN, type: '1', link: '/etc/passwd' }], /is no plain file/],
  'a folder': [[head(), { name: 'projects/', type: '5' }], /is no plain file/],
  'a device': [[head(), { name: MAIN, type: '3' }], /is no plain file/],
  settings: [[head(), { name: 'settings.json', text: '{}' }], /is no file of a session/],
  credentials: [[head(), { name: '.credentials.json', text: '{}' }], /is no file of a session/],
  'another session': [[head(), { name: 'projects/workspace/another-session.jsonl' }], /is no file of a session/],
  'a name twice': [[...GOOD, GOOD[1]], /twice/],
  'a huge size': [[head(), { name: MAIN, size: 0o77777777777 }], /is longer than what is there of it/],
  'a wrong checksum': [[head(), { name: MAIN, sum: 1 }], /checksum/],
  'too many files': [
    [
      head(),
      ...Array.from({ length: 1025 }, (_, i) => ({
        name: `projects/workspace/${ID}/tool-results/${String(i).padStart(4, '0')}.txt`,
      })),
    ],
    /more than 1024 files/,
  ],
  'no head': [[GOOD[1]], /does not begin with runlet-session\.json/],
  'no file': [[head()], /holds no file/],
  "another agent's": [[head({ harness: 'codex' }), GOOD[1]], /is a session of "codex", not of claude-code/],
  'a newer format': [[head({ format: 2 }), GOOD[1]], /format 2, which is newer than ours \(1\)/],
  'an id that is a path': [[head({ sessionId: '../../../../tmp' }), GOOD[1]], /`sessionId`/],
}
test('an archive that means harm is a 400, and nothing is written', async () => {
  const box = openBox(null)
  const server = await serve({ box })
  const rows = Object.entries(HOSTILE).map(([what, [files, why]]) => [what, tarOf(files), why])
  rows.push(['cut off', tarOf(GOOD).subarray(0, 1600), /is longer than what is there/])
  rows.push(['no archive', Buffer.from('hello'), /is cut off, or no tar archive/])
  try {
    for (const [what, archive, why] of rows) {
      const r = await post(server, ask1(importOf(archive)))
      assert.equal(r.status, what === 'too many files' ? 413 : 400, `${what}: ${r.text}`)
      assert.match(r.text, /^run request: session\.import: /, what)
      assert.match(r.text, why, what)
      assert.deepEqual(listed(box.home), [], what)
    }
    const plain = (session) => post(server, ask1({ session }))
    for (const [session, why] of [
      [{ import: '%' }, /session\.import: it is no base64/],
      [{ import: 7 }, /session\.import must be a non-empty string/],
      [{ import: {} }, /session\.import\.url must be a non-empty string/],
      [{ import: { url: 'file:///etc/passwd' } }, /session\.import\.url/],
      [{ import: { url: 'http://a/', sha256: 'abc' } }, /sha256 must be 64 hexadecimal digits/],
      [{ export: 'yes' }, /session\.export must be/],
    ]) {
      const r = await plain(session)
      assert.equal(r.status, 400, r.text)
      assert.match(r.text, why)
    }
  } finally {
    await server.stop()
  }
  box.remove()
})

test('an archive by its URL: the token goes along, and another hash, answer or content is refused', async () => {
  const good = tarOf(GOOD),
    seen = []
  const origin = http.createServer((req, res) => {
    seen.push([req.method, req.url, req.headers.authorization])
    if (req.url === '/moved') res.writeHead(302, { location: '/good' }).end()
    else if (req.url === '/none') res.writeHead(404).end()
    else if (req.url === '/hostile') res.end(tarOf(HOSTILE['a name with ..'][0]))
    else if (req.url === '/huge') res.writeHead(200, { 'content-length': 1 << 30 }).flushHeaders()
    else res.end(good)
  })
  await new Promise((listening) => origin.listen(0, '127.0.0.1', listening))
  const at = (name) => `http://127.0.0.1:${origin.address().port}/${name}`
  const sha256 = createHash('sha256').update(good).digest('hex')
  const box = openBox(null)
  const bring = (from) => run(ask1({ session: { import: from } }), { box })
  const other = { ...ask1({ session: { import: { url: at('good') } } }), modelOptions: { sessionId: 'another-one' } }
  try {
    for (const [r, why] of [
      [await bring({ url: at('moved') }), /its URL answered 302/],
      [await bring({ url: at('none') }), /its URL answered 404/],
      [await bring({ url: at('hostile') }), /is no file of a session/],
      [await bring({ url: at('huge') }), /67108864|too|larger|longer/],
      [await bring({ url: at('good'), sha256: '0'.repeat(64) }), new RegExp(`its sha256 is ${sha256}`)],
      [await run(other, { box }), /is not that of modelOptions\.sessionId/],
    ]) {
      const last = assertStream(r.events, 'session-import-failed')
      assert.match(last.message, /^session\.import: /)
      assert.match(last.message, why)
      assert.ok(!fs.existsSync(box.own), 'nothing is written')
    }
    const r = await bring({ url: at('good'), token: 'token-of-the-archive', sha256: sha256.toUpperCase() })
    assert.equal(r.code, 0, r.stderr)
    assert.deepEqual(seen.at(-1), ['GET', '/good', 'Bearer token-of-the-archive'])
    assert.deepEqual(listed(box.folder), [`${ID}.jsonl`])
  } finally {
    origin.closeAllConnections()
    origin.close()
  }
  await assertNothingLeft(box)
  box.remove()
})

test('a run is cancelled while its archive comes', async () => {
  const origin = http.createServer(() => {})
  await new Promise((listening) => origin.listen(0, '127.0.0.1', listening))
  const box = openBox(null)
  const server = await serve({ box })
  try {
    const url = `http://127.0.0.1:${origin.address().port}/`
    const asked = new Promise((connected) => origin.once('connection', connected))
    const going = await open(server, ask1({ session: { import: { url } } }))
    await asked
    await ask(server, 'POST', '/runs/R/cancel')
    await going.ended
    assertStream(going.events, 'cancelled')
  } finally {
    await server.stop()
    origin.closeAllConnections()
    origin.close()
  }
  await assertNothingLeft(box)
  box.remove()
})

test('an agent whose sessions are not known to us is refused by its name', async () => {
  const box = makeBox()
  const server = await serve({ box })
  try {
    for (const [fields, why] of [
      [{ harness: 'command', harnessOptions: { command: ['true'] } }, /session is not supported by harness command$/],
      [{ harness: 'acp', harnessOptions: { command: ['true'] } }, /by harness acp with this agent: it is not known/],
    ]) {
      const r = await post(server, ask1({ ...fields, session: { export: true } }))
      assert.equal(r.status, 400)
      assert.match(r.text, why)
    }
  } finally {
    await server.stop()
  }
  box.remove()
})

const OPENCODE = `#!/bin/sh
case $1 in
export) [ -e "$HOME/there" ] ;;
import) echo "$2 $PWD" >"$HOME/args"; cat "$2" >"$HOME/imported" ;;
*) exit 3 ;;
esac
`
test("an agent's own command takes the session, unless it is there already", async () => {
  const box = makeBox({ agent: null })
  fs.writeFileSync(path.join(box.bin, 'opencode'), OPENCODE, { mode: 0o755 })
  const id = 'ses_0123456789'
  const session = (info) => ({ name: 'session.json', text: JSON.stringify({ info, messages: ['x'.repeat(200000)] }) })
  const archive = (info) => importOf(tarOf([head({ harness: 'opencode', sessionId: id }), session(info)]))
  const bring = (info) => run(ask1({ harness: 'opencode', model: 'm/m', ...archive(info) }), { box })
  const other = await bring({ id: 'ses_of_another' })
  assert.equal(other.code, 2)
  assert.match(other.events.at(-1).message, /is another session than its head says/)
  const r = await bring({ id })
  assertStream(r.events, 'agent-exit') // it was started
  assert.equal(fs.readFileSync(path.join(box.home, 'args'), 'utf8'), `/dev/stdin ${fs.realpathSync(box.work)}\n`)
  assert.equal(fs.readFileSync(path.join(box.home, 'imported'), 'utf8'), session({ id }).text)
  fs.rmSync(path.join(box.home, 'imported'))
  fs.writeFileSync(path.join(box.home, 'there'), '')
  const last = assertStream((await bring({ id })).events, 'session-import-failed')
  assert.match(last.message, /is there already: nothing is overwritten/)
  assert.ok(!fs.existsSync(path.join(box.home, 'imported')))
  await assertNothingLeft(box)
  box.remove()
})

const root = process.getuid() === 0
test("with --agent-user the files are read and written as that user's, and no other's", async () => {
  assert.ok(root, 'this test must be run as root')
  const nobody = Number(execFileSync('id', ['-u', 'nobody']).toString())
  const box = makeBox({ agent: null })
  fs.copyFileSync(AGENT, path.join(box.bin, 'claude'))
  fs.chmodSync(path.join(box.bin, 'claude'), 0o755)
  fs.chmodSync(box.root, 0o755)
  fs.chmodSync(box.tmp, 0o1777)
  fs.chownSync(box.work, nobody, nobody)
  const own = path.join(box.root, 'own')
  const file = path.join(own, 'projects', dashed(fs.realpathSync(box.work)), `${ID}.jsonl`)
  const args = ['--agent-user', 'nobody']
  const request = (session) => ask1({ env: { CLAUDE_CONFIG_DIR: own }, session })
  const brought = await run(request({ import: tarOf(GOOD).toString('base64'), export: true }), { box, args })
  assert.equal(brought.code, 0, brought.stderr)
  assert.equal(told(brought.events).length, 1, JSON.stringify(warningsOf(brought.events)))
  for (let at = file; at !== box.root; at = path.dirname(at)) assert.equal(fs.statSync(at).uid, nobody, at)
  assert.equal(fs.statSync(file).mode & 0o777, 0o600)
  fs.chownSync(file, 0, 0) // the agent may have made its name lead to what is root's
  const refused = await run(request({ export: true }), { box, args })
  assert.deepEqual(told(refused.events), [])
  assert.equal(warningsOf(refused.events)[0].code, 'session-not-exported')
  fs.renameSync(own, path.join(box.root, 'real'))
  fs.mkdirSync(path.join(box.root, 'roots'))
  fs.symlinkSync(path.join(box.root, 'roots'), own)
  const led = await run(request({ import: tarOf(GOOD).toString('base64') }), { box, args })
  assert.match(assertStream(led.events, 'session-import-failed').message, /is not the agent's user's$/)
  assert.deepEqual(listed(path.join(box.root, 'roots')), [])
  box.remove()
})
