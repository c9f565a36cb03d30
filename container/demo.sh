#!/bin/sh
# SPDX-License-Identifier: MIT
# demo.sh RUNLET AGENT: one request with a bridged tool to the end, first by `runlet run`, then by `runlet serve`
# and POST /run.  AGENT is the tests' scripted agent: it plays Claude Code, so that nobody needs an account to
# see the whole way.  With a real `claude` on PATH the same request works without the first line of PATH below.
set -eu
runlet=$1 agent=$2
here=$(mktemp -d)
server=
# shellcheck disable=SC2317 # called by the trap
clean() {
  [ -z "$server" ] || kill "$server" 2>/dev/null || true
  rm -rf "$here"
}
trap clean EXIT
say() { printf '\n\033[1m%s\033[0m\n' "$*"; }

mkdir "$here/bin" "$here/work" "$here/state"
chmod 700 "$here/state"
ln -s "$agent" "$here/bin/claude"
PATH=$here/bin:$PATH
export PATH RUNLET_WORKSPACE="$here/work" RUNLET_STATE_DIR="$here/state" RUNLET_LOG_LEVEL=warn

# What an orchestrator would do when the agent calls the tool: JSON in, JSON out.
cat >"$here/tool.sh" <<'TOOL'
#!/bin/sh
call=$(cat)
echo "the host got: $call" >>"$(dirname "$0")/calls"
printf '{"utc":"%s","weather":"dry"}\n' "$(date -u +%H:%M)"
TOOL
chmod +x "$here/tool.sh"

cat >"$here/request.json" <<'JSON'
{
  "runId": "demo-1", "threadId": "demo", "harness": "claude-code", "model": "sonnet",
  "workspace": {"source": {"type": "none"}},
  "toolDescriptors": [{"name": "getTime", "description": "What time is it there?",
    "inputSchema": {"type": "object", "properties": {"place": {"type": "string"}}}}],
  "toolExecUrl": "http://127.0.0.1:9/not-used-with-tool-command", "toolExecToken": "not-used",
  "messages": [{"role": "user", "content": "@init\n@think The user wants the time, the host has a tool for it.\n@text Let me ask the host.\n@tool getTime {\"place\":\"Reykjavik\"}\n@bash echo written by the agent > note.txt && ls\n@text All done.\n@result success"}]
}
JSON

say "1. runlet run: the request from a file, a transcript for people"
"$runlet" run --output pretty --tool-command "$here/tool.sh" "$here/request.json"
cat "$here/calls"

say "2. runlet serve and POST /run: the same request, the events as they are"
: >"$here/log" # it is read before the service may have opened it
"$runlet" serve --listen 127.0.0.1:0 --tool-command "$here/tool.sh" --log-level info 2>"$here/log" &
server=$!
for _ in $(seq 100); do
  port=$(sed -n 's/.*listening on 127\.0\.0\.1:\([0-9]*\).*/\1/p' "$here/log")
  [ -n "$port" ] && break
  sleep 0.05
done
[ -n "$port" ] || { cat "$here/log" >&2; exit 1; }
printf 'GET /health: '
curl -fsS --noproxy '*' "http://127.0.0.1:$port/health"
printf '\n'
curl -fsS --noproxy '*' -N --data-binary @"$here/request.json" "http://127.0.0.1:$port/run" | tee "$here/events" | cut -c1-200
grep -q '"type":"RUN_FINISHED"' "$here/events" || { echo "demo.sh: the run did not finish" >&2; exit 1; }
kill "$server"
wait "$server" || { echo "demo.sh: serve did not end well" >&2; exit 1; }
server=
say "both ran to the end. Next: README.md, \"Run something\", with your own agent and tools. The program is $runlet"
