// SPDX-License-Identifier: MIT
// Prompts are words to the real Claude Code, Codex and OpenCode; what a workspace tells Claude Code.
// prompts-acp.test.mjs and prompts-gemini.test.mjs: the others.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { assertStream } from '../support/ndjson.mjs'
import { DESCRIPTION, NOTES, WJ, ask, fill, promptCases } from '../support/prompt_cases.mjs'
import { claude, codex, opencode } from '../support/real_agents.mjs'
import { post, serve } from '../support/runlet.mjs'
import { withScene } from '../support/scene.mjs'

promptCases('claude-code', { ...claude, sent: (p) => p.replace(/^\//, '\n/'), command: true })
promptCases('codex', { ...codex, sent: (p) => p.replace('$u', `$${WJ}u`).replace('$h', `$${WJ}h`), skill: true })
promptCases('opencode', { ...opencode, sent: (p) => p, blanks: true })

test('a blank prompt, and one that is too long, are refused before anything starts', { timeout: 120000 }, async () => {
  for (const [agent, long, words] of [
    [claude, 'é'.repeat(5 * 1024 * 1024 + 1), /10485762 bytes long.*at most 10485760/],
    [codex, 'é'.repeat(1048577), /1048577 characters long.*at most 1048576/],
  ])
    await withScene(agent)([[{ text: 'Well.' }]], {}, async (s) => {
      const server = await serve({ box: s.box })
      const say = (text) => post(server, s.request({ messages: [{ role: 'user', content: text }] }))
      try {
        for (const [text, why] of [
          [' \n\t\u00a0', /^prompt-invalid: the last message is blank, and .* takes no blank prompt/],
          [long, words],
        ]) {
          const r = await say(text)
          assert.equal(r.status, 400, r.text)
          assert.match(r.text, why)
        }
        if (agent === codex) assertStream((await say('é'.repeat(1048576))).events, 'RUN_FINISHED')
      } finally {
        await server.stop()
      }
    })()
})

test(
  'claude-code: notes, commands and skills of the workspace; the request chooses',
  { timeout: 120000 },
  withScene(claude)([[{ text: 'Well.' }]], { prepared: fill }, async (s) => {
    for (const settingSources of [undefined, ['user']]) {
      const r = await ask(s, 'Hello.', { harnessOptions: { settingSources } })
      assertStream(r.events, 'RUN_FINISHED')
      const body = JSON.stringify(s.asked()[0].body),
        seen = !settingSources
      for (const text of [NOTES, DESCRIPTION]) assert.equal(body.includes(text), seen, text)
      const { skills } = r.events.find((e) => e.name === 'claude-code.session-id').value
      assert.equal(skills.includes('mice'), seen, JSON.stringify(skills))
    }
  }),
)

test(
  'claude-code: AGENTS.md counts where there is no CLAUDE.md',
  { timeout: 60000 },
  withScene(claude)(
    [[{ text: 'Well.' }]],
    {
      prepared: (box) => {
        fill(box)
        fs.rmSync(path.join(box.work, 'CLAUDE.md'))
      },
    },
    async (s) => {
      assertStream((await ask(s, 'Hello.')).events, 'RUN_FINISHED')
      assert.ok(JSON.stringify(s.asked()[0].body).includes(NOTES))
    },
  ),
)

test(
  'claude-code: a command that answers nothing is no value for outputSchema',
  { timeout: 60000 },
  withScene(claude)([[{ text: 'never' }]], {}, async (s) => {
    const SCHEMA = { type: 'object', properties: { n: { type: 'number' } }, required: ['n'] }
    const r = await ask(s, '/clear', { outputSchema: SCHEMA, harnessOptions: { promptCommands: true } })
    assertStream(r.events, 'structured-output-parse-failed')
  }),
)
