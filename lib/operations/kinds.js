// The kinds of options: what each is in JSON, and its placeholder on the command line.

/**
 * @typedef {object} Kind
 * @property {string | null} json  what it is in JSON; null: only JavaScript can give it
 * @property {string} [placeholder]  of its value on the command line; "N" takes whole numbers only
 * @property {true} [flag]  it is a flag without a value there
 */

export const KINDS = /** @satisfies {Record<string, Kind>} */ ({
  boolean: { json: 'true or false', flag: true },
  integer: { json: 'a whole number', placeholder: 'N' },
  milliseconds: { json: "a number, a text ('90 s') or an object ({ minutes: 5 })" },
  text: { json: 'a text' },
  name: { json: 'a text', placeholder: 'name' },
  queue: { json: 'a text: the name of a queue' },
  schema: { json: 'a text: the name of a schema', placeholder: 'schema' },
  url: { json: 'a text: postgres://user@host/name, or host=… dbname=…', placeholder: 'url' },
  names: { json: 'a text, or an array of texts' },
  ids: { json: 'a whole number, or an array of them' },
  jobs: { json: 'the id of a job, an array of ids, or an object: the conditions of jobs.list' },
  time: { json: 'a text: ISO 8601. In JavaScript also a Date' },
  object: { json: 'an object' },
  entry: { json: 'an array or an object. In JavaScript, it may name the job by its class' },
  any: { json: 'anything' },
  transaction: { json: null },
  driver: { json: null },
  signal: { json: null },
})
