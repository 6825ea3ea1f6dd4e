// Reads the project's own sources, for the tests that hold its architecture.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = fileURLToPath(new URL('../..', import.meta.url))

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
 * The files of the crate without those that only tests compile, each with the files that it names by `crate::` or `super::`. A name
 * that a module re-exports leads to the file that defines it.
 *
 * @returns {Map<string, string[]>}
 */
export function rustGraph() {
  const modules = new Map(files('src', '.rs').map((file) => [modulePath(file), file]))
  const inTests = [...modules].flatMap(([module, file]) =>
    [...read(file).matchAll(/#\[cfg\(test\)\]\s*(?:pub(?:\(\w+\))? )?mod (\w+);/g)].map(([, name]) => join(module, name)),
  )
  const isTest = (/** @type {string} */ module) => inTests.some((it) => module === it || module.startsWith(`${it}::`))

  /** @type {(path: string, seen?: string[]) => string} */
  const resolve = (path, seen = []) => {
    const names = path.split('::')
    let module = ''
    while (names.length > 0 && modules.has(join(module, names[0]))) module = join(module, names.shift())
    const file = modules.get(module) ?? ''
    const source = usePaths(module, rust(file)).find(({ name }) => name === names[0])?.path
    const known = source && modules.has(source.split('::')[0] ?? '') && !seen.includes(source)
    return known ? resolve(source, [...seen, path]) : file
  }

  /** @type {Map<string, string[]>} */
  const graph = new Map()
  for (const [module, file] of modules) {
    if (isTest(module) || module === '') continue
    const text = rust(file)
    const inline = [...text.matchAll(/\b((?:crate|super)(?:::\w+)+)(?!\w|::)/g)].map(([, path = '']) => absolute(module, path))
    const used = usePaths(module, text, /\buse ((?:crate|super)::[^;]+);/g).map(({ path }) => path)
    const targets = new Set([...inline, ...used].map((path) => resolve(path)).filter((it) => it !== file))
    graph.set(file, [...targets].filter((it) => it !== 'src/lib.rs').sort())
  }
  return graph
}

/** @param {string} module @param {string | undefined} name */
const join = (module, name) => (module === '' ? `${name}` : `${module}::${name}`)

/** `queue::producer` for src/queue/producer/mod.rs. @param {string} file */
const modulePath = (file) =>
  file
    .replace(/^src\//, '')
    .replace(/(^lib|\/mod)?\.rs$/, '')
    .replaceAll('/', '::')

/** A path from the crate's root. @param {string} module @param {string} path */
function absolute(module, path) {
  const names = path.split('::')
  let base = module.split('::')
  if (names[0] === 'crate') return names.slice(1).join('::')
  if (names[0] !== 'super') return [...base, ...names].filter(Boolean).join('::')
  for (; names[0] === 'super'; names.shift()) base = base.slice(0, -1)
  return [...base, ...names].filter(Boolean).join('::')
}

/**
 * What the `use` declarations of a module bring in: the name that they give it, and its path from the crate's root.
 *
 * @param {string} module
 * @param {string} text
 */
function usePaths(module, text, pattern = /\buse ([^;]+);/g) {
  /** @type {(tree: string) => string[]} */
  const expand = (tree) => {
    const [, before = '', group] = /^([^{]*)(?:\{([\s\S]*)\})?$/.exec(tree.trim()) ?? []
    if (group === undefined) return [before]
    const parts = group.match(/(?:[^,{}]|\{(?:[^{}]|\{[^{}]*\})*\})+/g) ?? []
    return parts.filter((part) => part.trim() !== '').flatMap((part) => expand(part).map((it) => before + it))
  }
  return [...text.matchAll(pattern)].flatMap(([, tree = '']) =>
    expand(tree).map((item) => {
      const [path = '', alias] = item.replace(/::self\b/, '').split(/\s+as\s+/)
      return { name: (alias ?? path.split('::').at(-1) ?? '').trim(), path: absolute(module, path.trim()) }
    }),
  )
}

/**
 * The cycles of a graph, each once.
 * @param {Map<string, string[]>} graph
 * @returns {string[]}
 */
export function cycles(graph) {
  /** @type {string[]} */
  const found = []
  const done = new Set()
  /** @param {string} node @param {string[]} path */
  const visit = (node, path) => {
    const at = path.indexOf(node)
    if (at >= 0) found.push([...path.slice(at), node].join(' → '))
    if (at >= 0 || done.has(node)) return
    for (const next of graph.get(node) ?? []) visit(next, [...path, node])
    done.add(node)
  }
  for (const node of graph.keys()) visit(node, [])
  return found
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
 * The project's file that an import means, of a bundle the one that it is made of; null for a package or a module of Node.
 *
 * @param {string} file
 * @param {string} specifier
 */
export function target(file, specifier) {
  return specifier.startsWith('.') ? path.posix.join(path.posix.dirname(file), specifier).replace(/\.cjs$/, '.js') : null
}
