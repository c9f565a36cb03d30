// SPDX-License-Identifier: MIT
// Agents and requests that break things: a clear error, exactly one terminal line, and the service lives on.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { after, afterEach, before, test } from 'node:test'
import { assertStream, grammar, linesOf, resultsOf, textOf, textsOf, warningsOf } from '../support/ndjson.mjs'
import { runRequest, startOrchestrator } from '../support/orchestrator.mjs'
import { assertRefusal, ask, assertNothingLeft, command, makeBox, post, run, serve, until } from '../support/runlet.mjs'

let server, orch
before(async () => {
  server = await serve({ args: ['--max-body-bytes', '67108864'] })
  orch = await startOrchestrator()
})
after(async () => {
  await server.stop()
  server.box.remove()
  orch.stop()
})
afterEach(async () => {
  assert.equal((await ask(server, 'GET', '/health')).status, 200, 'the service lives on')
  await assertNothingLeft(server.box, [server.pid])
})

const play = async (prompt, end, fields = {}) => {
  const r = await post(server, runRequest({ prompt, ...fields }))
  assert.equal(r.status, 200, r.text)
  return { events: r.events, last: assertStream(r.events, end), size: r.body.length }
}

// The agent's program.
test('a CLI that is not there is a 400 in serve', async () => {
  const box = makeBox({ agent: null })
  const own = await serve({ box })
  const r = await post(own, runRequest())
  assert.equal(r.status, 400)
  assert.match(r.text, /claude/)
  assert.match(r.text, /PATH/)
  await own.stop()
  box.remove()
})

test('a CLI that is not there is one RUN_ERROR bad-request and exit 2 in run', async () => {
  const box = makeBox({ agent: null })
  const r = await run(runRequest(), { box })
  assert.equal(r.code, 2)
  assert.deepEqual(
    r.events.map((e) => [e.type, e.code]),
    [['RUN_ERROR', 'bad-request']],
  )
  assert.match(r.events[0].message, /claude/)
  await assertNothingLeft(box)
  box.remove()
})

test('a request that is refused is one RUN_ERROR bad-request and exit 2 in run', async () => {
  for (const [input, text] of [
    [JSON.stringify(runRequest({ harness: 'emacs' })), 'run request: harness must be a known harness id'],
    ['{', undefined],
    ['', undefined],
    ['[1]', undefined],
  ]) {
    const r = await run(input)
    assert.equal(r.code, 2, input)
    assert.equal(r.events.length, 1)
    assert.deepEqual([r.events[0].type, r.events[0].code], ['RUN_ERROR', 'bad-request'])
    if (text) assertRefusal(r.events[0].message, text)
  }
})

for (const [what, make] of [
  [
    'is not executable for what it is (bad interpreter)',
    (f) => fs.writeFileSync(f, '#!/no/such/interpreter\n', { mode: 0o755 }),
  ],
  ['is no program', (f) => fs.writeFileSync(f, '\x00\x01\x02', { mode: 0o755 })],
])
  test(`a CLI that ${what} is spawn-failed`, async () => {
    const box = makeBox({ agent: null })
    make(path.join(box.bin, 'claude'))
    const r = await run(runRequest({ orch, prompt: 'x'.repeat(1 << 20) }), { box })
    assert.equal(r.code, 1)
    const last = assertStream(r.events, 'spawn-failed')
    assert.match(last.message, /claude/)
    await assertNothingLeft(box)
    box.remove()
  })

for (const [code, end] of [
  [0, 'no-result'],
  [7, 'agent-exit'],
  [1, 'agent-exit'],
])
  test(`a CLI that exits ${code} at once, with 1 MB of prompt unread`, async () => {
    const box = makeBox()
    const own = await serve({ box, env: { SCRIPTED_EXIT_AT_ONCE: String(code) } })
    for (let i = 0; i < 3; i++) {
      const r = await post(own, runRequest({ prompt: 'x'.repeat(1 << 20) }))
      const last = assertStream(r.events, end)
      assert.equal(last.metadata.runlet.exitCode, code)
      if (code) assert.match(last.message, new RegExp(`exited with code ${code}`))
    }
    assert.equal((await ask(own, 'GET', '/health')).status, 200)
    await assertNothingLeft(box, [own.pid])
    await own.stop()
    box.remove()
  })

