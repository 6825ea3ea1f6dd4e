// cron: entries that cannot make jobs, and missed ticks.

/** @import { Check, Finding } from '../check.js' */

/** @type {Check} */
export const cron = {
  id: 'cron',
  looks: 'cron entries that cannot make jobs, and missed ticks',
  run: ({ schema }) =>
    schema.engine(async (engine) =>
      (await engine.cron.list()).flatMap(({ name, problem, missed }) => {
        /** @type {Finding[]} */
        const findings = []
        if (problem !== null) findings.push({ level: 'fail', saw: `${name} makes no jobs: ${problem}`, fix: 'Correct the entry.' })
        if (missed > 0) {
          findings.push({
            level: 'warn',
            saw: `${name} has missed ${missed} ticks, for which no node was running`,
            fix: 'Set `guaranteed: true` if the last missed tick should be made up for.',
          })
        }
        return findings
      }),
    ),
}
