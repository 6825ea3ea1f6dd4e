// The tools of agents, as they follow from the table of operations: those that an HTTP API has, but for what the table leaves out.

import { ApiError, createClient } from '../../integrations/client/index.js'
import { operations, routesOf } from '../../lib/operations/index.js'
import { parseExact } from '../../lib/shared/exact.js'
import { hintFor } from './access.js'
import { noted } from './answer.js'
import { inputSchema, outputSchema } from './schemas.js'

/** @import { CallToolResult, Tool } from '@modelcontextprotocol/server' */
/** @import { Web } from '../../integrations/web/index.js' */
/** @import { Access } from './access.js' */

/** @typedef {ReturnType<typeof routesOf>[number]} Route */
/** @typedef {{ signal: AbortSignal, user: unknown }} Caller */
/** @typedef {{ list: Tool[], call: (name: string, args: Record<string, unknown>, caller: Caller) => Promise<CallToolResult> | undefined }} Tools */

const routes = routesOf(operations).filter(({ operation }) => operation.remote?.tool !== false)

/** @param {Route} route */
const toolName = ({ name }) => name.replace('.', '_')

/**
 * @param {Web} web
 * @param {Access} access
 * @returns {Promise<Tools>} `call` gives undefined for a name that no tool has
 */
export async function toolsOf(web, access) {
  const described = await web.fetch(new Request('http://localhost/api/v1/openapi.json'))
  const document = /** @type {any} */ (await described.json())
  return {
    list: routes.filter(({ permission }) => access[permission]).map((route) => toolOf(route, document)),
    call(name, args, caller) {
      const route = routes.find((each) => toolName(each) === name)
      return route && called(web, access, route, args, caller)
    },
  }
}

/** @param {Route} route @param {any} document @returns {Tool} */
function toolOf(route, { paths, components }) {
  const { operation, method, path, permission, reads } = route
  const described = paths[path][method.toLowerCase()]
  const { destructive = false, idempotent = false } = operation.remote ?? {}
  return {
    name: toolName(route),
    title: operation.summary,
    description: [`${operation.summary}.`, operation.about?.replaceAll('\n', ' '), reads ? '' : `Permission: ${permission}.`]
      .filter(Boolean)
      .join(' '),
    inputSchema: /** @type {Tool['inputSchema']} */ (inputSchema(described, components.schemas)),
    outputSchema: /** @type {Tool['outputSchema']} */ (outputSchema(described, components.schemas)),
    annotations: {
      readOnlyHint: reads,
      openWorldHint: false,
      ...(!reads && { destructiveHint: destructive, idempotentHint: idempotent }),
    },
  }
}

/**
 * @param {Web} web
 * @param {Access} access
 * @param {Route} route
 * @param {Record<string, unknown>} args
 * @param {Caller} caller
 * @returns {Promise<CallToolResult>}
 */
async function called(web, access, route, args, { signal, user }) {
  const client = /** @type {Record<string, any>} */ (
    createClient({ url: 'http://localhost', parse: parseExact, fetch: (url, init) => web.fetch(new Request(url, init), { user }) })
  )
  const [group = '', verb] = route.name.split('.')
  try {
    const answer = await (verb === undefined ? client[group] : client[group][verb])(args, { signal })
    const isHidden = route.operation.answer.payload === true && !access['jobs:view_payload']
    const structuredContent = noted(answer, { isHidden })
    return { content: [{ type: 'text', text: JSON.stringify(structuredContent) }], structuredContent }
  } catch (error) {
    return { isError: true, content: [{ type: 'text', text: JSON.stringify({ error: problemOf(error) }) }] }
  }
}

/** @param {unknown} error */
function problemOf(error) {
  if (error instanceof ApiError) {
    const { code, message, field, permission } = error
    return { code, message, field, permission, hint: permission === undefined ? undefined : hintFor(permission) }
  }
  // What the client finds missing in a path; and a call that the agent has given up.
  return { code: 'ERAM_CONFIG', message: error instanceof Error ? error.message : String(error) }
}
