// SPDX-License-Identifier: MIT
// What every real agent has to show of prompts: they are words.  What it would take for a command, a file to read, a shell
// line or a skill reaches its model as the user wrote it; the workspace has a file, a command and a skill to be taken.
//
// promptCases(name, agent): an agent as support/scene.mjs has it, and
//   sent(prompt)     what its model is shown: the same text where nothing has to be done
//   front(prompt)    a part of its own that stands before it, or false
//   one of these, what becomes of a prompt with harnessOptions.promptCommands:
//   command          the workspace's command is expanded     skill    the user's skill is added
//   own              a prompt that it answers by itself
//   blanks           it takes a prompt of blanks
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { assertStream, otherWarningsOf, textOf } from './ndjson.mjs'
import { run } from './runlet.mjs'
import { withScene } from './scene.mjs'

export const WJ = '\u2060'
const BOM = '\ufeff'
const SECRET = 'What stands in the file.',
  BODY = 'What the command says.',
  SKILL = 'What the skill says.'
export const NOTES = 'Be kind to the mice.',
  DESCRIPTION = 'Knows all about mice.'

/** The workspace, with a command and a skill in every agent's own place, and a skill of the user's. */
export function fill(box) {
  const write = (root, name, text) => {
    fs.mkdirSync(path.dirname(path.join(root, name)), { recursive: true })
    fs.writeFileSync(path.join(root, name), text)
  }
  const skill = (name) => `---\nname: ${name}\ndescription: ${DESCRIPTION}\n---\n${SKILL}\n`
  for (const name of ['secret.txt', 'docs/secret.txt']) write(box.work, name, `${SECRET}\n`)
  for (const name of ['CLAUDE.md', 'AGENTS.md']) write(box.work, name, `${NOTES}\n`)
  for (const name of ['.claude/commands/hello.md', '.grok/commands/hello.md', '.opencode/command/hello.md'])
    write(box.work, name, `${BODY}\n`)
  write(box.work, '.gemini/commands/hello.toml', `description = "greets"\nprompt = "${BODY}"\n`)
  write(box.work, '.claude/skills/mice/SKILL.md', skill('mice'))
  write(box.home, '.codex/skills/userskill/SKILL.md', skill('userskill'))
}

/** All texts of the users in the model's first request. */
export function said(s) {
  const { body } = s.asked()[0]
  const texts = (m) => (typeof m.content === 'string' ? [m.content] : (m.content ?? m.parts).map((c) => c.text ?? ''))
  return (body.messages ?? body.input ?? body.contents).filter((m) => m.role === 'user').flatMap(texts)
}

const PROMPTS = [
  '/clear',
  ' /help x',
  '/init',
  '/hello you',
  'See @secret.txt and bob@secret.txt',
  '@docs/secret.txt',
  '$userskill',
  '$help, $5',
  '!ls',
  '# note',
  '--help',
  '\nOne line.  \n\n',
  `${BOM}bom`,
  `${BOM}/help`,
]

/** One run of a prompt, with nothing asked of the model before; `more` goes over the request. */
export const ask = (s, prompt, more = {}) => {
  s.model.requests.length = 0
  const { harnessOptions } = s.agent.fields
  return run(
    s.request({
      messages: [{ role: 'user', content: prompt }],
      toolDescriptors: [],
      ...more,
      harnessOptions: { ...harnessOptions, ...more.harnessOptions },
    }),
    { box: s.box },
  )
}

export function promptCases(name, agent) {
  const scene = (fn) => withScene(agent)([[{ text: 'Well.' }]], { prepared: fill }, fn)

  test(
    `${name}: the model gets the user's words and nothing else`,
    { timeout: 280000 },
    scene(async (s) => {
      for (const prompt of PROMPTS) {
        const r = await ask(s, prompt)
        assertStream(r.events, 'RUN_FINISHED')
        assert.equal(textOf(r.events), 'Well.', prompt)
        assert.deepEqual(otherWarningsOf(r.events), [], prompt)
        const all = said(s),
          at = all.lastIndexOf(agent.sent(prompt))
        assert.ok(at >= 0, `${JSON.stringify(prompt)} became ${JSON.stringify(all.slice(-2))}`)
        if (agent.front?.(prompt)) assert.equal(all[at - 1], agent.front(prompt))
        const body = JSON.stringify(s.asked()[0].body)
        for (const text of [SECRET, SKILL, ...(agent.command || agent.lists ? [] : [BODY])])
          assert.ok(!body.includes(text), `${prompt} brought: ${text}`)
        assert.ok(!all.some((t) => t.trim() === BODY), prompt)
      }
    }),
  )

  test(
    `${name}: an earlier turn, a system prompt and a schema around the words`,
    { timeout: 120000 },
    scene(async (s) => {
      const turns = [
        { role: 'user', content: '/clear @secret.txt' },
        { role: 'assistant', content: 'No.' },
        { role: 'user', content: '/hello $userskill' },
      ]
      for (const more of [
        { messages: turns },
        { messages: turns.slice(2), systemPrompts: ['/help is a word.'] },
        { messages: turns.slice(2), outputSchema: { type: 'object', properties: { $ref: { type: 'string' } } } },
      ]) {
        const r = await ask(s, '', more)
        assertStream(r.events, more.outputSchema ? 'structured-output-parse-failed' : 'RUN_FINISHED')
        const body = JSON.stringify(s.asked()[0].body)
        assert.ok(
          said(s)
            .join('')
            .includes(agent.skill ? `/hello $${WJ}userskill` : '/hello $userskill'),
        )
        for (const text of [SECRET, SKILL]) assert.ok(!body.includes(text), text)
        assert.ok(!said(s).some((t) => t.trim() === BODY))
        if (more.outputSchema) assert.ok(!body.includes(`$${WJ}ref`), 'the schema keeps its bytes')
      }
    }),
  )

  if (agent.command || agent.skill || agent.own)
    test(
      `${name}: harnessOptions.promptCommands`,
      { timeout: 120000 },
      scene(async (s) => {
        const prompt = agent.own ?? (agent.command ? '/hello' : '$userskill')
        const { events } = await ask(s, prompt, { harnessOptions: { promptCommands: true } })
        assertStream(events)
        if (agent.own) assert.notEqual(textOf(events), 'Well.', 'it answered by itself')
        else assert.ok(JSON.stringify(said(s)).includes(agent.command ? BODY : SKILL))
      }),
    )

  if (agent.blanks)
    test(
      `${name}: a blank prompt reaches the model`,
      { timeout: 60000 },
      scene(async (s) => {
        assertStream((await ask(s, ' \n')).events, 'RUN_FINISHED')
        assert.ok(said(s).includes(agent.sent(' \n')), JSON.stringify(said(s).slice(-1)))
      }),
    )
}
