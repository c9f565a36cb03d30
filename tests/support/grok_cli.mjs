// SPDX-License-Identifier: MIT
// The user's own config of Grok Build for a mock chat completions API: a model `mock`, nothing that calls home.
import fs from 'node:fs'
import path from 'node:path'

export function writeGrokConfig(box, url) {
  fs.mkdirSync(path.join(box.home, '.grok'))
  fs.writeFileSync(path.join(box.home, '.grok/config.toml'), `[cli]
auto_update = false
[features]
telemetry = false
[telemetry]
trace_upload = false
[marketplace]
default_skills_installs_purged = true
[models]
default = "mock"
[model.mock]
model = "mock-model"
base_url = "${url}/v1"
api_key = "sk-mock"
api_backend = "chat_completions"
context_window = 200000
`)
}
