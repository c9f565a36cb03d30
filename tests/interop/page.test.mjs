// SPDX-License-Identifier: MIT
// A web page that chats with an agent through POST /agui, in headless Chromium: the stock HttpAgent from another origin,
// with a preflight, two turns, reasoning, a tool of the page, and a question for leave.  RUNLET_SCREENSHOT names a file
// for a picture of it.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import { createServer } from 'node:http'
import path from 'node:path'
import { test } from 'node:test'
import { rolldown } from '../node/mcp/node_modules/rolldown/dist/index.mjs'
import { openPage } from '../support/chromium.mjs'
import { assertNothingLeft, makeBox, serve } from '../support/runlet.mjs'

const support = path.join(import.meta.dirname, '../support')

/** The page and its script, bundled, at an origin of their own. */
async function servePage(t) {
  const bundle = await rolldown({ input: path.join(support, 'agui_page.mjs'), platform: 'browser' })
  const { output } = await bundle.generate({ format: 'esm' })
  const files = {
    '/': ['text/html', fs.readFileSync(path.join(support, 'agui_page.html'))],
    '/page.js': ['text/javascript', output[0].code],
  }
  const server = createServer((req, res) => {
    const [type, text] = files[req.url.split('?')[0]] ?? []
    res.writeHead(type ? 200 : 204, type ? { 'content-type': `${type}; charset=utf-8` } : {}).end(text)
  })
  await new Promise((r) => server.listen(0, '127.0.0.1', r))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${server.address().port}`
}

const script = (...lines) => ['@init', ...lines, '@result success'].join('\n')

test('a page in Chromium shows the conversation: two turns, a tool of its own, a question for leave', async (t) => {
  const origin = await servePage(t)
  const box = makeBox()
  fs.writeFileSync(path.join(box.root, 'defaults.json'), '{"modelOptions":{"permissionMode":"default"}}')
  const server = await serve({
    box,
    args: [
      ...['--workspace-per-thread', '--allow-origin', origin, '--agui-harness', 'claude-code'],
      ...['--agui-defaults', path.join(box.root, 'defaults.json')],
    ],
  })
  t.after(async () => {
    await server.stop()
    await assertNothingLeft(box)
    box.remove()
  })
  const page = await openPage(t, `${origin}/?url=${encodeURIComponent(`${server.url}/agui`)}&thread=page-1`)
  await page.until('!!document.getElementById("form")?.onsubmit')
  const state = 'document.getElementById("state").textContent'
  const say = (words) =>
    page.evaluate(
      `document.getElementById('words').value = ${JSON.stringify(words)}; document.getElementById('send').click()`,
    )
  const first = script(
    '@think The page should know.',
    '@text I ask the page.',
    '@tool getTitle {}',
    '@text There it is.',
  )
  await say(first)
  await page.until(`${state} !== 'working'`)
  assert.equal(await page.evaluate(state), 'idle')
  const second = script('@text May I look?', '@ask Bash {"command":"ls"}', '@text I looked.')
  await say(second)
  await page.until(`${state} === 'asked'`)
  await page.evaluate('document.querySelector(".allow").click()')
  await page.until(`${state} === 'idle'`)
  const rows = await page.evaluate(
    '[...document.querySelectorAll(".row")].map((r) => [r.className.slice(4), r.textContent])',
  )
  assert.deepEqual(rows, [
    ['user', first],
    ['reasoning', 'The page should know.'],
    ['assistant', 'I ask the page.'],
    ['tool', 'getTitle {}'],
    ['tool', '= A chat with an agent'],
    ['assistant', 'There it is.'],
    ['user', second],
    ['assistant', 'May I look?'],
    ['tool', 'Bash {"command":"ls"}'],
    ['tool', '= done'],
    ['assistant', 'I looked.'],
  ])
  assert.deepEqual(page.complaints, [])
  const picture = process.env.RUNLET_SCREENSHOT ?? path.join(box.root, 'page.png')
  await page.screenshot(picture)
  assert.equal(fs.readFileSync(picture).subarray(1, 4).toString(), 'PNG')
})
