// SPDX-License-Identifier: MIT
// The bridge of a vercel/ai harness, as its sockets see it: support/bridge_cases.mjs.
import path from 'node:path'
import { describe, test } from 'node:test'
import { bridgeCases } from '../support/bridge_cases.mjs'
import { RUNLET } from '../support/runlet.mjs'

describe('runlet bridge', () => {
  for (const [name, fn] of Object.entries(bridgeCases)) test(name, () => fn({ command: RUNLET, ours: true }))
})

describe("the package's own bridge", () => {
  const command = path.join(import.meta.dirname, '../support/stock_bridge.mjs')
  const bridge = { command, env: { PATH: `${path.dirname(process.execPath)}:${process.env.PATH}` } }
  for (const [name, fn] of Object.entries(bridgeCases)) test(name, () => fn(bridge))
})
