/* SPDX-License-Identifier: MIT */
/* limits.h - every ceiling, deadline and high-water mark of the program, in one place.
 *
 * Sizes are bytes, times are milliseconds, and both say so in their names.  What a user
 * may change is only a default here: the option wins, and then the request
 * (request/run_request.h, door/options.h).  A buffer, a wait or a queue that has no line
 * in this file is a defect, but for three kinds of buffers.  What is made out of one text
 * that is bounded has a ceiling by that text's length (a copy, an unescaped or a repaired
 * form).  A short text of our own making (an error's words, a header line, a path, an
 * answer about ourselves) has its ceiling where it is made, at most MIB.  And what must
 * not lose a part has SIZE_MAX, where the parts are bounded: a log message before secrets
 * are struck out of it, an entry of an environment. */
#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

#include <stddef.h>

enum { KIB = 1024, MIB = 1024 * 1024 };

/* What the agent prints. */
#define LIMIT_LINE_BYTES        ((size_t)64 * MIB) /* one stdout line; longer: resync */
#define LIMIT_STDERR_TAIL_BYTES ((size_t)4 * KIB)  /* shown, cleaned */
#define LIMIT_STDERR_KEPT_BYTES ((size_t)8 * KIB)  /* kept, so that no secret is cut */
#define LIMIT_PIPE_BYTES        ((size_t)1 * MIB)  /* asked of the kernel, each stream */
#define LIMIT_READ_BYTES        ((size_t)64 * KIB) /* one read of a pipe or socket */
#define LIMIT_TURN_MS           20u /* of its lines in a row; then it is others' turn */

/* JSON. */
#define LIMIT_JSON_DEPTH      128
#define LIMIT_JSON_TREE_BYTES ((size_t)4 * MIB) /* text that becomes a tree */
#define LIMIT_JSON_VALUES     500000            /* in it: each costs 64 bytes */
#define LIMIT_JSON_LONG_BYTES ((size_t)1 * KIB) /* longer strings stay slices */

/* What goes out. */
#define LIMIT_CHUNK_BYTES         ((size_t)1 * MIB) /* one event; longer: cut or split */
#define LIMIT_CHUNK_MIN_BYTES     ((size_t)1 * KIB) /* the smallest maxChunkBytes taken */
#define LIMIT_EVENT_LINE_BYTES    ((size_t)512 * MIB) /* one event's text, ever */
#define LIMIT_SINK_HIGH_BYTES     ((size_t)1 * MIB)   /* above: stdout is not read */
#define LIMIT_SINK_LOW_BYTES      ((size_t)256 * KIB) /* below: it is read again */
#define LIMIT_ERROR_MESSAGE_BYTES ((size_t)4 * KIB)
#define LIMIT_KEEPALIVE_MS        15000u /* blank line on a silent NDJSON answer */
#define LIMIT_SIGN_MS             1000u  /* between signs of life on a terminal */
#define LIMIT_HEARTBEAT_MS        60000u /* CUSTOM runlet.heartbeat after silence */

/* The event log of a run, for readers that come later. */
#define LIMIT_LOG_BLOCK_BYTES  ((size_t)64 * KIB) /* one read of it */
#define LIMIT_LOG_MEMORY_BYTES ((size_t)1 * MIB)  /* of a run; then the file */
#define LIMIT_LOG_SPILL_BYTES  ((unsigned long long)64 * MIB) /* the file of a run */
#define LIMIT_KEEP_RUNS        32      /* runs that are over and can still be read */
#define LIMIT_KEEP_MS          600000u /* … for so long */
#define LIMIT_KEEP_BYTES       ((unsigned long long)256 * MIB) /* … memory and files */
#define LIMIT_NOTE_BYTES       ((size_t)64 * KIB)  /* of a run that goes on; more: none */
#define LIMIT_NOTES            ((size_t)64 * KIB)  /* such runs; more have none */
#define LIMIT_EVENT_NUMBER     (1ull << 53)        /* no client can count further */
#define LIMIT_READER_BYTES     ((size_t)256 * KIB) /* taken from the log, not yet sent */

