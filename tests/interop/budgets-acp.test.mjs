// SPDX-License-Identifier: MIT
// Budgets with the agents of the Agent Client Protocol that are known by name.
import * as agents from '../support/acp_agents.mjs'
import { budgetCases } from '../support/budget_cases.mjs'

const ANSWERS = ['tokens', 'toolCalls', 'modelTurns']

budgetCases('claude-agent-acp', agents.claudeAgent, ['usd', ...ANSWERS])
budgetCases('codex-acp', agents.codexAgent, ANSWERS)
budgetCases('qwen', agents.qwen, ANSWERS)
budgetCases('copilot', agents.copilot, ['toolCalls', 'modelTurns'])
budgetCases('kimi', agents.kimi, ['toolCalls'], { brief: true })
budgetCases('opencode acp', agents.opencodeAcp, ['toolCalls'], { brief: true })
budgetCases('kilo', agents.kilo, ['toolCalls'], { brief: true })
