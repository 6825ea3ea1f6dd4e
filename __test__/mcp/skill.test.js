// The skill for coding agents: its files make a project whose tests pass and whose program runs, and the command brings it there.
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { parse } from 'yaml'
import { optionsOf } from '../../cli/main.js'
import { eramjs } from '../support/cli.js'
import { withSchema } from '../support/database.js'
import { folders } from '../support/folders.js'
import { finished, project, snippets } from '../support/snippets.js'
import { files, read } from '../support/sources.js'

const SKILL = 'skills/eramjs/SKILL.md'
/** What the skill takes for granted. */
const MAILER = `export const send = async (email, { key, signal }) => ({ accepted: !signal.aborted && key !== '', retry_after: 60, email })\n`

const withFolder = await folders(['eramjs', 'pg'])

test('its tests pass, its program runs, and its config is read', () =>
  withSchema(async ({ url, prefix, rows }) => {
    const { folder, write, link } = await project({ type: 'module' })
    await link('eramjs', 'pg')
    const named = snippets(SKILL).filter(({ lang, name }) => lang === 'js' && name !== null)
    assert.equal(named.length, snippets(SKILL).filter(({ lang }) => lang !== 'sh').length)
    for (const { name, text } of named)
      await write(String(name), text.replace('EramEngine.start({', 'EramEngine.start({ prefix: process.env.PREFIX,'))
    await write('mailer.js', MAILER)

    const tests = named.map(({ name }) => String(name)).filter((name) => name.endsWith('.test.js'))
    const count = named.reduce((sum, { text }) => sum + [...text.matchAll(/^test\(/gm)].length, 0)
    const own = { cwd: folder, env: { NODE_TEST_CONTEXT: undefined } }
    const { code, out } = await finished(process.execPath, ['--test', '--test-reporter=tap', ...tests], own)
    assert.equal(code, 0, out)
    assert.match(out, new RegExp(`^# pass ${count}$`, 'm'), out)

    await rows('CREATE TABLE accounts (id bigserial, email text)')
    const { hostname, port, pathname, username, password } = new URL(url)
    const env = { PGHOST: hostname, PGPORT: port, PGDATABASE: pathname.slice(1), PGUSER: username, PGPASSWORD: password }
    const program = await finished(process.execPath, ['main.js'], {
      cwd: folder,
      env: { ...env, DATABASE_URL: url, PREFIX: prefix, PGOPTIONS: `-c search_path=${prefix}` },
    })
    assert.equal(program.code, 0, program.out)
    assert.deepEqual(await rows('SELECT worker, state, result FROM eram_jobs'), [
      { worker: 'WelcomeMail', state: 'completed', result: { sent: 'ada@example.com' } },
    ])
    assert.deepEqual(await rows('SELECT email FROM accounts'), [{ email: 'ada@example.com' }])

    const once = await eramjs(['worker', '--once', '--prefix', prefix], { env: { DATABASE_URL: url }, cwd: folder })
    assert.equal(once.code, 0, once.err)
    assert.deepEqual(await rows('SELECT worker FROM eram_crons'), [{ worker: 'WelcomeMail' }])
  }))

test('its front matter is that of a skill, and it names commands, files and entries that there are', async () => {
  const [, front = ''] = /^---\n(.*?)\n---\n/s.exec(read(SKILL)) ?? []
  const { name, description } = parse(front)
  assert.equal(name, path.basename(path.dirname(SKILL)))
  assert.ok(description.length > 0 && description.length <= 1024, String(description.length))
  assert.ok(read(SKILL).split('\n').length < 500)
  const commands = files('cli/commands', '.js').map((file) => file.slice('cli/commands/'.length, -'.js'.length).replace('/', ' '))
  const used = [...read(SKILL).matchAll(/npx eramjs ((?:jobs |crons )?[a-z]+)([^`#\n]*)/g)]
  assert.ok(used.length > 5)
  for (const [, command = '', rest = ''] of used) {
    assert.ok(commands.includes(command), command)
    const options = optionsOf(await import(`../../cli/commands/${command.replace(' ', '/')}.js`))
    for (const [, option = ''] of rest.matchAll(/--([a-z-]+)/g)) assert.ok(option in options || option === 'help', `${command} --${option}`)
  }
  for (const [, file = ''] of read(SKILL).matchAll(/`(?:node_modules\/eramjs\/)?(docs\/[\w/.-]+\.md|index\.d\.ts)`/g))
    assert.ok(read(file), file)
  const { exports } = JSON.parse(read('package.json'))
  for (const [, entry = ''] of read(SKILL).matchAll(/['`]eramjs(\/[a-z/]+)?['`]/g)) assert.ok(`.${entry}` in exports, entry)
  assert.ok(JSON.parse(read('package.json')).files.includes('skills'))
})

test('the command prints it, or writes it where skills of the project are', async () => {
  const folder = await withFolder()
  const printed = await eramjs(['skill'], { env: {}, cwd: folder })
  assert.deepEqual([printed.code, printed.out], [0, read(SKILL)])
  const file = path.join(folder, '.agents/skills/eramjs/SKILL.md')
  const into = (/** @type {string[]} */ ...args) => eramjs(['skill', '--into', '.agents/skills', ...args], { env: {}, cwd: folder })
  assert.match((await into()).out, /^\.agents\/skills\/eramjs\/SKILL\.md: written$/m)
  assert.equal(readFileSync(file, 'utf8'), read(SKILL))
  assert.match((await into()).out, /: up to date$/m)
  writeFileSync(file, 'our own\n')
  const kept = await into()
  assert.equal(kept.code, 2)
  assert.match(kept.err, /expected no other \.agents\/skills\/eramjs\/SKILL\.md, got one that differs; --force overwrites it/)
  assert.equal(readFileSync(file, 'utf8'), 'our own\n')
  assert.match((await into('--force')).out, /: updated$/m)
  assert.equal(readFileSync(file, 'utf8'), read(SKILL))
})
