// Each guide in docs/drivers does what it says: its program, with the job of the quick start, compiles with the newest
// and with the oldest supported TypeScript, and leaves a row and a job.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { mkdir, readFile, symlink } from 'node:fs/promises'
import path from 'node:path'
import { test } from 'node:test'
import { withSchema } from '../support/database.js'
import { finished, project, ROOT, snippets, TSCONFIG } from '../support/snippets.js'
import { files, read } from '../support/sources.js'
import { OFFLINE } from './prisma.js'

/** @typedef {Awaited<ReturnType<typeof project>>} Project */

// Each guide has a project, which is removed when the process ends.
process.setMaxListeners(50)

const LIBRARIES = path.join(ROOT, '__test__/libraries')

/** Guides of packages with other names, or of several versions. @type {Record<string, string[]>} */
const PACKAGES = {
  drizzle: ['drizzle-orm'],
  'mikro-orm': ['mikro-orm-7', '@mikro-orm/core'],
  pglite: ['@electric-sql/pglite'],
  prisma: ['@prisma/client', 'prisma-client-6'],
  sequelize: ['sequelize', '@sequelize/core'],
}

/** Guides whose programs have a database of their own. */
const OWN = ['docs/drivers/pglite.md']

/** What a guide has to do before its program compiles. @type {Record<string, (own: Project) => Promise<unknown>>} */
const PREPARE = {
  'docs/drivers/pglite.md': async (own) => {
    const { code, out } = await finished(process.execPath, [path.join(ROOT, 'cli/index.js'), 'sql'])
    assert.equal(code, 0, out)
    await own.write('eram.sql', out)
  },
  'docs/drivers/prisma.md': async (own) => {
    for (const { lang, name, text } of snippets('docs/drivers/prisma.md')) {
      if (lang === 'prisma') await own.write('prisma/schema.prisma', text)
      // Prisma names the schema of its tables in each statement.
      const schema = inSchema(text)
        .replace('process.env.DATABASE_URL }', '$&, { schema: process.env.PREFIX }')
        .replace(/'select "public"(.*?)'/, (_, rest) => `\`select "\${process.env.PREFIX}"${rest}\``)
      if (name) await own.write(name, schema)
    }
    await own.write('refused.ts', REFUSED)
    const cli = path.join(LIBRARIES, 'node_modules/prisma/build/index.js')
    const { code, out } = await finished(process.execPath, [cli, 'generate'], { cwd: own.folder, env: OFFLINE })
    assert.equal(code, 0, out)
  },
}

/** Types that are there only once the client is generated. */
const REFUSED = `import { PrismaClient } from './generated/prisma/client.js'
import { EmailUserJob } from './job.js'

declare const prisma: PrismaClient
const extended = prisma.$extends({ model: { $allModels: { exists: () => true } } })
await extended.$transaction((tx) => EmailUserJob.enqueue({ email: '' }, { tx }))
// @ts-expect-error a client takes any connection
await EmailUserJob.enqueue({ email: '' }, { tx: prisma })
// @ts-expect-error extended or not
await EmailUserJob.enqueue({ email: '' }, { tx: extended })
`

/** @param {string} folder where the packages are @param {string[]} names @param {string} to */
async function link(folder, names, to) {
  for (const name of names) {
    const at = path.join(to, 'node_modules', name)
    await mkdir(path.dirname(at), { recursive: true })
    await symlink(name === 'eramjs' ? ROOT : path.join(folder, 'node_modules', name), at)
  }
}

async function application() {
  const own = await project({ type: 'module' })
  const { dependencies } = JSON.parse(await readFile(path.join(LIBRARIES, 'package.json'), 'utf8'))
  await link(LIBRARIES, Object.keys(dependencies), own.folder)
  await link(ROOT, ['eramjs', '@types/node'], own.folder)
  const job = snippets('docs/guides/getting-started.md').find(({ name }) => name === 'job.ts')
  await own.write('job.ts', String(job?.text))
  await own.write('tsconfig.json', JSON.stringify(TSCONFIG))
  return own
}

/** The test's schema stands in for the application's: in the URL for its tables, and here for those of EramJS. @param {string} text */
const inSchema = (text) => text.replace(/\{ (tx(?:: \w+)?) \}/g, '{ $1, prefix: String(process.env.PREFIX) }')

const INDEX = 'docs/drivers/README.md'
const guides = files('docs/drivers', '.md').filter((file) => file !== INDEX)

for (const guide of guides) {
  test(`${guide}: its program runs`, () =>
    withSchema(async ({ url, prefix, rows }) => {
      const own = await application()
      const named = snippets(guide).flatMap(({ name, text }) => (name === null ? [] : [{ name, text }]))
      assert.ok(
        named.some(({ name }) => name === 'signup.ts'),
        `${guide}: expected a snippet that begins with // signup.ts`,
      )
      const given = OWN.includes(guide) ? (/** @type {string} */ text) => text : inSchema
      for (const { name, text } of named) await own.write(name, given(text))
      await PREPARE[guide]?.(own)
      await own.compile()

      await rows('CREATE TABLE users (id serial PRIMARY KEY, email text, "createdAt" timestamptz, "updatedAt" timestamptz)')
      const database = new URL(url)
      database.searchParams.set('options', `-c search_path=${prefix}`)
      const env = { DATABASE_URL: database.href.replaceAll('+', '%20'), PREFIX: prefix, PGOPTIONS: `-c search_path=${prefix}` }
      const programs = named.filter(({ text }) => /enqueue\b/.test(text))
      for (const { name } of programs) {
        const { code, out } = await finished(process.execPath, [`dist/${name.replace(/ts$/, 'js')}`], { cwd: own.folder, env })
        assert.equal(code, 0, out)
        if (OWN.includes(guide)) assert.equal(out, `[ { worker: 'EmailUserJob', args: { email: 'ada@example.com' } } ]\n`)
      }
      if (OWN.includes(guide)) return
      assert.deepEqual(
        await rows('SELECT email FROM users'),
        programs.map(() => ({ email: 'ada@example.com' })),
      )
      const job = { worker: 'EmailUserJob', queue: 'emails', args: { email: 'ada@example.com' } }
      assert.deepEqual(
        await rows('SELECT worker, queue, args FROM eram_jobs'),
        programs.map(() => job),
      )
    }))
}

test(`${INDEX}: has every guide, and the versions that are tested`, () => {
  const rows = [...read(INDEX).matchAll(/^\| \[[^\]]+\]\(([\w-]+)\.md\) \| ([^|]*?) ?\|/gm)].map(([, name = '', versions = '']) => ({
    name,
    versions,
  }))
  assert.deepEqual(rows.map(({ name }) => `docs/drivers/${name}.md`).sort(), guides)
  for (const { name, versions } of rows) {
    if (name === 'other') continue
    const installed = (PACKAGES[name] ?? [name]).map((each) => path.join(LIBRARIES, 'node_modules', each, 'package.json'))
    // That of the project itself is the newer one.
    if (name === 'typeorm') installed.unshift(path.join(ROOT, 'node_modules/typeorm/package.json'))
    assert.equal(installed.map((file) => JSON.parse(readFileSync(file, 'utf8')).version).join(', '), versions, name)
  }
})