test('a CLI that never reads its stdin, with 8 MB of prompt, is no deadlock', async () => {
  const box = makeBox()
  const r = await run(runRequest({ prompt: 'x'.repeat(8 << 20) }), {
    box,
    env: { SCRIPTED_NO_STDIN: '1', SCRIPTED_SCRIPT: '@init\n@text unread\n@result success' },
  })
  assertStream(r.events, 'RUN_FINISHED')
  assert.equal(textOf(r.events), 'unread')
  await assertNothingLeft(box)
  box.remove()
})

test('a prompt of 10 MB arrives whole', async () => {
  const file = path.join(server.box.root, 'prompt')
  const prompt = `@save-prompt ${file}\n@init\n@result success\n${Array.from({ length: 160000 }, (_, i) => `${i} é✓😀 filler filler filler filler filler filler filler`).join('\n')}`
  assert.ok(Buffer.byteLength(prompt) > 10e6)
  await play(prompt, 'RUN_FINISHED')
  const sha = (data) => createHash('sha256').update(data).digest('hex')
  assert.equal(sha(fs.readFileSync(file)), sha(prompt))
})

// What it prints.
test('lines around the borders of the buffers arrive whole', async () => {
  for (const size of [65535, 65536, 65537, 1048575, 1048576, 1048577]) {
    const { events, size: got } = await play(
      ['@init', `@bigline ${size}`, '@text after', '@result success'],
      'RUN_FINISHED',
    )
    assert.ok(got > size - 200)
    const [big, small] = textsOf(events)
    assert.match(big, /^x+$/)
    assert.ok(size - big.length < 150)
    assert.equal(small, 'after')
    assert.deepEqual(warningsOf(events), [])
  }
})

test('a line of 64 MiB is taken, in chunks of at most 1 MiB', async () => {
  const { events } = await play(['@init', '@bigline 67108864', '@text after', '@result success'], 'RUN_FINISHED')
  const [big, small] = textsOf(events)
  assert.ok(67108864 - big.length < 150)
  assert.equal(small, 'after')
  assert.ok(events.every((e) => JSON.stringify(e).length <= 1 << 20))
  assert.deepEqual(warningsOf(events), [])
})

test('a line of 65 MiB is one warning, and the run goes on', async () => {
  const { events } = await play(
    ['@init', '@text before', '@bigline 68157440', '@text after', '@result success'],
    'RUN_FINISHED',
  )
  assert.deepEqual(textsOf(events), ['before', 'after'])
  assert.equal(warningsOf(events).length, 1, JSON.stringify(warningsOf(events)))
})

test('--max-line-bytes is the limit', async () => {
  const own = await serve({ args: ['--max-line-bytes', '10000'] })
  const r = await post(
    own,
    runRequest({ prompt: ['@init', '@bigline 10000', '@bigline 10001', '@bigline 9999', '@result success'] }),
  )
  assertStream(r.events, 'RUN_FINISHED')
  assert.equal(textsOf(r.events).length, 2)
  assert.equal(warningsOf(r.events).length, 1)
  await own.stop()
  own.box.remove()
})

test('100,000 nested brackets on stdout are a warning', async () => {
  const { events } = await play(
    ['@init', '@nest 100000', '@nest 100', '@text after', '@result success'],
    'RUN_FINISHED',
  )
  assert.equal(textOf(events), 'after')
  assert.equal(warningsOf(events).length, 1, JSON.stringify(warningsOf(events)))
})

