// SPDX-License-Identifier: MIT
// container/request.schema.json against the parser, both ways: what the schema takes the parser takes, what the schema
// refuses the parser refuses, or says what it leaves out.  container/events.schema.json against what is written, and
// against the reader of harness command.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { after, before, test } from 'node:test'
import Ajv from 'ajv/dist/2020.js'
import { runRequest } from '../support/orchestrator.mjs'
import { post, run, serve } from '../support/runlet.mjs'

const read = (name) => JSON.parse(fs.readFileSync(path.join(import.meta.dirname, '../../container', name), 'utf8'))
const ajv = new Ajv({ strict: true, strictRequired: false, strictTypes: false, strictTuples: false })
const schema = read('request.schema.json')
const valid = ajv.compile(schema)
const validEvent = ajv.compile(read('events.schema.json'))

let server
before(async () => {
  server = await serve({ env: { SECRET_OF_TEST: 's3cret-of-the-test' } })
})
after(async () => {
  await server.stop()
  server.box.remove()
})

// Nothing is started for it: the program is not there, which is looked for when all else is good.
const minimal = { harness: 'command', harnessOptions: { command: ['/not/there'] }, prompt: 'x' }
// What is refused for what is here, or for another member, is no matter of form.
const elsewhere =
  /cannot run here: |is not supported by harness command|unknown secret|source.path: folder |cannot be given together with policy/
const judge = async (request) => {
  const r = await post(server, request)
  assert.equal(r.status, 400, r.text)
  return elsewhere.test(r.text) ? '' : r.text
}
/** The member alone, in a run that could be one: a refusal, or a warning of it. */
const minds = async (request, [name, inner]) => {
  const { toolDescriptors, toolExecUrl, toolExecToken } = full
  const small = { ...minimal, ...(/^tool/.test(name) && { toolDescriptors, toolExecUrl, toolExecToken }) }
  if (name === 'harnessOptions' && inner) small[name] = { ...small[name], [inner]: request[name][inner] }
  else small[name] = request[name]
  const r = await post(server, JSON.stringify(small).replaceAll('/not/there', '/bin/true'))
  return r.status === 400
    ? !elsewhere.test(r.text)
    : r.events.some((e) => e.name === 'runlet.warning' && /^unknown-member$|^tool-/.test(e.value.code))
}

