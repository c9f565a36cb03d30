# SPDX-License-Identifier: MIT
"""terminal.py COLUMNS COMMAND... - COMMAND on a terminal of its own: what comes on stdin is typed, what is shown goes to
stdout, its exit status is ours (128+n: ended by signal n)."""
import fcntl
import os
import pty
import select
import struct
import sys
import termios

pid, screen = pty.fork()
if pid == 0:
    fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 24, int(sys.argv[1]), 0, 0))
    os.execvp(sys.argv[2], sys.argv[2:])
watched = [0, screen]
while screen in watched:
    for fd in select.select(watched, [], [])[0]:
        try:
            text = os.read(fd, 65536)
        except OSError:  # nobody has the terminal open any more
            text = b""
        if not text:
            watched.remove(fd)
        to = screen if fd == 0 else 1
        while text:
            text = text[os.write(to, text) :]
status = os.waitpid(pid, 0)[1]
sys.exit(128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status))
