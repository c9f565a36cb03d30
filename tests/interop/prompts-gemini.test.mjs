// SPDX-License-Identifier: MIT
// Prompts are words to the real Gemini CLI, in both protocols.
import { WJ, promptCases } from '../support/prompt_cases.mjs'
import { gemini } from '../support/real_agents.mjs'

promptCases('gemini', {
  ...gemini,
  sent: (p) => p,
  front: (p) => /^\s*[/$]/.test(p) && 'User:',
  own: '/help',
  blanks: true,
})
promptCases('gemini, stream-json', {
  ...gemini,
  fields: { ...gemini.fields, harnessOptions: { protocol: 'stream-json' } },
  tool: undefined,
  sent: (p) => p.replace(/^\//, ' /').replaceAll('@', `@${WJ}`),
  command: true,
  blanks: true,
})
