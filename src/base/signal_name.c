/* SPDX-License-Identifier: MIT */
/* signal_name.c - a table of our own: musl has no sigabbrev_np(), and strsignal() gives
 * words ("Terminated") that differ between the C libraries. */
#include "base/signal_name.h"

#include <signal.h>
#include <stddef.h>

const char *signal_name(int number)
{
  static const char *const names[] = {
      [SIGHUP] = "SIGHUP",   [SIGINT] = "SIGINT",   [SIGQUIT] = "SIGQUIT",
      [SIGILL] = "SIGILL",   [SIGTRAP] = "SIGTRAP", [SIGABRT] = "SIGABRT",
      [SIGBUS] = "SIGBUS",   [SIGFPE] = "SIGFPE",   [SIGKILL] = "SIGKILL",
      [SIGUSR1] = "SIGUSR1", [SIGSEGV] = "SIGSEGV", [SIGUSR2] = "SIGUSR2",
      [SIGPIPE] = "SIGPIPE", [SIGALRM] = "SIGALRM", [SIGTERM] = "SIGTERM",
      [SIGXCPU] = "SIGXCPU", [SIGXFSZ] = "SIGXFSZ", [SIGSYS] = "SIGSYS",
  };
  size_t count = sizeof names / sizeof names[0];
  return number > 0 && (size_t)number < count ? names[number] : NULL;
}
