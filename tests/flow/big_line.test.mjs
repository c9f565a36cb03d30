// SPDX-License-Identifier: MIT
// One line as long as a line may be: what it costs while it passes, and that it is given back.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runRequest } from '../support/orchestrator.mjs'
import { json, peakOf, poster, rssOf, sanitized } from '../support/readers.mjs'
import { post, serve, until } from '../support/runlet.mjs'

const BIG = 64 << 20
for (const kind of ['text', 'escapes', 'result', 'args', 'invalid'])
  test(`one line of 64 MiB (${kind}): at most 2.5 times its size at peak, and given back`, async () => {
    const own = await serve()
    await post(own, runRequest({ prompt: ['@init alone', '@count 1000 40', '@result success'] })) // what the first run costs once
    const before = rssOf(own)
    const t = await poster(own, runRequest({ prompt: ['@init alone', `@bigline ${BIG} ${kind}`, '@result success'] }))
      .ended
    assert.match(t.last, /RUN_FINISHED/)
    assert.ok(t.bytes > { text: BIG, escapes: BIG / 2, result: 1e6, args: BIG, invalid: BIG }[kind], `${t.bytes}`)
    const peak = peakOf(own) - before
    await until('the run to be over', async () =>
      (await json(own, '/runs')).value.runs.every((r) => r.state === 'over'),
    )
    const kept = rssOf(own) - before
    await own.stop()
    own.box.remove()
    if (sanitized) return
    assert.ok(peak * 1024 <= 2.5 * BIG, `${peak} KiB at peak`)
    assert.ok(kept <= 1024, `${kept} KiB kept`)
  })
