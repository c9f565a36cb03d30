// SPDX-License-Identifier: MIT
// Real agents under a policy: what it allows they do, what it denies they do not, and what it asks about waits for a POST, or for
// the next request.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { assertStream, resultsOf, warningsOf } from '../support/ndjson.mjs'
import { claudeAgent, kimi } from '../support/acp_agents.mjs'
import { claude, codex, gemini, opencode } from '../support/real_agents.mjs'
import { ask, open, post, serve, until } from '../support/runlet.mjs'
import { withScene } from '../support/scene.mjs'

const requested = (events) =>
  events.filter((e) => e.type === 'CUSTOM' && e.name === 'approval-requested').map((e) => e.value)
const contents = (events) => resultsOf(events).map((r) => String(r.content).trim())
const DENIED = 'Denied by sandbox policy.'

/** A test of `agent` in a service of its own: fn(scene, server, file). */
const inService = (agent, name, turns, fn) =>
  test(
    name,
    withScene(agent)(turns, {}, async (s) => {
      const server = await serve({ box: s.box })
      try {
        await fn(s, server, (name) => path.join(s.box.work, name))
      } finally {
        await server.stop()
      }
    }),
  )

inService(
  claude,
  'Claude Code: what is denied is not done, were it only reading, and allowed by the settings of the repository',
  [
    [
      { bash: 'cat secret' },
      { bash: 'git --version' },
      { bash: 'echo hi > made' },
      { tool: 'echo', args: { text: 'yo' } },
    ],
    [
      { native: 'Write', args: { file_path: 'written', content: 'x' } },
      { native: 'Monitor', args: { command: 'cat secret', description: 'd' } },
    ],
    [{ text: 'end' }],
  ],
  async (s, server, file) => {
    fs.writeFileSync(file('secret'), 'SECRET')
    fs.mkdirSync(file('.claude'))
    const everything = {
      permissions: { allow: ['Bash', 'Bash(*)', 'Write', 'Monitor'], defaultMode: 'bypassPermissions' },
    }
    fs.writeFileSync(file('.claude/settings.json'), JSON.stringify(everything))
    const policy = { commands: { allow: ['git *'], deny: ['cat *'] }, default: 'deny' }
    const r = await post(server, s.request({ policy }))
    assertStream(r.events, 'RUN_FINISHED')
    const byCall = Object.fromEntries(
      resultsOf(r.events).map((e) => [e.toolCallId.replace(/.*toolu/, 'toolu'), String(e.content).trim()]),
    )
    const [cat, git, made, echo, write, monitor] = Object.keys(byCall)
      .sort()
      .map((k) => byCall[k])
    assert.deepEqual([cat, made, write, echo], [DENIED, DENIED, DENIED, 'yo'])
    assert.match(git, /^git version/)
    assert.doesNotMatch(monitor, /SECRET/)
    assert.ok(!fs.existsSync(file('made')) && !fs.existsSync(file('written')))
    assert.deepEqual(requested(r.events), [])
  },
)

for (const approved of [true, false])
  inService(
    claude,
    `Claude Code: a shell command waits for its approval, and is ${approved ? 'done' : 'not done'}`,
    [[{ bash: 'echo hi > made && cat made' }], [{ text: 'end' }]],
    async (s, server, file) => {
      const req = s.request({ policy: {} })
      const r = await open(server, req)
      const [value] = await until('the approval', () => requested(r.events).length > 0 && requested(r.events), 20000)
      assert.equal(value.approvalId, 'claude-code:command:echo hi > made && cat made')
      assert.equal(value.toolCallId, r.events.find((e) => e.type === 'TOOL_CALL_START').toolCallId)
      assert.ok(!fs.existsSync(file('made')))
      const target = `/runs/${req.runId}/approvals/${encodeURIComponent(value.approvalId)}`
      const said = await ask(server, 'POST', target, { body: JSON.stringify({ approved, reason: 'There is a rule.' }) })
      assert.equal(said.status, 200)
      await r.ended
      assertStream(r.events, 'RUN_FINISHED')
      assert.deepEqual(contents(r.events), [approved ? 'hi' : 'There is a rule.'])
      assert.equal(fs.existsSync(file('made')), approved)
    },
  )

inService(
  claude,
  'Claude Code: what nobody can answer is denied, and the next request answers it',
  [
    [{ bash: 'echo hi > made && cat made' }],
    [{ text: 'not yet' }],
    [{ bash: 'echo hi > made && cat made' }],
    [{ text: 'end' }],
  ],
  async (s, server, file) => {
    const asks = { policy: {}, timeouts: { approvalMs: 0 } }
    const first = await post(server, s.request(asks))
    assertStream(first.events, 'RUN_FINISHED')
    assert.match(contents(first.events)[0], /^Awaiting client approval/)
    assert.ok(!fs.existsSync(file('made')))
    const [{ approvalId }] = requested(first.events)
    const next = await post(server, s.request({ ...asks, approvals: { [approvalId]: true } }))
    assertStream(next.events, 'RUN_FINISHED')
    assert.deepEqual(contents(next.events), ['hi'])
    assert.deepEqual(requested(next.events), [])
  },
)

