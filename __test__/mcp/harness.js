// A program of an agent, connected to `npx eramjs mcp` over standard input and output or by HTTP: the SDK's own client.
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { EramEngine } from '../../index.js'
import { running } from '../support/cli.js'
import { withSchema } from '../support/database.js'
import { ROOT } from '../support/snippets.js'

/** @typedef {import('../support/database.js').Schema} Schema */
/** @typedef {Awaited<ReturnType<typeof agentOf>>} Agent */
/** @typedef {import('@modelcontextprotocol/client').ClientOptions} ClientOptions */
/** @typedef {{ code?: string, message?: string, field?: string, permission?: string, hint?: string }} Problem */

/** @param {ConstructorParameters<typeof Client>[1]} [options] */
export const clientOf = (options) => new Client({ name: 'test agent', version: '1' }, options)

/** What a test asks of a client. @param {Client} client */
export function agentOf(client) {
  /** @param {string} name @param {Record<string, unknown>} [args] */
  const call = (name, args = {}) => client.callTool({ name, arguments: args })
  return {
    client,
    call,
    tools: async () => (await client.listTools()).tools,
    /** The answer, which the client has compared with the schema of the tool. @param {string} name @param {Record<string, unknown>} [args] */
    async ask(name, args) {
      const { structuredContent, content, isError } = await call(name, args)
      if (isError) throw new Error(JSON.stringify(content))
      return /** @type {{ notes: string[], answer: any }} */ (structuredContent)
    },
    /** The error of a call that fails. @param {string} name @param {Record<string, unknown>} [args] @returns {Promise<Problem>} */
    async problem(name, args) {
      const { content, isError } = await call(name, args)
      const [first] = content
      if (!isError || first?.type !== 'text') throw new Error(`expected an error, got ${JSON.stringify(content)}`)
      return JSON.parse(first.text).error
    },
  }
}

/**
 * Over standard input and output.
 * @param {string[]} args
 * @param {Record<string, string>} env
 * @param {(agent: Agent & { log: () => string }) => Promise<void>} act
 */
export async function overStdio(args, env, act) {
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: ['cli/index.js', 'mcp', ...args],
    cwd: ROOT,
    env: { PATH: process.env.PATH ?? '', ...env },
    stderr: 'pipe',
  })
  let log = ''
  transport.stderr?.on('data', (chunk) => {
    log += chunk
  })
  const client = clientOf()
  try {
    await client.connect(transport)
    // From now on, the client compares answers with the schemas.
    await client.listTools()
    await act({ ...agentOf(client), log: () => log })
  } catch (error) {
    throw new Error(`${error}\n${log}`, { cause: error })
  } finally {
    await client.close()
  }
}

/**
 * `eramjs mcp` by HTTP, until the test has ended.
 * @param {string[]} args
 * @param {Record<string, string>} env
 * @param {(url: string) => Promise<void>} act
 */
export async function serving(args, env, act) {
  const program = running(['mcp', '--port', '0', ...args], { env })
  try {
    const [, url = ''] = await program.wrote(/serving (http:\S+)/)
    await act(url)
  } finally {
    program.child.kill('SIGTERM')
    await program.exited
  }
}

/** @param {string} url @param {Record<string, string>} headers @param {ClientOptions} options @param {(agent: Agent) => Promise<void>} act */
export async function overHttp(url, headers, options, act) {
  const client = clientOf(options)
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } }))
  try {
    await client.listTools()
    await act(agentOf(client))
  } finally {
    await client.close()
  }
}

let engines = 0

/**
 * A schema with an engine on it that enqueues.
 * @param {(engine: EramEngine, schema: Schema, place: { args: string[], env: Record<string, string> }) => Promise<void>} scenario
 * @param {object} [options] of the engine
 */
export const withEngine = (scenario, options = {}) =>
  withSchema(async (schema) => {
    const { url, prefix } = schema
    engines += 1
    const engine = await EramEngine.start({ name: `mcp test ${engines}`, url, prefix, logger: false, ...options })
    try {
      await scenario(engine, schema, { args: ['--prefix', prefix], env: { DATABASE_URL: url } })
    } finally {
      await engine.stop()
    }
  })
