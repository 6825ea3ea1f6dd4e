// server: whether it accepts writes, and settings that matter.

/** @import { Check, Finding } from '../check.js' */

/** Milliseconds that a statement of the engine may take. */
const STATEMENT_MS = 60_000

/** @type {Check} */
export const server = {
  id: 'server',
  looks: 'whether the server accepts writes, and the settings of this role',
  anywhere: true,
  statements: () => [
    `SELECT pg_is_in_recovery() AS standby, current_setting('default_transaction_read_only')::boolean AS read_only`,
    `SELECT s.name, s.reset_val AS value FROM pg_settings AS s
     WHERE s.name IN ('synchronous_commit', 'jit', 'idle_in_transaction_session_timeout', 'statement_timeout')`,
  ],
  run(_, [state], settings = []) {
    const { synchronous_commit, jit, idle_in_transaction_session_timeout, statement_timeout } = Object.fromEntries(
      settings.map(({ name, value }) => [name, value]),
    )
    /** @type {Finding[]} */
    const findings = []
    if (state?.standby)
      findings.push({ level: 'fail', saw: 'the server is a standby', fix: 'Connect to the primary: `target_session_attrs=read-write`.' })
    else if (state?.read_only) {
      findings.push({ level: 'fail', saw: 'default_transaction_read_only is on', fix: 'Switch it off for this role or database.' })
    }
    if (synchronous_commit === 'off') {
      findings.push({
        level: 'warn',
        saw: 'synchronous_commit is off',
        why: 'A crash of the server loses the last commits: jobs run again, and enqueued jobs may be gone.',
        fix: 'Switch it on for this role or database.',
      })
    }
    if (Number(statement_timeout) > 0 && Number(statement_timeout) < STATEMENT_MS) {
      findings.push({
        level: 'warn',
        saw: `statement_timeout is ${statement_timeout} ms`,
        why: 'It may cancel statements for maintenance.',
        fix: `Set it to ${STATEMENT_MS} ms or more, or to 0, for the role of the engines.`,
      })
    }
    if (jit === 'on') findings.push({ level: 'info', saw: 'jit is on; statements of queues are too short to gain from it' })
    if (idle_in_transaction_session_timeout === '0') {
      findings.push({ level: 'info', saw: 'idle_in_transaction_session_timeout is not set; a forgotten transaction holds back vacuum' })
    }
    return findings
  },
}
