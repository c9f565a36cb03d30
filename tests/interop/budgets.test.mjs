// SPDX-License-Identifier: MIT
// Budgets with the real agents that have a harness of their own.  The table of budgets in
// src/reference/agents.md is this file's and budgets-acp.test.mjs'.
import { ALL, budgetCases } from '../support/budget_cases.mjs'
import { realAgents } from '../support/real_agents.mjs'

/** A thousandth of a dollar for each token, in and out. */
function withPrices(box, url) {
  const cost = { input: 1000, output: 1000, cache_read: 1000, cache_write: 1000 }
  const limit = { context: 200000, output: 8000 }
  return realAgents.opencode.prepare(box, url, {
    provider: {
      mock: {
        npm: '@ai-sdk/openai-compatible',
        name: 'mock',
        options: { baseURL: `${url}/v1`, apiKey: 'mock' },
        models: { 'mock-model': { name: 'mock-model', reasoning: true, tool_call: true, limit, cost } },
      },
    },
  })
}

budgetCases('claude', realAgents.claude, ALL)
budgetCases('opencode', { ...realAgents.opencode, prepare: withPrices }, ALL)
budgetCases('grok', realAgents.grok, ['tokens', 'toolCalls', 'modelTurns'])
budgetCases('codex', realAgents.codex, ['tokens', 'toolCalls', 'modelTurns'])
budgetCases('gemini', realAgents.gemini, ['toolCalls'])
