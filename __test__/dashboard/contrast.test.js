// The colors of web/styles/tokens.css: texts and series can be told from what is behind them, in both themes.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { read } from '../support/sources.js'

const THEMES = /** @type {const} */ (['light', 'dark'])
const tokens = new Map(
  [...read('web/styles/tokens.css').matchAll(/--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)/g)].map(
    ([, name = '', light = '', dark = '']) => [name, { light, dark }],
  ),
)

/** @param {string} name @param {'light' | 'dark'} theme */
const color = (name, theme) => {
  const found = tokens.get(name)
  assert.ok(found, `expected a token --${name}`)
  return found[theme]
}

/** @param {string} hex */
function luminance(hex) {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(hex.slice(at, at + 2), 16) / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

/** @param {string} a @param {string} b */
function contrast(a, b) {
  const [dark = 0, light = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y)
  return (light + 0.05) / (dark + 0.05)
}

const STATES = ['executing', 'available', 'scheduled', 'suspended', 'retryable', 'completed', 'cancelled', 'discarded']

for (const theme of THEMES) {
  test(`texts have a contrast of 4.5 or more: ${theme}`, () => {
    const pairs = [
      ...['text', 'text-muted', 'good', 'warn', 'bad'].flatMap((text) =>
        ['page', 'surface', 'raised', 'hover', 'chosen'].map((behind) => [text, behind]),
      ),
      ...STATES.flatMap((state) => ['surface', 'hover', 'chosen', `tint-${state}`].map((behind) => [`state-${state}`, behind])),
      ...['app', 'library', 'node', 'engine', 'idle'].map((kind) => ['text', `flame-${kind}`]),
      ['text-muted', 'flame-idle'],
      ['warn', 'warn-tint'],
      ['bad', 'bad-tint'],
    ]
    const weak = pairs.filter(([text = '', behind = '']) => contrast(color(text, theme), color(behind, theme)) < 4.5)
    assert.deepEqual(weak, [])
  })

  test(`series and the focus ring have a contrast of 3 or more: ${theme}`, () => {
    const series = [...tokens.keys()].filter((name) => name.startsWith('series-'))
    assert.equal(series.length, STATES.length + 10)
    assert.deepEqual(
      [...series, 'focus'].filter((name) => contrast(color(name, theme), color('surface', theme)) < 3),
      [],
    )
  })
}
