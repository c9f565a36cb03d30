// SPDX-License-Identifier: MIT
// The whole Worker: the stock coordinator in its co-located mode, whose container has runlet as the runner.
import { createSecrets, defineWorkspace } from '@tanstack/ai-sandbox'
import { createCloudflareSandboxAgent } from '@tanstack/ai-sandbox-cloudflare/agent'

const agent = createCloudflareSandboxAgent({
  mode: 'colocated',
  harness: 'claude-code',
  model: 'sonnet',
  workspace: defineWorkspace({
    source: { type: 'none' },
    // Only the name counts: the coordinator takes the value from the Worker's secrets, before it starts the shim.
    secrets: createSecrets({ ANTHROPIC_API_KEY: 'by its name' }),
  }),
})

export const RunCoordinator = agent.Coordinator
export const Sandbox = agent.Sandbox
export default agent.worker
