// SPDX-License-Identifier: MIT
// Debian's chromium without a screen, driven by its DevTools protocol over a WebSocket.
//
//   page.evaluate(source)   what that gives in the page
//   page.until(source)      until that is true there
//   page.screenshot(file)   a PNG of it
//   page.complaints         what its console and the browser complained of
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { until } from './runlet.mjs'

function command() {
  const found = (process.env.PATH ?? '')
    .split(':')
    .map((dir) => path.join(dir, 'chromium'))
    .find((file) => fs.existsSync(file))
  return found ?? assert.fail('chromium is needed (Debian: apt-get install chromium)')
}

/** One socket for all: {send(method, params), on(method, fn)} of a session. */
async function connect(url) {
  const socket = new WebSocket(url)
  await new Promise((open, broken) => {
    socket.onopen = open
    socket.onerror = broken
  })
  const waiting = new Map(),
    listeners = new Map()
  let last = 0
  socket.onmessage = ({ data }) => {
    const { id, result, error, method, params } = JSON.parse(data)
    if (!id) return listeners.get(method)?.(params)
    const { done, broken } = waiting.get(id)
    waiting.delete(id)
    if (error) broken(new Error(error.message))
    else done(result)
  }
  return {
    on: (method, fn) => listeners.set(method, fn),
    send: (method, params = {}, sessionId) =>
      new Promise((done, broken) => {
        waiting.set(++last, { done, broken })
        socket.send(JSON.stringify({ id: last, method, params, sessionId }))
      }),
    close: () => socket.close(),
  }
}

export async function openPage(t, address) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'chromium-'))
  const words = ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run']
  const child = spawn(
    command(),
    [...words, `--user-data-dir=${folder}`, '--remote-debugging-port=0', '--window-size=720,900', 'about:blank'],
    { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, HOME: folder }, detached: true },
  )
  const gone = new Promise((r) => child.once('exit', r))
  let said = ''
  child.stderr.on('data', (d) => {
    said += d
  })
  t.after(async () => {
    try {
      process.kill(-child.pid, 'SIGKILL')
    } catch {}
    await gone
    fs.rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  })
  await until('chromium to listen', () => /DevTools listening on (ws:\S+)/.test(said) || child.exitCode !== null, 60000)
  const url = /DevTools listening on (ws:\S+)/.exec(said)?.[1] ?? assert.fail(said)
  const browser = await connect(url)
  const { targetId } = await browser.send('Target.createTarget', { url: 'about:blank' })
  const { sessionId } = await browser.send('Target.attachToTarget', { targetId, flatten: true })
  const send = (method, params) => browser.send(method, params, sessionId)
  const complaints = []
  browser.on('Runtime.exceptionThrown', (p) => complaints.push(p.exceptionDetails.exception?.description))
  browser.on('Runtime.consoleAPICalled', (p) => {
    if (p.type === 'warning' || p.type === 'error')
      complaints.push(p.args.map((a) => a.value ?? a.description).join(' '))
  })
  browser.on('Log.entryAdded', ({ entry }) => {
    if (entry.level === 'error' || entry.level === 'warning') complaints.push(`${entry.text} ${entry.url ?? ''}`)
  })
  for (const domain of ['Runtime', 'Log', 'Page']) await send(`${domain}.enable`)
  await send('Page.navigate', { url: address })
  const page = {
    complaints,
    async evaluate(expression) {
      const { result, exceptionDetails } = await send('Runtime.evaluate', { expression, returnByValue: true })
      if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text)
      return result.value
    },
    until: (expression, ms = 20000) => until(expression, () => page.evaluate(expression), ms),
    async screenshot(file) {
      const { data } = await send('Page.captureScreenshot', { format: 'png' })
      fs.writeFileSync(file, Buffer.from(data, 'base64'))
    },
  }
  t.after(() => browser.close())
  return page
}
