// SPDX-License-Identifier: MIT
// Host tools with names and descriptors that agents do not take as they are, before every real agent of npm: each of them
// is called, the orchestrator and the events see the host's own name, and what an agent does not get is said once.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assertStream, resultsOf, textOf, warningsOf } from '../support/ndjson.mjs'
import { realAgents } from '../support/real_agents.mjs'
import { run } from '../support/runlet.mjs'
import { withScene } from '../support/scene.mjs'

const SCHEMA = { type: 'object', properties: { n: { type: 'number' } } }
const startsOf = (events) => events.filter((e) => e.type === 'TOOL_CALL_START').map((e) => e.toolCallName)
const inputsOf = (events) => events.filter((e) => e.type === 'TOOL_CALL_END').map((e) => e.input)
/** One turn for each call, then a last word. */
const turnsOf = (agent, calls) => [...calls.map(([name, args]) => [agent.tool(name, args)]), [{ text: 'Done.' }]]

// The host's name, and what agents are offered: the same in every run, for a session that is resumed knows it.
const NAMES = {
  'db.users/list': 'db_users_list_5ebd',
  'has space': 'has_space_38e9',
  ['long.name.'.repeat(10)]: 'long_name_long_name_long_name_long_name_lon_bc76',
  'a.b': 'a_b_32ca',
  a_b: 'a_b',
  ünï: '_n__e3f4',
  two__under: 'two__under',
}
// Grok refuses two underscores in a row.
const OF_GROK = { ünï: 'n_e3f4', two__under: 'two_under_f5ab' }

