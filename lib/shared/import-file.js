// Imports a file that the application names, with the hooks that this isolate has: CommonJS in TypeScript through require(), for
// which tools such as ts-node have hooks, everything else through import().

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, extname, join } from 'node:path'
import { importPath } from './context.js'
import { preloaded } from './hooks.js'

/** Endings that import() knows, whatever hooks there are. */
const NATIVE = ['.js', '.cjs', '.mjs', '.json', '.node', '.wasm']
/** require() of a file that is an ES module after all. */
const ES_MODULE = ['ERR_REQUIRE_ESM', 'ERR_REQUIRE_ASYNC_MODULE', 'ERR_REQUIRE_CYCLE_MODULE']
const TYPESCRIPT = /\.[cm]?tsx?$/
/** Modules whose hooks compile TypeScript. */
const COMPILERS = /\b(?:tsx|ts-node|swc|esbuild|esno|jiti|sucrase|babel)\b/
/** Node.js has found TypeScript that it cannot run. */
const NOT_RUN = ['ERR_UNKNOWN_FILE_EXTENSION', 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX', 'ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING']

/**
 * The exports of a file.
 * @param {string} path
 * @returns {Promise<Record<string, any>>}
 */
export async function importFile(path) {
  if (isRequired(path)) {
    try {
      const exports = createRequire(path)(path)
      // As import() shows a CommonJS file.
      return exports?.__esModule ? exports : { default: exports }
    } catch (error) {
      if (!ES_MODULE.includes(codeOf(error))) throw error
    }
  }
  return importPath(path)
}

/**
 * What helps if a file could not be imported because it, or a file that it imports, is in TypeScript; otherwise ''.
 * @param {unknown} error
 */
export function typeScriptHint(error) {
  const code = codeOf(error)
  if (!NOT_RUN.includes(code)) return ''
  const message = String(/** @type {Error} */ (error).message)
  if (code === NOT_RUN[0] && !/\.[cm]?tsx?\b/.test(message)) return ''
  const given = preloaded().filter((each) => COMPILERS.test(each))
  if (given.length > 0) return `; ${given.join(' and ')} does not load it here; compile it with tsc, and register the .js file`
  const needs = code === NOT_RUN[0] ? 'Node.js 22.18 and later strip types themselves, earlier versions need' : 'it needs'
  return `; ${needs} a loader such as tsx: start the program with node --import tsx, or give the queue exec_argv: ["--import", "tsx"]`
}

/** Whether a file is CommonJS with an ending for which require() has a hook. @param {string} path */
function isRequired(path) {
  const ending = extname(path)
  if (NATIVE.includes(ending) || !createRequire(path).extensions?.[ending]) return false
  if (/^\.[cm]/.test(ending) && TYPESCRIPT.test(ending)) return ending.startsWith('.c')
  return packageType(dirname(path)) !== 'module'
}

/** "type" of the package.json that applies to a folder. @param {string} folder @returns {string | undefined} */
function packageType(folder) {
  const parent = dirname(folder)
  if (basename(folder) === 'node_modules') return undefined
  try {
    return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).type
  } catch (error) {
    return codeOf(error) === 'ENOENT' && parent !== folder ? packageType(parent) : undefined
  }
}

/** @param {unknown} error */
function codeOf(error) {
  return String(/** @type {NodeJS.ErrnoException} */ (error)?.code)
}
