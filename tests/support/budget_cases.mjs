// SPDX-License-Identifier: MIT
// What the tests of budgets share: each limit that an agent's output can be counted against ends it within one answer of
// its model, what it has said stays, and the other kinds are refused by name.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assertStream, resultsOf, textOf, warningsOf } from './ndjson.mjs'
import { run } from './runlet.mjs'
import { withScene } from './scene.mjs'

export const ALL = ['tokens', 'usd', 'toolCalls', 'modelTurns']

/** Each answer but the last has a word and a call, and takes its time as a model does; it is 150 tokens. */
const turnsOf = (agent, pause) => [
  ...(agent.before ?? []),
  ...[1, 2, 3, 4, 5].map((n) =>
    Object.assign(
      [{ text: `Said ${n}.` }, agent.tool('echo', { text: `${n}` })],
      pause && n > 2 ? { afterMs: 1000 } : {},
    ),
  ),
  [{ text: 'Done.' }],
]
/** In the second answer behind those that an agent needs before; a dollar limit of what the second has used. */
const limitsOf = (agent, name) => {
  const own = (agent.before ?? []).length
  return {
    tokens: 150 * (own + 1) + 1,
    usd: { claude: 0.001, 'claude-agent-acp': 0.002 }[name] ?? 0.151,
    toolCalls: own + 2,
    modelTurns: own + 2,
  }
}

/** `kinds`: what it tells as it goes.  `brief`: only that they end it. */
export function budgetCases(name, agent, kinds, { brief } = {}) {
  const with_ = (fn, pause = true) => withScene(agent)(turnsOf(agent, pause), {}, fn)

  for (const kind of kinds)
    test(
      `${name}: ${kind} ends it within an answer, and what it said stays`,
      { timeout: 90000 },
      with_(async (s) => {
        const most = limitsOf(agent, name)[kind]
        const r = await run(s.request({ budget: { [kind]: most } }), { box: s.box, timeout: 80000 })
        const last = assertStream(r.events, 'budget-exceeded')
        assert.match(textOf(r.events), /^Said 1\.(Said 2\.)?/)
        assert.doesNotMatch(textOf(r.events), /Said 4|Done/)
        const own = (agent.before ?? []).length
        assert.ok(s.asked().length <= own + 4, `${s.asked().length} answers`)
        const { spent, allowed } = last.metadata.runlet.budget
        assert.deepEqual(allowed, { [kind]: most })
        assert.ok(spent[kind] >= most, JSON.stringify(spent))
        assert.ok(warningsOf(r.events).some((w) => w.code === 'budget-near'))
        assert.equal(resultsOf(r.events).length, r.events.filter((e) => e.type === 'TOOL_CALL_START').length)
      }),
    )

  if (brief) return
  test(
    `${name}: limits that are not reached leave it alone, and others are refused by name`,
    { timeout: 90000 },
    with_(async (s) => {
      const most = Object.fromEntries(kinds.map((kind) => [kind, 100000]))
      const r = await run(s.request({ budget: most }), { box: s.box, timeout: 80000 })
      const last = assertStream(r.events, 'RUN_FINISHED')
      assert.match(textOf(r.events), /Said 5\.Done\.$/)
      const { spent, allowed } = last.metadata.runlet.budget
      assert.deepEqual(allowed, most)
      const own = (agent.before ?? []).length
      const wanted = { tokens: 150 * (6 + own), toolCalls: 5 + own, modelTurns: 6 + own }
      for (const kind of kinds.filter((k) => k !== 'usd')) assert.equal(spent[kind], wanted[kind], kind)
      if (kinds.includes('usd')) assert.ok(spent.usd > 0)
      for (const kind of ALL.filter((k) => !kinds.includes(k))) {
        const refused = await run(s.request({ budget: { [kind]: 1 } }), { box: s.box })
        assert.equal(refused.code, 2)
        assert.match(
          refused.events[0].message,
          new RegExp(`^run request: budget\\.${kind} cannot be counted for harness`),
        )
      }
    }, false),
  )
}
