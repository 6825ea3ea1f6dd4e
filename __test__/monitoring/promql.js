// What a query of Prometheus asks for, by the grammar of PromQL, and the list of metrics to compare it with.
import { parser } from '@prometheus-io/lezer-promql'
import { read } from '../support/sources.js'

/** @typedef {import('@lezer/common').SyntaxNode} SyntaxNode */
/** @typedef {{ type: string, labels: string[] }} Metric */
/** @typedef {{ metric: string, matchers: { label: string, operator: string, value: string }[] }} Selector */

/** Labels that Prometheus adds to every sample. */
const OF_TARGETS = ['instance', 'job']

/** The metrics of the reference, with the names of their samples. @returns {Map<string, Metric>} */
export function metrics() {
  const rows = [...read('docs/reference/metrics.md').matchAll(/^\| `(eram_\w+)` \| (\w+) \| ([^|]*) \|/gm)]
  return new Map(
    rows.flatMap(([, name = '', type = '', cell = '']) => {
      const labels = ['engine', ...OF_TARGETS, ...[...cell.matchAll(/`(\w+)`/g)].map(([, label = '']) => label)]
      if (type !== 'histogram') return [[name, { type, labels }]]
      return [
        [`${name}_bucket`, { type, labels: [...labels, 'le'] }],
        [`${name}_sum`, { type, labels }],
        [`${name}_count`, { type, labels }],
      ]
    }),
  )
}

/**
 * The selectors of a query, and the labels by which it groups.
 * @param {string} query
 */
export function parsed(query) {
  const text = (/** @type {{ from: number, to: number }} */ { from, to }) => query.slice(from, to)
  /** @type {Selector[]} */
  const selectors = []
  /** @type {string[]} */
  const grouping = []
  parser.parse(query).iterate({
    enter(ref) {
      if (ref.type.isError) throw new SyntaxError(`${query}: expected PromQL, got ${JSON.stringify(query.slice(ref.from))}`)
      const { node } = ref
      if (ref.name === 'VectorSelector') {
        const name = node.getChild('Identifier')
        selectors.push({ metric: name ? text(name) : '', matchers: matchersOf(node.getChild('LabelMatchers'), text) })
      }
      if (ref.name === 'GroupingLabels') grouping.push(...node.getChildren('LabelName').map(text))
    },
  })
  return { selectors, grouping }
}

/** @param {SyntaxNode | null} node @param {(node: SyntaxNode) => string} text @returns {Selector['matchers']} */
function matchersOf(node, text) {
  return (node?.getChildren('UnquotedLabelMatcher') ?? []).map((matcher) => {
    const part = (/** @type {string} */ name) => text(/** @type {SyntaxNode} */ (matcher.getChild(name)))
    return { label: part('LabelName'), operator: part('MatchOp'), value: JSON.parse(part('StringLiteral')) }
  })
}

/**
 * What is wrong with a query: metrics and labels that there are not.
 * @param {string} query
 * @returns {string[]}
 */
export function mistakes(query) {
  const known = metrics()
  const { selectors, grouping } = parsed(query)
  const unknown = selectors.flatMap(({ metric, matchers }) => {
    const labels = known.get(metric)?.labels
    if (!labels) return [`${query}: there is no metric ${metric}`]
    return matchers.filter(({ label }) => !labels.includes(label)).map(({ label }) => `${query}: ${metric} has no label ${label}`)
  })
  const labels = selectors.map(({ metric }) => known.get(metric)?.labels ?? [])
  const groups = grouping.filter((label) => !labels.some((all) => all.includes(label)))
  return [...unknown, ...groups.map((label) => `${query}: no metric has the label ${label}`)]
}