/* Files of a workspace that are made, changed, deleted. */
#define LIMIT_FILES_BYTES     ((size_t)32 * MIB) /* of names known; more: not told */
#define LIMIT_FILES_WAITING   8192  /* names with news; more wait in the kernel */
#define LIMIT_FILES_TURN_MS   10u   /* of work in a row; then it is others' turn */
#define LIMIT_FILES_GATHER_MS 250u  /* in which news of one name are one */
#define LIMIT_FILES_PACE_MS   20u   /* between two fetches of news */
#define LIMIT_FILES_RESCAN_MS 1000u /* between two readings of all, when news were lost */
#define LIMIT_FILES_LAST_MS   5000u /* after the agent's end; then the rest is cut */
#define LIMIT_FILES_CUT_MS    500u  /* … when we ended it */

/* What the kernel tells. */
#define LIMIT_SOCKETS_BYTES ((size_t)64 * MIB) /* its table of them, 150 bytes each */
#define LIMIT_PROC_BYTES    ((size_t)16 * MIB) /* any other text of /proc or a cgroup */

/* The event writer and the harnesses. */
#define LIMIT_DIFF_BYTES        ((size_t)64 * KIB) /* of file.changed; then: cut */
#define LIMIT_NAME_BYTES        ((size_t)16 * KIB) /* one id or tool name from an agent */
#define LIMIT_SEEN_IDS          ((size_t)1 << 20)  /* ids remembered in one run */
#define LIMIT_OPEN_BLOCKS       256  /* of a message, that can be named as abandoned */
#define LIMIT_OPEN_CALLS        4096 /* without a result; more: the oldest gets one */
#define LIMIT_WAITING_MESSAGES  64   /* of a run, that wait for its agent; more: 409 */
#define LIMIT_OPEN_QUESTIONS    256  /* of a run, for leave; one more is denied at once */
#define LIMIT_ABANDONED_BYTES   ((size_t)64 * KIB) /* ids of an answer not yet whole */
#define LIMIT_CERTIFICATE_BYTES ((size_t)64 * KIB)
#define LIMIT_ARGUMENT_BYTES    ((size_t)100 * KIB) /* one argv entry; Linux: 128 KiB */

/* Removing a folder. */
#define LIMIT_REMOVE_ENTRIES  256ul       /* on the loop; more: by a process */
#define LIMIT_REMOVER_ENTRIES 100000000ul /* which gives up then */
#define LIMIT_REMOVER_MS      200u        /* for which an exit of ours waits for it */

/* Paths: one that is put together; Linux takes 4 KiB. */
#define LIMIT_PATH_BYTES       ((size_t)8 * KIB)
#define LIMIT_AGENT_USER_BYTES ((size_t)4 * KIB) /* uid, gid and groups as text */

/* The control port. */
#define LIMIT_WORDS_BYTES     ((size_t)16 * MIB) /* a word to a running agent; 413 */
#define LIMIT_WAITING_BYTES   ((size_t)32 * MIB) /* … of all that wait; more: 409 */
#define LIMIT_BODY_BYTES      ((size_t)32 * MIB)
#define LIMIT_HEADER_BYTES    ((size_t)16 * KIB) /* request line and all headers */
#define LIMIT_HEAD_ROOM_BYTES ((size_t)2 * KIB)  /* for one at first: most fit */
#define LIMIT_HEADER_COUNT    100
#define LIMIT_CONNECTIONS     128
#define LIMIT_RUNS            8
#define LIMIT_FIRST_BYTE_MS   10000u  /* of a connection that says nothing at all */
#define LIMIT_SILENT_MS       1000u   /* without a byte: then a body may make room */
#define LIMIT_HEAD_MS         10000u  /* from the first byte to the end of the headers */
#define LIMIT_BODY_MS         60000u  /* without a byte of the body */
#define LIMIT_HEALTH_MS       5000u   /* for `runlet health` to be answered */
#define LIMIT_IDLE_MS         75000u  /* a kept-alive connection without a request */
#define LIMIT_WRITE_STALL_MS  600000u /* a reader that takes no byte is gone */
#define LIMIT_SPARE_FDS       64    /* descriptors that only the control port may take */
#define LIMIT_REFUSED         16    /* over the limit, but heard; more: closed */
#define LIMIT_REFUSED_MS      1000u /* for one of them to say what it wants */
#define LIMIT_HTTP_OUT_BYTES  (LIMIT_EVENT_LINE_BYTES + MIB) /* unsent; more: cut */
#define LIMIT_PROBE_BYTES     ((size_t)1 * KIB)  /* what asks if a client is there */
#define LIMIT_LINGER_BYTES    ((size_t)64 * MIB) /* dropped after an early answer */
#define LIMIT_LINGER_MS       3000u              /* for the client to close its end */

