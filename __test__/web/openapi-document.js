// The description of the HTTP API, as it follows from the table of operations and from the declared types of their answers.

import { ERAM_STATUSES, STATUSES } from '../../integrations/web/errors.js'
import { operations, routesOf } from '../../lib/operations/index.js'
import { unionOf } from '../support/declarations.js'
import { schemasOf } from '../support/json-schemas.js'
import { read } from '../support/sources.js'

/** @import { Parameter, Route } from '../../lib/operations/remote/routes.js' */
/** @typedef {Record<string, any>} Schema */

export const FILE = 'docs/reference/openapi.json'

const routes = routesOf(operations)

/** Types with what applications put into jobs, and their members that callers without jobs:view_payload get as null. */
const PAYLOAD = {
  // '' is of one without a name: a job with its attempts.
  types: [
    '',
    'JobRow',
    'EndedJob',
    'FoundJob',
    'JobAttempt',
    'CronRow',
    'CronDetails',
    'FailureGroup',
    'InsertedJob',
    'ConflictingJob',
    'JobProgress',
  ],
  members: ['args', 'meta', 'result', 'errors', 'error', 'logs', 'progress', 'options'],
}

/** The document. */
export function openapi() {
  const types = [...new Set([...routes.map(answerType), ...optionTypes()])].filter((type) => type !== 'void')
  const schemas = schemasOf(types, (type, member) => PAYLOAD.types.includes(type) && PAYLOAD.members.includes(member))
  /** @type {Record<string, Record<string, object>>} */
  const paths = {}
  for (const route of routes) {
    const path = paths[route.path] ?? {}
    paths[route.path] = { ...path, [route.method.toLowerCase()]: operationOf(route, schemas.of) }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'EramJS',
      version: JSON.parse(read('package.json')).version,
      description: 'Jobs, queues, nodes and cron entries of EramJS: see docs/guides/api.md.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '.', description: 'where this document is' }],
    tags: ['Queues', 'Engine', 'Jobs', 'Crons'].map((name) => ({ name })),
    paths: { '/me': ME, '/events': EVENTS, ...paths },
    components: {
      schemas: { ...schemas.components, Error: errorSchema() },
      responses: { Error: { description: 'What was expected, and what came.', content: json({ $ref: '#/components/schemas/Error' }) } },
      parameters: {
        Mark: {
          name: 'X-Eram',
          in: 'header',
          required: true,
          description: 'Not empty. A page of another site cannot send it.',
          schema: { type: 'string', minLength: 1, default: '1' },
        },
      },
    },
  }
}

/** What the answer to a route is of. @param {Route} route */
function answerType({ operation }) {
  return operation.answer.type.replaceAll('Date[]', 'Date[]')
}

function optionTypes() {
  return routes.flatMap(({ parameters }) => parameters.flatMap(({ option }) => option.type ?? []))
}

/** @param {Schema} schema */
const json = (schema) => ({ 'application/json': { schema } })

const ME = {
  get: {
    operationId: 'me',
    summary: 'Shows who you are, and what you may do',
    responses: {
      200: {
        description: 'The caller.',
        content: json({
          type: 'object',
          properties: {
            user: {},
            permissions: { type: 'array', items: { type: 'string' } },
            refresh: {
              description: 'Milliseconds between two looks of the stream: by default, and at least. Null: there is no stream.',
              type: ['object', 'null'],
              properties: { default: { type: 'integer' }, min: { type: 'integer' } },
              required: ['default', 'min'],
            },
            audit: { type: 'boolean', description: 'Whether changes are recorded.' },
          },
          required: ['user', 'permissions', 'refresh', 'audit'],
        }),
      },
      default: { $ref: '#/components/responses/Error' },
    },
  },
}

const EVENTS = {
  get: {
    operationId: 'events',
    summary: 'Streams what changes',
    description: 'Server-sent events: see docs/guides/api.md#the-stream. Needs the permission `view`.',
    'x-permission': 'view',
    parameters: [
      {
        name: 'topics',
        in: 'query',
        description: 'What to look at, separated by commas: counts, queues, nodes, attention, overview, metrics, jobs, crons, job:<id>.',
        schema: { type: 'array', items: { type: 'string' } },
      },
      {
        name: 'refresh',
        in: 'query',
        description: 'Milliseconds between two looks.',
        schema: { type: 'integer', minimum: 0, maximum: 999_999_999 },
      },
      { name: 'last', in: 'query', description: 'As the header Last-Event-ID.', schema: { type: 'string' } },
    ],
    responses: {
      200: { description: 'Events.', content: { 'text/event-stream': { schema: { type: 'string' } } } },
      default: { $ref: '#/components/responses/Error' },
    },
  },
}

