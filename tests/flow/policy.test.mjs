// SPDX-License-Identifier: MIT
// A request's policy, and the answers to what it asks about: with POST while the agent waits, with the next request, or not at
// all.  The scripted agent is Claude Code by what it says.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { assertStream, failed, resultsOf, textOf } from '../support/ndjson.mjs'
import { runRequest } from '../support/orchestrator.mjs'
import { assertRefused, ask, assertNothingLeft, makeBox, open, post, run, serve, until } from '../support/runlet.mjs'

let server
before(async () => {
  server = await serve({ args: ['--workspace-per-thread'] })
})
after(async () => {
  await server.stop()
  await assertNothingLeft(server.box)
  server.box.remove()
})

const DENIED = 'Denied by sandbox policy.'
const AWAITING = 'Awaiting client approval. Approve in the UI and re-run to continue.'
const asking = (...calls) => [
  '@init alone',
  ...calls.map(([tool, input]) => `@ask ${tool} ${JSON.stringify(input)}`),
  '@text Well.',
  '@result success',
]
const bash = (command) => ['Bash', { command }]
const COMMANDS = {
  commands: { allow: ['git *'], ask: ['git push*'], deny: ['git push --force*', 'rm *'] },
  default: 'deny',
}
const request = (calls, policy, more = {}) => runRequest({ prompt: asking(...calls), policy, ...more })
const requested = (events) => events.filter((e) => e.type === 'CUSTOM' && e.name === 'approval-requested')
const contents = (events) => resultsOf(events).map((r) => r.content)

/** POST of an answer: {status, text, json}. */
async function answer(runId, approvalId, body) {
  const path = `/runs/${encodeURIComponent(runId)}/approvals/${encodeURIComponent(approvalId)}`
  const r = await ask(server, 'POST', path, { body: typeof body === 'string' ? body : JSON.stringify(body) })
  const text = r.body.toString()
  return { status: r.status, text, json: text.startsWith('{') ? JSON.parse(text) : undefined }
}
const firstAsked = (r, n = 1) => until(`${n} approvals`, () => requested(r.events).length >= n && requested(r.events))

for (const [change, why] of [
  [{ policy: [] }, 'policy must be an object'],
  [{ policy: { comands: {} } }, 'policy.comands is not known; a policy that is not kept would be none'],
  [{ policy: { commands: { deny: 'rm *' } } }, 'policy.commands.deny must be an array of strings'],
  [{ policy: { capabilities: { network: true } } }, 'policy.capabilities.network must be "allow", "ask" or "deny"'],
  [{ approvals: { a: 'yes' } }, 'approvals.a must be true or false'],
  [{ timeouts: { approvalMs: -1 } }, 'timeouts.approvalMs must be a whole number from 0 to 2147483647'],
  [
    { policy: {}, modelOptions: { permissionMode: 'plan' } },
    'modelOptions.permissionMode cannot be given together with policy',
  ],
  [
    { policy: {}, harness: 'command', harnessOptions: { command: ['true'] } },
    'policy is not supported by harness command',
  ],
  [
    { policy: {}, harness: 'gemini', harnessOptions: { protocol: 'stream-json' }, toolDescriptors: [] },
    'harness gemini keeps a policy over acp only; harnessOptions.protocol says stream-json',
  ],
  [
    { policy: {}, harness: 'codex' },
    'policy.default is not supported by harness codex: it cannot ask, and keeps only capabilities that are denied, with the default "allow"',
  ],
])
  test(`400: ${why}`, async () => {
    const r = await post(server, runRequest(change))
    assertRefused(r, `run request: ${why}`)
  })

test('a policy allows and denies without anybody, its denials first', async () => {
  const calls = [
    bash('git status'),
    bash('git push --force now'),
    bash(' rm -r x '),
    ['Write', { file_path: 'a', content: '' }],
  ]
  const r = await post(server, request(calls, COMMANDS))
  assertStream(r.events, 'RUN_FINISHED')
  assert.deepEqual(contents(r.events), ['done', DENIED, DENIED, DENIED])
  assert.deepEqual(resultsOf(r.events).map(failed), [false, true, true, true])
  assert.deepEqual(requested(r.events), [])
})

