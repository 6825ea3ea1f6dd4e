// Imports from the user's project: libraries, which EramJS does not ship, and files that the driver names.

import { createRequire } from 'node:module'
import { join } from 'node:path'
import { importPath } from '../shared/context.js'
import { EramError } from '../shared/errors.js'
import { importFile, typeScriptHint } from '../shared/import-file.js'

/** @typedef {(...names: string[]) => Promise<any>} Load  imports the first that is installed */

/**
 * Imports libraries as the user's own code would.
 * @param {string | undefined} from  a file of the user's project
 * @returns {Load}
 */
export function loader(from) {
  return async (...names) => {
    const module = await importPath(installed(names, from))
    return { ...module.default, ...module }
  }
}

/**
 * The file that an import of the first of these packages that is installed would load.
 * @param {string[]} names
 * @param {string | undefined} from
 * @returns {string}
 */
export function installed(names, from) {
  const places = [from, process.argv[1], join(process.cwd(), 'any.js'), import.meta.url].filter((place) => place !== undefined)
  for (const place of places) {
    for (const name of names) {
      try {
        return createRequire(place).resolve(name)
      } catch {
        // The next place, or the next name.
      }
    }
  }
  throw new EramError(
    'ERAM_DRIVER',
    `driver: expected the package ${names.join(' or ')} in your project, could not find it from ${places[0]}; npm install ${names[0]}`,
  )
}

/**
 * @param {string} path
 * @param {string} subject
 * @returns {Promise<Record<string, any>>}
 */
export async function loadFile(path, subject) {
  try {
    return await importFile(path)
  } catch (cause) {
    throw new EramError(
      'ERAM_DRIVER',
      `${subject}: expected to import ${path}, got ${cause instanceof Error ? cause.message : String(cause)}${typeScriptHint(cause)}`,
      { cause },
    )
  }
}
