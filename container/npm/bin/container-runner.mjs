#!/usr/bin/env node
// SPDX-License-Identifier: MIT
// The shim for TanStack's coordinator, with the binary of this installation.
import { binary } from '../index.mjs'

try {
  process.env.RUNLET_BIN = binary()
} catch {
  /* the shim looks on PATH, and says what is missing */
}
await import('../container-runner.mjs')
