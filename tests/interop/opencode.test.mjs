// SPDX-License-Identifier: MIT
// The real OpenCode from npm, driven by runlet through its own server, against a mock chat completions API on loopback.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { assertStream, eventsOf, failed, resultsOf, textOf, warningsOf } from '../support/ndjson.mjs'
import { opencode } from '../support/real_agents.mjs'
import { post, processesOf, run, serve, startRun, until } from '../support/runlet.mjs'
import { PROMPT, withScene } from '../support/scene.mjs'
import { talk } from '../support/talker.mjs'

const with_ = withScene(opencode)
const WHOLE = [
  [
    { think: 'The host has a tool for this, then a command of my own.' },
    { text: 'Asking the host.' },
    { tool: 'echo', args: { text: 'ping ✓' } },
  ],
  [
    { text: 'Now a native command.' },
    { native: 'bash', args: { command: 'echo hi > hi.txt && cat hi.txt', description: 'say hi' } },
  ],
  [{ text: 'All done: héllo ✓.' }],
]
const SLEEPER = { native: 'bash', args: { command: 'tail -f /dev/null & tail -f /dev/null', description: 'sleep' } }

function assertWhole(s, events) {
  const last = assertStream(events, 'RUN_FINISHED')
  assert.equal(last.metadata.tanstack.finishReason, 'stop')
  assert.deepEqual(last.usage.promptTokens, 300, 'of all three steps')
  assert.deepEqual(warningsOf(events), [])
  assert.match(
    events
      .filter((e) => e.type === 'REASONING_MESSAGE_CONTENT')
      .map((e) => e.delta)
      .join(''),
    /^The host has a tool for this, then a command of my own\.$/,
  )
  assert.equal(textOf(events), 'Asking the host.Now a native command.All done: héllo ✓.')
  assert.ok(events.filter((e) => e.type === 'REASONING_MESSAGE_CONTENT').length > 1, 'it comes by its growth')
  assert.match(events.find((e) => e.name === 'opencode.session-id').value.sessionId, /^ses_/)
  assert.deepEqual(
    events.filter((e) => e.type === 'TOOL_CALL_START').map((e) => e.toolCallName),
    ['echo', 'bash'],
  )
  assert.deepEqual(
    events.filter((e) => e.type === 'TOOL_CALL_END').map((e) => e.input),
    [{ text: 'ping ✓' }, WHOLE[1][1].args],
  )
  assert.deepEqual(
    resultsOf(events).map((r) => r.content.trim()),
    ['ping ✓', 'hi'],
  )
  assert.deepEqual(s.orch.calls, [{ name: 'echo', args: { text: 'ping ✓' } }])
  assert.match(JSON.stringify(s.model.requests.find((r) => !r.side).body.messages), new RegExp(PROMPT))
  assert.equal(fs.readFileSync(path.join(s.box.work, 'hi.txt'), 'utf8'), 'hi\n')
}

test(
  'thinking, text, a bridged tool, a native one, the end; nothing of it in a command line',
  with_(WHOLE, {}, async (s) => {
    const r = startRun(s.request(), { box: s.box })
    const seen = []
    const look = setInterval(() => seen.push(...processesOf(s.box.mark)), 100)
    const end = await r.ended
    clearInterval(look)
    assert.equal(end.code, 0, r.stderr())
    assertWhole(s, eventsOf(r.stdout()))
    const servers = seen.filter((p) => p.cmd.includes('serve'))
    assert.ok(servers.length > 0)
    const password = servers[0].env.find((e) => e.startsWith('OPENCODE_SERVER_PASSWORD=')).split('=')[1]
    assert.match(password, /^[0-9a-f]{64}$/)
    const lines = seen.map((p) => p.cmd.join(' '))
    assert.ok(!lines.some((l) => l.includes(password) || l.includes(PROMPT) || /bearer/i.test(l)))
    assert.ok(
      !servers.some((p) => p.env.some((e) => /bearer|\/mcp/i.test(e))),
      "the bridge's token is in no environment",
    )
    assert.ok(!r.stderr().includes(password))
  }),
)

