// Finds what belongs to the user's project: a library that EramJS does not ship, or a file that the driver names.

import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { EramError } from '../errors.js'

/**
 * A library as the user's own code would import it.
 * @param {string} name
 * @param {string | undefined} from a file of the user's project
 * @returns {Promise<any>}
 */
export async function loadLibrary(name, from) {
  const places = [from, process.argv[1], join(process.cwd(), 'any.js'), import.meta.url].filter((place) => place !== undefined)
  for (const place of places) {
    let path
    try {
      path = createRequire(place).resolve(name)
    } catch {
      continue
    }
    const module = await import(pathToFileURL(path).href)
    return { ...module.default, ...module }
  }
  throw new EramError(
    'ERAM_DRIVER',
    `driver: expected the package ${name} in your project, could not find it from ${places[0]}; npm install ${name}`,
  )
}

/**
 * @param {string} path
 * @param {string} subject
 * @returns {Promise<Record<string, any>>}
 */
export async function loadFile(path, subject) {
  try {
    return await import(pathToFileURL(path).href)
  } catch (cause) {
    throw new EramError(
      'ERAM_DRIVER',
      `${subject}: expected to import ${path}, got ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    )
  }
}
