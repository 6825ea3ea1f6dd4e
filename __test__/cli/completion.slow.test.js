// eramjs completion: what may come next, from the tables, the config and the database; and how bash, zsh and fish show it.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import path from 'node:path'
import { describe, test } from 'node:test'
import * as jobs from '../../cli/commands/jobs/index.js'
import { eramjs } from '../support/cli.js'
import { withSchema } from '../support/database.js'
import { folders } from '../support/folders.js'
import { finished, ROOT } from '../support/snippets.js'

const folderWith = await folders(['eramjs'])
/** The machine of the tests may be busy. */
const UNHURRIED = { ERAM_COMPLETION_TIMEOUT: '60000' }

/** The candidates for the last word. @param {string[]} words @param {string} cwd @param {Record<string, string>} [env] */
async function candidates(words, cwd, env = UNHURRIED) {
  const { code, out, err } = await eramjs(['__complete', ...words], { cwd, env })
  assert.deepEqual([code, err], [0, ''])
  return out.split('\n').flatMap((line) => line.split('\t')[0] || [])
}

/** A folder whose config names a database, and a program `eramjs` for shells. @param {string} url @param {string} prefix */
async function place(url, prefix) {
  const folder = await folderWith({
    'eram.config.js': `export default { url: ${JSON.stringify(url)}, prefix: '${prefix}', queues: { configured: 1 } }`,
    'bin/eramjs': `#!/bin/sh\nexec "${process.execPath}" "${path.join(ROOT, 'cli/index.js')}" "$@"\n`,
    'jobs.js': '',
  })
  chmodSync(path.join(folder, 'bin/eramjs'), 0o755)
  return folder
}

/** A schema whose queue `mail` and class `MailJob` a node has had. @param {(folder: string) => Promise<void>} scenario */
const withNames = (scenario) =>
  withSchema(async ({ url, prefix, rows }) => {
    await rows(`INSERT INTO eram_queues (queue, paused) VALUES ('mail', false), ('*', false)`)
    await rows(
      `INSERT INTO eram_producers (uuid, name, node, queue, job_limit, workers) VALUES (gen_random_uuid(), 'e', 'n', 'reports', 1, '{MailJob}')`,
    )
    await rows(`INSERT INTO eram_workers (worker) VALUES ('ReportJob')`)
    await scenario(await place(url, prefix))
  })

describe('candidates', () => {
  test('are commands, their verbs, options that are not given yet, and choices', async () => {
    const folder = await folderWith()
    const at = (/** @type {string[]} */ ...words) => candidates(words, folder)
    assert.ok((await at('')).includes('worker'))
    assert.deepEqual(await at('jo'), ['jobs'])
    assert.deepEqual(await at('jobs', ''), Object.keys(jobs.commands))
    assert.deepEqual(await at('jobs', 'list', '--li'), ['--limit'])
    assert.deepEqual(await at('jobs', 'list', '--limit', '3', '--li'), [])
    assert.deepEqual(await at('jobs', 'list', '--state', 'completed', '--stat'), ['--state'])
    assert.deepEqual(await at('jobs', 'list', '--state', 'c'), ['completed', 'cancelled'])
    assert.deepEqual(await at('jobs', 'list', '--state=c'), ['--state=completed', '--state=cancelled'])
    assert.deepEqual(await at('jobs', 'list', '--state', '=', 'c'), ['completed', 'cancelled'])
    assert.deepEqual(await at('jobs', 'list', '--limit', ''), [])
    assert.deepEqual(await at('grants', '--as', 'w'), ['worker'])
    assert.deepEqual(await at('doctor', '--only', 'li'), ['listen'])
    assert.deepEqual(await at('completion', ''), ['bash', 'zsh', 'fish', 'powershell'])
    assert.deepEqual(await at('worker', ''), [':files'])
    assert.deepEqual(await at('worker', '--config', ''), [':files'])
    assert.deepEqual(await at('status', ''), ['--url', '--prefix', '--config', '--import', '--env-file', '--json', '--help'])
    assert.deepEqual(await at('nothing', ''), [])
    assert.deepEqual(await at('jobs', 'nothing', ''), [])
  })

  test('are queues and workers of the config and the database', () =>
    withNames(async (folder) => {
      const at = (/** @type {string[]} */ ...words) => candidates(words, folder)
      assert.deepEqual(await at('pause', ''), ['configured', 'mail', 'reports'])
      assert.deepEqual(await at('pause', 'm'), ['mail'])
      assert.deepEqual(await at('jobs', 'list', '--queue', 're'), ['reports'])
      assert.deepEqual(await at('jobs', 'list', '--worker=Ma'), ['--worker=MailJob'])
      assert.deepEqual(await at('jobs', 'enqueue', ''), ['MailJob', 'ReportJob'])
      assert.deepEqual(await at('jobs', 'enqueue', 'MailJob', ''), [])
      assert.deepEqual(await at('worker', '--queues', 'mail,re'), ['mail,reports'])
    }))

  test('are those of the config where the database does not answer, or is none', async (t) => {
    const server = createServer(() => {})
    await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(null)))
    t.after(() => server.close())
    const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
    for (const url of [`postgres://me@127.0.0.1:${port}/app`, 'postgres://me@127.0.0.1:1/app']) {
      assert.deepEqual(await candidates(['pause', ''], await place(url, 'x'), {}), ['configured'])
    }
    assert.deepEqual(await candidates(['pause', ''], await folderWith()), [])
    assert.deepEqual(await candidates(['pause', ''], await folderWith({ 'eram.config.js': 'throw new Error()' })), [])
  })
})

