// A file in which jobs record what they did, also while the database is away.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'

/**
 * Gives a test the file that JournalJob writes to.
 *
 * @template T
 * @param {(journal: { file: string, entries: () => Promise<{ job: number, attempt: number }[]> }) => Promise<T>} test
 */
export async function withJournal(test) {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'eram-journal-'))
  const file = path.join(folder, 'journal')
  await writeFile(file, '')
  try {
    return await test({
      file,
      async entries() {
        const lines = (await readFile(file, 'utf8')).trimEnd().split('\n').filter(Boolean)
        return lines.map((line) => {
          const [job = 0, attempt = 0] = line.split(' ').map(Number)
          return { job, attempt }
        })
      },
    })
  } finally {
    await rm(folder, { recursive: true })
  }
}
