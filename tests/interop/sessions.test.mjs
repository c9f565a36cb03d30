// SPDX-License-Identifier: MIT
// The real agents' own sessions in another HOME and another workspace: those that keep files.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { claudeAgent, codexAgent, copilot, qwen } from '../support/acp_agents.mjs'
import { claude, codex, gemini, grok } from '../support/real_agents.mjs'
import { goOnElsewhere } from '../support/session_cases.mjs'

const acp = { 'acp claude': claudeAgent, 'acp codex': codexAgent, 'acp copilot': copilot, 'acp qwen': qwen }
for (const [name, agent] of Object.entries({ claude, codex, grok, gemini, ...acp }))
  test(`${name}: a session goes on in another HOME, in another workspace`, async () => {
    await goOnElsewhere(agent)
  })

const WORDS = [{ text: 'The word is Sesame.' }]
const SUB = {
  native: 'Task',
  args: { description: 'sub', prompt: 'Say a word.', subagent_type: 'general-purpose', run_in_background: false },
}
test("claude: its sub-agents' transcripts come along", async () => {
  const files = await goOnElsewhere(claude, { turns: [[SUB], WORDS, WORDS] })
  const names = files.map((f) => f.name.replace(/^projects\/workspace\/[-0-9a-f]{36}/, 'ID'))
  assert.deepEqual(
    names.map((n) => n.replace(/agent-\w+/, 'agent-X')),
    ['runlet-session.json', 'ID.jsonl', 'ID/subagents/agent-X.jsonl', 'ID/subagents/agent-X.meta.json'],
  )
  assert.equal(JSON.parse(files[0].text).agentVersion, JSON.parse(files[2].text.split('\n')[0]).version)
})
