// SPDX-License-Identifier: MIT
// Where the binary is: RUNLET_BIN, else in the package of this platform, which npm installs beside this one.
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

export function binary() {
  if (process.env.RUNLET_BIN) return process.env.RUNLET_BIN
  const name = `runlet-${process.platform}-${process.arch}`
  try {
    return join(dirname(createRequire(import.meta.url).resolve(`${name}/package.json`)), 'bin', 'runlet')
  } catch {
    throw new Error(
      `the package ${name} is not installed (there are linux-x64 and linux-arm64; npm leaves it out with --omit=optional): install it, or set RUNLET_BIN`,
    )
  }
}
