// The package managers, each of the version in package.json, in a home of their own: what the machine has configured or cached does
// not count.
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { run } from '../../../scripts/command.js'

const MODULES = fileURLToPath(new URL('node_modules', import.meta.url))
/** After this many milliseconds a command counts as one that does not end, also on a machine that is busy. */
const LIMIT_MS = 240_000

/** Programs for Node. */
export const MANAGERS = {
  npm: path.join(MODULES, 'npm', 'bin', 'npm-cli.js'),
  'npm 10': path.join(MODULES, 'npm-10', 'bin', 'npm-cli.js'),
  npx: path.join(MODULES, 'npm', 'bin', 'npx-cli.js'),
  pnpm: path.join(MODULES, 'pnpm', 'bin', 'pnpm.cjs'),
  yarn: path.join(MODULES, '@yarnpkg', 'cli-dist', 'bin', 'yarn.js'),
}

/** What npm has set for the tests, without effect on the npm under test. */
const FOREIGN = Object.fromEntries(Object.keys(process.env).flatMap((name) => (/^(npm|pnpm|yarn)_/i.test(name) ? [[name, undefined]] : [])))

/** @param {{ folder: string, url: string }} where @returns {Record<string, string | undefined>} */
export const environment = ({ folder, url }) => ({
  ...FOREIGN,
  NODE_OPTIONS: undefined,
  INIT_CWD: undefined,
  HOME: path.join(folder, '.home'),
  XDG_CACHE_HOME: path.join(folder, '.home', 'cache'),
  XDG_DATA_HOME: path.join(folder, '.home', 'data'),
  npm_config_registry: url,
  npm_config_audit: 'false',
  npm_config_fund: 'false',
  npm_config_update_notifier: 'false',
  pnpm_config_registry: url,
  YARN_NPM_REGISTRY_SERVER: url,
  YARN_UNSAFE_HTTP_WHITELIST: '127.0.0.1',
  YARN_ENABLE_TELEMETRY: '0',
  YARN_ENABLE_IMMUTABLE_INSTALLS: 'false',
  // What was published a moment ago counts, too.
  YARN_NPM_MINIMAL_AGE_GATE: '0',
})

/**
 * Runs a package manager in a folder.
 * @param {string} program @param {string[]} args @param {{ folder: string, url: string, env?: Record<string, string> }} where
 */
export async function manage(program, args, { env, ...where }) {
  /** @type {string[]} */
  const lines = []
  const options = { cwd: where.folder, env: { ...environment(where), ...env }, timeout: LIMIT_MS }
  const code = await run(process.execPath, [program, ...args], { ...options, line: (line) => void lines.push(line) })
  return { code, text: lines.join('\n') }
}
