// SPDX-License-Identifier: MIT
import type { HarnessV1, HarnessV1PortEndpoint } from '@ai-sdk/harness'
import type { SandboxChannelDebugEvent, SandboxChannelReconnectOptions } from '@ai-sdk/harness/utils'

export interface RunletHarnessSettings<TTools extends Record<string, any> = {}> {
  /** The agent, as `runlet bridge --harness` names it: 'claude-code', 'codex', 'opencode', 'gemini', 'acp', … */
  readonly harness: string
  /** The name of this adapter in lifecycle state. Default: `runlet-<harness>`. */
  readonly harnessId?: string
  /** The program in the sandbox. Default: `runlet`, found by PATH. */
  readonly command?: string
  /** More options of `runlet bridge`. */
  readonly args?: readonly string[]
  /** The environment of the bridge and its agent, over the sandbox's own: keys, base URLs, HOME. */
  readonly env?: Readonly<Record<string, string>>
  /** The agent's model, where a turn names none. */
  readonly model?: string
  /** More members of each `start` frame (thinking, effort, maxTurns, mcpServers, …). */
  readonly start?: Readonly<Record<string, unknown>>
  /** Tools of the agent that have a schema on the host; the others are passed on as dynamic ones. */
  readonly builtinTools?: TTools
  /** Where the agent looks for skills, under HOME. Default for claude-code: `.claude/skills`. */
  readonly skillsDir?: string
  /** The port of the bridge. Default: the sandbox's first. */
  readonly port?: number
  /** How that port is reached, for a sandbox session that cannot say it. */
  readonly portEndpoint?: HarnessV1PortEndpoint
  /** From the spawn to the ready line. Default: 120000. */
  readonly startupTimeoutMs?: number
  readonly reconnect?: SandboxChannelReconnectOptions
  readonly onChannelDebug?: (event: SandboxChannelDebugEvent) => void
}

export declare function createRunlet<TTools extends Record<string, any> = {}>(
  settings: RunletHarnessSettings<TTools>,
): HarnessV1<TTools>