test(
  'two at once in one service, and a session that goes on',
  with_([[{ text: 'Alone.' }], [{ text: 'First.' }], [{ text: 'First.' }], [{ text: 'Second.' }]], {}, async (s) => {
    const server = await serve({ box: s.box, args: ['--workspace-per-thread'] })
    try {
      // Two that make OpenCode's database in a new home at once: one of them fails ("CREATE TABLE"), without us too.
      assertStream((await post(server, s.request({ threadId: 'first', runId: 'first' }))).events, 'RUN_FINISHED')
      const both = await Promise.all([
        post(server, s.request({ threadId: 'a', runId: 'a1' })),
        post(server, s.request({ threadId: 'b', runId: 'b1' })),
      ])
      for (const r of both) assertStream(r.events, 'RUN_FINISHED')
      const sessionId = both[0].events.find((e) => e.name === 'opencode.session-id').value.sessionId
      const second = await post(server, s.request({ threadId: 'a', runId: 'a2', modelOptions: { sessionId } }))
      assertStream(second.events, 'RUN_FINISHED')
      assert.deepEqual(warningsOf(second.events), [])
      assert.equal(second.events.find((e) => e.name === 'opencode.session-id').value.sessionId, sessionId)
      assert.equal(textOf(second.events), 'Second.')
      assert.match(JSON.stringify(s.model.requests.filter((r) => !r.side).at(-1).body.messages), /First\./)
    } finally {
      const end = await server.stop()
      assert.equal(end.code, 0, end.stderr)
    }
  }),
)

test(
  'a session that is not known: a warning, and a new one with the whole conversation; system prompts',
  with_([[{ text: 'Yes.' }]], {}, async (s) => {
    const messages = [
      { role: 'user', content: 'q1' },
      { role: 'assistant', content: 'a1' },
      { role: 'user', content: 'q2' },
    ]
    const r = await run(
      s.request({
        messages,
        systemPrompts: ['Be a pirate of the test.', 'Be short.'],
        modelOptions: { sessionId: 'ses_gone' },
      }),
      { box: s.box },
    )
    assertStream(r.events, 'RUN_FINISHED')
    assert.deepEqual(
      warningsOf(r.events).map((w) => w.code),
      ['resume-not-possible'],
    )
    const said = s.model.requests.find((q) => !q.side).body.messages
    assert.match(
      JSON.stringify(said.filter((m) => m.role === 'user')),
      /Previous conversation:\\nUser: q1\\nAssistant: a1\\n\\nq2/,
    )
    assert.match(JSON.stringify(said.filter((m) => m.role === 'system')), /Be a pirate of the test\.\\n\\nBe short\./)
  }),
)

const SCHEMA = { type: 'object', properties: { n: { type: 'number' } }, required: ['n'] }
const asksForValue = (turns, check) =>
  with_(turns, {}, async (s) => check(await run(s.request({ outputSchema: SCHEMA }), { box: s.box })))()
const given = (r) => {
  assert.equal(r.code, 0, r.stderr)
  assertStream(r.events, 'RUN_FINISHED')
  const [start, complete] = r.events.filter((e) => e.name?.startsWith('structured-output'))
  assert.deepEqual(complete.value.object, { n: 7 })
  assert.equal(start.value.messageId, complete.value.messageId)
  assert.ok(!r.events.some((e) => e.toolCallName === 'StructuredOutput'), 'the tool that carries it is not told')
}
test('outputSchema: the value by its own tool, by a model that only writes it; none is an error', () =>
  Promise.all([
    asksForValue([[{ value: { n: 7 } }], [{ text: 'Given.' }]], given),
    asksForValue([[{ text: 'It is ```json\n{"n": 7}\n```' }]], given),
    asksForValue([[{ text: 'No JSON here.' }]], (r) =>
      assert.match(assertStream(r.events, 'structured-output-parse-failed').message, /No JSON here\./),
    ),
  ]))

test(
  'the model answers 401: RUN_ERROR with the words; a model that is not there, too',
  with_([{ status: 401 }], {}, async (s) => {
    const r = await run(s.request(), { box: s.box })
    assert.equal(r.code, 1, r.stderr)
    assert.match(assertStream(r.events, 'agent-error').message, /mock 401/)
    const other = await run(s.request({ model: 'mock/none' }), { box: s.box })
    assert.match(assertStream(other.events, 'agent-error').message, /Model not found: mock\/none/)
    const bare = await run(s.request({ model: 'sonnet' }), { box: s.box })
    assert.match(bare.events.at(-1).message, /OpenCode models must be addressed as "provider\/model"/)
  }),
)

