// SPDX-License-Identifier: MIT
// The stock host of vercel/ai (HarnessAgent of @ai-sdk/harness, ai 7) with our adapter: support/harness_cases.mjs.
import assert from 'node:assert/strict'
import path from 'node:path'
import { describe, test } from 'node:test'
import { cases } from '../support/harness_cases.mjs'
import { assertFrames, frames } from '../support/harness_host.mjs'

function play(bridge) {
  for (const [name, fn] of Object.entries(cases))
    test(name, async () => {
      await fn(bridge)
      assert.ok(frames.length > 0)
      assertFrames(frames.splice(0))
    })
}

describe('runlet bridge', () => {
  play({ ours: true })
})

describe("the package's own bridge", () => {
  const stock = path.join(import.meta.dirname, '../support/stock_bridge.mjs')
  play({ command: stock, env: { PATH: `${path.dirname(process.execPath)}:${process.env.PATH}` } })
})
