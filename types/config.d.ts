// The config file of the command line: eram.config.ts, .mts, .js, .mjs or .cjs.

import type { StartOptions } from './start.js'

/**
 * What `eram.config` exports as its default export, or what a function that it exports returns: the
 * options of {@link EramEngine.start}, and what only the command line uses.
 */
export interface EramConfig extends StartOptions {
  /**
   * Patterns of the files that register job classes, relative to the config file: `*`, `**`, `?`,
   * `{a,b}`; one that begins with `!` leaves files out. Declarations (`.d.ts`) and files named
   * `.test.` or `.spec.` are left out. `worker` imports the files, in the order of their paths.
   * @default []
   */
  jobs?: readonly string[] | undefined
  /** Where `worker` serves `/health`, `/ready` and the other paths of `eramjs/http`. @default none */
  http?: { port: number; host?: string | undefined } | undefined
  /**
   * As {@link StartOptions.setup}; a path may be relative to the config file.
   * @default none
   */
  setup?: StartOptions['setup']
}

/** What a config function is called with. */
export interface ConfigContext {
  /** The command, such as `worker` or `jobs list`. */
  readonly command: string
  /** The environment variables, those of `.env` included. */
  readonly env: Readonly<Record<string, string | undefined>>
}

/** A function that makes a config. */
export type ConfigFunction = (context: ConfigContext) => EramConfig | Promise<EramConfig>

/**
 * Gives the config as it is, with its type.
 *
 * @example
 * export default defineConfig({ jobs: ['jobs/*.ts'], queues: { default: 10, emails: 20 } })
 */
export declare function defineConfig(config: EramConfig): EramConfig
/**
 * Gives the function as it is, with its type.
 *
 * @example
 * export default defineConfig(({ env }) => ({ url: env.JOBS_URL, jobs: ['jobs/*.ts'], queues: { default: 10 } }))
 */
export declare function defineConfig(config: ConfigFunction): ConfigFunction
