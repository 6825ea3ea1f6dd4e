// Horizontal bars as SVG, readable on light and on dark pages.

/** @typedef {{ name: string, value: number, ours: boolean }} Bar */

const WIDTH = 760
const ROW = 30
const TOP = 52
const LEFT = 170
const RIGHT = 90
const LINE = 16
// Letters of the caption on a line.
const LETTERS = 120

/**
 * @param {{ title: string, caption: string[], bars: Bar[], less?: boolean }} what  `less`: the less, the better
 * @returns {string}
 */
export function draw({ title, caption, bars, less = false }) {
  const sorted = [...bars].sort((a, b) => (less ? a.value - b.value : b.value - a.value))
  const most = Math.max(...sorted.map(({ value }) => value))
  const notes = caption.flatMap(wrapped)
  const height = TOP + sorted.length * ROW + 20 + notes.length * LINE
  const rows = sorted.map(({ name, value, ours }, i) => {
    const y = TOP + i * ROW
    const width = Math.max(1, (value / most) * (WIDTH - LEFT - RIGHT))
    return `  <text class="name" x="${LEFT - 10}" y="${y + 16}">${escaped(name)}</text>
  <rect class="${ours ? 'ours' : 'other'}" x="${LEFT}" y="${y + 3}" width="${width.toFixed(1)}" height="${ROW - 12}" rx="2"/>
  <text x="${(LEFT + width + 8).toFixed(1)}" y="${y + 16}">${written(value)}</text>`
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img">
  <title>${escaped(title)}</title>
  <style>
    text { font: 13px system-ui, sans-serif; fill: #24292f }
    .title { font-size: 15px; font-weight: 600 }
    .name { text-anchor: end }
    .note { font-size: 11px; fill: #57606a }
    .ours { fill: #d9480f }
    .other { fill: #8c959f }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3 }
      .note { fill: #9198a1 }
      .ours { fill: #ff8a4c }
      .other { fill: #6e7681 }
    }
  </style>
  <text class="title" x="10" y="24">${escaped(title)}</text>
  <text class="note" x="10" y="42">${less ? 'less' : 'more'} is better</text>
${rows.join('\n')}
${notes.map((line, i) => `  <text class="note" x="10" y="${TOP + sorted.length * ROW + 20 + i * LINE}">${escaped(line)}</text>`).join('\n')}
</svg>
`
}

/** @param {number} value */
const written = (value) => value.toLocaleString('en', { maximumFractionDigits: value < 100 ? 1 : 0 })

/** @param {string} text */
const escaped = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

/** Lines that fit, broken between what the dots separate. @param {string} text */
function wrapped(text) {
  /** @type {string[]} */
  const lines = []
  for (const part of text.split(' · ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + part.length + 3 <= LETTERS) lines[lines.length - 1] = `${last} · ${part}`
    else lines.push(part)
  }
  return lines
}
