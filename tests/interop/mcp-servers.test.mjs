// SPDX-License-Identifier: MIT
// Real agents and MCP servers that are not ours: one of workspace.skills, whose tool must stand in the agent's first
// request to its model; and an orchestrator that serves its tools itself, by the published handleBridgeJsonRpc.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { mcpSkill, startMcpServer } from '../support/mcp_server.mjs'
import { assertStream, otherWarningsOf, resultsOf } from '../support/ndjson.mjs'
import { claude, codex, gemini, grok, opencode } from '../support/real_agents.mjs'
import { filesBelow, ifThere, processesOf, run } from '../support/runlet.mjs'
import { withScene } from '../support/scene.mjs'

const ALONE = { toolDescriptors: undefined, toolExecUrl: undefined, toolExecToken: undefined }
const SECRET = 'DOCS_TOKEN'
const INPUT = { type: 'object', properties: { text: { type: 'string' } }, required: ['text'] }

/** Files below the box that hold the token, but for what is in the run's own folder; that must be for us alone. */
function filesWith(box, token) {
  const found = []
  for (const file of filesBelow(box.root)) {
    if (!ifThere(() => fs.readFileSync(file, 'latin1'), '').includes(token)) continue
    if (!/\/runlet-\d+\/run/.test(file)) found.push(file)
    else assert.equal(fs.statSync(path.dirname(file)).mode & 0o777, 0o700, file)
  }
  return found
}

/** A server with one tool, `shout`; while it is called, and before its answer, `seen` gets what can be seen of the token. */
async function startServer(options) {
  const seen = { argv: [], files: [], env: [], calls: 0 }
  let box, server
  const execute = async ({ text }) => {
    const processes = processesOf(box.mark)
    seen.calls++
    seen.argv.push(...processes.filter((p) => p.cmd.join(' ').includes(server.token)).map((p) => p.cmd.join(' ')))
    seen.env.push(...processes.filter((p) => p.env.join('\n').includes(server.token)).map((p) => p.name))
    seen.files.push(...filesWith(box, server.token))
    return text.toUpperCase()
  }
  const tool = { name: 'shout', description: 'Says it louder.', inputSchema: INPUT, execute }
  server = await startMcpServer({ tools: [tool], ...options })
  return { server, seen, watch: (b) => (box = b) }
}

const git = (box, ...words) =>
  execFileSync('git', words, { cwd: box.work, encoding: 'utf8', env: { ...process.env, HOME: box.home } })

/** As a model calls `shout` of the server `name`. */
const shout = (agent, name) =>
  agent === grok
    ? { native: 'use_tool', args: { tool_name: `${name}__shout`, tool_input: { text: 'hi' } } }
    : agent.tool('shout', { text: 'hi' })

for (const [id, agent] of Object.entries({ claude, codex, gemini, opencode, grok }))
  test(`${id}: the tool of a projected server is in its first model request, and the workspace stays clean`, async () => {
    const { server, seen, watch } = await startServer({ name: 'docs' })
    await withScene(agent)([[shout(agent, 'docs')], [{ text: 'Done.' }]], {}, async (s) => {
      watch(s.box)
      s.box.env[SECRET] = server.token
      git(s.box, 'init', '-q')
      const request = s.request()
      request.workspace.secrets = { ...request.workspace.secrets, [SECRET]: { __secretName: SECRET } }
      request.workspace.skills = [mcpSkill(server, 'docs', SECRET)]
      const r = await run(request, { box: s.box })
      assertStream(r.events, 'RUN_FINISHED')
      assert.deepEqual(otherWarningsOf(r.events), [])
      // Grok shows its model one tool that calls tools, and finds them by their names
      if (agent !== grok) assert.match(JSON.stringify(s.asked()[0].body), /shout/, 'the first request has the tool')
      assert.equal(seen.calls, 1)
      assert.equal(resultsOf(r.events)[0].content, 'HI')
      assert.equal(server.asked('tools/call')[0].headers['x-plain'], 'as it is')
      assert.deepEqual(seen.argv, [])
      assert.deepEqual([...seen.files, ...filesWith(s.box, server.token)], [])
      assert.equal(git(s.box, 'status', '--porcelain', '--ignored'), '')
      assert.ok(!r.stdout.includes(server.token) && !r.stderr.includes(server.token))
    })()
    server.stop()
  })

for (const [id, agent] of Object.entries({ claude, codex }))
  for (const direct of [false, true])
    for (const beside of [false, true])
      test(`${id}: handleBridgeJsonRpc, ${direct ? 'direct' : 'proxied'}${beside ? ', beside local stubs' : ''}`, async () => {
        const name = direct && beside ? 'acme' : 'tanstack'
        const { server, seen, watch } = await startServer({ name })
        const turns = [
          [shout(agent, name)],
          ...(beside ? [[agent.tool('echo', { text: 'ours' })]] : []),
          [{ text: 'Done.' }],
        ]
        await withScene(agent)(turns, {}, async (s) => {
          watch(s.box)
          const request = s.request({ ...(beside ? {} : ALONE), bridge: server.bridge({ direct }) })
          const r = await run(request, { box: s.box })
          assertStream(r.events, 'RUN_FINISHED')
          assert.deepEqual(otherWarningsOf(r.events), [])
          assert.match(JSON.stringify(s.asked()[0].body), /shout/)
          assert.deepEqual(
            resultsOf(r.events).map((e) => e.content),
            beside ? ['HI', 'ours'] : ['HI'],
          )
          const called = r.events.find((e) => e.type === 'TOOL_CALL_START').toolCallName
          if (name === 'tanstack') assert.equal(called, 'shout')
          else assert.match(called, /acme.*shout/)
          assert.equal(server.asked('tools/call').length, 1)
          for (const q of server.requests) assert.equal(q.url, '/_bridge/run-1?threadId=t%201')
          assert.deepEqual(seen.argv, [])
          if (!direct) assert.deepEqual([seen.env, seen.files], [[], []], 'the token never came near the agent')
        })()
        server.stop()
      })
