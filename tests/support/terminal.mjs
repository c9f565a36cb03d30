// SPDX-License-Identifier: MIT
// A command on a terminal of its own (terminal.py), as a person would use it.
import { spawn } from 'node:child_process'
import path from 'node:path'

const HOST = path.join(import.meta.dirname, 'terminal.py')

/** {type(text), screen(): all that was ever shown, ended: {code, screen}}.  `under`: in place of terminal.py. */
export function terminal(words, { box, env = {}, columns = 100, under = ['/usr/bin/python3', HOST, `${columns}`] }) {
  const [program, ...first] = under
  const child = spawn(program, [...first, ...words], {
    cwd: box.work,
    env: { ...box.env, TERM: 'xterm', ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const shown = []
  child.stdin.on('error', () => {})
  child.stdout.on('data', (d) => shown.push(d))
  const timer = setTimeout(() => child.kill('SIGKILL'), 60000)
  const screen = () => Buffer.concat(shown).toString()
  const ended = new Promise((done) =>
    child.on('close', (code) => {
      clearTimeout(timer)
      done({ code, screen: screen() })
    }),
  )
  return { child, type: (text) => child.stdin.write(text), screen, ended }
}
