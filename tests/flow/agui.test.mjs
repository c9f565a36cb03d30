// SPDX-License-Identifier: MIT
// POST /agui with the stock clients, unmodified, and the scripted agent: two turns of one thread, text and reasoning, tools
// of the host, a cancel, and who may call.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { assertClean, clients } from '../support/agui.mjs'
import { eventsOf } from '../support/ndjson.mjs'
import { agentsOf } from '../support/readers.mjs'
import { startOrchestrator } from '../support/orchestrator.mjs'
import { ask, assertNothingLeft, makeBox, open, serve, until } from '../support/runlet.mjs'

/** A service whose /agui runs the scripted agent. */
async function service(t, { args = [], defaults, ...more } = {}) {
  const box = makeBox()
  if (defaults) {
    fs.writeFileSync(path.join(box.root, 'defaults.json'), JSON.stringify(defaults))
    args = [...args, '--agui-defaults', path.join(box.root, 'defaults.json')]
  }
  const server = await serve({
    box,
    args: ['--workspace-per-thread', '--agui-harness', 'claude-code', '--agui-model', 'm', ...args],
    ...more,
  })
  t.after(async () => {
    await server.stop()
    await assertNothingLeft(box)
    box.remove()
  })
  return server
}

/** The options for the tools of an orchestrator. */
async function hostTools(t, box = makeBox()) {
  const orch = await startOrchestrator()
  t.after(() => {
    orch.stop()
    box.remove()
  })
  const write = (name, text) => {
    fs.writeFileSync(path.join(box.root, name), text)
    return path.join(box.root, name)
  }
  const route = ['--agui-tool-url', orch.url, '--agui-tool-token-file', write('token', orch.token)]
  return { orch, route, file: ['--agui-tools', write('tools.json', JSON.stringify(orch.descriptors))] }
}

/** How often an agent has named its session. */
const agentsSeen = (chat) => chat.seen.filter((e) => e.name === 'claude-code.session-id').length

const script = (...lines) => ['@init', ...lines, '@result success'].join('\n')

