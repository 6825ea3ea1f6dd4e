// The file .eram/env, which has the URL of the development database: `node --env-file=.eram/env`.

import { existsSync, readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'

/** The folder of what `dev` keeps for a project. */
export const FOLDER = '.eram'
const FILE = 'env'

/**
 * @param {string} folder  of the project
 * @param {string} url
 * @returns {Promise<string>} the path of the file
 */
export async function writeUrl(folder, url) {
  const file = path.join(folder, FOLDER, FILE)
  await mkdir(path.dirname(file), { recursive: true })
  // The folder keeps itself out of Git.
  await writeFile(path.join(folder, FOLDER, '.gitignore'), '*\n')
  await writeFile(file, `# Written by eramjs dev.\nDATABASE_URL=${url}\n`, { mode: 0o600 })
  return file
}

/**
 * The URL that the nearest file from a folder upwards has.
 * @param {string} [folder]
 * @returns {string | undefined}
 */
export function readUrl(folder = process.cwd()) {
  const file = path.join(folder, FOLDER, FILE)
  if (existsSync(file)) return /^DATABASE_URL=(.+)$/m.exec(readFileSync(file, 'utf8'))?.[1]
  const parent = path.dirname(folder)
  return parent === folder ? undefined : readUrl(parent)
}