test('100,000 nested brackets in a request are a 400', async () => {
  const deep = '['.repeat(100000) + ']'.repeat(100000)
  for (const body of [
    deep,
    JSON.stringify(runRequest()).replace('{', `{"x":${deep},`),
    '{"a":'.repeat(100000),
    JSON.stringify(runRequest()).replace(
      '"toolDescriptors":[]',
      `"toolDescriptors":[{"name":"a","inputSchema":{"type":"object","x":${deep}}}]`,
    ),
  ]) {
    const r = await post(server, body)
    assert.equal(r.status, 400)
    assert.ok(r.text.length > 0 && r.text.length < 300, r.text)
  }
  const r = await run(deep)
  assert.equal(r.code, 2)
  assert.equal(r.events.length, 1)
})

test('100,000 nested brackets in the arguments of a tool do not reach the orchestrator', async () => {
  const before = orch.requests.length
  const { events } = await play(
    ['@init', `@tool echo {"text":${'['.repeat(100000)}${']'.repeat(100000)}}`, '@text after', '@result success'],
    'RUN_FINISHED',
    { orch },
  )
  assert.equal(textOf(events), 'after')
  assert.equal(orch.requests.length, before)
})

test('invalid UTF-8 in a request becomes U+FFFD, as in the reference', async () => {
  for (const bytes of [
    [0xff],
    [0xc3, 0x28],
    [0xed, 0xa0, 0x80],
    [0xc0, 0x80],
    [0xf5, 0x80, 0x80, 0x80],
    [0xe2, 0x82],
  ]) {
    const [head, tail] = JSON.stringify(runRequest({ prompt: 'XXXX' })).split('XXXX')
    const r = await post(server, Buffer.concat([Buffer.from(head), Buffer.from(bytes), Buffer.from(tail)]))
    assert.equal(r.status, 200, `${bytes}: ${r.text}`)
    assertStream(r.events, 'RUN_FINISHED')
    assert.match(textOf(r.events), /\ufffd/)
  }
})

test('invalid UTF-8 on stdout becomes U+FFFD and the text goes on', async () => {
  const open =
    '@bytes ' +
    Buffer.from(
      '{"type":"assistant","parent_tool_use_id":null,"message":{"id":"m","content":[{"type":"text","text":"a',
    ).toString('hex')
  const close = '@bytes ' + Buffer.from('z"}]}}\n').toString('hex')
  const { events } = await play(['@init', open, '@bytes ff', '@bytes c328', close, '@result success'], 'RUN_FINISHED')
  assert.equal(textOf(events), 'a\ufffd\ufffd(z')
})

test('a character cut by the pipe is no invalid one', async () => {
  const { events } = await play(
    [
      '@init',
      '@bytes ' +
        Buffer.from(
          '{"type":"assistant","parent_tool_use_id":null,"message":{"id":"m","content":[{"type":"text","text":"',
        ).toString('hex'),
      '@bytes f09f',
      '@flush',
      '@sleep 50',
      '@bytes 9880',
      '@flush',
      '@sleep 20',
      '@bytes ' + Buffer.from('"}]}}\n').toString('hex'),
      '@result success',
    ],
    'RUN_FINISHED',
  )
  assert.equal(textOf(events), '😀')
})

test('lone surrogates pass as they are', async () => {
  const { events } = await play(
    [
      '@init',
      '@raw {"type":"assistant","parent_tool_use_id":null,"message":{"id":"m","content":[{"type":"text","text":"a\\ud83dz"}]}}',
      '@result success',
    ],
    'RUN_FINISHED',
  )
  assert.equal(textOf(events), 'a\ud83dz')
})

test('noise on stdout is skipped: text, null, numbers, arrays, blank lines, NUL, a BOM, a half line at the end', async () => {
  const { events } = await play(
    [
      '@raw npm notice',
      '@raw null',
      '@raw 7',
      '@raw "x"',
      '@raw [1]',
      '@raw {}',
      '@raw {"type":7}',
      '@raw  ',
      '@bytes 000a',
      '@bytes efbbbf0a',
      '@init',
      '@text a',
      '@raw {"type":"assistant"}',
      '@raw {"type":"assistant","message":null}',
      '@raw {"type":"stream_event"}',
      '@raw {"type":"user","message":{"content":[null,1,{}]}}',
      '@result success',
      '@bytes 7b22',
    ],
    'RUN_FINISHED',
  )
  assert.equal(textOf(events), 'a')
})

