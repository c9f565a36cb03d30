// SPDX-License-Identifier: MIT
// Every recorded transcript as stream parts of a vercel/ai harness: each fits the published schema, and together they
// are a turn as the stock host wants it.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { describe, test } from 'node:test'
import { loadHost } from '../node/harness/packages.mjs'
import { command } from '../support/runlet.mjs'

const { harnessV1BridgeOutboundMessageSchema: schema } = await loadHost()
const GOLDEN = new URL('../golden/', import.meta.url).pathname
const foldersOf = (folder) => fs.readdirSync(folder, { withFileTypes: true }).flatMap((f) => (f.isDirectory() ? [f.name] : [])) // prettier-ignore

async function translate(harness, folder) {
  const at = path.join(folder, 'end')
  const [how, n] = fs.existsSync(at) ? fs.readFileSync(at, 'utf8').trim().split(' ') : ['status', '0']
  const args = ['translate', '--harness', harness, '--events', 'harness', how === 'signal' ? '--signal' : '--exit-status', n] // prettier-ignore
  const r = await command([...args, path.join(folder, 'in.ndjson')])
  assert.equal(r.code, 0, r.stderr)
  return String(r.stdout).split('\n').filter(Boolean).map(JSON.parse) // prettier-ignore
}

/** What the host's own code relies on. */
function assertTurn(parts) {
  const open = new Map()
  const calls = new Map()
  let content = false // of a step that is not finished
  for (const [i, part] of parts.entries()) {
    const { success, error } = schema.safeParse(part)
    assert.ok(success, `${JSON.stringify(part).slice(0, 300)}: ${error?.message}`)
    assert.equal(part.type === 'stream-start', i === 0)
    const [, kind, verb] = /^(text|reasoning)-(start|delta|end)$/.exec(part.type) ?? []
    if (kind) {
      assert.equal(open.get(part.id) ?? 'none', verb === 'start' ? 'none' : kind, `${part.type} of ${part.id}`)
      if (verb === 'start') open.set(part.id, kind)
      if (verb === 'end') open.delete(part.id)
    }
    if (part.type === 'tool-call') {
      JSON.parse(part.input)
      assert.ok(!calls.has(part.toolCallId), `${part.toolCallId} twice`)
      calls.set(part.toolCallId, 'open')
    }
    if (part.type === 'tool-result' && calls.has(part.toolCallId)) {
      assert.equal(calls.get(part.toolCallId), 'open', `two results of ${part.toolCallId}`)
      calls.set(part.toolCallId, 'closed')
    }
    if (kind || /^tool-/.test(part.type)) content = true
    if (part.type === 'finish-step') content = false
    assert.equal(/^(finish|error)$/.test(part.type), i === parts.length - 1, `${part.type} in the middle`)
  }
  assert.equal(open.size, 0)
  assert.ok([...calls.values()].every((state) => state === 'closed'))
  if (parts.at(-1).type !== 'finish') return
  assert.equal(content, false, 'a step is open at the finish')
  assert.equal(parts.at(-2).type, 'finish-step')
}

for (const harness of foldersOf(GOLDEN))
  describe(harness, () => {
    for (const name of foldersOf(path.join(GOLDEN, harness)))
      test(name, async () => assertTurn(await translate(harness, path.join(GOLDEN, harness, name))))
  })

test('what files an agent has changed is told', async () => {
  const parts = await translate('codex', path.join(GOLDEN, 'codex/01-basic'))
  assert.deepEqual(parts.filter((p) => p.type === 'file-change'), [{ type: 'file-change', event: 'create', path: 'a' }]) // prettier-ignore
})

test('a name that no format has is named', async () => {
  const r = await command(['translate', '--events', 'nope', '-'])
  assert.equal(r.code, 2)
  assert.match(String(r.stderr), /--events must be tanstack, ag-ui, pretty or harness, not "nope"/)
})
