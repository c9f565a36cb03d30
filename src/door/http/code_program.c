/* SPDX-License-Identifier: MIT */
/* code_program.c - the program before the code, and the request of the run.  */
#include "door/http/code_program.h"

#include "base/json_write.h"
#include "base/limits.h"

/* Reads the code from stdin and runs it.  Each line that it prints, by whatever way, is
 * one event, and so are its result and its end; then it exits, whatever else the code has
 * left going on.  What is rejected and not waited for is a line of stderr, as in the
 * isolates of its first host.  A result that no line of ours holds (base/json.h,
 * LIMIT_CODE_RESULT_BYTES) is a failure.  A tool call is one POST to the bridge, whose
 * answer may be an event stream (bridge/mcp_post.h). */
/* clang-format off */
static const char prelude[] =
    "import { readFileSync } from 'node:fs'\n"
    "const { MCP_BRIDGE_URL: url, MCP_BRIDGE_TOKEN: token } = process.env\n"
    "const DENIED = '" CALLBACK_DENIED "'\n"
    "const write = process.stdout.write.bind(process.stdout)\n"
    "const tell = (event, then) => write(JSON.stringify(event) + '\\n', then)\n"
    "const custom = (name, value) => tell({ type: 'CUSTOM', name, value })\n"
    "\n"
    "const streamTo = (stream) => {\n"
    "  let rest = ''\n"
    "  const say = (line) => custom('" CODE_OUTPUT "', { stream, line })\n"
    "  const put = (text) => {\n"
    "    const lines = (rest + text).split('\\n')\n"
    "    rest = lines.pop()\n"
    "    lines.forEach(say)\n"
    "  }\n"
    "  const end = () => { if (rest) put('\\n') }\n"
    "  process[stream].write = (text, encoding, then) => {\n"
    "    put(typeof text === 'string' ? text : Buffer.from(text).toString())\n"
    "    ;[encoding, then].find((f) => typeof f === 'function')?.()\n"
    "    return true\n"
    "  }\n"
    "  return { put, end }\n"
    "}\n"
    "const out = streamTo('stdout')\n"
    "const err = streamTo('stderr')\n"
    "const text = (v) => {\n"
    "  if (typeof v === 'string') return v\n"
    "  try { return JSON.stringify(v) ?? String(v) } catch { return String(v) }\n"
    "}\n"
    "const log = (to) => (...words) => to.put(words.map(text).join(' ') + '\\n')\n"
    "const quiet = { log: log(out), info: log(out), debug: log(out), warn: log(err), error: log(err) }\n"
    "const own = Object.assign(Object.create(console), quiet)\n"
    "\n"
    "let over = false\n"
    "const finish = (event, status) => {\n"
    "  if (over) return\n"
    "  over = true\n"
    "  out.end()\n"
    "  err.end()\n"
    "  tell(event, () => process.exit(status))\n"
    "}\n"
    "const fail = (error) => {\n"
    "  const why = String((error instanceof Error && (error.message || error.stack)) || error).trim()\n"
    "  const message = why || 'Execution failed with an empty error'\n"
    "  err.put(message.replace(DENIED, '').trim() + '\\n')\n"
    "  finish({ type: 'RUN_ERROR', code: 'code-failed', message }, 1)\n"
    "}\n"
    "process.on('uncaughtException', fail)\n"
    "process.on('unhandledRejection', (why) => err.put(`Unhandled rejection: ${why?.message ?? why}\\n`))\n"
    "\n"
    "let calls = 0\n"
    "const call = async (toolPath, input) => {\n"
    "  const id = ++calls\n"
    "  const params = { name: 'call_tool', arguments: { toolPath, input } }\n"
    "  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json',\n"
    "    accept: 'application/json, text/event-stream' }\n"
    "  const body = JSON.stringify({ jsonrpc: '2.0', id, method: 'tools/call', params })\n"
    "  const said = await (await fetch(url, { method: 'POST', headers, body })).text()\n"
    "  const data = said.startsWith('{') ? [said] : said.match(/^data: .*$/gm).map((line) => line.slice(6))\n"
    "  const { error, result } = data.map((line) => JSON.parse(line)).find((message) => message.id === id)\n"
    "  if (error) throw new Error(error.message)\n"
    "  if (result.isError) throw new Error(result.content[0].text)\n"
    "  return JSON.parse(result.content[0].text).value\n"
    "}\n"
    "const toolsAt = (path) =>\n"
    "  new Proxy(() => {}, {\n"
    "    get: (_, name) => (name === 'then' || typeof name !== 'string' ? undefined : toolsAt([...path, name])),\n"
    "    apply: async (_, self, [input = {}]) => call(path.join('.'), input),\n"
    "  })\n"
    "\n"
    "const depth = (v, at = 1) => {\n"
    "  if (at > 100 || typeof v !== 'object' || v === null) return at\n"
    "  return Object.values(v).reduce((most, inner) => Math.max(most, depth(inner, at + 1)), at)\n"
    "}\n"
    "const plain = (value) => {\n"
    "  let json\n"
    "  try { json = JSON.stringify(value) ?? 'null' } catch { json = JSON.stringify(String(value)) }\n"
    "  if (Buffer.byteLength(json) > 2 ** 24) throw new Error(`the result is longer than ${2 ** 24} bytes`)\n"
    "  const back = JSON.parse(json)\n"
    "  if (depth(back) > 100) throw new Error('the result is nested more than 100 deep')\n"
    "  return back\n"
    "}\n"
    "\n"
    "try {\n"
    "  const Code = (async () => {}).constructor\n"
    "  const run = new Code('tools', 'console', `\"use strict\";\\n${readFileSync(0, 'utf8')}`)\n"
    "  const value = await run(toolsAt([]), own)\n"
    "  if (value !== undefined) custom('" CODE_RESULT "', plain(value))\n"
    "  finish({ type: 'RUN_FINISHED' }, 0)\n"
    "} catch (error) {\n"
    "  fail(error)\n"
    "}\n";
