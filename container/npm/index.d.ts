// SPDX-License-Identifier: MIT
/** The path of the binary; throws where there is none for this platform. */
export function binary(): string
