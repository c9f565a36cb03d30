#!/usr/bin/env node
// SPDX-License-Identifier: MIT
// The binary in the place of this process, where Node can do that (22.15 and newer); else as its child, whose signals
// and exit status are passed on.
import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { binary } from '../index.mjs'

function fail(error) {
  console.error(`runlet: ${error.message}`)
  process.exit(1)
}

function asChild(file, args) {
  const child = spawn(file, args, { stdio: 'inherit' })
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  // Of a terminal's Ctrl-C the child has its own.
  process.on('SIGINT', () => process.stdin.isTTY || child.kill('SIGINT'))
  child.on('error', fail)
  child.on('exit', (code, signal) => process.exit(signal ? 128 + constants.signals[signal] : code))
}

try {
  const file = binary()
  const args = process.argv.slice(2)
  if (process.execve) {
    process.emitWarning = () => {} // that execve is experimental
    process.execve(file, [file, ...args], process.env)
  }
  asChild(file, args)
} catch (error) {
  fail(error)
}
