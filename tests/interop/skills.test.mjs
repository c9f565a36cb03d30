// SPDX-License-Identifier: MIT
// What a workspace brings to the real agents: instructions, file and git skills in their first model request, and plugins.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { describe, test } from 'node:test'
import * as acpAgents from '../support/acp_agents.mjs'
import { git, makeRepository } from '../support/git_server.mjs'
import { assertStream } from '../support/ndjson.mjs'
import { claude, realAgents } from '../support/real_agents.mjs'
import { run } from '../support/runlet.mjs'
import { withScene } from '../support/scene.mjs'

const skill = (name, described) => `---\nname: ${name}\ndescription: ${described}\n---\n\nThe body of ${name}.\n`
const warnings = (events) => events.filter((e) => e.name === 'runlet.warning').map((e) => e.value)
const INSTRUCTIONS = 'The instructions of this workspace are to be brief.'

/** A repository with a skill two folders deep, and one with everything that agents read from a project. */
function repositories(box) {
  const tools = path.join(box.root, 'tools')
  makeRepository(tools, {
    one: () => {
      fs.mkdirSync(path.join(tools, 'skills/weigh'), { recursive: true })
      fs.writeFileSync(path.join(tools, 'skills/weigh/SKILL.md'), skill('weigh', 'Weighs gold by the gram.'))
    },
  })
  const project = path.join(box.root, 'project')
  makeRepository(project, {
    one: () => {
      for (const [name, text] of Object.entries(OWN)) {
        fs.mkdirSync(path.dirname(path.join(project, name)), { recursive: true })
        fs.writeFileSync(path.join(project, name), text)
      }
    },
  })
  return { tools: `file://${tools}`, project: `file://${project}` }
}
const OWN = {
  'CLAUDE.md': '# Ours\n',
  '.mcp.json': '{"mcpServers":{}}\n',
  '.codex/config.toml': '# ours\n',
  'opencode.json': '{"$schema":"https://opencode.ai/config.json"}\n', // else OpenCode itself writes it into the file
  '.claude/settings.json': '{"permissions":{}}\n',
}

for (const [name, agent] of Object.entries({ ...realAgents, ...acpAgents })) {
  if (!agent.fields) continue
  test(
    `${name}: a file skill and a git skill are in the first model request`,
    { timeout: 120000 },
    withScene(agent)(Array(4).fill([{ text: 'ok' }]), {}, async (s) => {
      const repo = repositories(s.box)
      const file = (folder, described) => ({
        kind: 'file',
        path: `${folder}/SKILL.md`,
        content: skill(path.basename(folder), described),
      })
      const workspace = {
        source: { type: 'git', url: repo.project },
        instructions: INSTRUCTIONS,
        skills: [
          file('.claude/skills/count', 'Counts sheep in the night.'),
          file('/workspace/more/sort', 'Sorts pebbles by their colour.'),
          { kind: 'git', repo: repo.tools },
        ],
        ...(s.request().workspace?.secrets && { secrets: s.request().workspace.secrets }),
      }
      const r = await run(s.request({ workspace }), { box: s.box, timeout: 60000 })
      assertStream(r.events, 'RUN_FINISHED')
      assert.deepEqual(
        warnings(r.events).filter((w) => /skill|plugin/.test(w.code)),
        [],
      )
      const first = JSON.stringify(s.asked().find((q) => !q.side).body)
      for (const words of ['Counts sheep', 'Sorts pebbles', 'Weighs gold', 'to be brief'])
        assert.ok(first.includes(words), `${words} is not in: ${first.slice(0, 20000)}`)
      for (const [own, text] of Object.entries(OWN))
        if (own !== 'CLAUDE.md') assert.equal(fs.readFileSync(path.join(s.box.work, own), 'utf8'), text, own)
    }),
  )
}

describe('plugins of Claude Code', () => {
  const market = (box) => {
    const root = path.join(box.root, 'market')
    const files = {
      '.claude-plugin/marketplace.json': JSON.stringify({
        name: 'offline',
        owner: { name: 'the test' },
        plugins: [{ name: 'greeter', source: './greeter', description: 'Greets.' }],
      }),
      'greeter/.claude-plugin/plugin.json': JSON.stringify({
        name: 'greeter',
        version: '1.0.0',
        description: 'Greets.',
      }),
      'greeter/skills/greet/SKILL.md': skill('greet', 'Greets the captain in Icelandic.'),
    }
    for (const [name, text] of Object.entries(files)) {
      fs.mkdirSync(path.dirname(path.join(root, name)), { recursive: true })
      fs.writeFileSync(path.join(root, name), text)
    }
    return root
  }

  test(
    'one of an offline marketplace is in the first model request; an unknown one is a warning',
    { timeout: 120000 },
    withScene(claude)([[{ text: 'ok' }]], {}, async (s) => {
      const repo = repositories(s.box)
      const workspace = {
        source: { type: 'git', url: repo.project },
        setup: [`claude plugin marketplace add ${market(s.box)}`],
        plugins: ['greeter@offline', 'nobody@offline'],
        secrets: s.request().workspace.secrets,
      }
      const r = await run(s.request({ workspace }), { box: s.box, timeout: 90000 })
      assertStream(r.events, 'RUN_FINISHED')
      const [warning, ...rest] = warnings(r.events).filter((w) => w.code === 'plugin-not-applied')
      assert.deepEqual(rest, [])
      assert.match(warning.message, /^workspace\.plugins: nobody@offline: exit 1\n[^]*nobody/)
      assert.ok(JSON.stringify(s.asked()[0].body).includes('Greets the captain in Icelandic'))
      assert.equal(git(s.box.work, 'status', '--short'), '')
    }),
  )
})
