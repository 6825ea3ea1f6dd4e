// What a role needs for its part: the rights on the tables and functions of the migrations.

import { ident } from './check.js'
import { expected } from './facts.js'

/** @typedef {{ role: string, prefix: string, unique: boolean, contents: boolean }} Given */

const tables = [...new Set(expected.filter(({ kind }) => kind === 'column').map(({ table }) => String(table)))]
const functions = expected.filter(({ kind }) => kind === 'function').map(({ name }) => String(name))

/** Columns of eram_jobs that an enqueue reads. */
const READ_BY_ENQUEUE = 'id, state, queue, scheduled_at, inserted_at'
/** Columns with what the application wrote, by table. @type {Record<string, string[]>} */
const CONTENTS = { eram_jobs: ['args', 'meta', 'errors', 'result'], eram_attempts: ['error', 'logs'], eram_progress: ['message'] }

/** What an enqueue does not call. */
const NOT_OF_ENQUEUE = /^eram_(ack|complete|fetch|holds|cron)/

/**
 * The parts, each with the rights besides USAGE of the schema.
 * @type {Record<string, { meaning: string, rights: (given: Given) => string[] }>}
 */
export const PARTS = {
  enqueuer: {
    meaning: 'enqueues jobs, and cannot read their args',
    rights: ({ role, prefix, unique }) => [
      ...execute(
        functions.filter((name) => !NOT_OF_ENQUEUE.test(name)),
        prefix,
        role,
      ),
      on('INSERT', 'eram_jobs', prefix, role),
      unique ? on('SELECT, UPDATE', 'eram_jobs', prefix, role) : on(`SELECT (${READ_BY_ENQUEUE})`, 'eram_jobs', prefix, role),
    ],
  },
  viewer: {
    meaning: 'reads everything, changes nothing',
    rights: ({ role, prefix, contents }) => views(role, prefix, contents),
  },
  operator: {
    meaning: 'reads everything; cancels, retries, changes and deletes jobs; controls queues and cron entries',
    rights: ({ role, prefix }) => [
      ...views(role, prefix, true),
      on('UPDATE, DELETE', 'eram_jobs', prefix, role),
      // A trigger deletes them with their job; a retry records the attempt before.
      on('INSERT, DELETE', 'eram_attempts', prefix, role),
      on('DELETE', 'eram_progress', prefix, role),
      on('INSERT, UPDATE, DELETE', 'eram_queues', prefix, role),
      on('INSERT, UPDATE, DELETE', 'eram_crons', prefix, role),
      ...execute(
        functions.filter((name) => !/^eram_(ack|complete|fetch)/.test(name)),
        prefix,
        role,
      ),
    ],
  },
  worker: {
    meaning: 'runs queues: everything but migrations',
    rights: ({ role, prefix }) => [
      ...tables.map((table) => on(table === 'eram_migrations' ? 'SELECT' : 'SELECT, INSERT, UPDATE, DELETE', table, prefix, role)),
      ...execute(functions, prefix, role),
    ],
  },
  owner: {
    meaning: 'migrates: owns the tables and functions',
    rights: ({ role, prefix }) => [
      `GRANT CREATE ON SCHEMA ${ident(prefix)} TO ${ident(role)};`,
      ...tables.map((table) => `ALTER TABLE ${ident(prefix)}.${table} OWNER TO ${ident(role)};`),
      `ALTER TYPE ${ident(prefix)}.eram_job_state OWNER TO ${ident(role)};`,
      ...functions.map((name) => `ALTER FUNCTION ${signature(name, prefix)} OWNER TO ${ident(role)};`),
    ],
  },
}

/**
 * The statements for a role.
 * @param {string} part
 * @param {Given} given
 */
export function grantsFor(part, given) {
  const { role, prefix } = given
  return [
    ...functions.map((name) => `REVOKE EXECUTE ON FUNCTION ${signature(name, prefix)} FROM PUBLIC;`),
    `GRANT USAGE ON SCHEMA ${ident(prefix)} TO ${ident(role)};`,
    ...(PARTS[part]?.rights(given) ?? []),
  ]
}

/** @param {string} role @param {string} prefix @param {boolean} contents */
function views(role, prefix, contents) {
  return tables.map((table) => {
    const hidden = CONTENTS[table]
    if (contents || !hidden) return on('SELECT', table, prefix, role)
    const columns = expected.filter((fact) => fact.kind === 'column' && fact.table === table).map(({ name }) => String(name))
    return on(`SELECT (${columns.filter((name) => !hidden.includes(name)).join(', ')})`, table, prefix, role)
  })
}

/** @param {string} rights @param {string} table @param {string} prefix @param {string} role */
function on(rights, table, prefix, role) {
  return `GRANT ${rights} ON ${ident(prefix)}.${table} TO ${ident(role)};`
}

/** @param {string[]} names @param {string} prefix @param {string} role */
function execute(names, prefix, role) {
  return names.map((name) => `GRANT EXECUTE ON FUNCTION ${signature(name, prefix)} TO ${ident(role)};`)
}

/** @param {string} name  with the types of its arguments @param {string} prefix */
function signature(name, prefix) {
  return `${ident(prefix)}.${name.replaceAll('eram_job_state', `${ident(prefix)}.eram_job_state`)}`
}
