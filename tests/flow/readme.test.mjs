// SPDX-License-Identifier: MIT
// What the README and the pages of src/reference say and a program can check.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { RUNLET } from '../support/runlet.mjs'

const root = path.join(import.meta.dirname, '../..')
const read = (name) => fs.readFileSync(path.join(root, name), 'utf8')
const reference = fs.readdirSync(path.join(root, 'src/reference')).map((name) => `src/reference/${name}`)
const pages = [
  'README.md',
  'container/README.md',
  'container/harness/README.md',
  'container/npm/README.md',
  ...reference,
]
const errors = read('src/reference/errors.md')
const src = path.join(root, 'src')
const files = fs.readdirSync(src, { recursive: true }).filter((name) => name.endsWith('.c'))
const source = files.map((name) => fs.readFileSync(path.join(src, name), 'utf8')).join('\n')

const section = (text, title) => {
  const from = text.indexOf(`\n## ${title}\n`)
  assert.ok(from >= 0, title)
  return text.slice(from, text.indexOf('\n## ', from + 1))
}
// The codes in the first column of a section's table.
const column = (text) =>
  text
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .flatMap((line) => [...line.split('|')[1].matchAll(/`([a-z]+(?:-[a-z0-9]+)*)`/g)].map((m) => m[1]))

// Text without fenced blocks and inline code, in which a bracket is no link.
const prose = (text) => text.replace(/^```[^]*?^```/gm, '').replace(/`[^`\n]*`/g, 'code')

// As GitHub makes them of headings.
const anchors = (text) => {
  const seen = new Map()
  const headings = [...text.replace(/^```[^]*?^```/gm, '').matchAll(/^#{1,6} +(.*)$/gm)].map((m) => m[1])
  return headings.map((heading) => {
    const words = heading
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .trim()
      .toLowerCase()
    const slug = words.replace(/[^\p{L}\p{N}_\- ]/gu, '').replaceAll(' ', '-')
    const times = seen.get(slug) ?? 0
    seen.set(slug, times + 1)
    return times ? `${slug}-${times}` : slug
  })
}

const broken = (page, text) => {
  const links = [...prose(text).matchAll(/\]\(([^)\s]+)\)/g)].map((m) => m[1])
  return links.filter((link) => {
    if (/^[a-z]+:/.test(link)) return !/^https:\/\/\S+\.\S/.test(link)
    const [to, anchor] = link.split('#')
    const file = to ? path.join(root, path.dirname(page), to) : path.join(root, page)
    if (!fs.existsSync(file) || path.relative(root, file).startsWith('..')) return true
    const own = to ? () => fs.readFileSync(file, 'utf8') : () => text
    return anchor !== undefined && !anchors(own()).includes(anchor)
  })
}

test('every link of the README and of the reference leads to a file and a heading that are there', () => {
  for (const page of pages) assert.deepEqual(broken(page, read(page)), [], page)
})

test('a link to no file, to no heading, out of the tree is found', () => {
  const text = '# A b\n[x](#a-b) [x](LICENSE) `[x](no)`\n[x](no.md) [x](#c) [x](src/ROOMS.md#c) [x](../x)\n'
  assert.deepEqual(broken('README.md', text), ['no.md', '#c', 'src/ROOMS.md#c', '../x'])
})

test('the README leads to every page of the reference', () => {
  for (const page of reference) assert.ok(section(read('README.md'), 'Reference').includes(`](${page})`), page)
})

test("the options table is the program's own", () => {
  const table = execFileSync(RUNLET, ['--help=markdown']).toString().trim()
  assert.ok(table.split('\n').length > 20)
  const page = read('src/reference/options.md')
  assert.ok(page.includes(table), 'src/reference/options.md: put the output of runlet --help=markdown there')
})

test('every event code and warning that the reference names is in the source', () => {
  const text = section(errors, 'Why a run ended') + section(errors, 'Warnings') + read('src/reference/events.md')
  const codes = [...text.matchAll(/`([a-z]+(?:-[a-z0-9]+)+)`/g)].map((m) => m[1])
  assert.ok(codes.length > 50)
  for (const code of codes) assert.ok(source.includes(`"${code}"`), code)
})

test('every warning that the source gives is in the reference', () => {
  const given = [...source.matchAll(/\b(?:\w*warn\w*|count)\([^;{]*?"([a-z]+(?:-[a-z0-9]+)+)"/g)].map((m) => m[1])
  assert.ok(new Set(given).size > 25)
  const told = column(section(errors, 'Warnings'))
  for (const code of given) assert.ok(told.includes(code), code)
})

test('the codes of RUN_ERROR are those that no agent can have', () => {
  const list = read('src/event/error_code.c')
  const ours = [...list.slice(0, list.indexOf('NULL')).matchAll(/"([a-z]+(?:-[a-z]+)*)"/g)].map((m) => m[1])
  assert.deepEqual(column(section(errors, 'Why a run ended')).sort(), ours.sort())
})

test('every CUSTOM event that the source gives has its row', () => {
  const given = [...source.matchAll(/\bevents_custom\([\w>-]+, "([a-z]+(?:[.-][a-z]+)*)"/g)].map((m) => m[1])
  assert.ok(new Set(given).size > 8)
  const told = section(read('src/reference/events.md') + '\n## ', 'CUSTOM events')
  for (const name of given)
    assert.ok(told.includes(`| \`${name}\``) || told.includes(`\`.${name.split('.').at(-1)}\``), name)
})
