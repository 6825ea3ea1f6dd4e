// The hooks with which a program loads TypeScript, such as those of tsx and ts-node: which ones the program has, and how a job thread
// or job process gets those that Node.js does not pass on to it.

import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { isMainThread } from 'node:worker_threads'

/** @typedef {{ file: string, options?: Record<string, unknown> }} RequireHook  `options`: those of ts-node's register() */

/** Options of Node.js that load a module before the program. */
const PRELOADING = ['--import', '--loader', '--experimental-loader', '--require', '-r']

const TS_NODE = /[\\/]ts-node[\\/]dist[\\/]index\.js$/
/** Files that register their hooks when they are loaded. */
const REGISTERING = [/[\\/]@swc-node[\\/]register[\\/]index\.js$/, /[\\/]tsx[\\/]dist[\\/]cjs[\\/]index\.cjs$/]
/** What job files import. A name and not a literal, because it is not a file on which this one depends. */
const PUBLIC_ENTRY = '../../index.js'
/** A name and not a literal, because only hooks can load it. */
const PROBE = './compiled.mts'
const TSX = /^tsx(?:\/|$)|[\\/]node_modules[\\/]tsx[\\/]/

/** Made when it is needed: in a bundle there is no file to start from. @type {NodeRequire | undefined} */
let own
const ownRequire = () => (own ??= createRequire(import.meta.url))
const running = /** @type {Record<symbol, { options: object } | undefined>} */ (/** @type {unknown} */ (process))
const TS_NODE_INSTANCE = Symbol.for('ts-node.register.instance')

/**
 * The hooks of require() in this isolate, also those that code has registered, as the command ts-node does. Threads inherit only
 * those of Node's options.
 * @returns {RequireHook[]}
 */
export function requireHooks() {
  // Test runners and other runtimes may have no cache of their own.
  const loaded = Object.keys(ownRequire().cache ?? {})
  const instance = running[TS_NODE_INSTANCE]
  const file = instance && loaded.find((each) => TS_NODE.test(each))
  const registering = loaded.filter((each) => REGISTERING.some((pattern) => pattern.test(each)))
  // As JSON, because functions cannot be sent to a thread.
  const tsNode = file ? [{ file, options: JSON.parse(JSON.stringify(instance.options)) }] : []
  return [...tsNode, ...registering.map((each) => ({ file: each }))]
}

/**
 * Gives this job thread or job process the hooks of its program.
 * @param {RequireHook[]} hooks  those of the isolate that started the engine
 */
export async function useHooks(hooks) {
  for (const { file, options } of hooks) {
    const module = ownRequire()(file)
    if (options && !running[TS_NODE_INSTANCE]) module.register(options)
  }
  // From TypeScript that Node.js 22 runs itself, require() fails for a module of which only some files are loaded.
  await import(PUBLIC_ENTRY)
  // tsx registers its hooks for import in a thread only on newer versions of Node.js.
  if (!isMainThread) await registerTsx()
}

async function registerTsx() {
  const given = preloaded().find((each) => TSX.test(each))
  if (given === undefined || (await compiles())) return
  const from = given.startsWith('file:') ? fileURLToPath(given) : join(process.cwd(), given === 'tsx' ? 'any.js' : given)
  const { register } = await import(pathToFileURL(moduleOf(from, 'tsx/esm/api')).href)
  register()
}

/** Whether a hook compiles TypeScript that is imported. A failed import is remembered, so the job's own file is not tried. */
async function compiles() {
  try {
    await import(PROBE)
    return true
  } catch {
    return false
  }
}

/**
 * The file of a package for `import`. require.resolve finds the one for `require`, which is beside it.
 * @param {string} from @param {string} name
 */
function moduleOf(from, name) {
  return createRequire(from)
    .resolve(name)
    .replace(/\.cjs$/, '.mjs')
}

/** The modules that options of Node.js load in this isolate before the program, by name, path or URL. */
export function preloaded() {
  const words = [...process.execArgv, ...(process.env.NODE_OPTIONS ?? '').split(/\s+/)]
  return words.flatMap((word, i) => {
    const [, name = '', value = words[i + 1]] = /^(--?[\w-]+)(?:=(.*))?$/.exec(word) ?? []
    return PRELOADING.includes(name) && value ? [value.replace(/^"(.*)"$/, '$1')] : []
  })
}
