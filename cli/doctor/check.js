// What a check is, and what it finds.

/** @import { MigrateResult, SchemaWarning } from '../../index.js' */
/** @import { Schema } from '../schema.js' */

/**
 * @typedef {object} Finding
 * @property {'info' | 'warn' | 'fail'} level  'fail': jobs do not run, or not as they should; 'warn': something needs attention
 * @property {string} saw
 * @property {string} [why]  why it matters
 * @property {string} [fix]  what to do
 * @property {string} [sql]  statements that do it, for --fix
 */

/**
 * What the checks know without a statement.
 * @typedef {object} Context
 * @property {Schema} schema
 * @property {string} prefix
 * @property {MigrateResult} status
 * @property {string} version  of the package
 * @property {string | undefined} environment  the one that the application has, as far as it is known
 * @property {number} age  seconds after which an open transaction is reported
 */

/** @typedef {Record<string, any>} Row */

/**
 * @typedef {object} Check
 * @property {string} id
 * @property {string} looks  at what, a phrase
 * @property {boolean} [anywhere]  also on a schema of another version, or on none
 * @property {((context: Context) => string[])} [statements]
 * @property {(context: Context, ...rows: Row[][]) => Finding[] | Promise<Finding[]>} run  gets the rows of each statement
 */

/**
 * A warning of the addon as a finding.
 * @param {SchemaWarning} warning
 * @returns {Finding}
 */
export function findingOf({ fatal, saw, fix, sql }) {
  return { level: fatal ? 'fail' : 'warn', saw, fix, ...(sql === undefined ? {} : { sql }) }
}

/**
 * A name as SQL.
 * @param {string} name
 */
export function ident(name) {
  return `"${name.replaceAll('"', '""')}"`
}

/**
 * A text as SQL.
 * @param {string | number} text
 */
export function literal(text) {
  return `'${String(text).replaceAll("'", "''")}'`
}
