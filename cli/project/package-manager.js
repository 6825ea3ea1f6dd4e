// The package manager of a project, and its commands.

import { existsSync } from 'node:fs'
import path from 'node:path'

/** @typedef {'npm' | 'pnpm' | 'yarn' | 'bun'} PackageManager */

/** Lock files, each with its package manager. @type {[string, PackageManager][]} */
const LOCK_FILES = [
  ['pnpm-lock.yaml', 'pnpm'],
  ['yarn.lock', 'yarn'],
  ['bun.lock', 'bun'],
  ['bun.lockb', 'bun'],
  ['package-lock.json', 'npm'],
]

/** @type {Record<PackageManager, { add: string, dev: string, run: string, exec: string }>} */
const COMMANDS = {
  npm: { add: 'npm install', dev: '--save-dev', run: 'npm run', exec: 'npx' },
  pnpm: { add: 'pnpm add', dev: '--save-dev', run: 'pnpm run', exec: 'pnpm exec' },
  yarn: { add: 'yarn add', dev: '--dev', run: 'yarn run', exec: 'yarn run' },
  bun: { add: 'bun add', dev: '--dev', run: 'bun run', exec: 'bunx' },
}

/**
 * The package manager whose lock file is in the folder or the nearest one above, else the one that runs this command, else npm.
 * @param {string} folder
 * @param {Record<string, string | undefined>} env
 * @returns {PackageManager}
 */
export function packageManagerOf(folder, env) {
  for (let at = path.resolve(folder); ; at = path.dirname(at)) {
    const found = LOCK_FILES.find(([name]) => existsSync(path.join(at, name)))
    if (found) return found[1]
    if (at === path.dirname(at)) break
  }
  const [running = ''] = (env.npm_config_user_agent ?? '').split('/')
  return running in COMMANDS ? /** @type {PackageManager} */ (running) : 'npm'
}

/**
 * The command that installs packages.
 * @param {PackageManager} manager @param {string[]} names @param {{ dev?: boolean }} [options]
 */
export function installCommand(manager, names, { dev = false } = {}) {
  const { add, dev: flag } = COMMANDS[manager]
  return `${add}${dev ? ` ${flag}` : ''} ${names.join(' ')}`
}

/** How a program of the project is run. @param {PackageManager} manager */
export const execOf = (manager) => COMMANDS[manager].exec

/** How a script of package.json is run. @param {PackageManager} manager */
export const runOf = (manager) => COMMANDS[manager].run
