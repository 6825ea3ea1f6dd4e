// What init adds to package.json: scripts, and the module type of a new package.

import path from 'node:path'

/** @import { Project } from './project.js' */

/** What `npm init` writes, which only fails. */
const NO_TEST = /^echo "Error: no test specified" && exit 1$/

/**
 * The text of package.json with the scripts that are missing.
 * @param {Project} project
 */
export function manifestOf(project) {
  const { text, manifest, folder } = project
  const base = text === null ? { name: nameOf(folder), version: '1.0.0', private: true, type: 'module' } : manifest
  const scripts = { ...base.scripts }
  if (scripts.test === undefined || NO_TEST.test(scripts.test)) scripts.test = testScript(project)
  for (const [name, script] of Object.entries(jobScripts(project))) scripts[name] ??= script
  const indent = /^([ \t]+)"/m.exec(text ?? '')?.[1] ?? '  '
  return `${JSON.stringify({ ...base, scripts }, null, indent)}\n`
}

/** @param {Project} project @returns {Record<string, string>} */
function jobScripts({ tsx }) {
  const load = tsx ? ' --import tsx' : ''
  return { 'jobs:dev': `eramjs dev${load}`, 'jobs:worker': `eramjs worker${load}`, 'jobs:migrate': `eramjs migrate${load}` }
}

/** @param {Project} project */
function testScript({ runner, tsx, typescript }) {
  switch (runner) {
    case 'vitest':
      return 'vitest run'
    case 'jest':
      return 'jest'
    case 'mocha':
      return typescript ? 'mocha --import=tsx test/*.test.ts' : 'mocha test/*.test.js'
    default:
      return typescript ? `node${tsx ? ' --import tsx' : ''} --test test/*.test.ts` : 'node --test'
  }
}

/** A name that npm accepts. @param {string} folder */
function nameOf(folder) {
  return (
    path
      .basename(folder)
      .toLowerCase()
      .replace(/[^a-z0-9-]+/g, '-')
      .replace(/^-+|-+$/g, '') || 'app'
  )
}
