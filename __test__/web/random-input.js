// Random calls of operations: some as the document wants them, some nearly so, some not at all.

/** @typedef {Record<string, any>} Schema */
/** @typedef {() => number} Next  from 0 to 1 */

/** The same numbers for the same seed. @param {number} seed @returns {Next} */
export function random(seed) {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** @type {unknown[]} */
const ODD = [
  null,
  true,
  '',
  'x',
  -1,
  0,
  1.5,
  2 ** 31,
  2 ** 53,
  1e300,
  [],
  {},
  [[]],
  { a: { b: [null] } },
  "'; DROP TABLE eram_jobs; --",
  '<img src=x onerror=alert(1)>',
  '\u0000',
  '\u202egnp',
  'ü'.repeat(300),
  'x'.repeat(20_000),
  '9007199254740993',
  '1e999',
  '%',
  '../..',
  '-infinity',
  '99999-01-01T00:00:00Z',
  '2030-01-31T09:00:00Z',
  { __proto__: null, constructor: 1, toString: 2 },
]
const WORDS = [
  'q',
  'n',
  'Any',
  'x',
  'available',
  'executed',
  'queue',
  '*',
  '1h',
  '0 8 * * *',
  'state:live -queue:q',
  'args.a:>1',
  'Europe/Berlin',
  'infinity',
]

/** @template T @param {readonly T[]} list @param {Next} next @returns {T} */
function pick(list, next) {
  return /** @type {T} */ (list[Math.floor(next() * list.length)])
}

/**
 * @param {any} schema
 * @param {Schema} document
 * @param {Next} next
 * @param {number[]} ids
 * @param {number} [depth]
 * @returns {any}
 */
export function randomValue(schema, document, next, ids, depth = 0) {
  if (next() < 0.08 || depth > 6) return pick(ODD, next)
  if (schema.$ref) return randomValue(document.components.schemas[schema.$ref.split('/').at(-1)], document, next, ids, depth + 1)
  if (schema.anyOf) return randomValue(pick(schema.anyOf, next), document, next, ids, depth + 1)
  if (schema.enum) return pick(schema.enum, next)
  if ('const' in schema) return schema.const
  const type = Array.isArray(schema.type) ? pick(schema.type, next) : schema.type
  const inner = (/** @type {any} */ each) => randomValue(each, document, next, ids, depth + 1)
  switch (type) {
    case 'integer':
    case 'number':
      return next() < 0.5 ? pick([...ids, 1, 2, 5, 100], next) : Math.floor(next() * 1e4) - 10
    case 'boolean':
      return next() < 0.5
    case 'array':
      if (schema.prefixItems) return schema.prefixItems.map(inner)
      return Array.from({ length: Math.floor(next() * 4) }, () => inner(schema.items ?? {}))
    case 'object': {
      const members = Object.entries(schema.properties ?? { a: {} })
      const isGiven = (/** @type {string} */ name) => (schema.required ?? []).includes(name) || next() < 0.3
      return Object.fromEntries(members.filter(([name]) => isGiven(name)).map(([name, each]) => [name, inner(each)]))
    }
    case 'string':
      return schema.format === 'date-time' ? '2030-01-31T09:00:00Z' : pick(WORDS, next)
    default:
      return pick([...ODD, ...WORDS], next)
  }
}

/**
 * @param {Schema} operation  of the document
 * @param {Schema} document
 * @param {Next} next
 * @param {number[]} ids
 */
export function randomCall({ parameters = [], requestBody }, document, next, ids) {
  /** @type {{ path: Schema, query: Schema, body?: any }} */
  const given = { path: {}, query: {} }
  for (const { name, in: place, required, schema, content } of parameters) {
    if (!name || place === 'header' || (!required && next() < 0.6)) continue
    const value = randomValue(schema ?? content['application/json'].schema, document, next, ids)
    const text = typeof value === 'string' ? value : JSON.stringify(value)
    given[/** @type {'path' | 'query'} */ (place)][name] = place === 'path' ? text.replaceAll('\u0000', '') || 'x' : text
  }
  if (requestBody) given.body = randomValue(requestBody.content['application/json'].schema, document, next, ids)
  return given
}
