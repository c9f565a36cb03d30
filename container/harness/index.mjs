// SPDX-License-Identifier: MIT
// The adapter: which agent runs in the sandbox, and how `runlet bridge` is reached there.
//
// A session is started by spawning the bridge, or resumed by the first of these that is possible: the bridge still
// runs (attach), its log on disk ends with the turn's finish (replay), neither (the agent takes up its own session).
import {
  HarnessCapabilityUnsupportedError,
  harnessV1BridgeOutboundMessageSchema,
  harnessV1DiagnosticFromBridgeFrame,
} from '@ai-sdk/harness'
import {
  SandboxChannel,
  classifyDiskLog,
  createBridgeErrorHandler,
  createBridgeStartupError,
  createBridgeToken,
  drainBridgeProcessStream,
  forwardBridgeProcessStream,
  getRestrictedSandboxSession,
  markBridgeStarting,
  resolveSandboxDefaultWorkingDirectory,
  shellQuote,
  waitForBridgeReady,
  withBridgeToken,
} from '@ai-sdk/harness/utils'
import { openSocket } from './socket.mjs'
import { createSession } from './session.mjs'

const SKILLS = { 'claude-code': '.claude/skills' } // under HOME; where an agent looks for them by itself

export function createRunlet(settings) {
  const harnessId = settings.harnessId ?? `runlet-${settings.harness}`
  const unsupported = (message) => new HarnessCapabilityUnsupportedError({ harnessId, message })
  const adapter = { ...settings, harnessId, skillsDir: settings.skillsDir ?? SKILLS[settings.harness], unsupported }
  return {
    specificationVersion: 'harness-v1',
    harnessId,
    builtinTools: settings.builtinTools ?? {},
    supportsBuiltinToolApprovals: true,
    supportsBuiltinToolFiltering: false,
    doStart: (options) => start(adapter, options),
  }
}

async function start(adapter, options) {
  const { sandboxSession, sessionId, abortSignal } = options
  const sandbox = getRestrictedSandboxSession(sandboxSession)
  const continueFrom = options.continueFrom ?? options.resumeFrom?.continueFrom
  const data = (continueFrom ?? options.resumeFrom)?.data ?? {}
  const home = await resolveSandboxDefaultWorkingDirectory({ sandboxSession, abortSignal })
  const stateDir = `${home}/.agent-runs/${sessionId}/bridge`
  const open = (coordinates, resume) => openChannel(adapter, options, coordinates, resume)
  const session = (parts) => createSession({ adapter, options, sandbox, threadId: data.threadId, ...parts })

  if (data.bridge) {
    const channel = await open(data.bridge, continueFrom != null).catch(() => undefined)
    if (channel) return session({ channel, bridge: data.bridge, inTurn: continueFrom != null })
  }
  let recovery = continueFrom || options.resumeFrom ? 'rerun' : undefined
  if (continueFrom) {
    const log = await Promise.resolve(
      sandbox.readTextFile({ path: `${stateDir}/event-log.ndjson`, abortSignal }),
    ).catch(() => null)
    recovery = await classifyDiskLog(log)
  }
  const replay = recovery === 'replay'
  const { proc, bridge } = await spawnBridge({ adapter, options, sandbox, stateDir, replay })
  try {
    bridge.lastSeenEventId = replay ? (data.bridge?.lastSeenEventId ?? 0) : 0
    const channel = await open(bridge, replay)
    return session({ channel, proc, bridge, inTurn: replay, takeUp: recovery != null, rerun: recovery === 'rerun' })
  } catch (error) {
    await Promise.resolve(proc.kill()).catch(() => {})
    throw error
  }
}

async function spawnBridge({ adapter, options, sandbox, stateDir, replay }) {
  const { abortSignal, sessionWorkDir } = options
  const port = adapter.port ?? options.sandboxSession.ports?.[0]
  if (port === undefined)
    throw adapter.unsupported('A TCP port of the sandbox is needed: create it with `ports: [<port>]`, or set `port`.')
  const token = createBridgeToken()
  const quoted = (words) => words.map((word) => shellQuote(String(word))).join(' ')
  await sandbox.run({ command: `mkdir -p ${quoted([sessionWorkDir, stateDir])}`, abortSignal })
  await markBridgeStarting({ sandbox, bridgeStateDir: stateDir, bridgeType: adapter.harnessId, abortSignal })
  const words = [adapter.command ?? 'runlet', 'bridge', '--harness', adapter.harness, '--workdir', sessionWorkDir]
  words.push('--bridge-state-dir', stateDir, '--bridge-type', adapter.harnessId, ...(adapter.args ?? []))
  const proc = await sandbox.spawn({
    command: `exec ${quoted(words)}`,
    env: {
      ...adapter.env,
      BRIDGE_CHANNEL_TOKEN: token,
      BRIDGE_WS_PORT: String(port),
      ...(replay ? { BRIDGE_REPLAY_FROM_DISK: '1' } : {}),
    },
    abortSignal,
  })
  const stderrTail = []
  const stderrDone = forwardBridgeProcessStream({
    stream: proc.stderr,
    streamName: 'stderr',
    source: adapter.harnessId,
    collectTail: stderrTail,
  })
  const failed =
    (what) =>
    ({ proc, stdoutTail }) =>
      createBridgeStartupError({ message: `runlet bridge ${what}`, proc, stdoutTail, stderrTail, stderrDone })
  const { port: bound } = await waitForBridgeReady({
    proc,
    sandbox,
    bridgeStateDir: stateDir,
    bridgeType: adapter.harnessId,
    timeoutMs: adapter.startupTimeoutMs ?? 120_000,
    abortSignal,
    createTimeoutError: failed('did not become ready in time.'),
    createExitError: failed('exited before it was ready.'),
  })
  void drainBridgeProcessStream(proc.stdout)
  return { proc, bridge: { port: bound, token } }
}

async function openChannel(adapter, { sandboxSession, sessionId, observability }, bridge, resume) {
  const at = adapter.portEndpoint ?? (await sandboxSession.getPortEndpoint?.({ port: bridge.port, protocol: 'ws' }))
  if (!at) throw adapter.unsupported('This sandbox does not tell where its ports are: set `portEndpoint`.')
  const endpoint = withBridgeToken({ endpoint: at, token: bridge.token })
  const report = observability?.report
  const channel = new SandboxChannel({
    connect: ({ abortSignal }) => openSocket(endpoint, abortSignal),
    outboundSchema: harnessV1BridgeOutboundMessageSchema,
    reconnect: adapter.reconnect,
    initialLastSeenEventId: bridge.lastSeenEventId,
    onDebug: adapter.onChannelDebug,
    onDiagnostic:
      report && ((frame) => report(harnessV1DiagnosticFromBridgeFrame(frame, { sessionId, timestamp: Date.now() }))),
    onBridgeError: createBridgeErrorHandler({ harnessId: adapter.harnessId, sessionId }),
  })
  await channel.open({ resume })
  return channel
}
