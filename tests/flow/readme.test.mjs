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

test('the codes of RUN_ERROR are those that no agent can have', () => {
  const list = fs.readFileSync(path.join(import.meta.dirname, '../../src/event/error_code.c'), 'utf8')
  const ours = [...list.slice(0, list.indexOf('NULL')).matchAll(/"([a-z]+(?:-[a-z]+)*)"/g)].map((m) => m[1])
  const told = readme.slice(readme.indexOf('`RUN_ERROR` with a `code`') + 25)
  const named = [...told.slice(0, told.indexOf("the agent's own)")).matchAll(/`([a-z]+(?:-[a-z]+)*)`/g)].map(
    (m) => m[1],
  )
  assert.deepEqual(named.sort(), ours.sort())
})
