/* SPDX-License-Identifier: MIT */
/* tree_removal.h - removing a folder and all in it, whatever somebody has put there.
 *
 * An agent may leave a hundred thousand files, or folders in folders twenty thousand
 * deep, and its processes may still rename what we look at.  So nothing here recurses,
 * goes up by "..", or follows a link: what lies deep is moved to the top and emptied
 * there.  Three descriptors are open at a time.  A folder that forbids its owner to write
 * is permitted first.
 *
 * In small pieces it may be done on the loop: a step stops after so many entries.  */
#ifndef IO_TREE_REMOVAL_H
#define IO_TREE_REMOVAL_H

#include "base/fault.h"

enum tree_removal { TREE_LEFT = -1, TREE_GONE, TREE_MORE };

/* TREE_MORE: `most` entries were looked at, and there are others.  TREE_LEFT: something
 * cannot be removed, and the fault names it.  What is not there is gone. */
enum tree_removal tree_remove_some(const char *path, unsigned long most, struct fault *f);

#endif
