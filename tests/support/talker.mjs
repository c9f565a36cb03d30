// SPDX-License-Identifier: MIT
// One run with somebody who talks with its agent (support/talker.c).
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { until } from './runlet.mjs'

const TALKER = process.env.RUNLET_TALKER

/** Starts it; `on` is called with each line of it and the talk itself.
 * {events, told, say(words, id), permit(id, answer), cancel(), end()}; `told`: all lines but the events. */
export function talk(box, request, { on = () => {}, questionMs = 0 } = {}) {
  assert.ok(TALKER && fs.existsSync(TALKER), 'RUNLET_TALKER must name the talker (build-asan/tests/talker)')
  const state = path.join(box.root, 'talker'),
    file = path.join(box.root, 'request.json')
  fs.mkdirSync(state)
  fs.writeFileSync(file, JSON.stringify(request))
  const child = spawn(TALKER, [file, box.work, state, String(questionMs)], {
    env: box.env,
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  child.stdin.on('error', () => {})
  const t = { events: [], told: [], stderr: '', code: null }
  const put = (line) => child.stdin.write(`${JSON.stringify(line)}\n`)
  t.say = (say, id = '') => put({ say, id })
  t.permit = (id, answer) => put({ permit: id, ...answer })
  t.cancel = () => put({ cancel: true })
  let rest = ''
  child.stdout.setEncoding('utf8').on('data', (text) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop()
    for (const line of lines.map((l) => JSON.parse(l))) {
      ;(line.type ? t.events : t.told).push(line)
      on(line, t)
    }
  })
  child.stderr.setEncoding('utf8').on('data', (text) => (t.stderr += text))
  child.on('close', (code) => (t.code = code))
  t.end = async (ms = 30000) => {
    await until('the talk to end', () => t.code !== null, ms).finally(() => child.kill('SIGKILL'))
    assert.equal(t.code, 0, t.stderr)
    assert.deepEqual(fs.readdirSync(state), [], "the run's folder is gone")
    return t
  }
  return t
}
