// Loads the MCP SDK of the project, an optional package: @modelcontextprotocol/server.

import { createRequire } from 'node:module'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { EramError } from '../../index.js'
import { installCommand, packageManagerOf } from '../project/package-manager.js'

/** @typedef {typeof import('@modelcontextprotocol/server')} Sdk */
/** @typedef {typeof import('@modelcontextprotocol/server/stdio')} Stdio */

const PACKAGE = '@modelcontextprotocol/server'

/**
 * The package of the project in the working directory, else the one beside EramJS.
 * @param {Record<string, string | undefined>} env
 * @returns {Promise<Sdk & Stdio>}
 */
export async function loadSdk(env) {
  for (const place of [path.join(process.cwd(), 'any.js'), import.meta.url]) {
    const { resolve } = createRequire(place)
    try {
      resolve(PACKAGE)
    } catch {
      continue
    }
    const parts = [PACKAGE, `${PACKAGE}/stdio`].map((name) => import(pathToFileURL(resolve(name)).href))
    return Object.assign({}, ...(await Promise.all(parts)))
  }
  const command = installCommand(packageManagerOf(process.cwd(), env), [PACKAGE], { dev: true })
  throw new EramError('ERAM_CONFIG', `mcp: expected the package ${PACKAGE} in your project, got none; run \`${command}\``)
}