test('an unterminated last line is read', async () => {
  const { events } = await play(
    [
      '@init',
      '@text a',
      '@bytes ' + Buffer.from('{"type":"result","subtype":"success","result":"","is_error":false}').toString('hex'),
    ],
    'RUN_FINISHED',
  )
  assert.equal(textOf(events), 'a')
})

test('100 MB on stderr while stdout is quiet: drained, and only the tail is kept', async () => {
  const { last } = await play(['@init', '@stderr-flood 100000000', '@stderr the last words', '@exit 3'], 'agent-exit')
  assert.match(last.metadata.runlet.stderrTail, /the last words\n?$/)
  assert.ok(last.metadata.runlet.stderrTail.length <= 4096)
  assert.ok(last.message.length <= 4096)
})

test('control bytes and secrets are struck out of the stderr tail', async () => {
  const own = await serve({ env: { MY_SECRET: 'very-secret-value' } })
  const r = await post(
    own,
    runRequest({
      prompt: ['@init', '@stderr \x1b[31mred\x1b[0m \x07 very-secret-value', '@exit 3'],
      secrets: { MY_SECRET: 'x' },
    }),
  )
  const last = assertStream(r.events, 'agent-exit')
  assert.ok(!JSON.stringify(last).includes('very-secret-value'))
  assert.match(last.message, /exited with code 3: red/)
  // eslint-disable-next-line no-control-regex
  assert.ok(
    !/[\x00-\x08\x0b-\x1f]/.test(last.metadata.runlet.stderrTail),
    JSON.stringify(last.metadata.runlet.stderrTail),
  )
  assert.match(last.metadata.runlet.stderrTail, /red/)
  await own.stop()
  own.box.remove()
  assert.ok(!own.stderr().includes('very-secret-value'))
})

// How it ends.
for (const [what, prompt, end, check] of [
  ['no result, exit 0', ['@init', '@text cut'], 'no-result', (m) => assert.equal(m.exitCode, 0)],
  ['exit 7', ['@init', '@stderr boom on stderr', '@exit 7'], 'agent-exit', (m) => assert.equal(m.exitCode, 7)],
  ['killed by SIGKILL', ['@init', '@signal 9'], 'agent-signal', (m) => assert.equal(m.signal, 'SIGKILL')],
  ['killed by SIGSEGV', ['@init', '@text x', '@signal 11'], 'agent-signal', (m) => assert.equal(m.signal, 'SIGSEGV')],
  ['success, then exit 1', ['@init', '@result success', '@exit 1'], 'agent-exit', (m) => assert.equal(m.exitCode, 1)],
  [
    'success, then killed',
    ['@init', '@result success', '@signal 15'],
    'agent-signal',
    (m) => assert.equal(m.signal, 'SIGTERM'),
  ],
  [
    'an API error as a success with is_error, exit 1',
    ['@init', '@result is_error Not logged in', '@exit 1'],
    'agent-error',
  ],
  [
    'an API error as a success with is_error, exit 0',
    ['@init', '@result is_error Credit balance too low'],
    'agent-error',
  ],
  ['error_during_execution', ['@init', '@result error_during_execution e1'], 'error_during_execution'],
  [
    'max turns, exit 1',
    ['@init', '@result error_max_turns x', '@exit 1'],
    'RUN_FINISHED',
    (m) => assert.equal(m.exitCode, 1),
  ],
  [
    'an open tool call and no result',
    [
      '@init',
      '@raw {"type":"assistant","parent_tool_use_id":null,"message":{"id":"m","content":[{"type":"tool_use","id":"t1","name":"Bash","input":{}}]}}',
    ],
    'no-result',
  ],
  [
    'open text and a crash',
    [
      '@init',
      '@raw {"type":"stream_event","parent_tool_use_id":null,"event":{"type":"message_start","message":{"id":"m"}}}',
      '@raw {"type":"stream_event","parent_tool_use_id":null,"event":{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}}',
      '@signal 6',
    ],
    'agent-signal',
  ],
])
  test(`the end: ${what}`, async () => {
    const { last, events } = await play(prompt, end)
    check?.(last.metadata.runlet)
    if (end === 'agent-error') assert.match(last.message, /Not logged in|Credit balance too low/)
    if (what === 'exit 7') assert.match(last.message, /^Agent process exited with code 7: boom on stderr/)
    if (what.startsWith('max turns')) assert.equal(last.metadata.tanstack.finishReason, 'length')
    if (what.startsWith('an open tool')) assert.equal(resultsOf(events)[0].content, '{"status":"interrupted"}')
    assert.ok(last.metadata.runlet.durationMs >= 0)
    const code = end === 'RUN_FINISHED' ? 0 : 1
    const r = await run(runRequest({ prompt }))
    assert.equal(r.code, code, 'the exit code of `run`')
    assertStream(r.events, end)
  })