/* A WebSocket. */
#define LIMIT_WS_MESSAGE_BYTES ((size_t)100 * MIB) /* of a client; more: closed 1009 */
#define LIMIT_WS_PING_MS       30000u /* silent for so long: a ping; again: gone */
#define LIMIT_WS_CLOSE_MS      3000u  /* for the client's answer to our close */

/* The gateway (Paperclip's queue of files); most are its host's to change. */
#define LIMIT_GATEWAY_POLL_MS     100u   /* between two looks for a response */
#define LIMIT_GATEWAY_RESPONSE_MS 30000u /* for the host to answer a request */
#define LIMIT_GATEWAY_STALE_MS    2000u  /* a request that old after that is nobody's */
#define LIMIT_GATEWAY_DEPTH       64     /* requests in the queue; more: 503 */
#define LIMIT_GATEWAY_BODY_BYTES  ((size_t)10 * MIB + 64 * KIB) /* more: 502 */
#define LIMIT_GATEWAY_BYTES       ((size_t)1 << 30) /* held for all requests; more: 503 */
#define LIMIT_GATEWAY_END_MS      1500u             /* from TERM to the last answer */

/* A process session (Paperclip's files to and from one process). */
#define LIMIT_SESSION_LOOK_MS       50u   /* between two looks for a message */
#define LIMIT_SESSION_RETRIES       100u  /* looks for one that is late; then: lost */
#define LIMIT_SESSION_GRACE_MS      3000u /* TERM to KILL */
#define LIMIT_SESSION_MESSAGE_BYTES ((size_t)64 * MIB)
#define LIMIT_SESSION_STDIN_BYTES   ((size_t)1 * MIB) /* unread by it: no more is taken */
#define LIMIT_SESSION_EVENTS        4096u /* not removed by the host: it is not read */
#define LIMIT_SESSION_FLUSH_MS      3000u /* for the last lines to leave */

/* The bridge (one agent on loopback; its connections stay open for the whole run). */
#define LIMIT_BRIDGE_BODY_BYTES  ((size_t)32 * MIB)
#define LIMIT_BRIDGE_CONNECTIONS 256
#define LIMIT_BRIDGE_SESSIONS    64
#define LIMIT_BRIDGE_HOLD_MS     250u   /* a result by then is plain JSON, later SSE */
#define LIMIT_BRIDGE_PROGRESS_MS 10000u /* progress on an open SSE answer */
#define LIMIT_BRIDGE_GONE_MS     1000u  /* a legacy agent hung up in mid-call */
#define LIMIT_BRIDGE_BATCH       256    /* messages in one array */
#define LIMIT_BRIDGE_REPLY_BYTES ((size_t)384 * MIB) /* one JSON-RPC message */
#define LIMIT_BRIDGE_ECHO_BYTES  ((size_t)200) /* of a client's own words in an error */

/* Tool calls to the orchestrator. */
#define LIMIT_TOOL_ANSWER_BYTES   ((size_t)64 * MIB)
#define LIMIT_TOOL_MS             3600000u
#define LIMIT_TOOL_CONNECT_MS     10000u
#define LIMIT_RUN_CALLS           64u   /* in flight, of a run; more wait */
#define LIMIT_CALLS               256u  /* … of the process */
#define LIMIT_WAITING_CALLS       1024u /* of a run; more: an error */
#define LIMIT_TOOL_ERROR_CHARS    200 /* of a failed answer's body, shown to the agent */
#define LIMIT_TOOL_CONNECTIONS    64
#define LIMIT_TOOL_PENDING_MS     1000u /* a pending answer that does not say when */
#define LIMIT_TOOL_PENDING_MIN_MS 50u
#define LIMIT_CLIENT_UPLOAD_BYTES 16384 /* a piece of a request's body */
#define LIMIT_CLIENT_IDLE_HANDLES 32    /* of libcurl, kept for the next request */
#define LIMIT_CLIENT_IDLE_MS      4000u /* of a kept connection: node closes after 5 s */

/* MCP servers that are not ours: that of `bridge`, and others for the agent. */
#define LIMIT_SERVER_LIST_MS    30000u            /* to tell its tools */
#define LIMIT_SERVER_LIST_BYTES ((size_t)8 * MIB) /* of them, all pages */
#define LIMIT_SERVER_PAGES      64
#define LIMIT_MCP_SERVERS       32 /* of workspace.skills */

