// SPDX-License-Identifier: MIT
// peer.mjs PORT: what runlet is compared with.  TanStack's in-container runner (its package is not published) rebuilt
// on the published parts it is made of: chat(), withSandbox, localProcessSandbox, claudeCodeText, remoteToolStubs and
// httpRemoteToolExecutor.  As the original it does not wait for a slow reader and does not stop when the reader goes.
import { createServer } from 'node:http'
import { chat } from '@tanstack/ai'
import { claudeCodeText } from '@tanstack/ai-claude-code'
import {
  defineSandbox,
  defineWorkspace,
  httpRemoteToolExecutor,
  remoteToolStubs,
  withSandbox,
} from '@tanstack/ai-sandbox'
import { localProcessSandbox } from '@tanstack/ai-sandbox-local-process'

const provider = localProcessSandbox()
const STRINGS = ['runId', 'threadId', 'model', 'toolExecUrl', 'toolExecToken']

async function readRequest(req) {
  let body = ''
  req.setEncoding('utf8')
  for await (const part of req) body += part
  const run = JSON.parse(body)
  for (const key of STRINGS) {
    if (typeof run[key] !== 'string' || run[key] === '')
      throw new Error(`run request: ${key} must be a non-empty string`)
  }
  if (!Array.isArray(run.messages) || run.messages.length === 0)
    throw new Error('run request: messages must be a non-empty ModelMessage[]')
  if (run.harness !== 'claude-code') throw new Error('run request: harness must be a known harness id')
  return run
}

function start(run) {
  return chat({
    adapter: claudeCodeText(run.model),
    messages: run.messages,
    threadId: run.threadId,
    tools: remoteToolStubs(run.toolDescriptors, httpRemoteToolExecutor(run.toolExecUrl, run.toolExecToken)),
    middleware: [
      withSandbox(defineSandbox({ id: 'colocated-in-container', provider, workspace: defineWorkspace(run.workspace) })),
    ],
  })
}

async function answerRun(req, res) {
  let run
  try {
    run = await readRequest(req)
  } catch (error) {
    res.writeHead(400, { 'content-type': 'text/plain' }).end(error.message)
    return
  }
  res.writeHead(200, { 'content-type': 'application/x-ndjson', 'cache-control': 'no-cache' })
  try {
    for await (const chunk of start(run)) res.write(`${JSON.stringify(chunk)}\n`)
  } catch (error) {
    res.write(`${JSON.stringify({ type: 'RUN_ERROR', message: error.message })}\n`)
  }
  res.end()
}

createServer((req, res) => {
  if (req.method === 'GET' && req.url === '/health') res.writeHead(200).end('ok')
  else if (req.method === 'POST' && req.url === '/run') void answerRun(req, res)
  else res.writeHead(404).end('not found')
}).listen(Number(process.argv[2]), '127.0.0.1')