test("a prompt that is not the user's last word is prompt-invalid", async () => {
  for (const messages of [
    [{ role: 'assistant', content: 'a' }],
    [{ role: 'user', content: '' }],
    [{ role: 'user', content: null }],
    [
      { role: 'user', content: 'x' },
      { role: 'assistant', content: 'y' },
    ],
    [{ role: 'user', content: [{ type: 'image', source: {} }] }],
  ]) {
    const r = await post(server, runRequest({ messages }))
    const message = r.status === 200 ? assertStream(r.events, 'prompt-invalid').message : r.text
    assert.equal(message, 'Claude Code adapter requires a trailing user message with text content.')
  }
})

test('a blank prompt is refused before anything starts', async () => {
  const request = runRequest({ prompt: ' \n' })
  const r = await post(server, request)
  assert.equal(r.status, 400)
  assert.match(r.text, /^prompt-invalid: the last message is blank, and Claude Code takes no blank prompt/)
  const once = await run(request)
  assert.equal(once.code, 2)
  assert.deepEqual(
    once.events.map((e) => [e.type, e.code]),
    [['RUN_ERROR', 'bad-request']],
  )
  assert.match(once.events[0].message, /^prompt-invalid: the last message is blank/)
})

test('the prompt is the transcript and the last question', async () => {
  const file = path.join(server.box.root, 'transcript')
  const messages = [
    { role: 'system', content: 'no' },
    { role: 'user', content: ' q1 ' },
    { role: 'assistant', content: 'a1', toolCalls: [] },
    { role: 'tool', content: 'no', toolCallId: 'x' },
    { role: 'assistant', content: null },
    {
      role: 'user',
      content: [
        { type: 'text', content: '@init\n' },
        { type: 'image', source: {} },
        { type: 'text', content: `@save-prompt ${file}\n@result success\n` },
      ],
    },
  ]
  const r = await post(server, runRequest({ messages }))
  assertStream(r.events, 'RUN_FINISHED')
  assert.equal(
    fs.readFileSync(file, 'utf8'),
    `Previous conversation:\nUser:  q1 \nAssistant: a1\n\n@init\n@save-prompt ${file}\n@result success\n`,
  )
})

