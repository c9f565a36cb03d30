/* src/unix/linux.c with one thing done otherwise: no io_uring.  libuv 1.50 hands the changes of epoll's set to the
 * kernel by a ring where there is one (Linux 5.13 and newer), whatever UV_USE_IO_URING says.  Under load, with signals
 * coming in, a descriptor was seen to be missing from that set afterwards, and the run behind it stayed for ever.  By
 * epoll_ctl(2) each change is made, or fails, before the next; and where io_uring is refused nothing is tried. */
#include <sys/syscall.h>
#undef __NR_io_uring_setup
#define __NR_io_uring_setup -1 /* no such call */
#include "unix/linux.c"
