// SPDX-License-Identifier: MIT
// A sandbox provider of vercel/ai (HarnessV1SandboxProvider) on this machine: a sandbox is a folder, a port of its own
// and the processes started in it.  It lives on in the provider when its session is detached, so it can be resumed.
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import { Readable } from 'node:stream'

const freePort = () =>
  new Promise((done) => {
    const server = net.createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => done(port))
    })
  })

const alive = new Set()
process.on('exit', () => alive.forEach((child) => killGroup(child)))

function killGroup(child) {
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch {
    /* gone meanwhile */
  }
}

/** `box` as of runlet.mjs: its environment is the sandbox's, its work folder holds the sandboxes.  `through` may stand
 * between the host and a port: port => another port (a proxy that breaks connections). */
export function localSandbox(box, { through = (port) => port } = {}) {
  const sandboxes = new Map()
  const provider = { moved: undefined } // {from, to}: a folder outside that is to be another
  const view = (sandbox) => reduced(sandbox, box, (words) => words.replaceAll(provider.moved?.from, provider.moved?.to))
  const session = (sandbox) => ({
    ...view(sandbox),
    id: sandbox.id,
    defaultWorkingDirectory: sandbox.folder,
    ports: [sandbox.port],
    getPortEndpoint: async ({ port, protocol = 'http' }) => ({ url: `${protocol}://127.0.0.1:${through(port)}/` }),
    getPortUrl: async ({ port, protocol = 'http' }) => `${protocol}://127.0.0.1:${through(port)}/`,
    stop: async () => sandbox.children.forEach(killGroup),
    destroy: async () => {
      sandbox.children.forEach(killGroup)
      sandboxes.delete(sandbox.sessionId)
      fs.rmSync(sandbox.folder, { recursive: true, force: true })
    },
    restricted: () => view(sandbox),
  })
  return Object.assign(provider, {
    specificationVersion: 'harness-sandbox-v1',
    providerId: 'local',
    sandboxes,
    createSession: async ({ sessionId = `auto-${sandboxes.size}`, onFirstCreate, abortSignal } = {}) => {
      const folder = path.join(box.work, sessionId)
      fs.mkdirSync(folder, { recursive: true })
      const sandbox = { id: `local-${sessionId}`, sessionId, folder, port: await freePort(), children: new Set() }
      sandboxes.set(sessionId, sandbox)
      const created = session(sandbox)
      await onFirstCreate?.(created.restricted(), { abortSignal })
      return created
    },
    resumeSession: async ({ sessionId }) => {
      const sandbox = sandboxes.get(sessionId)
      if (!sandbox) throw new Error(`there is no sandbox of session ${sessionId}`)
      return session(sandbox)
    },
  })
}

function reduced(sandbox, box, moved) {
  const at = (file) => path.resolve(sandbox.folder, moved(file))
  const readBinaryFile = async ({ path: file }) => {
    try {
      return fs.readFileSync(at(file))
    } catch (e) {
      if (e.code === 'ENOENT') return null
      throw e
    }
  }
  const writeBinaryFile = async ({ path: file, content }) => {
    fs.mkdirSync(path.dirname(at(file)), { recursive: true })
    fs.writeFileSync(at(file), content)
  }
  const start = ({ command, workingDirectory = '.', env = {}, abortSignal }) => {
    const child = spawn('/bin/sh', ['-c', moved(command)], {
      cwd: at(workingDirectory),
      env: { ...box.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true, // a group of its own, so that all of it can be ended
    })
    sandbox.children.add(child)
    alive.add(child)
    const ended = new Promise((done) => child.on('close', (code) => done({ exitCode: code ?? 137 })))
    child.on('exit', () => alive.delete(child))
    ended.then(() => sandbox.children.delete(child))
    abortSignal?.addEventListener('abort', () => killGroup(child), { once: true })
    return { child, ended }
  }
  return {
    description: 'a folder of this machine',
    readBinaryFile,
    readFile: async (options) => {
      const bytes = await readBinaryFile(options)
      return bytes && new Blob([bytes]).stream()
    },
    readTextFile: async (options) => (await readBinaryFile(options))?.toString() ?? null,
    writeBinaryFile,
    writeTextFile: writeBinaryFile,
    writeFile: async ({ content, ...options }) =>
      writeBinaryFile({ ...options, content: Buffer.from(await new Response(content).arrayBuffer()) }),
    spawn: async (options) => {
      const { child, ended } = start(options)
      return {
        pid: child.pid,
        stdout: Readable.toWeb(child.stdout),
        stderr: Readable.toWeb(child.stderr),
        wait: () => ended,
        kill: async () => {
          killGroup(child)
          await ended
        },
      }
    },
    run: async (options) => {
      const { child, ended } = start(options)
      const out = { stdout: '', stderr: '' }
      for (const name of ['stdout', 'stderr']) child[name].setEncoding('utf8').on('data', (d) => (out[name] += d))
      return { ...(await ended), ...out }
    },
  }
}
