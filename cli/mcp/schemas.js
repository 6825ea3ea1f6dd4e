// The JSON Schemas of a tool, from the description of the HTTP API.

/** @typedef {Record<string, any>} Schema */

const REF = '#/components/schemas/'

/**
 * What a tool takes: the parameters of an operation and the members of its body, side by side.
 * @param {Schema} operation  of the description
 * @param {Schema} components
 * @returns {Schema}
 */
export function inputSchema({ parameters = [], requestBody }, components) {
  const given = parameters.filter((/** @type {Schema} */ each) => each.name !== undefined)
  const body = requestBody?.content['application/json'].schema ?? {}
  const own = given.map((/** @type {Schema} */ { name, description, schema, content }) => {
    return [name, { description, ...(schema ?? content['application/json'].schema) }]
  })
  const required = [
    ...given.filter((/** @type {Schema} */ each) => each.required).map((/** @type {Schema} */ { name }) => name),
    ...(body.required ?? []),
  ]
  const properties = { ...Object.fromEntries(own), ...body.properties }
  const schema = { type: 'object', properties, ...(required.length > 0 && { required }), additionalProperties: false }
  return withDefinitions(schema, components)
}

/**
 * What a tool answers: the answer of the operation, and notes on it.
 * @param {Schema} operation  of the description
 * @param {Schema} components
 * @returns {Schema}
 */
export function outputSchema({ responses }, components) {
  const { content } = responses[200] ?? responses[201] ?? responses[204]
  const answer = content?.['application/json'].schema ?? { type: 'null' }
  const notes = { type: 'array', items: { type: 'string' }, description: 'What to know of the answer, such as what was left out.' }
  return withDefinitions({ type: 'object', properties: { notes, answer }, required: ['notes', 'answer'] }, components)
}

/** A schema with the definitions that it refers to. @param {Schema} schema @param {Schema} components @returns {Schema} */
function withDefinitions(schema, components) {
  /** @type {Schema} */
  const $defs = {}
  const define = (/** @type {string} */ name) => {
    if (name in $defs) return
    // Before its members, which may refer to it.
    $defs[name] = {}
    $defs[name] = moved(components[name], define)
  }
  const own = moved(schema, define)
  return Object.keys($defs).length > 0 ? { ...own, $defs } : own
}

/** A copy whose references lead to definitions of its own. @param {any} value @param {(name: string) => void} define @returns {any} */
function moved(value, define) {
  if (Array.isArray(value)) return value.map((each) => moved(each, define))
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([key, member]) => {
    if (key !== '$ref' || typeof member !== 'string') return [key, moved(member, define)]
    const name = member.slice(REF.length)
    define(name)
    return [key, `#/$defs/${name}`]
  })
  return Object.fromEntries(entries)
}
