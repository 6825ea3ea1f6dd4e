// The files of eramjs/client that follow from the table of operations: its routes, and its declarations.

import { operations, routesOf } from '../../lib/operations/index.js'

/** @import { Parameter, Route } from '../../lib/operations/remote/routes.js' */

export const ROUTES_FILE = 'integrations/client/routes.js'
export const TYPES_FILE = 'integrations/client/index.d.ts'

const routes = routesOf(operations)

/** What an option of a kind is in TypeScript. @type {Record<string, string>} */
const TYPES = {
  boolean: 'boolean',
  integer: 'number',
  milliseconds: 'Duration',
  seconds: 'Duration',
  text: 'string',
  name: 'string',
  queue: 'string',
  schema: 'string',
  names: 'string | readonly string[]',
  ids: 'number | readonly number[]',
  jobs: 'number | readonly number[] | JobFilter',
  window: 'Duration | { from: Date | string; until: Date | string }',
  time: 'Date | string',
  object: 'JsonObject',
  entry: 'CronEntry',
  any: 'unknown',
}

/** Name, method, path, and the options that are sent in a body. */
export function routesFile() {
  const rows = routes.map(({ name, method, path, parameters }) => {
    const inBody = parameters.filter(({ place }) => place === 'body').map((parameter) => parameter.name)
    return `  ${/\W/.test(name) ? `'${name}'` : name}: [${[method, path, ...inBody].map((text) => `'${text}'`).join(', ')}],`
  })
  return `// The routes of the HTTP API: method, path, and the options that are sent in a body. They follow from the table of operations;
// \`UPDATE_DOCS=1 node --test __test__/web/client.test.js\` and \`npm run format\` write them.

/** @type {Record<string, string[]>} */
export const ROUTES = {
${rows.join('\n')}
}
`
}

/** The declarations. */
export function typesFile() {
  const methods = (/** @type {string} */ group) =>
    routes
      .filter(({ name }) => (name.includes('.') ? name.startsWith(`${group}.`) : group === ''))
      .map((route) => method(route, group === '' ? '  ' : '    '))
      .join('\n')
  const used = `${methods('')}${methods('jobs')}${methods('cron')}${methods('audit')}`
  const imported = [...new Set(used.replace(/\/\*\*.*?\*\//gs, '').match(/(?<![\w'{@])\b[A-Z]\w+(?=\b)/g) ?? [])]
    .filter((name) => EXPORTED.test(name))
    .sort()
  return `// eramjs/client: calls the HTTP API of eramjs/web. The methods follow from the table of operations;
// \`UPDATE_DOCS=1 node --test __test__/web/client.test.js\` and \`npm run format\` write them.
import type { ${imported.join(', ')} } from 'eramjs'

/** A value as it is sent: Dates are texts in ISO 8601. */
export type Sent<T> = 0 extends 1 & T
  ? T
  : T extends Date
    ? string
    : T extends (...args: any[]) => any
      ? never
      : T extends { toJSON(): infer J }
        ? J
        : T extends readonly (infer U)[]
          ? Sent<U>[]
          : T extends object
            ? { [Key in keyof T]: Sent<T[Key]> }
            : T

/** Options of {@link createClient}. */
export interface ClientOptions {
  /** Where \`eramjs/web\` is mounted, such as \`'https://ops.example.com/eram'\`. */
  url: string | URL
  /** Of each request, such as \`authorization\`; or a function that returns them. @default {} */
  headers?: Record<string, string> | (() => Record<string, string> | Promise<Record<string, string>>) | undefined
  /** @default globalThis.fetch */
  fetch?: ((url: string, init: any) => Promise<Response>) | undefined
  /** Parses answers. One that keeps large numbers exact replaces it. @default JSON.parse */
  parse?: ((text: string) => any) | undefined
}

/** Of one call. */
export interface CallOptions {
  /** Gives up when it is aborted. */
  signal?: AbortSignal | undefined
}

/** An answer that is an error. */
export declare class ApiError extends Error {
  /** Such as \`'FORBIDDEN'\` or \`'ERAM_NOT_FOUND'\`: see docs/guides/api.md. */
  readonly code: string
  readonly status: number
  /** The option that is wrong. */
  readonly field: string | undefined
  /** The permission that is missing. */
  readonly permission: string | undefined
  /** Of a job that has changed since it was read, \`'ERAM_CHANGED'\`: its state. */
  readonly state: string | undefined
  constructor(
    status: number,
    error: {
      code?: string | undefined
      message?: string | undefined
      field?: string | undefined
      permission?: string | undefined
      state?: string | undefined
      hint?: string | undefined
    },
  )
}

/** What can be asked of an engine, each with one object of options. */
export interface Client {
${methods('')}
  jobs: {
${methods('jobs')}
  }
  cron: {
${methods('cron')}
  }
  audit: {
${methods('audit')}
  }
}

/**
 * Makes a client. Each method rejects with {@link ApiError}, or with the error of \`fetch\`.
 * @example
 * const client = createClient({ url: 'https://ops.example.com/eram', headers: { authorization: \`Bearer \${token}\` } })
 * const { jobs } = await client.jobs.list({ state: 'retryable', limit: 10 })
 */
export declare function createClient(options: ClientOptions): Client
`
}

/** Types that are not JavaScript's own. */
const EXPORTED = /^(?!(Date|Promise|Sent|CallOptions|Omit|Pick|Partial|Required|Record)$)[A-Z]/

/** @param {Route} route @param {string} indent */
function method({ name, path, parameters, operation }, indent) {
  const given = parameters.map((parameter) => `${parameter.name}${parameter.required ? '' : '?'}: ${typeOf(parameter)}`)
  const isOptional = !parameters.some(({ required }) => required)
  const options = given.length === 0 ? 'options?: {}' : `options${isOptional ? '?' : ''}: { ${given.join('; ')} }`
  const lines = [
    `${indent}/** ${operation.summary}. */`,
    `${indent}${name.split('.').at(-1)}(${options}, call?: CallOptions): Promise<${answerOf(operation, path)}>`,
  ]
  return lines.join('\n')
}

/** @param {Parameter} parameter */
function typeOf({ required, option }) {
  const { kind, type } = option
  const own = type !== undefined && ['object', 'any', 'entry'].includes(kind) ? type : TYPES[kind]
  const whole = kind === 'any' && type ? `boolean | ${own}` : own
  return required ? whole : `${whole} | undefined`
}

/** @param {Route['operation']} operation @param {string} path */
function answerOf({ answer, remote }, path) {
  // What does not exist is an error.
  const type = path.includes('{') ? answer.type.replace(/ \| null$/, '') : answer.type
  if (type === 'void') return 'void'
  if (remote?.list === undefined) return `Sent<${type}>`
  return `{ ${remote.list}: Sent<${type}>${remote.paged ? '; next: number | null' : ''} }`
}
