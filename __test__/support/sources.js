// Reads the project's own sources, for the tests that hold its architecture.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/**
 * The files below a folder, from the project's folder, that end in this way.
 *
 * @param {string} folder
 * @param {string} ending
 * @returns {string[]}
 */
export function files(folder, ending) {
  if (!existsSync(path.join(ROOT, folder))) return []
  const names = readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' })
  const wanted = names.filter((name) => name.endsWith(ending) && !name.includes('node_modules'))
  return wanted.map((name) => `${folder}/${name.split(path.sep).join('/')}`).sort()
}

/** @param {string} file from the project's folder */
export const read = (file) => readFileSync(path.join(ROOT, file), 'utf8')

/**
 * Rust without comments and without its tests, which may use what they like.
 *
 * @param {string} file
 */
export function rust(file) {
  const text = read(file).replace(/\/\/.*$/gm, '')
  return text.replace(/#\[cfg\(test\)\]\s*(pub(\(crate\))? )?mod \w+ \{[\s\S]*/, '')
}

/**
 * The modules directly beneath the crate that a Rust file names, by `crate::` or by climbing there with `super::`.
 *
 * @param {string} file
 */
export function rustImports(file) {
  const text = rust(file)
  const place = file.replace(/^src\//, '').replace(/(\/mod)?\.rs$/, '')
  const depth = place.split('/').length
  const names = new Set([...text.matchAll(/\bcrate::([a-z]\w*)/g)].map((match) => match[1] ?? ''))
  for (const [, group = ''] of text.matchAll(/\bcrate::\{((?:[^{}]|\{[^{}]*\})*)\}/g)) {
    for (const [, name = ''] of group.replace(/\{[^{}]*\}/g, '').matchAll(/(?:^|,)\s*([a-z]\w*)/g)) names.add(name)
  }
  for (const [, climb = '', name = ''] of text.matchAll(/\b((?:super::)+)([a-z]\w*)/g)) {
    if (name !== 'super' && climb.length / 'super::'.length === depth) names.add(name)
  }
  return [...names]
}

/**
 * What a JavaScript file imports, requires or loads by a literal name, as it runs: types in comments do not count.
 *
 * @param {string} file
 */
export function imports(file) {
  const text = read(file)
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/^\s*\/\/.*$/gm, '')
  const matches = text.matchAll(/(?:\bfrom\s*|\bimport\s*\(?\s*|\brequire\s*\(\s*|\)\(\s*|\bnew URL\(\s*)(['"])([\w@./:#-]+)\1/g)
  return [...matches].map((match) => match[2] ?? '')
}

/**
 * The project's file that an import means, or null for a package or a module of Node.
 *
 * @param {string} file
 * @param {string} specifier
 */
export function target(file, specifier) {
  return specifier.startsWith('.') ? path.posix.join(path.posix.dirname(file), specifier) : null
}
