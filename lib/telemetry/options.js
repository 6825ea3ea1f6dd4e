// Reads the option `otel`.

import { invalidOption, isRecord } from '../shared/validate.js'

/**
 * What crosses to job threads and processes. `attributes` does not.
 * @typedef {object} OtelOptions
 * @property {'auto' | 'child' | 'link' | 'none'} propagation
 * @property {('send' | 'process' | 'create' | 'settle')[]} spans
 * @property {'queue' | 'worker'} span_names
 * @property {boolean} baggage
 */
/** @typedef {(job: any) => Record<string, any>} Attributes */

/** @type {OtelOptions} */
const DEFAULTS = { propagation: 'auto', spans: ['send', 'process'], span_names: 'queue', baggage: true }

const SPANS = ['send', 'process', 'create', 'settle']

/** Checks of the options. @type {Record<string, [(value: any) => boolean, string]>} */
const CHECKS = {
  propagation: [(value) => ['auto', 'child', 'link', 'none'].includes(value), "'auto', 'child', 'link' or 'none'"],
  spans: [(value) => Array.isArray(value) && value.every((each) => SPANS.includes(each)), `a list of ${SPANS.join(', ')}`],
  span_names: [(value) => value === 'queue' || value === 'worker', "'queue' or 'worker'"],
  baggage: [(value) => typeof value === 'boolean', 'true or false'],
  attributes: [(value) => typeof value === 'function', 'a function (job) => attributes'],
}

/**
 * @param {unknown} given
 * @returns {{ otel: OtelOptions | undefined, attributes: Attributes | undefined }}
 */
export function readOtel(given) {
  if (given === undefined || given === false) return { otel: undefined, attributes: undefined }
  if (given === true) return { otel: DEFAULTS, attributes: undefined }
  if (!isRecord(given)) throw invalidOption('otel', 'true, false or options', given)
  for (const [key, value] of Object.entries(given)) {
    if (value === undefined) continue
    const check = CHECKS[key]
    if (!check) throw invalidOption('otel', `only ${Object.keys(CHECKS).join(', ')}`, key)
    if (!check[0](value)) throw invalidOption(`otel.${key}`, check[1], value)
  }
  const { attributes, ...rest } = given
  return { otel: { ...DEFAULTS, ...rest }, attributes }
}