const secretName = { __secretName: 'SECRET_OF_TEST' }
/** Every member of the schema, good. */
const full = {
  runId: 'run-1',
  threadId: 'thread-1',
  harness: 'command',
  model: 'some/model',
  messages: [{ role: 'user', content: [{ type: 'text', text: 'x' }] }, { role: 'assistant' }],
  systemPrompts: ['be brief', ''],
  workspace: {
    source: { type: 'none' },
    setup: ['true'],
    scripts: { test: 'npm test' },
    instructions: 'be careful',
    skills: [
      null,
      { kind: 'file', path: 'a/SKILL.md', content: '' },
      { kind: 'mcp', name: 'docs', config: { url: 'http://127.0.0.1:1/', headers: { a: 'b', c: secretName } } },
      { kind: 'agent-skill', name: 'x' },
    ],
    plugins: ['a@b'],
    secrets: { SECRET_OF_TEST: {} },
    root: '/workspace',
  },
  toolDescriptors: [
    {
      name: 'get time',
      description: 'the time',
      title: 'Time',
      inputSchema: { type: 'object' },
      outputSchema: { type: 'object' },
      annotations: { readOnlyHint: true },
      resultFormat: 'mcp',
    },
  ],
  toolExecUrl: 'http://127.0.0.1:1/',
  toolExecToken: 'token',
  bridge: { name: 'host', url: 'http://127.0.0.1:1/mcp', token: 'token', direct: false },
  modelOptions: {
    sessionId: 's',
    permissionMode: 'plan',
    effort: 'high',
    maxTurns: 3,
    allowedTools: ['A'],
    disallowedTools: ['B'],
  },
  harnessOptions: {
    command: ['/not/there'],
    agent: 'kimi',
    config: { a: 'b', c: true },
    output: 'text',
    mode: 'plan',
    authMethod: 'key',
    protocol: 'acp',
    sandbox: 'read-only',
    settingSources: ['user'],
    promptCommands: true,
  },
  timeouts: Object.fromEntries(Object.keys(schema.properties.timeouts.properties).map((name) => [name, 1])),
  session: { export: true, import: { url: 'http://127.0.0.1:1/', token: 't', sha256: '0'.repeat(64) } },
  budget: { tokens: 1000, usd: 0.5, toolCalls: 10, modelTurns: 10 },
  policy: {},
  approvals: { a: true },
  outputSchema: { type: 'object' },
  env: { A: 'b' },
  eventFormat: 'ag-ui',
  maxChunkBytes: 1024,
  heartbeatMs: 100,
  leftovers: 'kill',
  onDisconnect: 'detach',
  fileEvents: false,
}
const without = (...names) => Object.fromEntries(Object.entries(full).filter(([name]) => !names.includes(name)))
/** Requests that the schema takes; together they have all that it knows. */
const samples = [
  minimal,
  { ...full, policy: null, harnessOptions: { ...full.harnessOptions, settingSources: ['user', 'project', 'local'] } },
  // A policy stands alone.
  {
    ...minimal,
    policy: {
      default: 'allow',
      commands: { allow: ['git *'], ask: ['a b'], deny: ['rm *'] },
      capabilities: { fileWrite: 'deny', network: 'ask' },
    },
  },
  ...['git', 'local'].map((type) => ({
    ...minimal,
    ...(type === 'git' && { modelOptions: { effort: 'high' } }), // refused before anything is cloned
    workspace: {
      source: {
        type,
        ...(type === 'git'
          ? { url: 'https://127.0.0.1/a', ref: 'main', depth: 2, auth: { username: 'u', token: 't' } }
          : { path: '/tmp' }),
      },
      ...(type === 'git' && {
        secrets: { SECRET_OF_TEST: {} },
        skills: [{ kind: 'git', repo: 'a/b', into: 'c', secret: secretName }],
      }),
    },
  })),
]

/** What is put in the place of each member, and in that of each item. */
const values = [
  null,
  true,
  0,
  -1,
  1.5,
  7,
  2 ** 31,
  '',
  'x',
  '-x',
  'a\0b',
  'a\nb',
  'x'.repeat(5000),
  [],
  ['x'],
  [''],
  ['-x'],
  ['a\0'],
  [7],
  [null],
  [{}],
  {},
  { x: 'y' },
  { x: 1 },
  { RUNLET_X: 'y' },
  undefined,
]
function* places(value, at = []) {
  if (at.length) yield at
  if (value && typeof value === 'object') for (const key of Object.keys(value)) yield* places(value[key], [...at, key])
}
const put = (request, at, value) => {
  const copy = structuredClone(request)
  let holder = copy
  for (const key of at.slice(0, -1)) holder = holder[key]
  if (value === undefined && Array.isArray(holder)) holder.splice(at.at(-1), 1)
  else if (value === undefined) delete holder[at.at(-1)]
  else holder[at.at(-1)] = value
  return copy
}

for (const [i, sample] of samples.entries())
  test(`sample ${i}: the schema and the parser take it, and judge each mutation alike`, async () => {
    assert.ok(valid(sample), JSON.stringify(valid.errors))
    assert.equal(await judge(sample), '')
    const differ = []
    for (const at of places(sample)) {
      if (i > 2 && at[0] !== 'workspace') continue // as in the others
      for (const value of values) {
        const request = put(sample, at, value)
        const text = await judge(request)
        const good = valid(request)
        if (good ? !text : text || (await minds(request, at))) continue
        differ.push(
          `${at.join('.')} ${JSON.stringify(value)?.slice(0, 40)}: ${text || 'taken'} ${JSON.stringify(valid.errors?.[0])}`,
        )
      }
    }
    assert.deepEqual(differ, [])
  })