/* clang-format on */

static const char tool[] =
    "[{\"name\":\"call_tool\",\"description\":\"Calls a tool of the host by its path, "
    "such as \\\"github.issues.list\\\".\",\"inputSchema\":{\"type\":\"object\","
    "\"properties\":{\"toolPath\":{\"type\":\"string\"},\"input\":{}},"
    "\"required\":[\"toolPath\"]}}]";

unsigned code_program_ms(const struct code_request *code, unsigned most_ms)
{
  return most_ms > 0 && most_ms < code->timeout_ms ? most_ms : code->timeout_ms;
}

/* The first line may come late, for the code need not print: only its own time counts. */
static void put_timeouts(struct json_writer *w, unsigned ms)
{
  json_open(w, "timeouts", '{');
  json_put_int(w, "runMs", ms);
  json_put_int(w, "startMs", LIMIT_RUN_MS);
  json_put_int(w, "idleMs", 0);
  json_put_int(w, "toolMs", ms);
  json_put_int(w, "killGraceMs", LIMIT_CODE_KILL_GRACE_MS);
  json_close(w, '}');
}

static void put_harness(struct json_writer *w, const char *harness)
{
  json_put_text(w, "harness", span_of(harness));
  if (!span_is(span_of(harness), "command"))
    return;
  json_open(w, "harnessOptions", '{');
  json_put_text(w, "output", SPAN_LITERAL("ndjson"));
  json_open(w, "command", '[');
  json_put_text(w, NULL, SPAN_LITERAL("node"));
  json_put_text(w, NULL, SPAN_LITERAL("--input-type=module"));
  json_put_text(w, NULL, SPAN_LITERAL("--eval"));
  json_put_text(w, NULL, SPAN_LITERAL(prelude));
  json_close(w, ']');
  json_close(w, '}');
}

/* A line end behind it, so that empty code is a prompt too. */
static void put_messages(struct json_writer *w, struct span code)
{
  struct buf text = buf_make(code.len + 2);
  buf_add(&text, code);
  buf_add_char(&text, '\n');
  json_open(w, "messages", '[');
  json_open(w, NULL, '{');
  json_put_text(w, "role", SPAN_LITERAL("user"));
  json_put_text(w, "content", buf_span(&text));
  json_close(w, '}');
  json_close(w, ']');
  buf_free(&text);
}

/* Its own copy, in one piece: spans point into it. */
static void set_callback(struct run_request *req, const struct callback *c)
{
  struct buf *text = &req->door_text;
  *text = buf_make(c->url.len + c->secret.len + c->run_id.len + 1);
  buf_reserve(text, text->ceiling);
  buf_add(text, c->url);
  buf_add(text, c->secret);
  buf_add(text, c->run_id);
  req->callback = *c;
  req->callback.url.at = text->at;
  req->callback.secret.at = text->at + c->url.len;
  req->callback.run_id.at = text->at + c->url.len + c->secret.len;
}

struct run_request *code_program_request(const struct code_request *code,
                                         const char *harness, unsigned most_ms,
                                         const struct request_rules *rules,
                                         struct fault *f)
{
  struct request_rules own = *rules;
  own.local_tools = true; /* no toolExecUrl: the calls go to the callback */
  struct buf text =
      buf_make(6 * (code->code.len + 2 * code->callback.run_id.len) + 64 * (size_t)KIB);
  struct json_writer w = json_write_to(&text);
  json_open(&w, NULL, '{');
  json_put_text(&w, "runId", code->callback.run_id);
  json_put_text(&w, "threadId", code->callback.run_id);
  json_put_text(&w, "model", SPAN_LITERAL("default"));
  put_messages(&w, code->code);
  put_harness(&w, harness);
  json_put_raw(&w, "workspace", SPAN_LITERAL("{\"source\":{\"type\":\"none\"}}"));
  json_put_raw(&w, "toolDescriptors", SPAN_LITERAL(tool));
  put_timeouts(&w, code_program_ms(code, most_ms));
  json_put_text(&w, "leftovers", SPAN_LITERAL("kill"));
  json_put_bool(&w, "fileEvents", false);
  json_put_int(&w, "maxChunkBytes", (long long)LIMIT_LINE_BYTES);
  json_close(&w, '}');
  struct run_request *req = run_request_read(&text, &own, f);
  if (req)
    set_callback(req, &code->callback);
  return req;
}
