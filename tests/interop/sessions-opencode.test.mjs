// SPDX-License-Identifier: MIT
// The same as sessions.test.mjs for OpenCode and Kilo, whose sessions their own commands write and take.
import { test } from 'node:test'
import { kilo, opencodeAcp } from '../support/acp_agents.mjs'
import { opencode } from '../support/real_agents.mjs'
import { goOnElsewhere } from '../support/session_cases.mjs'

for (const [name, agent] of Object.entries({ opencode, 'acp opencode': opencodeAcp, 'acp kilo': kilo }))
  test(`${name}: a session goes on in another HOME, in another workspace`, async () => {
    await goOnElsewhere(agent)
  })
