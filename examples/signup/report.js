// The report of the demo: a table, and the claims that must hold for it to exit with 0.

/** @import { JobRow } from 'eramjs' */
/** @import { Mail } from './mailbox.js' */

/**
 * @typedef {object} Facts
 * @property {{ email: string, name: string, status: number }[]} signups with the status of the web server's answer
 * @property {string[]} users who are in the database, by their address
 * @property {Mail[]} mails
 * @property {JobRow[]} jobs
 *
 * @typedef {{ claim: string, against: string[] }} Claim `against`: the evidence against it
 */

/** @param {Facts} facts */
export function report({ signups, users, mails, jobs }) {
  const expected = signups.filter(({ name }) => name !== '').map(({ email }) => email)
  const recipients = new Set(mails.map(({ to }) => to))
  const duplicates = repeats(mails)
  const lost = new Set(jobs.filter(wasInterrupted).map(({ id }) => id))
  const retried = jobs.filter(({ errors }) => errors.some(({ kind }) => kind === 'error'))
  const rescued = jobs.filter(({ meta }) => meta.rescued)

  /** @type {[string, string | number][]} */
  const table = [
    ['sign-ups', signups.length],
    ['committed', signups.filter(({ status }) => status === 201).length],
    ['rolled back', signups.filter(({ status }) => status === 422).length],
    ['mails received', mails.length],
    ['recipients', recipients.size],
    ['duplicates', duplicates.length],
    ['jobs retried', retried.length],
    ['jobs rescued', rescued.length],
    ['jobs by state', countStates(jobs)],
  ]

  const wrongResponses = signups.filter(({ name, status }) => status !== (name === '' ? 422 : 201))
  const unexplained = duplicates.filter(({ job, first }) => job !== first || !lost.has(job))
  const open = jobs.filter(({ state }) => state !== 'completed')
  /** @type {Claim[]} */
  const claims = [
    { claim: 'exactly those with a name became users', against: difference(expected, users) },
    { claim: 'every response was correct', against: wrongResponses.map(({ email, status }) => `${email}: ${status}`) },
    { claim: 'exactly the users got mail', against: difference(users, [...recipients]) },
    { claim: 'a mail came twice only if its job was interrupted', against: unexplained.map(({ to }) => to) },
    { claim: 'every job is completed', against: open.map(({ worker, id, state }) => `${worker} ${id} is ${state}`) },
    { claim: 'a job that failed was tried again', against: retried.length > 0 ? [] : ['none failed'] },
    { claim: 'jobs that the kill interrupted were rescued', against: rescued.length > 0 ? [] : ['none was running'] },
  ]
  return { table, claims, holds: claims.every(({ against }) => against.length === 0) }
}

/** @param {ReturnType<typeof report>} report */
export function print({ table, claims }) {
  const rows = table.map(([name, value]) => `  ${name.padEnd(18)}${String(value).padStart(4)}`)
  const verdicts = claims.map(({ claim, against }) => (against.length === 0 ? `  ✔ ${claim}` : `  ✖ ${claim}, but: ${against.join(', ')}`))
  console.log(['', ...rows, '', ...verdicts, ''].join('\n'))
}

/** Mails to a recipient who had received one before, with the job of the first. @param {Mail[]} mails */
function repeats(mails) {
  /** @type {Map<string, number>} */
  const firsts = new Map()
  return mails.flatMap(({ to, job }) => {
    const first = firsts.get(to)
    if (first === undefined) firsts.set(to, job)
    return first === undefined ? [] : [{ to, job, first }]
  })
}

/** Whether an attempt was interrupted, so that the job ran again. @param {JobRow} job */
function wasInterrupted({ meta }) {
  return Boolean(meta.rescued || meta.interrupted)
}

/** @param {JobRow[]} jobs */
function countStates(jobs) {
  /** @type {Record<string, number>} */
  const counts = {}
  for (const { state } of jobs) counts[state] = (counts[state] ?? 0) + 1
  return Object.entries(counts)
    .map(([state, count]) => `${count} ${state}`)
    .join(', ')
}

/** The elements that only one of the lists has. @param {string[]} some @param {string[]} others */
function difference(some, others) {
  return [...some.filter((each) => !others.includes(each)), ...others.filter((each) => !some.includes(each))]
}