for (const [how, body, content] of [
  ['yes', { approved: true }, 'done'],
  ['no', { approved: false, reason: 'not on a Friday' }, 'not on a Friday'],
  ['no, without a reason', { approved: false, reason: null }, DENIED],
])
  test(`what it asks about is held, told with its call, and answered: ${how}`, async () => {
    const req = request([bash('git push origin')], COMMANDS)
    const r = await open(server, req)
    const [{ value }] = await firstAsked(r)
    const start = r.events.find((e) => e.type === 'TOOL_CALL_START')
    const id = 'claude-code:command:git push origin'
    assert.deepEqual(value, {
      approvalId: id,
      title: 'Approve Bash: git push origin',
      provider: 'claude-code',
      toolName: 'Bash',
      toolCallId: start.toolCallId,
      input: { command: 'git push origin' },
      approval: { id, needsApproval: true },
      heldMs: 600000,
    })
    assert.deepEqual(contents(r.events), [])
    const said = await answer(req.runId, id, body)
    assert.deepEqual([said.status, said.json], [200, { runId: req.runId, approvalId: id, approved: body.approved }])
    await r.ended
    assertStream(r.events, 'RUN_FINISHED')
    assert.deepEqual(contents(r.events), [content])
    assert.equal(textOf(r.events), 'Well.')
    assert.equal(requested(r.events).length, 1)
    // a second answer, and one that comes when all is over
    const again = await answer(req.runId, id, { approved: true })
    assert.deepEqual([again.status, again.text], [409, 'the run is over'])
  })

test('a second answer is a conflict, what was never asked for is not found, and a bad body says what is wrong', async () => {
  const req = request([bash('git push a'), bash('git push b')], COMMANDS)
  const r = await open(server, req)
  const [{ value }] = await firstAsked(r)
  const bad = [
    ['{', /^the body is not valid JSON/],
    ['[]', /^approved must be true or false$/],
    ['{"approved":"yes"}', /^approved must be true or false$/],
    ['{"approved":true,"reason":1}', /^reason must be a string$/],
  ]
  for (const [body, words] of bad) {
    const said = await answer(req.runId, value.approvalId, body)
    assert.equal(said.status, 400, body)
    assert.match(said.text, words)
  }
  const yes = { approved: true }
  const unknown = await answer(req.runId, 'claude-code:command:git push', yes)
  assert.deepEqual([unknown.status, unknown.text], [404, 'the run has asked for no such approval'])
  assert.equal((await answer('no-such-run', value.approvalId, yes)).status, 404)
  assert.equal((await answer(req.runId, value.approvalId, yes)).status, 200)
  await firstAsked(r, 2)
  const second = await answer(req.runId, value.approvalId, { approved: false })
  assert.deepEqual([second.status, second.text], [409, 'the approval was answered already, or its time is over'])
  assert.equal((await answer(req.runId, 'claude-code:command:git push b', yes)).status, 200)
  await r.ended
  assertStream(r.events, 'RUN_FINISHED')
  assert.deepEqual(contents(r.events), ['done', 'done'])
})

test('two at once with one id of their kind are two approvals, each with its own answer', async () => {
  const policy = { capabilities: { fileWrite: 'ask' }, default: 'allow' }
  const write = (file) => `@asks Write ${JSON.stringify({ file_path: file })}`
  const req = runRequest({ prompt: ['@init alone', write('a'), write('b'), '@answers', '@result success'], policy })
  const r = await open(server, req)
  const both = (await firstAsked(r, 2)).map((e) => e.value)
  assert.deepEqual(
    both.map((v) => [v.approvalId, v.approval.id, v.input.file_path]),
    [
      ['claude-code:fileWrite:Write', 'claude-code:fileWrite:Write', 'a'],
      ['claude-code:fileWrite:Write#2', 'claude-code:fileWrite:Write#2', 'b'],
    ],
  )
  assert.equal((await answer(req.runId, both[1].approvalId, { approved: true })).status, 200)
  assert.equal((await answer(req.runId, both[0].approvalId, { approved: false, reason: 'not a' })).status, 200)
  await r.ended
  assertStream(r.events, 'RUN_FINISHED')
  const of = (file) => both.find((v) => v.input.file_path === file).toolCallId
  assert.deepEqual(Object.fromEntries(resultsOf(r.events).map((e) => [e.toolCallId, e.content])), {
    [of('a')]: 'not a',
    [of('b')]: 'done',
  })
})

test('past its deadline the agent is told no, and the answer comes too late', async () => {
  const req = request([bash('git push x')], COMMANDS, { timeouts: { approvalMs: 150 } })
  req.messages[0].content = req.messages[0].content.replace('@text', '@sleep 500\n@text')
  const r = await open(server, req)
  const [{ value }] = await firstAsked(r)
  assert.equal(value.heldMs, 150)
  await until('the result', () => resultsOf(r.events).length > 0)
  const late = await answer(req.runId, value.approvalId, { approved: true })
  assert.equal(late.status, 409)
  await r.ended
  assertStream(r.events, 'RUN_FINISHED')
  assert.deepEqual(contents(r.events), ['Nobody answered in time.'])
})

test('idleMs stands still while an approval is held', async () => {
  const req = request([bash('git push x')], COMMANDS, { timeouts: { approvalMs: 900, idleMs: 200 } })
  const r = await post(server, req)
  assertStream(r.events, 'RUN_FINISHED')
  assert.deepEqual(contents(r.events), ['Nobody answered in time.'])
})

