/* SPDX-License-Identifier: MIT */
/* version.h - the one place where the program's version becomes text.
 *
 * The build gives it (-DRUNLET_VERSION="…", from meson's project version); there is no
 * default, so that no binary can carry a made-up one.  */
#ifndef BASE_VERSION_H
#define BASE_VERSION_H

#ifndef RUNLET_VERSION
#error "RUNLET_VERSION must come from the build"
#endif

#endif
