// docs/reference/operations.md as it follows from the table of operations.

import { KINDS, operations } from '../../lib/operations/index.js'

/** @import { Option, Operation } from '../../lib/operations/operation.js' */

export const PAGE = 'docs/reference/operations.md'

/** Characters of a line of prose. */
const WIDTH = 100

const INTRO = `Everything that a running engine, or a schema, can be asked to do. An operation takes one object of
options and gives one answer; the method of an engine, the command of \`npx eramjs\` and the route of
the [HTTP API](../guides/api.md), if there are any, are made of it. Options and answers are JSON,
except for what is marked as only in JavaScript.
The types of answers are in \`index.d.ts\`.

This page follows from \`lib/operations/table/\`;
\`UPDATE_DOCS=1 node --test __test__/project/docs.test.js\` writes it.`

/** The headings, and the operations below each. @type {[string, (name: string) => boolean][]} */
const SECTIONS = [
  ['The engine and its queues', (name) => !name.includes('.')],
  ['Jobs', (name) => name.startsWith('jobs.')],
  ['Cron entries', (name) => name.startsWith('cron.')],
  ['The schema', (name) => name.startsWith('schema.')],
]

/** The page as a text. */
export function page() {
  const sections = SECTIONS.map(([title, holds]) =>
    [`## ${title}`, ...operations.filter(({ name }) => holds(name)).map(section)].join('\n\n'),
  )
  const kinds = Object.entries(KINDS).map(([kind, { json }]) => `| ${kind} | ${escaped(json ?? 'only in JavaScript')} |`)
  return `# Operations

${INTRO}

${sections.join('\n\n')}

## Kinds of options

| kind | in JSON |
|---|---|
${kinds.join('\n')}
`
}

/** @param {Operation} operation */
function section(operation) {
  const { name, summary, about, access, answer, options } = operation
  const rows = Object.entries(options).map(([key, option]) => row(key, option))
  const table = rows.length === 0 ? [] : [['| option | kind | default | meaning |', '|---|---|---|---|', ...rows].join('\n')]
  const effect = access === 'read' ? 'Reads only.' : 'Can change something.'
  const dates = (answer.dates ?? []).map((date) => (date === '' ? 'each item' : `\`${date}\``))
  const times = dates.length > 0 ? ` Times, which JavaScript gets as Dates: ${dates.join(', ')}.` : ''
  const facts = `${effect} Answer: \`${answer.type}\`.${times}`
  const sentences = `${sentence(summary)}${about ? ` ${about.replaceAll('\n', ' ')}` : ''}`
  return [`### ${name}`, wrapped(sentences), wrapped(forms(operation)), ...table, wrapped(facts)].join('\n\n')
}

/** The ways to call it. @param {Operation} operation */
function forms({ name, call, command, options, access, remote }) {
  const target = name.startsWith('schema.') ? name.replace('schema', 'EramEngine') : `engine.${name}`
  const operands = Object.keys(options).filter((key) => options[key]?.kind === 'queue' || options[key]?.operand)
  const operand = operands.map((key) => ` <${key}>`).join('')
  const all = [
    ...(call ? [`\`${target}(${call.parameters.join(', ')})\``] : []),
    ...(command ? [`\`npx eramjs ${command}${operand}\``] : []),
    ...(remote
      ? [
          `\`${remote.method ?? (access === 'read' ? 'GET' : 'POST')} ${remote.path}\` ([permission](../guides/api.md#access) \`${remote.permission}\`)`,
        ]
      : []),
  ]
  return `${all.join(' or ')}.`
}

/** @param {string} key @param {Option} option */
function row(key, { kind, meaning, required, type, default: usual }) {
  const meant = `${sentence(meaning)}${type ? ` Type: \`${type}\`.` : ''}`
  return `| \`${key}\` | ${kind} | ${escaped(required ? 'required' : (usual ?? (kind === 'boolean' ? 'false' : 'none')))} | ${escaped(meant)} |`
}

/** @param {string} phrase */
function sentence(phrase) {
  return `${phrase.slice(0, 1).toUpperCase()}${phrase.slice(1)}.`
}

/** @param {string} text  of a cell; what Markdown would read as a mark is escaped outside of code */
function escaped(text) {
  return text
    .split(/(`[^`]*`)/)
    .map((part) => (part.startsWith('`') ? part : part.replace(/[*<>_[\]]/g, '\\$&')))
    .join('')
    .replaceAll('|', '\\|')
}

/** @param {string} text */
function wrapped(text) {
  const lines = ['']
  // Code is not broken.
  for (const word of text.match(/(?:`[^`]*`|[^\s`])+/g) ?? []) {
    const line = lines.at(-1) ?? ''
    if (line !== '' && line.length + 1 + word.length > WIDTH) lines.push(word)
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`
  }
  return lines.join('\n')
}
