/* SPDX-License-Identifier: MIT */
/*
 * relr_start.c - where the release build begins: its packed relocations are applied, then
 * musl's own start goes on.
 *
 * A static, position independent executable relocates itself. Its table of relative
 * relocations (24 bytes each) takes 45 KB; packed (DT_RELR, "-z pack-relative-relocs") it
 * takes 1 KB. musl reads that form from 1.2.4 on, Debian 12 has 1.2.3: so it is done here,
 * and DT_RELRSZ is set to 0, so that a newer musl does not do it again.
 *
 * Format: https://groups.google.com/g/generic-abi/c/bX460iggiKg (generic ABI, "Proposal for
 * a new section type SHT_RELR"). An even entry is the address of a word, an odd one is a
 * bitmap of the 63 words behind the last.
 *
 * Nothing here may need a relocation, a stack guard or a library: none is ready.
 */
#include <elf.h>
#include <stddef.h>
#include <stdint.h>

enum { RELRSZ = 35, RELR = 36 }; /* DT_…: not in every elf.h */

#define HIDDEN __attribute__((visibility("hidden")))

extern const char __ehdr_start[] HIDDEN; /* the linker's: where the file was mapped */
extern Elf64_Dyn _DYNAMIC[] HIDDEN;

void relr_apply(void) HIDDEN;

void relr_apply(void)
{
  const uint64_t base = (uint64_t)__ehdr_start;
  const uint64_t *entry = NULL;
  size_t count = 0;
  for (Elf64_Dyn *d = _DYNAMIC; d->d_tag != DT_NULL; d++) {
    if (d->d_tag == RELR)
      entry = (const uint64_t *)(base + d->d_un.d_ptr);
    if (d->d_tag == RELRSZ) {
      count = d->d_un.d_val / sizeof *entry;
      d->d_un.d_val = 0;
    }
  }
  uint64_t *word = NULL;
  for (size_t i = 0; entry && i < count; i++) {
    if ((entry[i] & 1) == 0) {
      word = (uint64_t *)(base + entry[i]);
      *word++ += base;
      continue;
    }
    for (unsigned bit = 1; bit < 64; bit++)
      if (entry[i] >> bit & 1)
        word[bit - 1] += base;
    word += 63;
  }
}

#if defined(__x86_64__)
__asm__(".text\n.globl relr_start\n.type relr_start,%function\nrelr_start:\n"
        "  mov %rsp, %rbx\n"
        "  and $-16, %rsp\n"
        "  call relr_apply\n"
        "  mov %rbx, %rsp\n"
        "  xor %edx, %edx\n" /* no function to be called at exit */
        "  jmp _start\n");
#elif defined(__aarch64__)
__asm__(".text\n.globl relr_start\n.type relr_start,%function\nrelr_start:\n"
        "  bl relr_apply\n"
        "  mov x29, #0\n"
        "  mov x30, #0\n"
        "  b _start\n");
#else
#error "relr_start: x86-64 and aarch64 are known"
#endif
