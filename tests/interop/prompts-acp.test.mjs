// SPDX-License-Identifier: MIT
// Prompts are words to the real Grok Build, claude-agent-acp and codex-acp.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assertStream, warningsOf } from '../support/ndjson.mjs'
import { WJ, ask, promptCases, said } from '../support/prompt_cases.mjs'
import { CODEX_CONFIG, claude, codex, grok, install, writeHome } from '../support/real_agents.mjs'
import { withScene } from '../support/scene.mjs'

const words = (p) => p.replace(/^(?=\s*\/)/, 'User: ')
const names = (p) => p.replace(/(?<!\w)@/g, `@${WJ}`)
const acp = (program) => ({ harness: 'acp', model: 'default', harnessOptions: { command: [program] } })

promptCases('grok-build', {
  ...grok,
  sent: (p) => `<user_query>\n${names(words(p))}\n</user_query>`,
  own: '/context',
  lists: true, // the commands of a trusted folder stand in each of its requests, by their first line
  blanks: true,
})
promptCases('claude-agent-acp', {
  ...claude,
  fields: acp('claude-agent-acp'),
  prepare(box, url) {
    install(box, 'RUNLET_ACP', 'claude-agent-acp', { node: true })
    Object.assign(box.env, { ANTHROPIC_BASE_URL: url, CLAUDE_CODE_MAX_RETRIES: '0' })
  },
  sent: (p) => names(p.replace(/^\//, '\n/')),
  command: true,
})
promptCases('codex-acp', {
  ...codex,
  fields: acp('codex-acp'),
  prepare(box, url) {
    install(box, 'RUNLET_ACP', 'codex-acp', { node: true })
    writeHome(
      box,
      '.codex/config.toml',
      `check_for_update_on_startup = false\n${CODEX_CONFIG(url).replace('gpt-of-the-user', 'gpt-5.5')}[analytics]\nenabled = false\n`,
    )
  },
  sent: (p) => words(p).replace('$u', `$${WJ}u`).replace('$h', `$${WJ}h`),
  skill: true,
})

test(
  'grok-build: a prompt that it cuts is warned of',
  { timeout: 60000 },
  withScene(grok)([[{ text: 'Well.' }]], {}, async (s) => {
    for (const [bytes, whole] of [
      [99000, true],
      [120000, false],
    ]) {
      const prompt = 'ab cd '.repeat(bytes / 6)
      const r = await ask(s, prompt)
      assertStream(r.events, 'RUN_FINISHED')
      assert.equal(
        said(s).some((t) => t.includes(prompt)),
        whole,
      )
      assert.deepEqual(
        warningsOf(r.events).map((w) => w.code),
        whole ? [] : ['prompt-cut'],
      )
    }
  }),
)
