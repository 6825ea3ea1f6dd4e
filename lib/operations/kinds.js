// The kinds of options: what each is in JSON, and its placeholder on the command line.

/** @typedef {{ [keyword: string]: unknown }} Schema  a JSON Schema, with the keywords that remote/check.js knows */

/**
 * @typedef {object} Kind
 * @property {string | null} json  what it is in JSON; null: only JavaScript can give it
 * @property {Schema} [schema]  the same for programs, where JSON can give it
 * @property {'text' | 'number' | 'list' | 'json'} [query]  how the query of a URL has it; text by default. JSON begins with { or [
 * @property {string} [placeholder]  of its value on the command line; "N" takes whole numbers only
 * @property {true} [flag]  it is a flag without a value there
 */

const MAX_INTEGER = Number.MAX_SAFE_INTEGER
/** Characters of a name, and of a text. */
const NAME = { type: 'string', minLength: 1, maxLength: 255 }
const TEXT = { type: 'string', maxLength: 10_000 }
const ID = { type: 'integer', minimum: 1, maximum: MAX_INTEGER }
const IDS = { type: 'array', items: ID, minItems: 1, maxItems: 10_000 }
const SPAN = [
  { type: 'number', minimum: 0 },
  { type: 'string', minLength: 1, maxLength: 100 },
]

export const KINDS = /** @satisfies {Record<string, Kind>} */ ({
  boolean: { json: 'true or false', schema: { type: 'boolean' }, query: 'json', flag: true },
  integer: {
    json: 'a whole number',
    schema: { type: 'integer', minimum: -MAX_INTEGER, maximum: MAX_INTEGER },
    query: 'number',
    placeholder: 'N',
  },
  threads: {
    json: 'a whole number, or an object ({ group, count })',
    schema: { anyOf: [{ type: 'integer', minimum: 1, maximum: 256 }, { type: 'object' }] },
    query: 'number',
    placeholder: 'N',
  },
  milliseconds: {
    json: "a number, a text ('90 s') or an object ({ minutes: 5 })",
    schema: { anyOf: [...SPAN, { type: 'object' }] },
    query: 'number',
    placeholder: 'duration',
  },
  seconds: {
    json: "a number, a text ('90 s') or an object ({ minutes: 5 })",
    schema: { anyOf: [...SPAN, { type: 'object' }] },
    query: 'number',
  },
  text: { json: 'a text', schema: TEXT },
  name: { json: 'a text', schema: NAME, placeholder: 'name' },
  queue: { json: 'a text: the name of a queue', schema: NAME },
  schema: { json: 'a text: the name of a schema', schema: NAME, placeholder: 'schema' },
  url: { json: 'a text: postgres://user@host/name, or host=… dbname=…', schema: TEXT, placeholder: 'url' },
  names: {
    json: 'a text, or an array of texts',
    schema: { anyOf: [NAME, { type: 'array', items: NAME, minItems: 1, maxItems: 1000 }] },
    query: 'list',
  },
  ids: { json: 'a whole number, or an array of them', schema: { anyOf: [ID, IDS] }, query: 'list' },
  jobs: {
    json: 'the id of a job, an array of ids, or an object: the conditions of jobs.list',
    schema: { anyOf: [ID, IDS, { type: 'object' }] },
    query: 'number',
  },
  window: {
    json: "a text ('1h'), a number of milliseconds, or an object ({ from, until })",
    schema: { anyOf: [...SPAN, { type: 'object' }] },
    query: 'number',
    placeholder: 'time',
  },
  time: { json: 'a text: ISO 8601. In JavaScript also a Date', schema: { type: 'string', format: 'date-time', maxLength: 64 } },
  object: { json: 'an object', schema: { type: 'object' }, query: 'json' },
  entry: {
    json: 'an array or an object. In JavaScript, it may name the job by its class',
    schema: { anyOf: [{ type: 'array', minItems: 2, maxItems: 4 }, { type: 'object' }] },
    query: 'json',
  },
  any: { json: 'anything', schema: {}, query: 'json' },
  transaction: { json: null },
  driver: { json: null },
  signal: { json: null },
})
