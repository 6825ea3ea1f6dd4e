// What the ways into the libraries have in common.

/** @import { Adapter } from '../../support/transactions.js' */

/**
 * A transaction of a library that has statements and no callbacks.
 *
 * @template Tx
 * @param {Tx} tx
 * @param {{ begin: () => unknown, commit: () => unknown, rollback: () => unknown }} how
 * @param {(tx: Tx) => Promise<unknown>} fn
 */
export async function within(tx, { begin, commit, rollback }, fn) {
  await begin()
  try {
    const result = await fn(tx)
    await commit()
    return result
  } catch (error) {
    await rollback()
    throw error
  }
}

/**
 * Savepoints by statements, where the library has none of its own.
 *
 * @param {(tx: any, sql: string) => unknown} run
 * @returns {Adapter['savepoint']}
 */
export const savepoints = (run) => (tx, fn) =>
  within(
    tx,
    {
      begin: () => run(tx, 'SAVEPOINT inner_one'),
      commit: () => run(tx, 'RELEASE SAVEPOINT inner_one'),
      // Which leaves it there, before another of that name.
      rollback: async () => {
        await run(tx, 'ROLLBACK TO SAVEPOINT inner_one')
        await run(tx, 'RELEASE SAVEPOINT inner_one')
      },
    },
    fn,
  )

/**
 * What a template literal hands to its tag: `a $1 b` is what `a ${x} b` is.
 *
 * @param {string} sql
 * @returns {any} a TemplateStringsArray
 */
export function template(sql) {
  const parts = sql.split(/\$\d+(?:::text)?/)
  const casts = [...sql.matchAll(/\$\d+(::text)?/g)].map(([, cast = '']) => cast)
  const texts = parts.map((part, i) => (casts[i - 1] ?? '') + part)
  return Object.freeze(Object.assign(texts, { raw: Object.freeze([...texts]) }))
}

/** Question marks for numbers, which stand in order. @param {string} sql */
export const questions = (sql) => sql.replace(/\$\d+/g, '?')