/* Code that is run for its host (POST /v1/runs). */
#define LIMIT_CALLBACK_PENDING_MS 500u /* a pending call that does not say when */
#define LIMIT_CALLBACK_BYTES      ((size_t)1 * MIB) /* its answer to any other callback */
#define LIMIT_CODE_RUN_MS         300000u /* of code, where the request does not say */
#define LIMIT_CODE_URL_RUN_MS     30000u  /* … of a host that is called at one URL */
#define LIMIT_CODE_KILL_GRACE_MS  2000u   /* TERM to KILL: hosts wait 30 s more */
#define LIMIT_CODE_OUTPUT_BYTES   ((size_t)256 * KIB) /* of each stream; then: cut */
#define LIMIT_CODE_RESULT_BYTES   ((size_t)16 * MIB)  /* returned; more: failed */
#define LIMIT_CODE_GATHER_MS      25u /* lines of that time are told by one callback */
#define LIMIT_CODE_UNTOLD_BYTES   ((size_t)256 * KIB) /* … and wait; more: left out */
#define LIMIT_CODE_TOLD_BYTES     ((size_t)64 * KIB)  /* of one callback */
#define LIMIT_CODE_OUTPUT_MS      5000u /* for an output callback to be answered */
#define LIMIT_CODE_FLUSH_MS       2000u /* for the last ones, at the end */
#define LIMIT_CODE_COMPLETE_MS    5000u /* for the end to be taken, of each try */

/* An agent that speaks HTTP: its server on loopback. */
#define LIMIT_AGENT_CONNECT_MS 10000u
#define LIMIT_LAST_EVENTS_MS                                                             \
  3000u /* of its stream, after the answer that ends the turn */
#define LIMIT_STREAM_BYTES ((size_t)64 * KIB) /* of a stream, not handed out yet */

/* The bridge of a harness (vercel/ai). */
#define LIMIT_BRIDGE_FRAME_BYTES ((size_t)96 * MIB) /* of the host; more: 1009 */
#define LIMIT_BRIDGE_LOG_BYTES                                                           \
  ((size_t)64 * MIB)                         /* of a turn, in memory; the rest: disk */
#define LIMIT_BRIDGE_SOCKETS       32        /* more: closed with 1013 */
#define LIMIT_BRIDGE_HELLO_MS      10u       /* after the 101: some hosts listen late */
#define LIMIT_BRIDGE_ANNOUNCE_MS   50u       /* a call waits for its announcement */
#define LIMIT_BRIDGE_CALLS         4096      /* announced, of a turn; more: not bound */
#define LIMIT_BRIDGE_MESSAGES      4096      /* ids of messages of a turn */
#define LIMIT_BRIDGE_KILL_GRACE_MS 1900u     /* and half of it for politeness: 3 s */
#define LIMIT_BRIDGE_QUESTION_MS   86400000u /* an approval may wait over a suspension */
#define LIMIT_BRIDGE_PING_MS       30000u
#define LIMIT_BRIDGE_CLOSE_MS      1000u /* for the host's half of our close */

/* Spans, on their way to a collector (OTLP). */
#define LIMIT_OTLP_QUEUE_BYTES  ((size_t)1 * MIB)   /* that wait; more: dropped */
#define LIMIT_OTLP_BATCH_BYTES  ((size_t)256 * KIB) /* so many leave at once … */
#define LIMIT_OTLP_BATCH_MS     1000u               /* … and fewer after so long */
#define LIMIT_OTLP_CONNECT_MS   5000u
#define LIMIT_OTLP_ANSWER_MS    10000u /* for the collector to take a batch */
#define LIMIT_OTLP_ANSWER_BYTES ((size_t)64 * KIB)
#define LIMIT_OTLP_TRIES        3u     /* of a batch that it asks to have again */
#define LIMIT_OTLP_RETRY_MS     30000u /* the longest wait for that */
#define LIMIT_OTLP_FLUSH_MS     2000u  /* for the last ones, at the end */
#define LIMIT_OTLP_SAY_MS       60000u /* between two log lines of dropped ones */
#define LIMIT_OTLP_UNTOLD       64     /* ended calls of a run, not yet in its events */
#define LIMIT_OTLP_TEXT_BYTES   ((size_t)16 * KIB) /* of one content, then: cut */

/* A log record; longer ones are cut. */
#define LIMIT_LOG_RECORD_BYTES ((size_t)16 * KIB)

/* A run. */
#define LIMIT_RUN_MEMORY_BYTES                                                           \
  ((size_t)256 * MIB) /* held for it at once; more: it ends */