for (const [name, connect] of Object.entries(clients)) {
  test(`${name}: two turns of a thread are two answers of one session of the agent, with their reasoning`, async (t) => {
    const server = await service(t)
    const chat = connect(`${server.url}/agui`, { threadId: 'two' })
    const questions = [script('@think hm 1', '@text answer 1'), script('@think hm 2', '@text answer 2', '@argv')]
    for (const q of questions) await chat.ask(q)
    const [one, two] = chat.turns()
    assert.deepEqual(one, [questions[0], [], 'answer 1', 'hm 1'])
    assert.deepEqual([two[0], two[3]], [questions[1], 'hm 2'])
    // Not once more what was said: only the first turn's text in the second would be a part of its argv.
    assert.match(two[2], /^answer 2\[.*"--resume","scripted-session"/)
    assert.equal(new Set(chat.messages().map((m) => m.id)).size, chat.messages().length, 'ids are unique')
    await assertClean(chat)
  })

  test(`${name}: words to the running agent are shown as the user's, and the thread goes on behind them`, async (t) => {
    const server = await service(t)
    const chat = connect(`${server.url}/agui`, { threadId: 'words' })
    const question = script('@think hm', '@text I go on.', '@hear')
    const asked = chat.ask(question)
    await until('its words', () => JSON.stringify(chat.messages()).includes('I go on."'))
    const { runId } = JSON.parse((await ask(server, 'GET', '/runs')).body).runs[0]
    for (const [text, when] of [
      [script('@text And on.'), 'next'],
      ['this way', 'now'], // which it hears, and ends its turn
    ]) {
      const r = await ask(server, 'POST', `/runs/${runId}/messages`, { body: JSON.stringify({ text, when }) })
      assert.equal(r.status, 202)
    }
    await asked
    await chat.ask(script('@text The end.'))
    assert.deepEqual(
      chat.turns().map((turn) => [turn[0].split('\n').at(-2) ?? turn[0], turn[2]]),
      [
        ['@hear', 'I go on.'],
        ['this way', 'heard: this way'],
        ['@text And on.', 'And on.'],
        ['@text The end.', 'The end.'],
      ],
    )
    assert.equal(new Set(chat.messages().map((m) => m.id)).size, chat.messages().length, 'ids are unique')
    await assertClean(chat)
  })

  test(`${name}: tools of the host run there, and calls stand with the text that they belong to`, async (t) => {
    const { orch, route, file } = await hostTools(t)
    const server = await service(t, { args: [...route, ...file] })
    const chat = connect(`${server.url}/agui`, { threadId: 'tools' })
    await chat.ask(
      script('@text I look.', '@tool getTime {"tz":"UTC"}', '@tool echo {"text":"x"}', '@text It is late.'),
    )
    assert.deepEqual(chat.turns()[0].slice(1, 3), [
      [
        ['getTime', 'now in UTC'],
        ['echo', 'x'],
      ],
      'I look.It is late.',
    ])
    assert.deepEqual(
      orch.calls.map((c) => c.name),
      ['getTime', 'echo'],
    )
    await assertClean(chat)
    const starts = chat.seen.filter((e) => e.type === 'TOOL_CALL_START')
    assert.equal(starts[0].parentMessageId, chat.seen.find((e) => e.type === 'TEXT_MESSAGE_START').messageId)
  })

  test(`${name}: a tool of the page runs there, and the same agent goes on with what it gave`, async (t) => {
    const { orch, route, file } = await hostTools(t)
    const server = await service(t, { args: [...route, ...file] })
    const calls = []
    const tools = {
      getColor: {
        execute: (args) => {
          calls.push(args)
          return { color: 'red' }
        },
      },
    }
    const chat = connect(`${server.url}/agui`, { threadId: 'page', tools })
    await chat.ask(
      script(
        '@text I look.',
        '@tool getTime {"tz":"UTC"}',
        '@tool getColor {"of":"sky"}',
        '@text Once more.',
        '@tool getColor {"of":"sea"}',
        '@text It is red.',
      ),
    )
    assert.deepEqual(calls, [{ of: 'sky' }, { of: 'sea' }])
    assert.deepEqual(orch.calls, [{ name: 'getTime', args: { tz: 'UTC' } }])
    assert.deepEqual(chat.turns()[0].slice(1, 3), [
      [
        ['getTime', 'now in UTC'],
        ['getColor', '{"color":"red"}'],
        ['getColor', '{"color":"red"}'],
      ],
      'I look.Once more.It is red.',
    ])
    await assertClean(chat)
    const runs = JSON.parse((await ask(server, 'GET', '/runs')).body).runs
    assert.deepEqual(
      runs.map((r) => [r.state, r.outcome]),
      Array(3).fill(['over', 'finished']),
    )
    assert.equal(agentsSeen(chat), 1, 'all of it was one process of the agent')
    const ends = chat.seen.filter((e) => e.type === 'RUN_FINISHED')
    assert.deepEqual(
      ends.map((e) => e.outcome?.pendingToolCallIds?.length),
      [1, 1, undefined],
    )
    assert.equal(chat.seen.filter((e) => e.type === 'TOOL_CALL_RESULT').length, 1, "the page's results are its own")
    await chat.ask(script('@text Bye.'))
    assert.equal(chat.turns()[1][2], 'Bye.')
  })

  for (const [by, defaults, yes] of [true, false].flatMap((yes) => [
    ['its mode', { modelOptions: { permissionMode: 'default' } }, yes],
    ['a policy', { policy: {} }, yes],
  ]))
    test(`${name}: by ${by} the agent asks for leave, is ${yes ? 'allowed' : 'denied'}, and goes on`, async (t) => {
      const server = await service(t, { defaults })
      const chat = connect(`${server.url}/agui`, { threadId: 'leave' })
      await chat.ask(script('@text May I?', '@ask Bash {"command": "ls"}', '@text Well.'))
      assert.equal(chat.waiting().length, 1)
      await assertClean(chat)
      const [{ message, metadata, toolCallId }] = chat.seen.at(-1).outcome.interrupts
      assert.equal(message, 'May the agent use Bash?')
      assert.deepEqual(metadata, { kind: 'approval', toolName: 'Bash', input: { command: 'ls' } })
      assert.equal(toolCallId, chat.seen.find((e) => e.type === 'TOOL_CALL_START').toolCallId)
      await chat.permit(yes)
      assert.equal(chat.waiting().length, 0)
      const [, calls, text] = chat.turns()[0]
      assert.equal(text, 'May I?Well.')
      assert.equal(calls[0][1] === 'done', yes, calls[0][1])
      assert.equal(agentsSeen(chat), 1)
      await assertClean(chat)
    })

  test(`${name}: who stops ends the run, and its agent`, async (t) => {
    const server = await service(t)
    const chat = connect(`${server.url}/agui`, { threadId: 'stop' })
    const asked = chat.ask(script('@text begun', '@hang')).catch(() => {})
    await until('the text to come', () => chat.turns()[0]?.[2] === 'begun')
    await chat.stop()
    await asked
    await until('the run to be over', async () => {
      const { body } = await ask(server, 'GET', '/runs')
      return JSON.parse(body).runs[0].state === 'over'
    })
    const [run] = JSON.parse((await ask(server, 'GET', '/runs')).body).runs
    assert.deepEqual([run.outcome, run.certificate.cancelledBy], ['cancelled', 'client'])
  })

  test(`${name}: a run that somebody else cancels has the outcome cancelled, and is no error`, async (t) => {
    const server = await service(t)
    const chat = connect(`${server.url}/agui`, { threadId: 'cancel' })
    const asked = chat.ask(script('@text begun', '@hang'))
    await until('the text to come', () => chat.turns()[0]?.[2] === 'begun')
    const [run] = JSON.parse((await ask(server, 'GET', '/runs')).body).runs
    assert.equal((await ask(server, 'POST', `/runs/${run.runId}/cancel`)).status, 202)
    await asked
    await assertClean(chat)
    assert.deepEqual(chat.seen.at(-1).outcome, { type: 'cancelled' })
    await chat.ask(script('@text still here'))
    assert.equal(chat.turns()[1][2], 'still here')
  })
}

const input = (more = {}) => ({
  threadId: 't',
  runId: 'r',
  state: {},
  messages: [{ id: '1', role: 'user', content: script('@text hello') }],
  tools: [],
  context: [],
  forwardedProps: {},
  ...more,
})
const post = (server, body, headers = {}) =>
  ask(server, 'POST', '/agui', {
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })

test('context comes into the system prompt, and what a page may set reaches the agent', async (t) => {
  const server = await service(t, { defaults: { systemPrompts: ['be kind'], modelOptions: { effort: 'low' } } })
  const messages = [{ id: '1', role: 'user', content: script('@argv') }]
  const context = [{ description: 'the page', value: 'is blue' }]
  const r = await post(server, input({ messages, context, forwardedProps: { runlet: { model: 'p', effort: 'high' } } }))
  const argv = JSON.parse(eventsOf(r.body).find((e) => e.type === 'TEXT_MESSAGE_CONTENT').delta)
  assert.equal(argv[argv.indexOf('--model') + 1], 'p')
  assert.equal(argv[argv.indexOf('--effort') + 1], 'high')
  assert.ok(!argv.includes('--resume'))
  const system = argv.findIndex((a) => a.startsWith('--append-system-prompt'))
  assert.ok(system > 0, argv.join(' '))
})

test('a session id of null begins anew, with the conversation so far', async (t) => {
  const server = await service(t)
  await post(server, input())
  const messages = [
    { id: '1', role: 'user', content: 'first' },
    { id: '2', role: 'assistant', content: 'second' },
    { id: '3', role: 'user', content: script('@argv') },
  ]
  const r = await post(server, input({ runId: 'r2', messages, forwardedProps: { runlet: { sessionId: null } } }))
  assert.ok(!r.body.toString().includes('--resume'))
})

test('a thread whose run named no session is begun anew', async (t) => {
  const server = await service(t)
  await post(server, input())
  await post(server, input({ runId: 'r2', messages: [{ id: '1', role: 'user', content: '@exit 3' }] }))
  const messages = [{ id: '1', role: 'user', content: script('@argv') }]
  const r = await post(server, input({ runId: 'r3', messages }))
  assert.ok(r.body.toString().includes('"RUN_FINISHED"'), r.body.toString())
  assert.ok(!r.body.toString().includes('--resume'))
})

test('after a drop the same body with Last-Event-ID attaches, and there is one agent', async (t) => {
  const server = await service(t)
  const body = input()
  await post(server, body, { accept: 'text/event-stream' })
  const again = await post(server, body, { accept: 'text/event-stream', 'last-event-id': '3' })
  assert.equal(again.status, 200)
  assert.match(again.body.toString(), /^(: )?\n*id: 4\n/)
  assert.equal(JSON.parse((await ask(server, 'GET', '/runs')).body).runs.length, 1)
  assert.equal((await post(server, { ...body, state: 1 })).status, 409)
})

const PAGE = [{ name: 'getColor', description: 'c', parameters: { type: 'object' } }]
const asked = (server) => ask(server, 'GET', '/runs').then((r) => JSON.parse(r.body).runs)
/** A run that is held for getColor; the id of its call. */
async function held(server, lines = ['@tool getColor {}', '@text Red.'], more = {}) {
  const messages = [{ id: '1', role: 'user', content: script(...lines) }]
  const r = await post(server, input({ messages, tools: PAGE, ...more }))
  const end = eventsOf(r.body).at(-1)
  assert.equal(end.outcome?.type, 'success', r.body.toString())
  return end.outcome.pendingToolCallIds
}
const result = (toolCallId, content = 'red') => ({ id: `result-${toolCallId}`, role: 'tool', toolCallId, content })
const answer = (server, messages, more = {}) =>
  post(server, input({ runId: 'r2', tools: PAGE, messages: [{ id: 'a', role: 'assistant' }, ...messages], ...more }))
const textOf = (r) =>
  eventsOf(r.body)
    .filter((e) => e.type === 'TEXT_MESSAGE_CONTENT')
    .map((e) => e.delta)
    .join('')

test('what is said while the run before it ends waits for that end', async (t) => {
  const server = await service(t)
  const messages = [{ id: '1', role: 'user', content: script('@ignore-term', '@text begun', '@hang') }]
  const first = open(server, input({ messages }), { target: '/agui' })
  const run = await first
  await until('the text to come', () => run.events.some((e) => e.type === 'TEXT_MESSAGE_CONTENT'))
  const begun = Date.now()
  run.abort()
  const r = await post(server, input({ runId: 'r2' }))
  assert.equal(r.status, 200, r.body.toString())
  assert.equal(textOf(r), 'hello')
  assert.ok(Date.now() - begun > 900, 'the first agent ignores TERM')
})

test('a held run counts, has its workspace, and outlives its client', async (t) => {
  const server = await service(t, { args: ['--max-runs', '1'] })
  const [id] = await held(server)
  const [run] = await asked(server)
  assert.equal(run.state, 'held')
  assert.equal((await post(server, input({ runId: 'x', threadId: 'other' }))).status, 503)
  const r = await answer(server, [result(id)])
  assert.equal(textOf(r), 'Red.')
  assert.deepEqual(
    (await asked(server)).map((r) => [r.runId, r.state]),
    [
      ['r2', 'over'],
      ['r', 'over'],
    ],
  )
  assert.equal((await post(server, input({ runId: 'x', threadId: 'other' }))).status, 200)
})

test('each of the two runs can be read again, and the same body again starts nothing', async (t) => {
  const server = await service(t)
  const [id] = await held(server)
  const first = await answer(server, [result(id)])
  const again = await answer(server, [result(id)])
  assert.equal(again.body.toString().trim(), first.body.toString().trim())
  assert.equal((await answer(server, [result(id, 'blue')])).status, 409)
  for (const [run, end] of [
    ['r', id],
    ['r2', undefined],
  ]) {
    const { body } = await ask(server, 'GET', `/runs/${run}/events`)
    const events = eventsOf(body)
    assert.deepEqual([events[0].type, events[0].runId], ['RUN_STARTED', run])
    assert.equal(events.filter((e) => e.type.startsWith('RUN_')).length, 2)
    assert.equal(events.at(-1).outcome?.pendingToolCallIds?.[0], end)
  }
})

test('a result that is a failure, or none, is told to the agent', async (t) => {
  const server = await service(t)
  const told = async (runId, messages) => {
    const [id] = await held(server, ['@tool getColor {}', '@text Well.'], { runId, threadId: runId })
    const r = await answer(server, messages(id), { runId: `${runId}2`, threadId: runId })
    assert.equal(textOf(r), 'Well.')
    assert.equal(eventsOf(r.body).at(-1).type, 'RUN_FINISHED')
  }
  await told('failed', (id) => [{ ...result(id, ''), error: 'no camera' }])
  await told('unanswered', () => [{ id: 'u', role: 'user', content: 'never mind' }])
  await told('parts', (id) => [result(id, [{ type: 'text', text: 'red' }])])
})

test('two calls of the page at once are answered one by one or together', async (t) => {
  const server = await service(t)
  const use = (id, of) =>
    `@raw ${JSON.stringify({
      type: 'assistant',
      message: {
        id: 'msg_x',
        content: [{ type: 'tool_use', id, name: 'mcp__tanstack__getColor', input: { of } }],
      },
      parent_tool_use_id: null,
    })}`
  const call = (n, of) =>
    JSON.stringify({ jsonrpc: '2.0', id: n, method: 'tools/call', params: { name: 'getColor', arguments: { of } } })
  // Announced in one order and made in the other: which is which tell the arguments.
  const [first] = await held(server, [
    use('toolu_00000000000000000000aaaa', 'sky'),
    use('toolu_00000000000000000000bbbb', 'sea'),
    `@mcp ${call(91, 'sea')}`,
    `@mcp ${call(92, 'sky')}`,
    '@text Both.',
  ])
  assert.equal(first, 'toolu_00000000000000000000bbbb')
  const second = eventsOf((await answer(server, [result(first)])).body).at(-1).outcome.pendingToolCallIds
  assert.deepEqual(second, ['toolu_00000000000000000000aaaa'])
  const r = await answer(server, [result(second[0])], { runId: 'r3' })
  assert.match(textOf(r), /Both\.$/)
})

test('a held run that is cancelled, or that nobody goes on with, ends with its agent', async (t) => {
  const server = await service(t, { args: ['--agui-hold-ms', '700'] })
  await held(server)
  assert.equal((await ask(server, 'POST', '/runs/r/cancel')).status, 202)
  await until('its end', async () => (await asked(server))[0].state === 'over')
  assert.equal((await asked(server))[0].outcome, 'cancelled')
  await held(server, undefined, { runId: 'b' })
  await until('its end', async () => (await asked(server))[0].state === 'over')
  assert.equal((await asked(server))[0].outcome, 'hold-timeout')
})

test('when the process is gone the session is resumed, with the result in the prompt', async (t) => {
  const server = await service(t)
  const [id] = await held(server)
  await ask(server, 'POST', '/runs/r/cancel')
  await until('its end', async () => (await asked(server))[0].state === 'over')
  const file = path.join(server.box.work, 'prompt')
  const r = await post(
    server,
    input({
      runId: 'r2',
      tools: PAGE,
      messages: [
        { id: '1', role: 'user', content: 'x' },
        {
          id: '2',
          role: 'assistant',
          toolCalls: [{ id, type: 'function', function: { name: 'getColor', arguments: '{}' } }],
        },
        result(id, `red\n@init\n@argv\n@save-prompt ${file}\n@result success`),
      ],
    }),
  )
  assert.match(textOf(r), /"--resume","scripted-session"/)
  assert.match(fs.readFileSync(file, 'utf8'), /^The result of the tool getColor:\nred\n/)
})

test('an agent that dies while it is held leaves no run behind', async (t) => {
  const server = await service(t)
  const [id] = await held(server)
  for (const { pid } of agentsOf(server)) process.kill(pid, 'SIGKILL')
  await until('its end', async () => (await asked(server))[0].state === 'over')
  assert.equal((await asked(server))[0].outcome, 'agent-signal')
  const r = await answer(server, [result(id, script('@argv'))])
  assert.match(textOf(r), /"--resume","scripted-session"/)
})

test('a page of an allowed origin may call, and no other, and nothing but what is for pages', async (t) => {
  const origin = 'http://app.example:3000'
  const server = await service(t, { args: ['--allow-origin', `https://other.example,${origin}`] })
  const preflight = (target, from, method = 'POST') =>
    ask(server, 'OPTIONS', target, {
      headers: {
        origin: from,
        'access-control-request-method': method,
        'access-control-request-headers': 'content-type,x-run-id',
      },
    })
  const asked = await preflight('/agui', origin)
  assert.equal(asked.status, 204)
  assert.equal(asked.headers['access-control-allow-origin'], origin)
  for (const name of ['content-type', 'x-run-id', 'last-event-id', 'authorization'])
    assert.ok(asked.headers['access-control-allow-headers'].split(', ').includes(name))
  assert.equal((await preflight('/runs/r/events', origin, 'GET')).status, 204)
  for (const [target, from] of [
    ['/agui', 'http://evil.example'],
    ['/run', origin],
    ['/runs', origin],
    ['/v1/runs', origin],
  ])
    assert.equal((await preflight(target, from)).status, 403, `${target} ${from}`)
  const good = await post(server, input(), { origin, 'x-run-id': 'r' })
  assert.equal(good.status, 200)
  assert.equal(good.headers['access-control-allow-origin'], origin)
  assert.equal((await post(server, input({ runId: 'b' }), { origin: 'http://evil.example' })).status, 403)
  const bad = await post(server, '{', { origin })
  assert.deepEqual([bad.status, bad.headers['access-control-allow-origin']], [400, origin])
  assert.equal((await ask(server, 'GET', '/runs', { headers: { origin } })).status, 403)
})

test('with a token a page needs it, and its preflight does not', async (t) => {
  const server = await service(t, { args: ['--allow-origin', '*'], env: { RUNLET_TOKEN: 'secret-of-the-service' } })
  const origin = 'https://any.example'
  const asked = await ask(server, 'OPTIONS', '/agui', {
    headers: { origin, 'access-control-request-method': 'POST' },
  })
  assert.equal(asked.status, 204)
  const refused = await post(server, input(), { origin })
  assert.deepEqual([refused.status, refused.headers['access-control-allow-origin']], [401, origin])
  const good = await post(server, input(), { origin, authorization: 'Bearer secret-of-the-service' })
  assert.equal(good.status, 200)
})
