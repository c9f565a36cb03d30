// SPDX-License-Identifier: MIT
// The package's bridge alone: what starts with it has nothing else to load.
export { runBridge } from '@ai-sdk/harness/bridge'