for (const [id, agent] of Object.entries(realAgents)) {
  const names = Object.keys(NAMES)
  const alias = (name) => (id === 'grok' && OF_GROK[name]) || NAMES[name]
  const answers = Object.fromEntries(names.map((name) => [name, `from ${name}`]))

  test(
    `${id}: dots, slashes, spaces, 100 characters, a.b beside a_b are all called by their own names`,
    withScene(agent)(
      turnsOf(
        agent,
        names.map((name, n) => [alias(name), { n }]),
      ),
      { answers },
      async (s) => {
        const toolDescriptors = names.map((name) => ({ name, description: `about ${name}`, inputSchema: SCHEMA }))
        const r = await run(s.request({ toolDescriptors }), { box: s.box })
        assertStream(r.events, 'RUN_FINISHED')
        assert.deepEqual(
          s.orch.calls,
          names.map((name, n) => ({ name, args: { n } })),
        )
        assert.deepEqual(startsOf(r.events), names)
        assert.deepEqual(
          inputsOf(r.events),
          names.map((_, n) => ({ n })),
        )
        assert.deepEqual(
          resultsOf(r.events).map((e) => e.content),
          names.map((name) => answers[name]),
        )
        assert.deepEqual(warningsOf(r.events), [])
        for (const name of names)
          assert.ok(
            JSON.stringify(s.asked().map((q) => q.body)).includes(`about ${name}`) || id === 'grok',
            `the model was told of ${name}`,
          )
      },
    ),
  )

  const A = { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] }
  const B = { type: 'object', properties: { b: { type: 'string' } }, required: ['b'] }
  const mcp = { resultFormat: 'mcp' }
  const ODD = [
    { name: 'good', inputSchema: SCHEMA },
    { name: 'none' },
    { name: 'empty', inputSchema: {} },
    { name: 'one_of', inputSchema: { oneOf: [A, B] }, with: { a: 'x' } },
    { name: 'ref', inputSchema: { $ref: '#/$defs/A', $defs: { A } }, with: { a: 'x' } },
    { name: 'any', inputSchema: { type: 'object', properties: { x: true, y: false } }, with: { x: 1 } },
    { name: 'properties', inputSchema: { type: 'object', properties: null }, told: /properties is no object/ },
    { name: 'required', inputSchema: { type: 'object', required: null }, told: /required is no list/ },
    { name: 'types', inputSchema: { type: ['object', 'null'] }, told: /its type is no text/ },
    { name: 'nulls', title: null, description: null, annotations: null, inputSchema: SCHEMA },
    {
      name: 'title',
      title: 7,
      inputSchema: SCHEMA,
      annotations: { title: 5 },
      told: /title is no text.*"title" is no text/,
    },
    {
      name: 'hint',
      inputSchema: SCHEMA,
      annotations: { readOnlyHint: 'yes', openWorldHint: true },
      told: /"readOnlyHint" is no boolean/,
    },
    { name: 'list_out', inputSchema: SCHEMA, outputSchema: { type: 'array' }, ...mcp, told: /outputSchema/ },
    {
      name: 'regex_out',
      inputSchema: SCHEMA,
      outputSchema: { type: 'object', properties: { r: { type: 'string', pattern: '(?i)^a' } } },
      ...mcp,
      told: ['claude', 'opencode', 'gemini'].includes(id) && /outputSchema was left out/,
    },
    {
      name: 'space',
      inputSchema: { type: 'object', properties: { 'a b': { type: 'number' } } },
      with: { 'a b': 1 },
      lost: id === 'claude' && /parameter "a b"/,
    },
  ]
  const called = ODD.filter((t) => !t.lost)
  const result = (t) =>
    t.resultFormat
      ? { content: [{ type: 'text', text: `from ${t.name}` }], structuredContent: { r: 'a' } }
      : `from ${t.name}`

  test(
    `${id}: odd descriptors cost no tool, and what is changed is said once`,
    withScene(agent)(
      turnsOf(
        agent,
        called.map((t) => [t.name, t.with ?? { n: 1 }]),
      ),
      { answers: Object.fromEntries(ODD.map((t) => [t.name, result(t)])) },
      async (s) => {
        const toolDescriptors = ODD.map(({ with: _, told, lost, ...t }) => t)
        const r = await run(s.request({ toolDescriptors }), { box: s.box })
        assertStream(r.events, 'RUN_FINISHED')
        assert.deepEqual(
          s.orch.calls,
          called.map((t) => ({ name: t.name, args: t.with ?? { n: 1 } })),
        )
        assert.deepEqual(
          startsOf(r.events),
          called.map((t) => t.name),
        )
        const warned = warningsOf(r.events)
        assert.equal(warned.length, ODD.filter((t) => t.told || t.lost).length, JSON.stringify(warned))
        for (const t of ODD.filter((t) => t.told || t.lost)) {
          const of = warned.filter((w) => w.message.startsWith(`Tool "${t.name}": `))
          assert.deepEqual(
            of.map((w) => w.code),
            [t.lost ? 'tool-left-out' : 'tool-adapted'],
          )
          assert.match(of[0].message, t.lost || t.told)
        }
        assert.equal(textOf(r.events), 'Done.')
      },
    ),
  )

  // What a result says without a text that everybody reads.
  const RESULTS = {
    plain_text: [{ content: [{ type: 'text', text: 'plain words' }] }, /plain words/],
    json_text: [{ content: [{ type: 'text', text: '{"r":"json words"}' }] }, /json words/],
    other: [{ content: [{ type: 'text', text: 'words of T' }], structuredContent: { r: 5 } }, /words of T|\br\W+5/],
    link: [{ content: [{ type: 'resource_link', uri: 'file:///x/y.txt', name: 'LINK' }] }, /LINK/],
    structure: [{ content: [], structuredContent: { r: 'structured words' } }, /structured words/],
  }
  const unstructured = ['plain_text', 'json_text']

  test(
    `${id}: results without structuredContent or without a text reach the model, and are told`,
    withScene(agent)(
      turnsOf(
        agent,
        Object.keys(RESULTS).map((name) => [name, {}]),
      ),
      { answers: Object.fromEntries(Object.entries(RESULTS).map(([name, [r]]) => [name, r])) },
      async (s) => {
        const outputSchema = { type: 'object', properties: { r: { type: 'string' } }, required: ['r'] }
        const toolDescriptors = Object.keys(RESULTS).map((name) => ({
          name,
          inputSchema: SCHEMA,
          ...(name === 'link' ? {} : { outputSchema }),
          ...mcp,
        }))
        const r = await run(s.request({ toolDescriptors }), { box: s.box })
        assertStream(r.events, 'RUN_FINISHED')
        assert.deepEqual(
          s.orch.calls.map((c) => c.name),
          Object.keys(RESULTS),
        )
        const shown = JSON.stringify(s.asked().map((q) => q.body))
        for (const [n, [name, [, words]]] of Object.entries(RESULTS).entries()) {
          assert.doesNotMatch(
            resultsOf(r.events)[n].content,
            /-326|does not match|did not return structured|invalid outputSchema/,
          )
          assert.match(shown, words, `the model saw ${name}`)
        }
        assert.match(resultsOf(r.events)[3].content, /LINK/, 'events tell of the link too')
        const told = warningsOf(r.events).filter((w) => w.code === 'tool-result-unstructured')
        assert.deepEqual(
          told.map((w) => w.message.split('"')[1]),
          unstructured,
        )
        for (const name of unstructured)
          assert.match(r.stderr, new RegExp(`Tool "${name}": a result has no structuredContent`))
      },
    ),
  )
}

