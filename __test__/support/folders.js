// Folders of one project, each with files of its own: what is in node_modules is linked once.
import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import { project } from './snippets.js'

/**
 * @param {string[]} packages  that the project has
 * @param {object} [manifest]  package.json
 * @returns {Promise<(files?: Record<string, string>) => Promise<string>>} makes a folder, and gives its path
 */
export async function folders(packages, manifest = { type: 'module' }) {
  const own = await project(manifest)
  await own.link(...packages)
  let count = 0
  return async (files = {}) => {
    const name = `folder-${++count}`
    await mkdir(path.join(own.folder, name))
    for (const [file, text] of Object.entries(files)) await own.write(path.join(name, file), text)
    return path.join(own.folder, name)
  }
}
