// SPDX-License-Identifier: MIT
// An OTLP collector for tests: what it is sent it reads by OpenTelemetry's own protobuf schema, and by the rules that
// OTLP has for JSON.
//
//   c.url       for --otlp-endpoint
//   c.requests  {path, headers, body} of each POST
//   c.spans     of all that it has taken: {traceId, spanId, parentSpanId, name, kind, beganMs, endedMs, attributes, …}
//   c.answer    how it answers: (res, request) => …; {} with 200 at first
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'

const root = createRequire(import.meta.url)('@opentelemetry/otlp-transformer/build/src/generated/root')
const Request = root.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest

const hex = (bytes, what, text) => {
  assert.match(text, new RegExp(`^[0-9a-f]{${bytes * 2}}$`), what)
  assert.notEqual(BigInt(`0x${text}`), 0n, what)
  return Buffer.from(text, 'hex')
}

const valueOf = (v) => {
  if (v.intValue !== undefined) assert.equal(typeof v.intValue, 'string', 'a 64-bit number is a string')
  if (v.intValue !== undefined) return Number(v.intValue)
  if (v.arrayValue) return v.arrayValue.values.map(valueOf)
  assert.ok(v.stringValue !== undefined || typeof v.doubleValue === 'number', JSON.stringify(v))
  return v.stringValue ?? v.doubleValue
}
export const attributesOf = (list) => {
  const keys = list.map((a) => a.key)
  assert.deepEqual([...new Set(keys)], keys, 'a key stands once')
  return Object.fromEntries(list.map((a) => [a.key, valueOf(a.value)]))
}

/** One body of a POST: its spans, with the resource.  Fails where it is not what OTLP has. */
export function readTraces(text) {
  const json = JSON.parse(text)
  const spans = []
  for (const r of json.resourceSpans)
    for (const scope of r.scopeSpans)
      for (const s of scope.spans) {
        for (const key of ['startTimeUnixNano', 'endTimeUnixNano']) assert.match(s[key], /^\d{19}$/, key)
        assert.equal(typeof s.kind, 'number')
        assert.ok(s.status === undefined || s.status.code === 2)
        spans.push({
          ...s,
          beganMs: Number(BigInt(s.startTimeUnixNano) / 1000000n),
          endedMs: Number(BigInt(s.endTimeUnixNano) / 1000000n),
          attributes: attributesOf(s.attributes),
          resource: attributesOf(r.resource.attributes),
          scope: scope.scope,
        })
        // The schema's own JSON has bytes in base64; OTLP's has these as hex.
        s.traceId = hex(16, 'traceId', s.traceId)
        s.spanId = hex(8, 'spanId', s.spanId)
        if (s.parentSpanId !== undefined) s.parentSpanId = hex(8, 'parentSpanId', s.parentSpanId)
      }
  // What the schema does not know it leaves out, what it knows it keeps: so all of it must come back.
  const again = Request.toObject(Request.decode(Request.encode(Request.fromObject(json)).finish()), { longs: String })
  assert.deepEqual(JSON.parse(JSON.stringify(again)), JSON.parse(JSON.stringify(json)))
  return spans
}

export async function startCollector() {
  const c = { requests: [], spans: [], sockets: new Set() }
  c.answer = (res) => res.writeHead(200, { 'content-type': 'application/json' }).end('{}')
  const server = createServer(async (req, res) => {
    const parts = []
    try {
      for await (const part of req) parts.push(part)
    } catch {
      return
    }
    const request = { path: req.url, headers: req.headers, body: Buffer.concat(parts).toString() }
    c.requests.push(request)
    request.spans = readTraces(request.body)
    await c.answer(res, request)
    if (res.statusCode === 200) c.spans.push(...request.spans)
  })
  server.on('connection', (s) => {
    c.sockets.add(s)
    s.on('close', () => c.sockets.delete(s))
  })
  await new Promise((done) => server.listen(0, '127.0.0.1', done))
  c.url = `http://127.0.0.1:${server.address().port}`
  c.named = (name) => c.spans.filter((s) => s.name === name)
  c.stop = () => {
    server.close()
    for (const s of c.sockets) s.destroy()
  }
  return c
}
