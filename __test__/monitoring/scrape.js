// What a text for Prometheus says, line by line. `parsers.slow.test.js` compares it with the parsers of Prometheus.

/** @typedef {{ name: string, labels: Record<string, string>, value: number }} Sample */
/** @typedef {{ name: string, help: string }} Family */

const LABEL = String.raw`[a-z_]+="(?:[^"\\\n]|\\[\\n"])*"`
const SAMPLE = new RegExp(String.raw`^([a-z_]+)\{(${LABEL}(?:,${LABEL})*)\} ([0-9.]+)$`)

/** The metrics that are described. @param {string} text @returns {Family[]} */
export function families(text) {
  return [...text.matchAll(/^# HELP (\w+) (.*)$/gm)].map(([, name = '', help = '']) => ({ name, help }))
}

/** @param {string} text @returns {Sample[]} */
export function samples(text) {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('# '))
  return lines.map((line) => {
    const [, name = '', labels = '', value] = SAMPLE.exec(line) ?? []
    if (value === undefined) throw new SyntaxError(`expected a sample, got ${line}`)
    return { name, labels: Object.fromEntries([...labels.matchAll(/([a-z_]+)=("(?:[^"\\]|\\.)*")/g)].map(labelOf)), value: Number(value) }
  })
}

/** @param {string[]} match @returns {[name: string, value: string]} */
function labelOf([, name = '', quoted = '']) {
  return [name, quoted.slice(1, -1).replace(/\\(.)/g, (_, escaped) => (escaped === 'n' ? '\n' : escaped))]
}

/**
 * The samples of a name with these labels.
 * @param {string} text
 * @param {string} name
 * @param {Record<string, string>} [labels]
 */
export function found(text, name, labels = {}) {
  const fits = (/** @type {Sample} */ it) => Object.entries(labels).every(([key, value]) => it.labels[key] === value)
  return samples(text).filter((it) => it.name === name && fits(it))
}

/**
 * The value of the only sample of a name with these labels.
 * @param {string} text
 * @param {string} name
 * @param {Record<string, string>} [labels]
 */
export function value(text, name, labels) {
  const all = found(text, name, labels)
  if (all.length !== 1) throw new Error(`${name}${JSON.stringify(labels ?? {})}: expected one sample, got ${all.length}`)
  return /** @type {Sample} */ (all[0]).value
}
