// What kind of project a folder is: its package manager, module system, language, test runner and database library.

import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { EramError } from '../../index.js'
import { CONFIG_FILES } from '../config/index.js'
import { packageManagerOf } from '../project/package-manager.js'

/** @import { PackageManager } from '../project/package-manager.js' */

/** @typedef {'vitest' | 'jest' | 'mocha' | 'node'} Runner */

/**
 * @typedef {object} Project
 * @property {string} folder
 * @property {string | null} text  of package.json
 * @property {Record<string, any>} manifest  what package.json says; {} without one
 * @property {PackageManager} manager
 * @property {boolean} esm
 * @property {boolean} typescript
 * @property {boolean} ts_imports  imports in TypeScript have the ending .ts
 * @property {boolean} tsx  Node.js needs a loader for its TypeScript
 * @property {Runner} runner
 * @property {string | null} library  the database library, as docs/drivers names it
 * @property {string | null} config  the config file that exists
 * @property {string} source  the folder of the sources, '' or 'src/'
 */

/** Database libraries by package, the most specific first. @type {[string, string][]} */
const LIBRARIES = [
  ['typeorm', 'typeorm'],
  ['@prisma/client', 'prisma'],
  ['drizzle-orm', 'drizzle'],
  ['@mikro-orm/postgresql', 'mikro-orm'],
  ['sequelize', 'sequelize'],
  ['@sequelize/core', 'sequelize'],
  ['objection', 'objection'],
  ['bookshelf', 'bookshelf'],
  ['kysely', 'kysely'],
  ['knex', 'knex'],
  ['slonik', 'slonik'],
  ['pg-promise', 'pg-promise'],
  ['postgres', 'postgres'],
  ['pg', 'pg'],
]
export const DRIVERS = [...new Set(LIBRARIES.map(([, name]) => name))]
/** The first version of Node.js that runs TypeScript itself. */
const STRIPPING = [22, 18]

/**
 * @param {string} folder
 * @param {Record<string, string | undefined>} env
 * @param {{ ts?: boolean, js?: boolean, driver?: string }} given  what the command line decides
 * @returns {Project}
 */
export function inspectProject(folder, env, { ts = false, js = false, driver }) {
  const text = readIf(path.join(folder, 'package.json'))
  const manifest = text === null ? {} : parsed(text)
  const has = (/** @type {string} */ name) => ['dependencies', 'devDependencies'].some((key) => manifest[key]?.[name] !== undefined)
  const tsconfig = readIf(path.join(folder, 'tsconfig.json'))
  const typescript = ts || (!js && (tsconfig !== null || has('typescript')))
  const ts_imports = typescript && /"(allowImportingTsExtensions|rewriteRelativeImportExtensions)"\s*:\s*true/.test(tsconfig ?? '')
  return {
    folder,
    text,
    manifest,
    manager: packageManagerOf(folder, env),
    // A new package is made with ES modules.
    esm: text === null || manifest.type === 'module',
    typescript,
    ts_imports,
    tsx: typescript && (!ts_imports || !stripsTypes()),
    runner: /** @type {const} */ (['vitest', 'jest', 'mocha']).find(has) ?? 'node',
    library: driver ?? LIBRARIES.find(([name]) => has(name))?.[1] ?? null,
    config: CONFIG_FILES.find((name) => existsSync(path.join(folder, name))) ?? null,
    source: typescript && existsSync(path.join(folder, 'src')) ? 'src/' : '',
  }
}

function stripsTypes() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  const [from = 0, since = 0] = STRIPPING
  return major > from || (major === from && minor >= since)
}

/** @param {string} text @returns {Record<string, any>} */
function parsed(text) {
  try {
    const value = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  } catch {
    // The error says what came.
  }
  throw new EramError('ERAM_CONFIG', 'package.json: expected an object in JSON, got something else')
}

/** The text of a file; null without one. @param {string} file */
export function readIf(file) {
  return existsSync(file) ? readFileSync(file, 'utf8') : null
}
