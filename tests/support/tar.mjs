// SPDX-License-Identifier: MIT
// Tar archives (ustar) as tests read and make them, good ones and bad ones.

const BLOCK = 512
const text = (block, from, length) =>
  block
    .subarray(from, from + length)
    .toString('utf8')
    .replace(/\0.*$/s, '')

/** [{name, type, text}] in their order. */
export function filesOf(archive) {
  const files = []
  for (let at = 0; archive[at];) {
    const head = archive.subarray(at, at + BLOCK)
    const size = parseInt(text(head, 124, 12), 8)
    const prefix = text(head, 345, 155)
    files.push({
      name: (prefix ? `${prefix}/` : '') + text(head, 0, 100),
      type: String.fromCharCode(head[156]),
      text: archive.subarray(at + BLOCK, at + BLOCK + size).toString('utf8'),
    })
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK
  }
  return files
}

function header({ name, type = '0', text = '', link = '', size = Buffer.byteLength(text), sum }) {
  const head = Buffer.alloc(BLOCK)
  head.write(name, 0, 100)
  head.write('0000600\0' + '0000000\0' + '0000000\0', 100)
  head.write(`${size.toString(8).padStart(11, '0')}\0`, 124)
  head.write('00000000000\0', 136)
  head.write(' '.repeat(8), 148)
  head.write(type, 156)
  head.write(link, 157, 100)
  head.write('ustar\x0000', 257)
  const right = head.reduce((a, b) => a + b, 0)
  head.write(`${(sum ?? right).toString(8).padStart(6, '0')}\0 `, 148)
  return head
}

/** Of files as filesOf() gives them; `type`, `link`, `size`, `sum` make bad ones. */
export function tarOf(files) {
  const parts = files.flatMap((f) => {
    const bytes = Buffer.from(f.text ?? '')
    return [header(f), bytes, Buffer.alloc((BLOCK - (bytes.length % BLOCK)) % BLOCK)]
  })
  return Buffer.concat([...parts, Buffer.alloc(2 * BLOCK)])
}
