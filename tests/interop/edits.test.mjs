// SPDX-License-Identifier: MIT
// Files that real agents edit with their own tools: file.changed by what the agent tells, sandbox.file by what is there.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { assertStream } from '../support/ndjson.mjs'
import { claude, gemini, opencode } from '../support/real_agents.mjs'
import { run } from '../support/runlet.mjs'
import { withScene } from '../support/scene.mjs'

const agents = {
  'claude-code': {
    agent: claude,
    write: (file, content) => ({ native: 'Write', args: { file_path: file, content } }),
    edit: (file, was, now) => ({ native: 'Edit', args: { file_path: file, old_string: was, new_string: now } }),
  },
  opencode: {
    agent: opencode,
    write: (file, content) => ({ native: 'write', args: { filePath: file, content } }),
    edit: (file, was, now) => ({ native: 'edit', args: { filePath: file, oldString: was, newString: now } }),
  },
  gemini: {
    agent: gemini,
    write: (file, content) => ({ native: 'write_file', args: { file_path: file, content } }),
    edit: (file, was, now) => ({
      native: 'replace',
      args: { file_path: file, old_string: was, new_string: now, instruction: 'replace it' },
    }),
  },
}

for (const [name, { agent, write, edit }] of Object.entries(agents)) {
  const turns = []
  const prepared = (box) => {
    const file = path.join(fs.realpathSync(box.work), 'new.txt')
    turns.push([write(file, 'one\ntwo\n')], [edit(file, 'two', 'three')], [{ text: 'Edited.' }])
  }
  test(
    `${name}: what it writes and edits is told, with its difference`,
    withScene(agent)(turns, { prepared }, async (s) => {
      const r = await run(s.request(), { box: s.box })
      assertStream(r.events, 'RUN_FINISHED')
      assert.equal(fs.readFileSync(path.join(s.box.work, 'new.txt'), 'utf8'), 'one\nthree\n')
      const changed = r.events.filter((e) => e.name === 'file.changed').map((e) => e.value)
      assert.deepEqual(
        changed.map((v) => [path.basename(v.path), v.kind]),
        [
          ['new.txt', 'add'],
          ['new.txt', 'update'],
        ],
      )
      assert.match(changed[0].diff, /\n\+one\n\+two\n/)
      assert.match(changed[1].diff, /\n one\n-two\n\+three\n/)
      const told = r.events.filter((e) => e.name === 'sandbox.file').map((e) => `${e.value.type} ${e.value.path}`)
      assert.equal(told[0], 'create /workspace/new.txt')
      assert.ok(
        told.slice(1).every((t) => t === 'change /workspace/new.txt'),
        told.join(),
      )
    }),
  )
}
