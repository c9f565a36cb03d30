// SPDX-License-Identifier: MIT
// A git server on loopback: git's own http-backend behind basic authentication, and a repository to serve.
import { execFileSync, spawn } from 'node:child_process'
import http from 'node:http'
import path from 'node:path'

const env = {
  PATH: process.env.PATH,
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_NAME: 'a',
  GIT_AUTHOR_EMAIL: 'a@example.com',
  GIT_COMMITTER_NAME: 'a',
  GIT_COMMITTER_EMAIL: 'a@example.com',
}
export const git = (cwd, ...args) =>
  execFileSync('git', args, { cwd, env: { ...env, HOME: cwd } })
    .toString()
    .trim()

/** A repository in `folder` whose commits are made by `commits`: {message: () => files are written}. */
export function makeRepository(folder, commits) {
  git(path.dirname(folder), 'init', '-q', '-b', 'main', folder)
  for (const [message, write] of Object.entries(commits)) {
    write()
    git(folder, 'add', '-A')
    git(folder, 'commit', '-q', '-m', message)
  }
}

/** Serves the repositories below `root` to `user` with `token`; {url, heard: the Authorization headers, close}. */
export async function serveGit(root, { user = 'x-access-token', token } = {}) {
  const heard = []
  const right = `Basic ${Buffer.from(`${user}:${token}`).toString('base64')}`
  const server = http.createServer((req, res) => {
    heard.push(req.headers.authorization)
    if (token && req.headers.authorization !== right) {
      res.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end()
      return
    }
    const [PATH_INFO, QUERY_STRING = ''] = req.url.split('?')
    const cgi = spawn('git', ['http-backend'], {
      env: {
        ...env,
        HOME: root,
        GIT_PROJECT_ROOT: root,
        GIT_HTTP_EXPORT_ALL: '1',
        PATH_INFO,
        QUERY_STRING,
        REQUEST_METHOD: req.method,
        CONTENT_TYPE: req.headers['content-type'] ?? '',
        HTTP_CONTENT_ENCODING: req.headers['content-encoding'] ?? '',
        GIT_PROTOCOL: req.headers['git-protocol'] ?? '',
      },
    })
    req.pipe(cgi.stdin)
    const out = []
    cgi.stdout.on('data', (d) => out.push(d))
    cgi.on('close', () => {
      const all = Buffer.concat(out)
      const end = all.indexOf('\r\n\r\n')
      const headers = Object.fromEntries(
        all
          .subarray(0, end)
          .toString()
          .split('\r\n')
          .map((line) => line.split(/: (.*)/).slice(0, 2)),
      )
      res.writeHead(Number(headers.Status?.split(' ')[0] ?? 200), headers).end(all.subarray(end + 4))
    })
  })
  await new Promise((done) => server.listen(0, '127.0.0.1', done))
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    heard,
    close: () => new Promise((done) => server.close(done)),
  }
}
