// SPDX-License-Identifier: MIT
// One session: its turns, and its three ends.
import {
  experimental_createBridgeUserMessageSubmitter as createSubmitter,
  resolveSandboxHomeDir,
  writeSkills,
} from '@ai-sdk/harness/utils'

const ABORT_MS = 10_000 // for the terminal frame of an aborted turn
const END_MS = 5_000 // for the bridge to answer and exit

const PARTS = [
  ...['stream-start', 'text-start', 'text-delta', 'text-end', 'reasoning-start', 'reasoning-delta', 'reasoning-end'],
  ...['tool-input-start', 'tool-input-delta', 'tool-input-end', 'tool-call', 'tool-approval-request', 'tool-result'],
  ...['finish-step', 'file-change', 'compaction', 'raw', 'finish', 'error'],
]

export function createSession({ adapter, options, sandbox, channel, proc, bridge, inTurn, takeUp, rerun, ...rest }) {
  const { sessionId, permissionMode, builtinToolFiltering, observability } = options
  const unsupported = adapter.unsupported
  let threadId = rest.threadId
  let turn // {settle, submit} while one runs
  let skillsPlaced = false
  let fresh = takeUp // the next start continues the agent's own session
  let ended = false
  let wired = !inTurn

  channel.on('bridge-thread', (event) => (threadId = event.threadId))
  channel.onClose((_code, reason) => {
    if (reason === 'suspended') turn?.settle()
    else turn?.settle(new Error('The bridge closed before the turn ended.'))
  })

  /** One listener for all parts of a turn, in their order; returns what ends it. */
  function listen(listener, types = PARTS) {
    const subscriptions = types.map((type) => channel.on(type, listener))
    return () => subscriptions.splice(0).forEach((unsubscribe) => unsubscribe())
  }
  // The channel keeps what nobody listens to, but by type: a turn that is replayed before it is continued would come
  // in another order.  Between two turns only compaction may come, and is the next one's; the rest is late.
  const early = []
  const betweenTurns = () =>
    listen(
      () => {},
      PARTS.filter((type) => type !== 'compaction'),
    )
  let stopIdle = inTurn ? listen((event) => early.push(event)) : betweenTurns()

  function wireTurn({ emit, abortSignal }, begin) {
    let settled, aborting, abortTimer
    stopIdle()
    wired = true
    const done = Promise.withResolvers()
    done.promise.catch(() => {})
    const submitter = createSubmitter({
      send: (message) => channel.send(message),
      onResponse: (listener) => channel.on('user-message-response', listener),
      onReconnect: (listener) => channel.onReconnect(listener),
    })
    const settle = (error) => {
      if (settled) return
      settled = true
      clearTimeout(abortTimer)
      abortSignal?.removeEventListener('abort', onAbort)
      unlisten()
      submitter.close(error)
      turn = undefined
      stopIdle = betweenTurns()
      if (aborting) done.reject(abortSignal.reason ?? new DOMException('Aborted', 'AbortError'))
      else if (error === undefined) done.resolve()
      else done.reject(error)
    }
    const onAbort = () => {
      if (settled || aborting) return
      aborting = true
      try {
        channel.send({ type: 'abort' })
      } catch (error) {
        return settle(error)
      }
      abortTimer = setTimeout(settle, ABORT_MS)
    }
    const take = (event) => {
      if (settled) return
      try {
        emit(named(event))
      } catch {
        /* the host's own fault; it is told by the stream */
      }
      if (event.type === 'finish') settle()
      if (event.type === 'error') settle(event.error)
    }
    turn = { settle, submit: submitter.submit }
    const unlisten = listen(take)
    try {
      begin?.()
    } catch (error) {
      settle(error)
      throw error
    }
    queueMicrotask(() => early.splice(0).forEach(take))
    if (abortSignal?.aborted) onAbort()
    else abortSignal?.addEventListener('abort', onAbort, { once: true })
    return {
      submitToolResult: async ({ toolCallId, output, isError, toolResult }) =>
        channel.send({ type: 'tool-result', toolCallId, output: output ?? null, isError, toolResult }),
      submitToolApproval: async ({ approvalId, approved, reason }) =>
        channel.send({ type: 'tool-approval-response', approvalId, approved, reason }),
      submitUserMessage: (text) => submitter.submit(text),
      done: done.promise,
    }
  }

  /** A tool of the agent that this host has no schema for is one whose input it takes as it comes. */
  function named(event) {
    const ofAgent =
      event.type === 'tool-call' && event.providerExecuted && !(event.toolName in (adapter.builtinTools ?? {}))
    return ofAgent && event.dynamic === undefined ? { ...event, dynamic: true } : event
  }

  function sendStart(prompt, { model, tools, instructions, skills, responseFormat }) {
    const take = fresh
    fresh = false
    channel.send({
      ...adapter.start,
      type: 'start',
      prompt,
      tools: tools.map(({ name, description, inputSchema }) => ({ name, description, inputSchema })),
      model: model ?? adapter.model,
      instructions,
      responseFormat,
      permissionMode,
      builtinToolFiltering,
      debug: observability?.debug,
      ...(skills.length > 0 ? { skills: skills.map((skill) => skill.name) } : {}),
      ...(take ? { continue: true, ...(threadId ? { resumeThreadId: threadId } : {}) } : {}),
    })
  }

  async function placeSkills({ skills, abortSignal }) {
    if (!adapter.skillsDir) {
      if (skills.length > 0) throw unsupported('Skills need `skillsDir`: where this agent looks for them, under HOME.')
      return
    }
    if (skills.length === 0 && !skillsPlaced) return
    skillsPlaced = true
    const homePath = adapter.env?.HOME ?? (await resolveSandboxHomeDir({ sandbox, abortSignal }))
    const skillsDir = adapter.skillsDir
    await writeSkills({ sandbox, homePath, skillsDir, skills, abortSignal, trailingNewline: true })
  }

  function state(type, withBridge, data = {}) {
    const coordinates = withBridge && { bridge: { ...bridge, lastSeenEventId: withBridge.cursor } }
    return {
      type,
      harnessId: adapter.harnessId,
      specificationVersion: 'harness-v1',
      data: { ...data, ...(threadId ? { threadId } : {}), ...(coordinates || {}) },
    }
  }

  /** What came of a turn that nobody continued counts as unseen. */
  async function suspend() {
    const seen = await channel.suspend()
    return wired ? seen : bridge.lastSeenEventId
  }

  function endOnce(what) {
    if (ended) throw new Error(`Session ${sessionId} has ended: it cannot ${what}.`)
    ended = true
  }

  const within = (promise, ms) => {
    let timer
    const late = new Promise((resolve) => (timer = setTimeout(resolve, ms)))
    return Promise.race([promise, late]).finally(() => clearTimeout(timer))
  }

  /** Sends stop or destroy, and waits until the bridge is gone; gives what it answered. */
  async function endBridge(command) {
    const closed = new Promise((resolve) => channel.onClose(resolve))
    let answer
    channel.beginClose()
    channel.on('bridge-stop', (message) => (answer = message.data))
    try {
      if (!channel.isClosed()) {
        channel.send({ type: command })
        await within(proc ? Promise.resolve(proc.wait()).catch(() => {}) : closed, END_MS)
        await within(closed, 100) // the answer may still be on its way
      }
    } finally {
      await Promise.resolve(proc?.kill()).catch(() => {})
      channel.close()
    }
    return answer
  }

  return {
    sessionId,
    isResume: options.resumeFrom != null || options.continueFrom != null,
    doPromptTurn: async (turnOptions) => {
      await placeSkills(turnOptions)
      const prompt = textOf(turnOptions.prompt, unsupported)
      return wireTurn(turnOptions, () => sendStart(prompt, turnOptions))
    },
    doContinueTurn: async (turnOptions) => {
      await placeSkills(turnOptions)
      // A turn whose bridge died is driven on by the agent from what it knows of it.
      return wireTurn(turnOptions, !inTurn && rerun ? () => sendStart('Continue.', turnOptions) : undefined)
    },
    doCompact: async (instructions) => {
      if (!turn) throw unsupported('Compaction is asked for while a turn runs.')
      await turn.submit(`/compact ${instructions ?? ''}`.trim()).catch((e) => {
        throw unsupported(e.message)
      })
    },
    doSuspendTurn: async () => {
      endOnce('suspend a turn')
      return state('continue-turn', { cursor: await suspend() })
    },
    doDetach: async () => {
      endOnce('be detached')
      return state('resume-session', { cursor: await suspend() })
    },
    doStop: async () => {
      endOnce('be stopped')
      return state('resume-session', undefined, (await endBridge('stop')) ?? {})
    },
    doDestroy: async () => {
      if (ended) return
      ended = true
      await endBridge('destroy')
    },
  }
}

function textOf(prompt, unsupported) {
  if (typeof prompt === 'string') return prompt
  if (typeof prompt.content === 'string') return prompt.content
  return prompt.content
    .map((part) => {
      if (part.type !== 'text') throw unsupported(`A prompt has text only, not a part of type '${part.type}'.`)
      return part.text
    })
    .join('\n')
}
