// SPDX-License-Identifier: MIT
// How long an end takes: node ends.mjs RUNLET AGENT ROUNDS.  Prints one table, medians and the worst, in ms.
//
// The agent says the monotonic clock right before it crashes, and we look at the same clock when the terminal line is
// read; where we give the signal, the clock begins with that.  Rounds of all rows take turns.
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const [runlet, agent, rounds] = [process.argv[2], process.argv[3], Number(process.argv[4])]
const DRAIN = 500,
  GRACE = 300,
  NS = 1e6
const now = () => Number(process.hrtime.bigint())
const TREE = ['@daemon exec sleep 60', '@daemon setsid sh -c "sleep 60 & exec sleep 60"'],
  STUBBORN = ['@daemon trap "" TERM; exec sleep 60', '@ignore-term']

const root = fs.mkdtempSync(path.join(os.tmpdir(), 'runlet-ends-'))
process.on('exit', () => fs.rmSync(root, { recursive: true, force: true }))
for (const name of ['bin', 'tmp', 'work']) fs.mkdirSync(path.join(root, name))
fs.symlinkSync(path.resolve(agent), path.join(root, 'bin/claude'))
let marks = 0

function alive(mark) {
  return fs
    .readdirSync('/proc')
    .filter((d) => /^\d+$/.test(d))
    .filter((pid) => {
      try {
        return fs.readFileSync(`/proc/${pid}/environ`, 'latin1').includes(`${mark}\0`)
      } catch {
        return false
      }
    })
}

/** One run: begun, and the prompt's words seen.  {child, mark, end: the time of its terminal line, gone: of its exit} */
async function begin(prompt) {
  const mark = `ENDS_MARK=${process.pid}-${++marks}.`
  const child = spawn(runlet, ['run', '-', '--output', 'ndjson', '--log-level', 'warn'], {
    cwd: path.join(root, 'work'),
    stdio: ['pipe', 'pipe', 'inherit'],
    env: {
      PATH: `${root}/bin:/usr/bin:/bin`,
      HOME: root,
      TMPDIR: path.join(root, 'tmp'),
      [mark.split('=')[0]]: mark.split('=')[1],
    },
  })
  const r = { child, mark, text: '' }
  r.gone = new Promise((done) => child.on('exit', () => done(now())))
  r.end = new Promise((done) =>
    child.stdout.on('data', (d) => {
      r.text += d
      if (/"type":"RUN_(ERROR|FINISHED)"/.test(r.text)) done(now())
    }),
  )
  child.stdin.end(
    JSON.stringify({
      harness: 'claude-code',
      prompt: prompt.join('\n'),
      timeouts: { drainMs: DRAIN, killGraceMs: GRACE },
    }),
  )
  while (!r.text.includes('"delta"')) await sleep(1)
  return r
}
const stamp = (r) => Number(/now (\d+)/.exec(r.text)[1])

async function crash(...before) {
  const r = await begin(['@init', ...before, '@now', '@signal 11'])
  const at = await r.end
  await r.gone
  return at - stamp(r)
}
async function told(signal, ...before) {
  const r = await begin(['@init', ...before, '@text up', '@hang'])
  await sleep(50)
  const from = now()
  r.child.kill(signal)
  const at = await r.gone
  if (alive(r.mark).length) throw new Error('something lives')
  return at - from
}
async function killed(...before) {
  const r = await begin(['@init', ...before, '@text up', '@hang'])
  await sleep(50)
  const state = path.join(root, 'tmp', fs.readdirSync(path.join(root, 'tmp'))[0])
  const from = now()
  r.child.kill('SIGKILL')
  while (alive(r.mark).length || fs.readdirSync(state).some((n) => n.startsWith('run-'))) await sleep(1)
  return now() - from
}

const rows = [
  ['crash to terminal line', 20, () => crash()],
  ['crash to terminal line, a tree below it', 20, () => crash(...TREE)],
  [`crash to terminal line, a grandchild holds stdout (drain ${DRAIN})`, DRAIN + 20, () => crash('@hold-stdout 60000')],
  ['TERM to gone, the agent obeys', 20, () => told('SIGTERM')],
  ['TERM to gone, the agent obeys, a tree below it', 20, () => told('SIGTERM', ...TREE)],
  [`TERM to gone, nobody obeys (grace ${GRACE})`, GRACE + 50, () => told('SIGTERM', ...STUBBORN)],
  ['runner KILL to tree and files gone', 100, () => killed(...TREE, '@ignore-term')],
].map(([what, bar, play]) => ({ what, bar, play, ms: [] }))
for (let i = 0; i < rounds; i++) for (const r of rows) r.ms.push((await r.play()) / NS)
console.log(`${os.cpus().length} processors, load average ${os.loadavg()[0].toFixed(2)}, ${rounds} rounds\n`)
console.log('| | median [ms] | least | worst | bar |\n| --- | ---: | ---: | ---: | --- |')
for (const { what, bar, ms } of rows) {
  ms.sort((a, b) => a - b)
  const median = ms[ms.length >> 1],
    show = (x) => x.toFixed(1)
  console.log(
    `| ${what} | ${show(median)} | ${show(ms[0])} | ${show(ms.at(-1))} | ${bar} ${median <= bar ? 'met' : 'MISSED'} |`,
  )
}
