#!/bin/sh
# SPDX-License-Identifier: MIT
# OpenCode 1.18.33: `opencode export` into a pipe is cut off, with exit status 0.
#
# The same session, the same command: into a file all of it is written; into a pipe whose reader is not always there at
# once, only what the pipe and the first writes took (65536 or 131072 bytes), the rest is lost when the process exits.
# The exit status is 0, and what came is no JSON.
#
# Expected: all of it, or an exit status that says otherwise.
#
# Seen:
#   file 1001116 bytes, exit 0
#   pipe 131072 bytes, exit 0
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
npm install --prefix "$dir" --no-audit --no-fund --silent opencode-ai@1.18.33 || {
  echo 'the package could not be installed' >&2
  exit 2
}
mkdir "$dir/home" "$dir/work"
HOME=$dir/home OPENCODE_DISABLE_MODELS_FETCH=1 OPENCODE_DISABLE_AUTOUPDATE=1
export HOME OPENCODE_DISABLE_MODELS_FETCH OPENCODE_DISABLE_AUTOUPDATE
cd "$dir/work"
opencode=$dir/node_modules/.bin/opencode

# One message of a million bytes, as `opencode export` itself writes a session.
{
  cat <<'HEAD'
{"info":{"id":"ses_ddd85d91affehyFPNZzlNsfBHd","slug":"brave-planet","projectID":"global","directory":"/tmp","title":"t",
"version":"1.18.33","time":{"created":1795874760421,"updated":1795874762752}},
"messages":[{"info":{"role":"user","time":{"created":1795874760487},"agent":"build",
"model":{"providerID":"mock","modelID":"mock-model"},"id":"msg_2227a2727001KEJAg0wRV6LduC",
"sessionID":"ses_ddd85d91affehyFPNZzlNsfBHd"},
"parts":[{"type":"text","id":"prt_2227a272e001L42cd54dn7p9vv","sessionID":"ses_ddd85d91affehyFPNZzlNsfBHd",
"messageID":"msg_2227a2727001KEJAg0wRV6LduC","text":"
HEAD
  head -c 1000000 /dev/zero | tr '\0' x
  echo '"}]}]}'
} | tr -d '\n' >"$dir/session.json"
"$opencode" import "$dir/session.json" >"$dir/log" 2>&1 || { cat "$dir/log" >&2; exit 2; }

"$opencode" export ses_ddd85d91affehyFPNZzlNsfBHd >"$dir/whole" 2>/dev/null
whole=$(wc -c <"$dir/whole")
echo "file $whole bytes, exit 0"
piped=$({ "$opencode" export ses_ddd85d91affehyFPNZzlNsfBHd 2>/dev/null; echo $? >"$dir/status"; } | { sleep 2; wc -c; })
echo "pipe $piped bytes, exit $(cat "$dir/status")"
[ "$whole" -gt 1000000 ] && [ "$piped" -lt "$whole" ] && [ "$(cat "$dir/status")" = 0 ]