test(
  'tools: one that fails, one the agent does not have, a bridged one with a dot in its name',
  with_(
    [
      [{ tool: 'fail', args: {} }],
      [{ native: 'nosuch', args: { a: 1 } }],
      [{ native: 'tanstack_dot_ted_eccf', args: {} }],
      [{ text: 'Sorry.' }],
    ],
    {},
    async (s) => {
      const descriptors = [...s.orch.descriptors, { name: 'dot.ted', inputSchema: { type: 'object', properties: {} } }]
      const r = await run(s.request({ toolDescriptors: descriptors }), { box: s.box })
      assertStream(r.events, 'RUN_FINISHED')
      assert.deepEqual(
        r.events.filter((e) => e.type === 'TOOL_CALL_START').map((e) => e.toolCallName),
        ['fail', 'invalid', 'dot.ted'],
      )
      const [fail, invalid, dotted] = resultsOf(r.events)
      assert.ok(failed(fail))
      assert.match(fail.content, /remote tool "fail" failed: 500 .*kaboom/)
      assert.match(invalid.content, /unavailable tool 'nosuch'/)
      assert.ok(failed(dotted)) // the host does not know it
      assert.deepEqual(
        s.orch.calls.map((c) => c.name),
        ['fail', 'dot.ted'],
        'each once',
      )
    },
  ),
)

test(
  'permissions: by default all is allowed; in mode default bridged tools alone, and the turn goes on',
  with_(WHOLE, { permission: { bash: 'ask', edit: 'ask', tanstack_echo: 'ask' } }, async (s) => {
    const ask = await run(s.request({ modelOptions: { permissionMode: 'default' } }), { box: s.box })
    assertStream(ask.events, 'RUN_FINISHED')
    const [echo, bash] = resultsOf(ask.events)
    assert.equal(echo.content, 'ping ✓')
    assert.ok(failed(bash))
    assert.match(bash.content, /This run does not allow it/)
    assert.match(textOf(ask.events), /All done/)
    assert.ok(!fs.existsSync(path.join(s.box.work, 'hi.txt')))
  }),
)

test(
  'a sub-agent, todos, and an edit that has to be asked for',
  with_(
    [
      [{ native: 'todowrite', args: { todos: [{ content: 'a', status: 'pending', priority: 'high', id: '1' }] } }],
      [{ native: 'task', args: { description: 'sub', prompt: 'Do sub', subagent_type: 'general' } }],
      [{ native: 'write', args: { filePath: 'sub.txt', content: 'by the sub-agent' } }], // the sub-agent's turn
      [{ text: 'Sub answer.' }],
      [{ text: 'End.' }],
    ],
    { permission: { edit: 'ask' } },
    async (s) => {
      const r = await run(s.request(), { box: s.box })
      assertStream(r.events, 'RUN_FINISHED')
      assert.equal(textOf(r.events), 'End.', "the sub-agent's words are the task's result, not the answer")
      assert.deepEqual(
        r.events.filter((e) => e.type === 'TOOL_CALL_START').map((e) => e.toolCallName),
        ['todowrite', 'task'],
      )
      assert.match(resultsOf(r.events)[1].content, /Sub answer\./)
      assert.equal(r.events.find((e) => e.name === 'opencode.todo').value.todos[0].content, 'a')
      assert.equal(fs.readFileSync(path.join(s.box.work, 'sub.txt'), 'utf8'), 'by the sub-agent')
    },
  ),
)

test(
  'cancel in a shell tool with a background job: cancelled, and nothing is left',
  with_([[{ text: 'Sleeping.' }, SLEEPER], [{ text: 'never' }]], {}, async (s) => {
    const server = await serve({ box: s.box })
    try {
      const going = post(server, s.request({ runId: 'c1' }))
      await until(
        'the shell to run',
        () => processesOf(s.box.mark).filter((p) => p.name === 'tail').length === 2,
        30000,
      )
      const begun = Date.now()
      const answer = await fetch(`${server.url}/runs/c1/cancel`, { method: 'POST' })
      assert.equal(answer.status, 202)
      const last = assertStream((await going).events, 'cancelled')
      assert.equal(last.metadata.runlet.cancelledBy, 'api')
      assert.ok(Date.now() - begun < 8000, `${Date.now() - begun} ms`)
      await until('the tree to go', () => processesOf(s.box.mark, [server.pid]).length === 0, 3000)
    } finally {
      const end = await server.stop()
      assert.equal(end.code, 0, end.stderr)
    }
  }),
)