for (const [id, agent] of Object.entries(realAgents))
  test(
    `${id}: a tool that answered "" has that result`,
    withScene(agent)(turnsOf(agent, [['nothing', {}]]), { answers: { nothing: '' } }, async (s) => {
      const r = await run(s.request({ toolDescriptors: [{ name: 'nothing' }] }), { box: s.box })
      assertStream(r.events, 'RUN_FINISHED')
      assert.deepEqual(
        resultsOf(r.events).map((e) => e.content),
        [id === 'claude' ? '(mcp__tanstack__nothing completed with no output)' : ''],
      )
    }),
  )

test(
  'gemini: what it puts into the arguments reaches neither the host nor the events, unless the tool has it',
  withScene(realAgents.gemini)(
    turnsOf(realAgents.gemini, [
      ['strict', { a: 'x', wait_for_previous: true }],
      ['own', { wait_for_previous: true }],
    ]),
    { answers: { strict: 'ok', own: 'ok' } },
    async (s) => {
      const toolDescriptors = [
        {
          name: 'strict',
          inputSchema: { type: 'object', properties: { a: { type: 'string' } }, additionalProperties: false },
        },
        { name: 'own', inputSchema: { type: 'object', properties: { wait_for_previous: { type: 'boolean' } } } },
      ]
      const r = await run(s.request({ toolDescriptors }), { box: s.box })
      assertStream(r.events, 'RUN_FINISHED')
      assert.deepEqual(
        s.orch.calls.map((c) => c.args),
        [{ a: 'x' }, { wait_for_previous: true }],
      )
      assert.deepEqual(inputsOf(r.events), [{ a: 'x' }, { wait_for_previous: true }])
    },
  ),
)

for (const listed of ['x.y', 'mcp__tanstack__x.y'])
  test(`claude: allowedTools ${listed} allows the tool, disallowedTools takes it away`, async () => {
    const turns = turnsOf(realAgents.claude, [['x_y_f307', {}]])
    const toolDescriptors = [
      { name: 'x.y', inputSchema: SCHEMA },
      { name: 'z', inputSchema: SCHEMA },
    ]
    const ask = (modelOptions) =>
      withScene(realAgents.claude)(turns, { answers: { 'x.y': 'ok' } }, async (s) => {
        const r = await run(s.request({ toolDescriptors, modelOptions }), { box: s.box })
        assertStream(r.events, 'RUN_FINISHED')
        assert.deepEqual(warningsOf(r.events), [])
        if (modelOptions.allowedTools) assert.deepEqual(s.orch.calls, [{ name: 'x.y', args: {} }])
        else
          assert.deepEqual(
            s.asked()[0].offered.filter((n) => n.startsWith('mcp__')),
            ['mcp__tanstack__z'],
          )
      })()
    await ask({ permissionMode: 'default', allowedTools: [listed] })
    await ask({ disallowedTools: [listed] })
  })
