// The schema of the database: migrating it, and the environment stamped on it.
import type { Driver } from './driver.js'

/** Options of {@link EramEngine.migrate}. */
export interface MigrateOptions {
  /** @default that of `driver`, else $DATABASE_URL */
  url?: string | undefined
  driver?: Driver | undefined
  /** The schema; created if it does not exist. @default 'public' */
  prefix?: string | undefined
  /** Target version; migrates down as well as up, 0 removes everything. @default the newest */
  to?: number | undefined
  /** Only report the current state. @default false */
  status?: boolean | undefined
  /**
   * Only return the statements that would be run, as `sql`; from the version `from`.
   * @default false
   */
  sql?: boolean | undefined
  /** The version to start from; only with `sql`. */
  from?: number | undefined
  /**
   * Also create the indexes for finding jobs by args and meta, without locking tables.
   * @default false
   */
  search_indexes?: boolean | undefined
  /**
   * For `eramjs/testing`. `clock`: creates the schema with a clock of its own. `drop`: drops such a schema, and does nothing else.
   */
  testing?: { clock?: boolean | undefined; drop?: boolean | undefined } | undefined
}

/** What {@link EramEngine.migrate} returns. */
export interface MigrateResult {
  prefix: string
  /** The version of the schema now. */
  version: number
  /** The newest version that this package knows. */
  latest: number
  /** Names of the migrations that have not been run. */
  pending: string[]
  /** The migrations that were run. */
  steps: { version: number; name: string; direction: 'up' | 'down' }[]
  /** Search indexes that were created. */
  indexes: string[]
  /** What needs attention in the schema, such as another role that may put functions into it. */
  warnings: SchemaWarning[]
  /** The statements, with `sql: true`; the other members are then missing. */
  sql?: string
}

/**
 * Something in a schema that needs attention, or that keeps engines from starting.
 * @example
 * const { warnings } = await EramEngine.migrate({ url, status: true })
 * for (const { saw, fix } of warnings) console.warn(`${saw}; ${fix}`)
 */
export interface SchemaWarning {
  /** What was looked at: `'others'` who may put functions into the schema, `'ids'`, `'names'`, … */
  check: string
  /** Engines do not start with it. */
  fatal: boolean
  /** What was expected, and what was found. */
  saw: string
  /** What to do. */
  fix: string
  /** Statements that do it, for the owner of the schema. */
  sql?: string
}

/** Options of {@link EramEngine.environment}. */
export interface EnvironmentOptions {
  /** @default that of `driver`, else $DATABASE_URL */
  url?: string | undefined
  driver?: Driver | undefined
  /** @default 'public' */
  prefix?: string | undefined
  /** The environment to stamp on the database; `null` removes the stamp. @default no change */
  set?: string | null | undefined
  /** Whether to change a stamp while engines run queues on the database. @default false */
  force?: boolean | undefined
}

/** What {@link EramEngine.environment} returns. */
export interface EnvironmentResult {
  prefix: string
  /** The stamp now; null for none. */
  environment: string | null
  /** The stamp before. */
  previous: string | null
}