/** @param {Route} route @param {(type: string) => Schema} schemaOf */
function operationOf(route, schemaOf) {
  const { name, permission, parameters, operation, reads } = route
  const inBody = parameters.filter(({ place }) => place === 'body')
  const others = parameters.filter(({ place }) => place !== 'body').map((parameter) => parameterOf(parameter, schemaOf))
  const about = [operation.about, `Needs the permission \`${permission}\`.`].filter(Boolean).join(' ')
  return {
    operationId: name,
    tags: [tagOf(route)],
    summary: operation.summary,
    description: about.replaceAll('\n', ' '),
    'x-permission': permission,
    parameters: [...others, ...(reads ? [] : [{ $ref: '#/components/parameters/Mark' }])],
    ...(inBody.length > 0 && {
      requestBody: { required: inBody.some(({ required }) => required), content: json(bodyOf(inBody, schemaOf)) },
    }),
    responses: { ...responsesOf(route, schemaOf), default: { $ref: '#/components/responses/Error' } },
  }
}

/** @param {Route} route */
function tagOf({ path }) {
  const [, first = ''] = path.split('/')
  return { jobs: 'Jobs', crons: 'Crons', queues: 'Queues', backlog: 'Queues' }[first] ?? 'Engine'
}

/** @param {Parameter} parameter @param {(type: string) => Schema} schemaOf */
function parameterOf(parameter, schemaOf) {
  const { name, place, required, query, option } = parameter
  const schema = optionSchema(parameter, schemaOf)
  const about = { name, in: place, ...(required && { required }), description: meaning(option) }
  // An object in a query is JSON, but a list is given by repetition.
  return query === 'json' && option.kind !== 'boolean' ? { ...about, content: json(schema) } : { ...about, schema }
}

/** @param {Parameter[]} parameters @param {(type: string) => Schema} schemaOf */
function bodyOf(parameters, schemaOf) {
  const properties = parameters.map((each) => [each.name, { description: meaning(each.option), ...optionSchema(each, schemaOf) }])
  const required = parameters.filter((each) => each.required).map(({ name }) => name)
  return {
    type: 'object',
    properties: Object.fromEntries(properties),
    ...(required.length > 0 && { required }),
    additionalProperties: false,
  }
}

/** @param {Parameter} parameter @param {(type: string) => Schema} schemaOf */
function optionSchema({ schema, option }, schemaOf) {
  if (option.type === undefined || option.type.startsWith('{')) return schema
  const named = schemaOf(option.type)
  if (schema.type === 'object' || Object.keys(schema).length === 0) return named
  if (option.kind === 'entry') return named
  return { anyOf: /** @type {Schema[]} */ (schema.anyOf).map((each) => (each.type === 'object' ? named : each)) }
}

/** @param {import('../../lib/operations/operation.js').Option} option */
function meaning({ meaning, default: usual }) {
  const sentence = `${meaning.slice(0, 1).toUpperCase()}${meaning.slice(1)}.`
  return usual === undefined ? sentence : `${sentence} Default: ${usual}.`
}

/** @param {Route} route @param {(type: string) => Schema} schemaOf */
function responsesOf(route, schemaOf) {
  const { operation, reads, path } = route
  const { answer, remote } = operation
  if (answer.type === 'void') return { 204: { description: 'Done.' } }
  const sent = wrapped(schemaOf(answerType(route)), remote, path.includes('{'))
  const content = { description: `${operation.summary}.`, content: json(sent) }
  if (remote?.status === 201)
    return {
      201: content,
      ...(answer.type === 'EnqueuedJob' && { 200: { ...content, description: 'A duplicate exists: the answer shows it.' } }),
    }
  return { 200: content, ...(reads && { 304: { description: 'The same as If-None-Match names.' } }) }
}

/** As it is sent: a list in an object; what does not exist is an error. @param {Schema} schema @param {any} remote @param {boolean} isOne */
function wrapped(schema, { list, paged }, isOne) {
  const given = isOne && schema.anyOf ? withoutNull(schema) : schema
  if (list === undefined) return given
  const next = { type: ['integer', 'null'], description: 'To pass as `before` for more; null on the last page.' }
  return { type: 'object', properties: { [list]: given, ...(paged && { next }) }, required: [list, ...(paged ? ['next'] : [])] }
}

/** @param {Schema} schema */
function withoutNull({ anyOf }) {
  const others = anyOf.filter((/** @type {Schema} */ each) => each.type !== 'null')
  return others.length === 1 ? others[0] : { anyOf: others }
}

function errorSchema() {
  const codes = [...new Set([...Object.keys(STATUSES), ...unionOf('EramErrorCode')])]
  for (const code of Object.keys(ERAM_STATUSES)) if (!codes.includes(code)) throw new Error(code)
  const text = { type: 'string' }
  return {
    type: 'object',
    required: ['error'],
    properties: {
      error: {
        type: 'object',
        required: ['code', 'message'],
        properties: {
          code: { type: 'string', enum: codes },
          message: text,
          field: { ...text, description: 'The parameter that is wrong.' },
          part: { ...text, description: 'The statement that was too slow.' },
          permission: { ...text, description: 'The permission that is missing.' },
          state: { ...text, description: 'Of a job that has changed since it was read: its state.' },
          hint: text,
          sqlstate: { ...text, description: 'Of the server, if it refused a statement.' },
        },
      },
    },
  }
}
