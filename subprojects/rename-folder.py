#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""rename-folder.py ARCHIVE.tar.gz OLD/ NEW/ > OUT: the archive as `git archive --prefix=NEW/ | gzip -cn` writes it.

Debian's archive of libuv was made so with another prefix; changing the names (and the sums of their headers) gives
upstream's file byte for byte.  GNU gzip compresses, Python's own would give other bytes."""
import subprocess
import sys

BLOCK = 512


def rename(tar, old, new):
    out, at = bytearray(), 0
    while at < len(tar):
        header = bytearray(tar[at:at + BLOCK])
        at += BLOCK
        if not any(header):
            out += header
            continue
        size = int(header[124:136].strip(b"\0 ") or b"0", 8)
        name = bytes(header[0:100]).rstrip(b"\0")
        if name.startswith(old):
            header[0:100] = (new + name[len(old):]).ljust(100, b"\0")
            header[148:156] = b" " * 8
            header[148:156] = b"%07o\0" % sum(header)
        out += header
        padded = (size + BLOCK - 1) // BLOCK * BLOCK
        out += tar[at:at + padded]
        at += padded
    return bytes(out)


def main():
    archive, old, new = sys.argv[1:]
    tar = subprocess.run(["gzip", "-dc", archive], stdout=subprocess.PIPE, check=True).stdout
    packed = subprocess.run(["gzip", "-cn"], input=rename(tar, old.encode(), new.encode()),
                            stdout=subprocess.PIPE, check=True).stdout
    sys.stdout.buffer.write(packed)


main()