test('a shell that is not known is refused', async () => {
  const { code, err } = await eramjs(['completion', 'tcsh'], { env: {} })
  assert.deepEqual([code, err], [2, 'eramjs: ERAM_CONFIG: completion: expected one of bash, zsh, fish, powershell, got "tcsh"\n'])
})

/** @param {string} shell */
function skipUnless(shell) {
  try {
    execFileSync(shell, ['--version'])
    return false
  } catch {
    return `${shell} is not installed`
  }
}

/** Runs a shell in the folder, with the program on its path. @param {string} folder @param {string} shell @param {string[]} args */
async function output(folder, shell, args) {
  const { code, out } = await finished(shell, args, {
    cwd: folder,
    env: { ...UNHURRIED, PATH: `${path.join(folder, 'bin')}:${process.env.PATH}`, HOME: folder, TERM: 'dumb' },
  })
  assert.equal(code, 0, out)
  return out
}

describe('a real shell', () => {
  test('bash completes words, names and files', { skip: skipUnless('bash') }, () =>
    withNames(async (folder) => {
      const bash = async (/** @type {string[]} */ ...words) => {
        const list = words.map((word) => `'${word}'`).join(' ')
        const script = `set -u; eval "$(eramjs completion bash)"
          complete -p eramjs >&2
          COMP_WORDS=(eramjs ${list}); COMP_CWORD=${words.length}; _eramjs eramjs; printf '%s\\n' "\${COMPREPLY[@]-}"`
        return (await output(folder, 'bash', ['--norc', '-c', script]))
          .split('\n')
          .filter((line) => line && !line.startsWith('complete -F'))
      }
      assert.deepEqual(await bash('jobs', 're'), ['retry'])
      assert.deepEqual(await bash('pause', 'm'), ['mail'])
      assert.deepEqual(await bash('jobs', 'list', '--state', '=', 'comp'), ['completed'])
      assert.deepEqual(await bash('worker', ''), [])
    }),
  )

  test('zsh completes at a tab', { skip: skipUnless('zsh') }, () =>
    withNames(async (folder) => {
      writeFileSync(
        path.join(folder, 'setup.zsh'),
        `PROMPT='' RPROMPT=''; autoload -Uz compinit; compinit -u -D
        eval "$(eramjs completion zsh)"
        dump() { print -r -- "<$BUFFER>" }
        zle -N dump; bindkey '^X' dump
        print -r -- "is-$((40 + 2))-ready"`,
      )
      const zsh = async (/** @type {string} */ typed) => {
        const script = `zmodload zsh/zpty; zpty z zsh -f -i; zpty -w z 'source ./setup.zsh'
          zpty -r z out '*is-42-ready*'
          zpty -w -n z "$1"$'\\t\\x18'; zpty -r z out '*<eramjs*>*'; print -r -- "$out"`
        const out = await output(folder, 'zsh', ['-f', '-c', script, 'zsh', typed])
        return /<(eramjs.*?)>/.exec(out)?.[1]
      }
      assert.equal(await zsh('eramjs jobs li'), 'eramjs jobs list ')
      assert.equal(await zsh('eramjs pause ma'), 'eramjs pause mail ')
      assert.equal(await zsh('eramjs jobs enqueue Rep'), 'eramjs jobs enqueue ReportJob ')
      assert.equal(await zsh('eramjs worker jo'), 'eramjs worker jobs.js ')
    }),
  )

  test('fish completes with what the words mean', { skip: skipUnless('fish') }, () =>
    withNames(async (folder) => {
      mkdirSync(path.join(folder, '.config/fish/completions'), { recursive: true })
      writeFileSync(
        path.join(folder, '.config/fish/completions/eramjs.fish'),
        (await eramjs(['completion', 'fish'], { cwd: folder, env: {} })).out,
      )
      const fish = async (/** @type {string} */ typed) =>
        (await output(folder, 'fish', ['-c', `complete -C '${typed}'`])).trimEnd().split('\n')
      assert.deepEqual(await fish('eramjs jobs li'), ['list\tLists jobs, newest first'])
      assert.deepEqual(await fish('eramjs pause ma'), ['mail'])
      assert.deepEqual(await fish('eramjs jobs list --worker Mai'), ['MailJob'])
      assert.deepEqual(await fish('eramjs worker jo'), ['jobs.js'])
    }),
  )
})