test('what the agent is started as', async () => {
  const { events } = await play(
    ['@init', '@argv', '@cwd', '@fds', '@status SigBlk', '@status SigIgn', '@environ', '@result success'],
    'RUN_FINISHED',
    {
      systemPrompts: ['Be brief.', ' ', 'Be kind.'],
      modelOptions: {
        sessionId: 's-1',
        maxTurns: 3,
        permissionMode: 'plan',
        allowedTools: ['Bash', 'Read'],
        disallowedTools: ['Write'],
      },
      env: { EXTRA: 'from the request' },
    },
  )
  const [argv, cwd, fds, blocked, ignored, environ] = textsOf(events)
  const argvFile = JSON.parse(argv).at(-1)
  assert.ok(argvFile.startsWith(server.box.tmp), 'a private file')
  await until('it to be removed', () => !fs.existsSync(argvFile))
  assert.deepEqual(JSON.parse(argv).slice(1), [
    '--setting-sources',
    'user,project',
    '-p',
    '--output-format',
    'stream-json',
    '--verbose',
    '--input-format',
    'stream-json',
    '--model',
    'fake-model',
    '--include-partial-messages',
    '--resume',
    's-1',
    '--permission-mode',
    'plan',
    '--max-turns',
    '3',
    '--allowedTools',
    'Bash,Read',
    '--disallowedTools',
    'Write',
    '--append-system-prompt-file',
    argvFile,
  ])
  assert.equal(cwd, server.box.work)
  assert.match(fds, /^0=pipe:\S+ 1=pipe:\S+ 2=pipe:\S+$/)
  assert.match(blocked, /^SigBlk:\t0+$/)
  assert.match(ignored, /^SigIgn:\t0+$/)
  const env = Object.fromEntries(
    environ
      .trim()
      .split('\n')
      .map((l) => [l.slice(0, l.indexOf('=')), l.slice(l.indexOf('=') + 1)]),
  )
  assert.equal(env.IS_SANDBOX, '1')
  assert.equal(env.CLAUDE_CODE_SANDBOXED, '1')
  assert.equal(env.EXTRA, 'from the request')
  assert.equal(env.HOME, server.box.home)
  assert.match(env.NO_PROXY, /127\.0\.0\.1/)
  assert.deepEqual(
    Object.keys(env).filter((k) => k.startsWith('RUNLET')),
    [],
  )
})

test('a local source is the working folder; one that is not there is a 400', async () => {
  const folder = path.join(server.box.root, 'project')
  fs.mkdirSync(folder, { recursive: true })
  const { events } = await play(['@init', '@cwd', '@result success'], 'RUN_FINISHED', {
    workspace: { source: { type: 'local', path: folder } },
  })
  assert.equal(textOf(events), folder)
  const r = await post(server, runRequest({ workspace: { source: { type: 'local', path: '/no/such/folder' } } }))
  assert.equal(r.status, 400)
  assert.match(r.text, /source/)
})

test('the same bytes give the same stream, but for the times', async () => {
  const request = runRequest({
    prompt: ['@init', '@think a', '@text b', '@bash true', '@result success'],
    runId: 'same',
    threadId: 't',
  })
  const clean = (r) => r.events.map(({ timestamp, ...e }) => ({ ...e, metadata: { ...e.metadata, runlet: undefined } }))
  assert.deepEqual(clean(await run(request)), clean(await run(request)))
})

test('`run FILE` reads a file, with defaults for all that an orchestrator would say', async () => {
  const box = makeBox()
  fs.writeFileSync(
    path.join(box.work, 'request.json'),
    JSON.stringify({ harness: 'claude-code', messages: [{ role: 'user', content: '@init\n@cwd\n@result success' }] }),
  )
  const r = await command(['run', 'request.json', '--output', 'ndjson'], { box })
  assert.equal(r.code, 0, r.stderr)
  const events = linesOf(r.stdout).map((l) => JSON.parse(l))
  assert.deepEqual(grammar(events), [])
  assert.equal(textOf(events), box.work)
  assert.ok(events[0].runId && events[0].threadId)
  assert.equal((await command(['run', 'nope.json'], { box })).code, 2)
  box.remove()
})

test('`run --output pretty` is a transcript for people', async () => {
  const box = makeBox()
  const r = await command(['run', '-', '--output', 'pretty'], {
    box,
    input: JSON.stringify(
      runRequest({
        prompt: ['@init', '@text hello reader', '@bash echo out', '@text \x1b]0;evil\x07', '@result success'],
      }),
    ),
  })
  assert.equal(r.code, 0)
  const text = r.stdout.toString()
  for (const word of ['fake-model', 'hello reader', 'Bash', 'echo out'])
    assert.ok(text.includes(word), `${word} in ${text}`)
  // eslint-disable-next-line no-control-regex
  assert.ok(!/[\x07]|\x1b\]/.test(text), 'the agent cannot drive the terminal')
  box.remove()
})
