// SPDX-License-Identifier: MIT
// The published MCP clients, from here because packages are found from the file that names them.
import path from 'node:path'

export { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js'
export { StreamableHTTPClientTransport as TransportV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
export { Client as ClientV2, StreamableHTTPClientTransport as TransportV2 } from '@modelcontextprotocol/client'
export { experimental_createMCPClient as createAiSdkClient } from '@ai-sdk/mcp'

const at = (...parts) => path.join(import.meta.dirname, 'node_modules', ...parts)
export const CONFORMANCE = at('@modelcontextprotocol', 'conformance', 'dist', 'index.js')
export const CONFORMANCE_OLD = at('@modelcontextprotocol', 'conformance-old', 'dist', 'index.js')
export const INSPECTOR = at('.bin', 'mcp-inspector')