test(
  'killed from outside in mid-turn: the agent is blamed, once',
  with_([[{ text: 'Sleeping.' }, SLEEPER]], {}, async (s) => {
    const r = startRun(s.request(), { box: s.box })
    await until('the shell to run', () => processesOf(s.box.mark).some((p) => p.name === 'tail'), 30000)
    process.kill(processesOf(s.box.mark).find((p) => p.cmd.includes('serve')).pid, 'SIGKILL')
    const end = await r.ended
    assert.equal(end.code, 1)
    assertStream(eventsOf(r.stdout()), 'agent-signal')
  }),
)

// What takes long takes it side by side.
const givesUp = with_([{ status: 500 }], {}, async (s) => {
  const r = await run(s.request(), { box: s.box, timeout: 150000 })
  assert.equal(r.code, 1, r.stderr)
  assert.match(assertStream(r.events, 'agent-error').message, /given up after 4 retries: .*mock 500/)
  assert.deepEqual(warningsOf(r.events), [{ code: 'agent-retries', message: 'mock 500' }])
  assert.equal(s.model.requests.filter((q) => !q.side).length, 5)
})
const waits = with_([[{ tool: 'slow', args: { ms: 70000 } }], [{ text: 'At last.' }]], {}, async (s) => {
  const r = await run(s.request(), { box: s.box, timeout: 150000 })
  assertStream(r.events, 'RUN_FINISHED')
  assert.deepEqual(
    resultsOf(r.events).map((e) => e.content),
    ['slept 70000'],
  )
  assert.equal(s.orch.calls.length, 1)
})
test('a tool of 70 s is waited for; a model that answers 500 is given up after four retries', () =>
  Promise.all([waits(), givesUp()]))

const LONG = 'One word after the other. '.repeat(400)
test(
  'somebody talks with it: more words in mid-turn are in the next request of its model',
  with_([[opencode.shell('while [ -e wait ]; do sleep 0.05; done')], [{ text: 'Steered.' }]], {}, async (s) => {
    const wait = path.join(s.box.work, 'wait')
    fs.writeFileSync(wait, '')
    const t = talk(s.box, s.request(), {
      on: (l, t) => {
        if (l.type === 'TOOL_CALL_END') t.say('/init the other table', 'u1')
        if (l.said) setTimeout(() => fs.rmSync(wait), 500) // it is read meanwhile
      },
    })
    await t.end()
    assertStream(t.events, 'RUN_FINISHED')
    assert.equal(textOf(t.events), 'Steered.')
    assert.deepEqual(t.told[0], { said: true, fault: '' })
    assert.equal(s.asked().length, 2)
    assert.ok(!opencode.shows('the other table', s.asked()[0]))
    assert.ok(opencode.shows('/init the other table', s.asked()[1]))
  }),
)

test(
  'somebody talks with it: words that come with its last ones are worked on in the run, too',
  with_([[{ text: LONG }], [{ text: 'Second.' }]], {}, async (s) => {
    const t = talk(s.box, s.request(), { on: (l, t) => l.type === 'TEXT_MESSAGE_START' && t.say('And now?', 'u1') })
    await t.end()
    assertStream(t.events, 'RUN_FINISHED')
    assert.deepEqual(t.told[0], { said: true, fault: '' })
    assert.equal(textOf(t.events), `${LONG}Second.`)
  }),
)

test(
  'somebody talks with it: a shell command is denied with a reason that its model is told',
  with_(
    [[opencode.shell('echo hi > there.txt')], [{ text: 'So it is.' }]],
    { permission: { bash: 'ask' } },
    async (s) => {
      const t = talk(s.box, s.request({ modelOptions: { permissionMode: 'default' } }), {
        on: (l, t) => l.question && t.permit(l.question, { yes: false, reason: 'A rule against files.' }),
      })
      await t.end()
      assertStream(t.events, 'RUN_FINISHED')
      const call = t.events.find((e) => e.type === 'TOOL_CALL_START')
      assert.equal(t.told[0].toolCallId, call.toolCallId)
      assert.equal(t.told[0].tool, 'bash')
      assert.ok(opencode.shows('A rule against files.', s.asked()[1]))
      assert.ok(!fs.existsSync(path.join(s.box.work, 'there.txt')))
    },
  ),
)
