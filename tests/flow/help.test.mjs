// SPDX-License-Identifier: MIT
// What container/shell.py makes of the program's own help: tried in the shell that is everywhere.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { after, test } from 'node:test'
import { RUNLET } from '../support/runlet.mjs'

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'runlet-shell-'))
after(() => fs.rmSync(folder, { recursive: true }))
execFileSync('python3', [path.join(import.meta.dirname, '../../container/shell.py'), RUNLET, folder])
const read = (name) => fs.readFileSync(path.join(folder, name), 'utf8')
const help = (...words) => execFileSync(RUNLET, words).toString()
const commands = [...help('--help').matchAll(/^runlet ([a-z-]+) \[OPTION/gm)].map((m) => m[1])
const options = [...help('--help=markdown').matchAll(/^\| `(--[a-z-]+)/gm)].map((m) => m[1])
const count = (text, pattern) => [...text.matchAll(pattern)].length

/** What bash offers for the last of these words. */
const complete = (...words) => {
  const script = `${read('runlet.bash')}\nCOMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _runlet; printf '%s\\n' "\${COMPREPLY[@]}"`
  const out = execFileSync('bash', ['--norc', '-uc', script, 'bash', 'runlet', ...words]).toString()
  return out.split('\n').filter(Boolean)
}

test('bash completes commands, the options of a command, and the words of an option', () => {
  assert.deepEqual(complete('se'), ['serve'])
  assert.deepEqual(complete('').sort(), ['--help', '--version', ...commands].sort())
  assert.deepEqual(complete('serve', '--max-con'), ['--max-connections'])
  assert.deepEqual(complete('run', '--listen'), [])
  assert.deepEqual(complete('serve', '--listen'), ['--listen'])
  assert.deepEqual(complete('run', '--output', ''), ['ndjson', 'pretty'])
  assert.deepEqual(complete('run', '--output', 'p'), ['pretty'])
  assert.deepEqual(complete('serve', '--token-file', ''), [], 'files, by -o default')
  assert.deepEqual(complete('nosuch', '--'), [])
  for (const command of commands) {
    const own = [...help(command, '--help').matchAll(/^ {2}(--[a-z-]+)/gm)].map((m) => m[1])
    assert.deepEqual(complete(command, '--').sort(), ['--help', ...own].sort(), command)
  }
})

test('the man page has each command and each option once, and takes no text for a macro', () => {
  const page = read('runlet.1')
  assert.ok(commands.length > 5 && options.length > 50)
  const plain = (s) => s.replaceAll('-', '\\-')
  for (const command of commands) assert.ok(page.includes(`\n.TP\n\\fBrunlet ${plain(command)}\\fR `), command)
  assert.equal(count(page, /^\.TP\n\\fB\\-\\-/gm), options.length)
  for (const option of options) assert.ok(page.includes(`\n.TP\n\\fB${plain(option)}\\fR`), option)
  for (const line of page.trimEnd().split('\n')) assert.match(line, /^(?:\.TH |\.SH |\.TP$|\.br$|[^.'])/)
})

test('zsh and fish get each option of each command, in their quotes', () => {
  const zsh = read('_runlet')
  assert.match(zsh, /^#compdef runlet\n/)
  assert.ok(zsh.includes("'--workspace=[the agent'\\''s folder; "))
  assert.ok(zsh.includes(':HOST\\:PORT: '))
  assert.match(zsh, /'--output=\[.*\]:ndjson\|pretty:\(ndjson pretty\)'/)
  for (const option of options) assert.ok(zsh.includes(`'${option}[`) || zsh.includes(`'${option}=[`), option)
  const fish = read('runlet.fish')
  assert.equal(count(fish, /^complete -c runlet /gm), commands.length + options.length)
  assert.match(fish, /-l output -x -a 'ndjson pretty' -d '/)
  assert.ok(fish.includes("-l workspace -r -d 'the agent\\'s folder; "))
})
