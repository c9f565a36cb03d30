// SPDX-License-Identifier: MIT
// Our JavaScript is as Prettier writes it, by .prettierrc.json.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import * as prettier from 'prettier'

const root = path.join(import.meta.dirname, '../..')
const folders = [
  'container',
  'container/harness',
  'container/npm',
  'container/npm/bin',
  'tests/bench',
  'tests/flow',
  'tests/interop',
  'tests/long',
  'tests/node/harness',
  'tests/node/mcp',
  'tests/support',
]
const files = folders.flatMap((folder) =>
  fs
    .readdirSync(path.join(root, folder))
    .filter((name) => name.endsWith('.mjs'))
    .map((name) => path.join(root, folder, name)),
)

test('the .mjs files are as Prettier writes them (npx prettier --write FILE)', async () => {
  const options = JSON.parse(fs.readFileSync(path.join(root, '.prettierrc.json'), 'utf8'))
  const wrong = []
  for (const file of files) {
    const same = await prettier.check(fs.readFileSync(file, 'utf8'), { ...options, filepath: file })
    if (!same) wrong.push(path.relative(root, file))
  }
  assert.ok(files.length > 40, `${files.length} files`)
  assert.deepEqual(wrong, [])
})
