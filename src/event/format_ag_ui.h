/* SPDX-License-Identifier: MIT */
/* format_ag_ui.h - events as the AG-UI specification has them (@ag-ui/core 1.0.0); what
 * it has no place for stands in metadata.runlet.  Two rows of event/formats.h.  */
#ifndef EVENT_FORMAT_AG_UI_H
#define EVENT_FORMAT_AG_UI_H

#include "event/event_format.h"

extern const struct event_format event_format_ag_ui, event_format_agui;

#endif
