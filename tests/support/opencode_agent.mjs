// SPDX-License-Identifier: MIT
// An OpenCode server (`opencode serve`) that does what its prompt says, line by line:
//   say TEXT   a message of its own        hear   waits for words by /prompt_async, says them
// As with the real one, words that come late are a turn more, and its model has words when it answers behind them.
import http from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

const sessionID = 'ses_1'
const streams = new Set(),
  words = []
let made = 0,
  user,
  working = false
const id = (front) => `${front}_${String(++made).padStart(4, '0')}`
const tell = (type, properties) => {
  for (const res of streams)
    res.write(`data: ${JSON.stringify({ type, properties: { sessionID, ...properties } })}\n\n`)
}
const status = (type) => tell('session.status', { status: { type } })
function hears(text) {
  user = id('msg')
  tell('message.updated', { info: { id: user, sessionID, role: 'user' } })
  return text
}
function says(text) {
  const messageID = id('msg')
  const info = { id: messageID, sessionID, role: 'assistant', parentID: user }
  tell('message.updated', { info })
  const part = { id: id('prt'), messageID, sessionID, type: 'text', text, time: { start: 1, end: 2 } }
  tell('message.part.updated', { part })
  const tokens = { input: 10, output: 5, reasoning: 0, cache: { read: 0, write: 0 } }
  const step = { id: id('prt'), messageID, sessionID, type: 'step-finish', reason: 'stop', cost: 0, tokens }
  tell('message.part.updated', { part: step })
  return { info: { ...info, finish: 'stop' }, parts: [part] }
}
async function turn(text) {
  working = true
  hears(text)
  status('busy')
  let last
  for (const line of text.split('\n')) {
    const [name, ...rest] = line.split(' ')
    if (name === 'say') last = says(rest.join(' '))
    while (name === 'hear' && !words.length) await sleep(5)
    if (name === 'hear') last = says(`heard: ${hears(words.shift())}`)
  }
  working = false
  return last
}
const idle = () => {
  status('idle')
  tell('session.idle', {})
}
async function prompt(text) {
  const answer = await turn(text)
  while (words.length) await turn(words.shift())
  setTimeout(idle, 20) // the answer overtakes it
  return answer
}

const server = http.createServer(async (req, res) => {
  let body = ''
  for await (const piece of req) body += piece
  const json = (value) => res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value))
  const text = () => JSON.parse(body).parts[0].text
  if (req.url === '/event') {
    res.writeHead(200, { 'content-type': 'text/event-stream' })
    streams.add(res)
    res.on('close', () => streams.delete(res))
    res.write('data: {"type":"server.connected","properties":{}}\n\n')
  } else if (req.url === '/session') json({ id: sessionID })
  else if (req.url === `/session/${sessionID}/message`) json(await prompt(text()))
  else if (req.url === `/session/${sessionID}/prompt_async`) {
    words.push(text())
    res.writeHead(204).end()
    if (!working) {
      await turn(words.shift())
      idle()
    }
  } else json({})
})
server.listen(0, '127.0.0.1', () =>
  console.log(`opencode server listening on http://127.0.0.1:${server.address().port}`),
)
