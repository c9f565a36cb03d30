// SPDX-License-Identifier: MIT
// The spans of each real agent: a run, its turns, a host tool, one of its own; and the trace of a caller over all of it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as acpAgents from '../support/acp_agents.mjs'
import { assertStream } from '../support/ndjson.mjs'
import { startCollector } from '../support/otlp_collector.mjs'
import { realAgents } from '../support/real_agents.mjs'
import { run } from '../support/runlet.mjs'
import { withScene } from '../support/scene.mjs'

const ID = '0af7651916cd43dd8448eb211c80319c'
const CALLER = 'b7ad6b7169203331'
const PROVIDERS = { 'claude-code': 'anthropic', codex: 'openai', 'grok-build': 'x_ai', gemini: 'gcp.gemini' }

function tree(name, agent, used) {
  const turns = [
    ...(agent.before ?? []),
    [{ text: 'Asking the host.' }, agent.tool('echo', { text: 'ping' })],
    [{ text: 'Now a native command.' }, agent.shell('echo hi && sleep 1')],
    [{ text: 'All done.' }],
  ]
  const check = async (s, c) => {
    const r = await run(s.request(), {
      box: s.box,
      args: ['--otlp-endpoint', c.url],
      env: { TRACEPARENT: `00-${ID}-${CALLER}-01` },
      timeout: 90000,
    })
    assertStream(r.events, 'RUN_FINISHED')
    const of = (operation) => c.spans.filter((x) => x.attributes['gen_ai.operation.name'] === operation)
    const [top, ...more] = of('invoke_agent')
    assert.deepEqual(more, [])
    assert.equal(top.name, `invoke_agent ${agent.fields.harness}`)
    assert.equal(top.parentSpanId, CALLER)
    assert.equal(top.attributes['gen_ai.provider.name'], PROVIDERS[agent.fields.harness])
    const model = s.request().model === 'default' ? undefined : s.request().model
    assert.equal(top.attributes['gen_ai.request.model'], model)
    const [input, output] = ['input', 'output'].map((x) => top.attributes[`gen_ai.usage.${x}_tokens`])
    used(input, output)
    for (const x of c.spans) {
      assert.equal(x.traceId, ID)
      if (x !== top) assert.equal(x.parentSpanId, top.spanId)
      assert.equal(x.status, undefined, x.name)
    }
    const own = (agent.before ?? []).length
    const starts = r.events.filter((e) => e.type === 'TOOL_CALL_START').slice(own)
    const tools = of('execute_tool').sort((a, b) => a.beganMs - b.beganMs) // one may wait for its id
    const shown = tools
      .slice(own)
      .map((x) => ['runlet.tool.origin', 'gen_ai.tool.name', 'gen_ai.tool.call.id'].map((key) => x.attributes[key]))
    assert.deepEqual(
      shown,
      starts.map((e, i) => [i === 0 ? 'host' : 'native', e.toolCallName, e.toolCallId]),
    )
    assert.equal(shown.length, 2)
    const [host, native] = tools.slice(own)
    assert.equal(s.orch.requests[0].headers.traceparent, `00-${ID}-${host.spanId}-01`)
    assert.ok(native.endedMs - native.beganMs >= 500, 'the command slept')
    const told = of('chat')
    assert.equal(told.length, 3 + own)
    for (const [i, x] of told.entries()) {
      assert.equal(x.name, model ? `chat ${model}` : 'chat')
      assert.ok(x.beganMs >= (i > 0 ? tools[i - 1].endedMs - 1 : top.beganMs), 'a turn comes after the tool')
    }
  }
  test(
    `${name}: the tree of its spans`,
    { timeout: 120000 },
    withScene(agent)(turns, {}, async (s) => {
      const c = await startCollector()
      try {
        await check(s, c)
      } finally {
        c.stop()
      }
    }),
  )
}

for (const [name, agent] of Object.entries(realAgents))
  tree(name, agent, (...used) => assert.deepEqual(used, [360, 90]))
for (const [name, agent] of Object.entries(acpAgents).filter(([, a]) => a.fields))
  tree(name, agent, (...used) => assert.equal(used.filter((n) => n > 0).length, agent.usage ? 2 : 0))
