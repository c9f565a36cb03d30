// SPDX-License-Identifier: MIT
// The real agents, cancelled in the middle of a shell tool that has a job in the background, ten times in a row in one
// service: nothing of them is left, not a process and not a file of ours.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { claude, codex, grok } from '../support/real_agents.mjs'
import { open, processesOf, serve, until } from '../support/runlet.mjs'
import { openScene } from '../support/scene.mjs'

const TIMES = 10
const SHELL = 'tail -f /dev/null & tail -f /dev/null'

for (const agent of [claude, codex, grok])
  test(
    `${agent.fields.harness}: cancelled ${TIMES} times in a shell tool with a background job`,
    { timeout: 300000 },
    async () => {
      const { box, request, end } = await openScene(agent, [[agent.shell(SHELL)]])
      const server = await serve({ box })
      try {
        for (let i = 0; i < TIMES; i++) {
          const run = await open(server, request({ runId: `run-${i}` }))
          assert.equal(run.status, 200)
          await until(
            `run ${i}: the shell and its job`,
            () => processesOf(box.mark).filter((p) => p.name === 'tail').length === 2,
            60000,
          )
          const begun = Date.now()
          run.abort()
          await until(`run ${i}: the tree to go`, () => processesOf(box.mark, [server.pid]).length === 0, 15000)
          const state = fs.readdirSync(box.tmp).filter((n) => /^runlet-\d+$/.test(n))
          await until(
            `run ${i}: its folder to go`,
            () => state.every((n) => !fs.readdirSync(path.join(box.tmp, n)).some((f) => f.startsWith('run-'))),
            3000,
          )
          console.log(`# ${agent.fields.harness} ${i}: gone ${Date.now() - begun} ms after the client`)
        }
        assert.ok(server.alive())
      } finally {
        await server.stop()
        end()
      }
    },
  )
