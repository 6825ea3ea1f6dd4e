// The engine's own statements, so that raw SQL does the same on the same tables.

import { readFileSync } from 'node:fs'

/**
 * @param {string} name of a file in src/store/sql
 * @param {string} prefix the schema
 */
export function statement(name, prefix) {
  const sql = readFileSync(new URL(`../../src/store/sql/${name}.sql`, import.meta.url), 'utf8')
  return sql.replace(/^\s*--.*$/gm, '').replace(/(?<![\w.'"])eram_/g, `"${prefix}".eram_`)
}
