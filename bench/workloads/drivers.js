// What enqueue(args, { tx }) costs through each database library, over that library's own smallest statement.

import { existsSync } from 'node:fs'
import { clear } from '../lib/database.js'
import { Party } from '../lib/party.js'
import { Refusal } from '../lib/refusal.js'

/** @import { Workload } from './index.js' */

// How each library opens a transaction is said once, where it is tested, and there the libraries are.
const SUBJECTS = new URL('../../__test__/libraries/adapters/index.js', import.meta.url)
const INSTALLED = new URL('../../__test__/libraries/node_modules', import.meta.url)

/** @type {Workload} */
export const drivers = {
  about: "enqueue(args, { tx }) through each database library, beside the library's own statements in the same transaction",
  options: {
    jobs: { value: 500, about: 'in one transaction, one after the other, each beside a bare select' },
    runs: { value: 5, about: 'of each library, in turns' },
  },
  suite: { runs: 1 },
  seconds: 60,
  columns: [
    { key: 'bare', title: 'select $1 µs', digits: 0 },
    { key: 'statement', title: 'eram_enqueue($1) µs', digits: 0 },
    { key: 'enqueue', title: 'enqueue() µs', digits: 0 },
    { key: 'over', title: 'over bare µs', digits: 0 },
    { key: 'own', title: 'of it ours µs', digits: 0 },
  ],
  goals: [],

  async run({ place, client, options: { jobs, runs }, record }) {
    if (!existsSync(INSTALLED)) {
      throw new Refusal('bench drivers: expected the libraries in __test__/libraries, got none; npm ci --prefix __test__/libraries')
    }
    const { libraries } = await import(SUBJECTS.href)
    for (let run = 1; run <= runs; run++) {
      for (const library of Object.keys(libraries)) {
        await clear(client)
        const party = await Party.prepare('drivers', { place, library, jobs })
        const { name, bare, statement, enqueue } = await party.run()
        await party.ended()
        // pg-native, where it could not be compiled.
        if (name === undefined) continue
        record(name, run, { bare, statement, enqueue, over: enqueue - bare, own: enqueue - statement })
      }
    }
  },
}