#define LIMIT_RUN_MS          21600000u
#define LIMIT_START_MS        120000u /* spawn to the first line on stdout */
#define LIMIT_IDLE_AGENT_MS   0u      /* 0 = off */
#define LIMIT_RESULT_GRACE_MS 10000u
#define LIMIT_RESULT_GRACES   3u      /* times that, however much the agent still says */
#define LIMIT_BACKGROUND_MS   600000u /* its result to the end of its open tasks */
#define LIMIT_OPEN_TASKS      256  /* of an agent, told apart; more are not waited for */
#define LIMIT_FAREWELL_MS     500u /* end of a dialogue to TERM: ACP agents stay */
#define LIMIT_KILL_GRACE_MS   5000u
#define LIMIT_APPROVAL_MS     600000u /* what a policy asks about; timeouts.approvalMs */
#define LIMIT_HOLD_MS         600000u /* until a page goes on with its run */
#define LIMIT_AGUI_WAIT_MS    10000u  /* for the end of the run before it */
#define LIMIT_AGUI_STOP_MS    1000u   /* … while it does not seem to end */
#define LIMIT_HOLD_SETTLE_MS  50u     /* without another call, before its stream ends */
#define LIMIT_HOLD_TOLD_MS    2000u   /* a call not announced by then is told by us */
#define LIMIT_QUESTION_MS     600000u /* somebody's answer to a question for leave */
#define LIMIT_POLITE_MS       1000u   /* for an agent's own cancel, before the signals */
#define LIMIT_LAST_WORDS_MS   150u    /* of silence after a turn's end: then stdin ends */
#define LIMIT_WORDS_MOST_MS   1500u   /* … of an agent that speaks on and on */
#define LIMIT_AGENT_RETRIES   4u      /* in a row, for one reason; more: given up */
#define LIMIT_OWN_RETRIES     100u    /* an agent that names more names no end */
#define LIMIT_DRAIN_MS        500u
#define LIMIT_DRAINS          10u   /* times drainMs, however much others print */
#define LIMIT_SWEEP_MS        3000u /* killing all of a run; then it is named and left */
#define LIMIT_SETTLE_MS       300u  /* … that outlive a good end are named then */
#define LIMIT_KEEPER_MS       1000u /* late with its word for so long: killed */
#define LIMIT_SETUP_MS        1800000u /* a step of workspace.setup, a git command */
#define LIMIT_SETUP_STEPS     256
#define LIMIT_SETUP_TAIL      1500u             /* characters of a step's output, shown */
#define LIMIT_NOTES_BYTES     ((size_t)1 * MIB) /* an AGENTS.md that gets our block */
#define LIMIT_SKILL_DEPTH     6 /* folders of a skill's repository; deeper is not seen */
#define LIMIT_SKILL_ENTRIES   20000u /* names in it that are looked at */
#define LIMIT_PROMPT_BYTES    ((size_t)64 * MIB)
#define LIMIT_SECRETS         256
#define LIMIT_ENV_ENTRIES     1024
#define LIMIT_POLICY_RULES    1000 /* patterns of policy.commands; more are refused */
#define LIMIT_APPROVALS       1000 /* answers in a request; more are refused */
#define LIMIT_CONFIG_ENTRIES  64   /* harnessOptions.config; more are refused */
#define LIMIT_TOOLS           1024
#define LIMIT_TOOL_NAME_BYTES 256
#define LIMIT_MESSAGES        100000
#define LIMIT_ARCHIVE_BYTES   ((size_t)64 * MIB) /* an agent's session; more: refused */
#define LIMIT_ARCHIVE_FILES   1024               /* in it */
#define LIMIT_ARCHIVE_LOOKS   20000              /* names seen, to find them */
#define LIMIT_ARCHIVE_MS      60000u             /* for it to come from its URL */
#define LIMIT_THREADS         1024 /* whose sessions are remembered; then the oldest go */
#define LIMIT_ID_BYTES        256  /* a runId, a threadId */
#define LIMIT_TOKEN_BYTES     ((size_t)4 * KIB)
#define LIMIT_FIELDS_ASKED    256 /* members of a request that are known, told apart */
#define LIMIT_SHOWN_BYTES     60  /* of what was given, in the text of an error */
#define LIMIT_PACKAGE_BYTES   ((size_t)256 * KIB) /* a package.json, for its version */
#define LIMIT_LEFT_OUT_NAMES  8 /* unknown members of an object, named in the warning */

#endif