/** The shell's `cat secret` and `made`, as they went. */
const wentWell = (s, file) => ({
  read: s.asked().some((request) => JSON.stringify(request.body).includes('S3CRET-OF-A-FILE')),
  wrote: fs.existsSync(file('made')),
})
const asks = async (r) => {
  const found = () => requested(r.events).length > 0 && requested(r.events)
  const [value] = await until('the approval', found, 40000)
  return value
}

for (const [name, agent, id, reads] of [
  ['claude-agent-acp', claudeAgent, 'acp:command:echo hi > made'],
  ['kimi', kimi, 'acp:command:echo hi > made'],
  ['OpenCode', opencode, 'opencode:command:echo hi > made'],
  ['Gemini', gemini, 'gemini:command:echo hi > made', 'runs what it takes for reading alone unasked'],
]) {
  inService(
    agent,
    `${name}: what is denied is not done, were it only reading${reads ? ' (which it does, and that is said)' : ''}, and the host's tool is`,
    [
      [agent.shell('cat secret')],
      [agent.tool('echo', { text: 'yo' })],
      [agent.shell('echo hi > made')],
      [{ text: 'end' }],
    ],
    async (s, server, file) => {
      fs.writeFileSync(file('secret'), 'S3CRET-OF-A-FILE')
      const allows = { permission: { bash: 'allow', edit: 'allow' } }
      fs.writeFileSync(file('opencode.json'), JSON.stringify(allows))
      const r = await post(server, s.request({ policy: { commands: { deny: ['cat *'] }, default: 'deny' } }))
      assertStream(r.events)
      assert.deepEqual(wentWell(s, file), { read: reads !== undefined, wrote: false })
      assert.equal(
        warningsOf(r.events).some((w) => w.code === 'policy-by-its-questions'),
        reads !== undefined,
      )
      if (contents(r.events).length > 1) assert.equal(contents(r.events)[1], 'yo') // some end the turn there
    },
  )

  for (const approved of [true, false])
    inService(
      agent,
      `${name}: a shell command waits for its approval, and is ${approved ? 'done' : 'not done'}`,
      [[agent.shell('echo hi > made')], [{ text: 'end' }]],
      async (s, server, file) => {
        const req = s.request({ policy: {} })
        const r = await open(server, req)
        const value = await asks(r)
        assert.equal(value.approvalId, id)
        assert.equal(value.toolCallId, r.events.find((e) => e.type === 'TOOL_CALL_START').toolCallId)
        assert.ok(!wentWell(s, file).wrote)
        const target = `/runs/${req.runId}/approvals/${encodeURIComponent(value.approvalId)}`
        assert.equal((await ask(server, 'POST', target, { body: JSON.stringify({ approved }) })).status, 200)
        await r.ended
        assertStream(r.events)
        assert.equal(wentWell(s, file).wrote, approved)
      },
    )
}

for (const [capabilities, wrote, reached] of [
  [{ fileWrite: 'deny' }, false, false],
  [{ network: 'deny' }, true, false],
  [{ network: 'allow' }, true, true],
])
  inService(
    codex,
    `Codex keeps ${JSON.stringify(capabilities)} by its sandbox, and refuses what it cannot keep`,
    [
      [codex.shell('cat secret')],
      [codex.shell("bash -c 'exec 3<>/dev/tcp/127.0.0.1/$PORT && echo reached'")],
      [codex.shell('echo hi > made')],
      [{ text: 'end' }],
    ],
    async (s, server, file) => {
      fs.writeFileSync(file('secret'), 'S3CRET-OF-A-FILE')
      const policy = { capabilities, default: 'allow' }
      const env = { PORT: String(server.port) }
      const r = await post(server, s.request({ policy, env }))
      assertStream(r.events, 'RUN_FINISHED')
      assert.deepEqual(wentWell(s, file), { read: true, wrote })
      assert.equal(
        contents(r.events).some((text) => text.includes('reached')),
        reached,
      )
      assert.ok(s.asked()[0].body.tools.some((t) => t.type === 'web_search') === (capabilities.network !== 'deny'))
      const no = await post(server, s.request({ policy: { ...policy, commands: { deny: ['rm *'] } } }))
      assert.deepEqual(
        [no.status, /^run request: policy.commands is not supported by harness codex/.test(no.text)],
        [400, true],
      )
    },
  )