test('a run that is cancelled while it asks is cancelled at once', async () => {
  const req = request([bash('git push x')], COMMANDS)
  const r = await open(server, req)
  const [{ value }] = await firstAsked(r)
  const begun = Date.now()
  assert.equal((await ask(server, 'POST', `/runs/${req.runId}/cancel`)).status, 202)
  await r.ended
  assertStream(r.events, 'cancelled')
  assert.ok(Date.now() - begun < 3000)
  assert.equal((await answer(req.runId, value.approvalId, { approved: true })).status, 409)
})

test('with approvalMs 0 it is denied at once, and the next request brings the answer', async () => {
  const push = bash('git push x')
  const none = { timeouts: { approvalMs: 0 } }
  const r = await post(server, request([push, push, bash('git push y')], COMMANDS, none))
  assertStream(r.events, 'RUN_FINISHED')
  assert.deepEqual(contents(r.events), [AWAITING, AWAITING, AWAITING])
  const values = requested(r.events).map((e) => e.value)
  assert.deepEqual(
    values.map((v) => [v.approvalId, v.heldMs]),
    [
      ['claude-code:command:git push x', 0],
      ['claude-code:command:git push x', 0],
      ['claude-code:command:git push y', 0],
    ],
  )
  assert.deepEqual(
    values.map((v) => v.toolCallId),
    resultsOf(r.events).map((e) => e.toolCallId),
  )
  const req = request([push], COMMANDS, none)
  req.messages[0].content = req.messages[0].content.replace('@text', '@sleep 500\n@text')
  const live = await open(server, req)
  await until('the result', () => resultsOf(live.events).length > 0)
  assert.equal((await answer(req.runId, values[0].approvalId, { approved: true })).status, 409)
  await live.ended
  const approvals = { [values[0].approvalId]: true, [values[2].approvalId]: false }
  const next = await post(server, request([push, bash('git push y')], COMMANDS, { ...none, approvals }))
  assertStream(next.events, 'RUN_FINISHED')
  assert.deepEqual(contents(next.events), ['done', DENIED])
  assert.deepEqual(requested(next.events), [])
})

test('an approval allows only what the policy asks about: what it denies stays denied', async () => {
  const approvals = { 'claude-code:command:rm -r x': true }
  const r = await post(server, request([bash('rm -r x')], COMMANDS, { approvals }))
  assert.deepEqual(contents(r.events), [DENIED])
})

test('on stdin nobody can answer: denied at once, for the next request to answer', async () => {
  const box = makeBox()
  try {
    const { events } = await run(request([bash('git push x')], COMMANDS), { box })
    assertStream(events, 'RUN_FINISHED')
    assert.deepEqual(contents(events), [AWAITING])
    assert.deepEqual(
      requested(events).map((e) => e.value.heldMs),
      [0],
    )
    await assertNothingLeft(box)
  } finally {
    box.remove()
  }
})

test('capabilities, names of scripts and of tools: each is asked as it was meant', async () => {
  const policy = {
    commands: { allow: ['Skill', 'test', 'npm run build'] },
    capabilities: { fileWrite: 'allow', network: 'deny' },
    default: 'deny',
  }
  const calls = [
    ['Edit', { file_path: 'a' }],
    ['WebFetch', { url: 'http://x' }],
    ['Skill', { skill: 's' }],
    ['Task', { prompt: 'p' }],
    bash('vitest run'),
    bash('build'),
    bash('vitest'),
  ]
  const workspace = { source: { type: 'none' }, scripts: { test: 'vitest run', build: 'npm run build' } }
  const r = await post(server, request(calls, policy, { workspace }))
  assertStream(r.events, 'RUN_FINISHED')
  assert.deepEqual(contents(r.events), ['done', DENIED, 'done', DENIED, 'done', 'done', DENIED])
})

test('tools of the host are not asked about, and a question to a person has nobody to answer it', async () => {
  const prompt = ['@init alone', '@ask mcp__tanstack__echo {}', '@ask AskUserQuestion {}', '@result success']
  const descriptors = [{ name: 'echo', description: 'e', inputSchema: { type: 'object' } }]
  const r = await post(server, runRequest({ prompt, policy: {}, toolDescriptors: descriptors }))
  assertStream(r.events, 'RUN_FINISHED')
  assert.deepEqual(contents(r.events), ['done', DENIED])
})

test('a policy without a rule changes nothing: nothing is asked', async () => {
  const policy = { commands: { allow: ['ls'] }, capabilities: { network: 'allow' }, default: 'allow' }
  const r = await post(server, runRequest({ prompt: ['@argv', '@result success'], policy }))
  assertStream(r.events, 'RUN_FINISHED')
  const argv = JSON.parse(textOf(r.events))
  assert.equal(argv[argv.indexOf('--permission-mode') + 1], 'bypassPermissions')
  assert.ok(!argv.includes('--permission-prompt-tool'))
})
