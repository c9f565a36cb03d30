// SPDX-License-Identifier: MIT
// A socket to the bridge, open when its hello came: some sandboxes take a connection before it reaches the bridge,
// and what is sent until then is lost.
import { WebSocket } from 'ws'

const OPEN_MS = 10_000

export function openSocket({ url, headers }, abortSignal) {
  return new Promise((resolve, reject) => {
    const ws = new WebSocket(url, { headers: headers && { ...headers } })
    let timer
    const done = (error) => {
      clearTimeout(timer)
      abortSignal?.removeEventListener('abort', onAbort)
      for (const [name, listener] of listeners) ws.off(name, listener)
      if (!error) return resolve(ws)
      ws.on('error', () => {}) // terminate() may tell of one
      ws.terminate()
      reject(error)
    }
    const onAbort = () => done(abortSignal.reason ?? new Error('aborted'))
    const listeners = [
      ['message', (raw) => isHello(raw) && done()],
      ['close', (code, reason) => done(new Error(`the bridge closed the connection: ${code} ${reason}`))],
      ['error', (error) => done(error)],
    ]
    for (const [name, listener] of listeners) ws.on(name, listener)
    if (abortSignal?.aborted) return onAbort()
    abortSignal?.addEventListener('abort', onAbort)
    timer = setTimeout(() => done(new Error(`no bridge-hello within ${OPEN_MS} ms`)), OPEN_MS)
  })
}

function isHello(raw) {
  try {
    return JSON.parse(raw.toString()).type === 'bridge-hello'
  } catch {
    return false
  }
}