test('the samples have all that the schema knows, and the parser knows all of that and no more', async () => {
  const known = { '': schema }
  for (const name of ['modelOptions', 'harnessOptions', 'timeouts', 'session'])
    known[`${name}.`] = schema.properties[name]
  const all = Object.assign({}, ...samples)
  const unknown = { harness: 'command', prompt: 'x', harnessOptions: { command: ['/bin/true'], '?': 1 }, '?': 1 }
  const r = await post(server, { ...unknown, modelOptions: { '?': 1 }, timeouts: { '?': 1 }, session: { '?': 1 } })
  const { message } = r.events.find((e) => e.value?.code === 'unknown-member').value
  for (const [where, { properties }] of Object.entries(known)) {
    const names = Object.keys(properties).sort()
    const told = message.split(`${where}? (known: `)[1].split(')')[0]
    assert.deepEqual(told.split(' ').sort(), names, where)
    const given = where ? full[where.slice(0, -1)] : all
    assert.deepEqual(
      names.filter((name) => !(name in given)),
      [],
      where,
    )
  }
})

const golden = path.join(import.meta.dirname, '../golden')
const eventsIn = (file) =>
  fs
    .readFileSync(path.join(golden, file), 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))

test('every event that is written passes the schema', async () => {
  const files = fs.readdirSync(golden, { recursive: true }).filter((name) => name.endsWith('/out.ndjson'))
  assert.ok(files.length > 50)
  const live = []
  for (const eventFormat of ['tanstack', 'ag-ui'])
    for (const prompt of [
      ['@init', '@text one', '@result success'],
      ['@init', '@text one', '@exit 3'],
    ])
      live.push(...(await run(runRequest({ prompt, eventFormat, workspace: { source: {}, setup: ['true'] } }))).events)
  assert.ok(live.some((e) => e.metadata?.runlet?.durationMs >= 0))
  for (const event of [...files.flatMap(eventsIn), ...live])
    assert.ok(validEvent(event), `${JSON.stringify(event)} ${JSON.stringify(validEvent.errors)}`)
})

test('the reader of events takes those of the schema, and both refuse the same others', async () => {
  const seen = new Map()
  const files = fs.readdirSync(golden, { recursive: true }).filter((name) => name.endsWith('/out.ndjson'))
  for (const event of files.flatMap(eventsIn))
    if (!event.name?.startsWith('runlet.') && !seen.has(event.type)) seen.set(event.type, event)
  const { enum: types } = read('events.schema.json').properties.type
  assert.deepEqual([...seen.keys()].sort(), [...types].sort())
  const understood = async (lines) => {
    const script = `cat >/dev/null; printf '%s\\n' "$1"`
    const text = lines.map((line) => JSON.stringify(line)).join('\n')
    const harnessOptions = { command: ['/bin/sh', '-c', script, 'sh', text], output: 'ndjson' }
    const { events } = await run({ harness: 'command', prompt: 'x', harnessOptions })
    return !events.some((e) => e.name === 'runlet.warning' && /line/.test(e.value.code))
  }
  const call = seen.get('TOOL_CALL_START')
  for (const [type, event] of seen) {
    const before = /^TOOL_CALL_(ARGS|END)$/.test(type) ? [call] : []
    const same = before.length ? { ...event, toolCallId: call.toolCallId, delta: '{}' } : event
    assert.ok(await understood([...before, same]), type)
  }
  const broken = [
    { ...call, type: 'STATE_DELTA' },
    { ...call, type: 7 },
  ]
  for (const type of ['TOOL_CALL_START', 'TOOL_CALL_RESULT']) broken.push({ ...seen.get(type), toolCallId: undefined })
  broken.push({ ...seen.get('CUSTOM'), name: undefined })
  for (const event of broken) {
    assert.equal(validEvent(JSON.parse(JSON.stringify(event))), false, JSON.stringify(event))
    assert.equal(await understood([event]), false, JSON.stringify(event))
  }
})
