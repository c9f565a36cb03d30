// SPDX-License-Identifier: MIT
// vercel/ai's harness, its stock hosts, our adapter and the WebSocket client under them, from here because packages
// are found from the file that names them.
import fs from 'node:fs'
import path from 'node:path'
import { WebSocket } from 'ws'

export { WebSocket }
export const loadHost = async () => ({
  ...(await import('@ai-sdk/harness')),
  ...(await import('@ai-sdk/harness/agent')),
  ...(await import('ai')),
  z: (await import('zod')).z,
})
export const loadClaudeCodeHost = () => import('@ai-sdk/harness-claude-code')
export const loadAcpHost = () => import('@ai-sdk/harness-acp')

/** What the older of the two takes as a frame. */
export const loadOldSchema = async () => {
  const at = './node_modules/@ai-sdk/harness-claude-code/node_modules/@ai-sdk/harness/dist/index.js'
  return (await import(at)).harnessV1BridgeOutboundMessageSchema
}

/** As a user has it: a package among the others. */
export async function loadAdapter() {
  const from = path.join(import.meta.dirname, '../../../container/harness')
  const to = path.join(import.meta.dirname, 'node_modules/runlet-harness')
  fs.cpSync(from, to, { recursive: true })
  return import('runlet-harness')
}
