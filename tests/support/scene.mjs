// SPDX-License-Identifier: MIT
// A real agent on a stage of its own: a box with the program and the user's settings, a mock model, an orchestrator.
//
// What an agent is (support/real_agents.mjs has those of npm):
//   fields             of the request: harness, harnessOptions, model
//   session            the name of its session-id event
//   startModel(turns)  a mock (support/*_mock.mjs): {url, requests, stop()}
//   prepare(box, url)  puts the program and the user's own settings into the box; answers the names of the files below
//                      HOME that must stay as they are
//   keys               variables of box.env that are the agent's secrets, with their values
//   tool(name, args), shell(command)   blocks for the mock: a bridged call (absent: it takes no tools), a native one
//   shellName          what the native tool is called in events
//   shows(text, request)   is the text in what the model was sent?
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { runRequest, startOrchestrator } from './orchestrator.mjs'
import { makeBox, processesOf, until } from './runlet.mjs'

export const PROMPT = 'Do the thing that nobody else may read.'

/** Agents have files of their own in TMPDIR; ours are in the state folder, and no process may be left of either. */
export async function assertOursGone(box) {
  await until('the processes to go', () => processesOf(box.mark).length === 0, 5000).catch((e) => {
    throw new Error(
      `${e.message}: ${processesOf(box.mark)
        .map((p) => p.cmd.join(' '))
        .join('; ')}`,
    )
  })
  const state = fs.readdirSync(box.tmp).filter((n) => n.startsWith('runlet-'))
  const entries = (n) => fs.readdirSync(path.join(box.tmp, n), { withFileTypes: true })
  await until(
    'private folders to go',
    () => !state.flatMap(entries).some((e) => e.isDirectory() && e.name !== 'workspaces'),
    3000,
  )
}

const textsOf = (root, names) => names.map((n) => [n, fs.readFileSync(path.join(root, n), 'utf8')])

/** {model, orch, box, request(more), asked(), end()}.  `key: null`: without its secrets; `prepared(box)`: a last word;
 * `answers`: the orchestrator's. */
export async function openScene(agent, turns, { key, prepared, answers, ...settings } = {}) {
  const model = await agent.startModel(turns),
    orch = await startOrchestrator({ answers })
  const box = makeBox({ agent: null })
  const own = agent.prepare(box, model.url, settings) ?? []
  const before = textsOf(box.home, own)
  const keys = key === null ? {} : agent.keys
  Object.assign(box.env, keys)
  prepared?.(box)
  const secrets =
    Object.keys(keys).length > 0 ? Object.fromEntries(Object.keys(keys).map((name) => [name, 'ignored'])) : undefined
  const tools = agent.tool ? {} : { toolDescriptors: [] }
  const request = (more = {}) => runRequest({ orch, prompt: PROMPT, secrets, ...tools, ...agent.fields, ...more })
  const asked = () => model.requests.filter((r) => !r.side)
  const end = () => {
    const now = textsOf(box.home, own)
    model.stop()
    orch.stop()
    box.remove()
    assert.deepEqual(now, before, "the user's own settings stay as they are")
  }
  return { agent, model, orch, box, request, asked, end }
}

/** A test's function: `fn` on a scene of its own, after which nothing of ours may be left. */
export const withScene = (agent) => (turns, options, fn) => async () => {
  const s = await openScene(agent, turns, options)
  try {
    await fn(s)
    await assertOursGone(s.box)
  } finally {
    s.end()
  }
}
