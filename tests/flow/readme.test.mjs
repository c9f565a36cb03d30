// SPDX-License-Identifier: MIT
// What the README says and a program can check.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { RUNLET } from '../support/runlet.mjs'

const readme = fs.readFileSync(path.join(import.meta.dirname, '../../README.md'), 'utf8')

test("the options table is the program's own", () => {
  const table = execFileSync(RUNLET, ['--help=markdown']).toString().trim()
  assert.ok(table.split('\n').length > 20)
  assert.ok(readme.includes(table), 'README.md: put the output of runlet --help=markdown there')
})

test('every event code and warning the README names is in the source', () => {
  const src = path.join(import.meta.dirname, '../../src')
  const files = fs.readdirSync(src, { recursive: true }).filter((name) => name.endsWith('.c'))
  const source = files.map((name) => fs.readFileSync(path.join(src, name), 'utf8')).join('\n')
  const codes = [
    ...readme
      .slice(readme.indexOf('## The events'), readme.indexOf('## The tools'))
      .matchAll(/`([a-z]+(?:-[a-z0-9]+)+)`/g),
  ].map((m) => m[1])
  assert.ok(codes.length > 10)
  for (const code of codes) assert.ok(source.includes(`"${code}"`), code)
})
