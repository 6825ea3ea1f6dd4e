// The formats of metrics, and which of them a client prefers.

/** @typedef {'text' | 'openmetrics'} Format */

/** @type {Record<Format, string>} */
export const CONTENT_TYPES = {
  text: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
}

/** The media types for which each format is sent. @type {[Format, string[]][]} */
const TYPES = [
  ['openmetrics', ['application/openmetrics-text']],
  ['text', ['text/plain', 'text/*', '*/*']],
]

/** The format that a header prefers; text unless it prefers OpenMetrics. @param {string | null} accept @returns {Format} */
export function formatFor(accept) {
  const ranges = (accept ?? '').split(',').map(rangeOf)
  const weight = (/** @type {string[]} */ types) => Math.max(0, ...ranges.filter(({ type }) => types.includes(type)).map(({ q }) => q))
  const [[, openmetrics], [, text]] = /** @type {[[Format, string[]], [Format, string[]]]} */ (TYPES)
  const wanted = weight(openmetrics)
  return wanted > 0 && wanted >= weight(text) ? 'openmetrics' : 'text'
}

/** @param {string} range  such as `text/plain;version=0.0.4;q=0.2` */
function rangeOf(range) {
  const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase())
  const version = parameters.find((it) => it.startsWith('version='))
  const q = Number(parameters.find((it) => it.startsWith('q='))?.slice(2) ?? 1)
  // Versions before 1 of OpenMetrics differ.
  const isKnown = type !== 'application/openmetrics-text' || version === undefined || version.startsWith('version=1.')
  return { type, q: isKnown && Number.isFinite(q) ? q : 0 }
}
