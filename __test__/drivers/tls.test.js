// TLS of drivers' configs on real servers: what the library verifies, the engine verifies too.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import pg from 'pg'
import { EramEngine } from '../../index.js'
import { startPostgres } from '../../scripts/postgres.js'

const folder = mkdtempSync(path.join(tmpdir(), 'eram-tls-'))
const at = (/** @type {string} */ name) => path.join(folder, name)
const read = (/** @type {string} */ name) => readFileSync(at(name), 'utf8')
const openssl = (/** @type {string[]} */ ...args) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' })

/** @param {string} name @param {string} subject @param {string} extensions */
function issue(name, subject, extensions) {
  writeFileSync(at(`${name}.ext`), extensions)
  openssl(
    'req',
    '-new',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-keyout',
    `${name}.key`,
    '-out',
    `${name}.csr`,
    '-subj',
    subject,
  )
  openssl(
    'x509',
    '-req',
    '-in',
    `${name}.csr`,
    '-CA',
    'ca.crt',
    '-CAkey',
    'ca.key',
    '-CAcreateserial',
    '-days',
    '2',
    '-out',
    `${name}.crt`,
    '-extfile',
    `${name}.ext`,
  )
}

/** @type {import('../../scripts/postgres.js').Postgres} */
let right
/** @type {import('../../scripts/postgres.js').Postgres} */
let wrong

before(async () => {
  for (const ca of ['ca', 'stranger']) {
    openssl(
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-keyout',
      `${ca}.key`,
      '-out',
      `${ca}.crt`,
      '-days',
      '2',
      '-subj',
      `/CN=${ca}`,
    )
  }
  issue('right', '/CN=localhost', 'subjectAltName=DNS:localhost')
  issue('wrong', '/CN=elsewhere', 'subjectAltName=DNS:elsewhere')
  issue('client', '/CN=eram', 'extendedKeyUsage=clientAuth')
  openssl('ec', '-in', 'client.key', '-aes128', '-passout', 'pass:open', '-out', 'locked.key')
  const server = (/** @type {string} */ name) =>
    startPostgres({
      settings: { ssl: true, ssl_ca_file: 'ca.crt' },
      files: {
        'server.crt': read(`${name}.crt`),
        'server.key': read(`${name}.key`),
        'ca.crt': read('ca.crt'),
        'pg_hba.conf': 'hostssl certified all all cert\nhostssl all all all scram-sha-256\n',
      },
    })
  ;[right, wrong] = await Promise.all([server('right'), server('wrong')])
  const client = new pg.Client({ ...config(right), ssl: { ca: read('ca.crt') } })
  await client.connect()
  await client.query('CREATE DATABASE certified')
  await client.end()
})

after(async () => {
  await Promise.all([right?.stop(), wrong?.stop()])
  rmSync(folder, { recursive: true })
})

/** @param {import('../../scripts/postgres.js').Postgres} server */
function config({ port }) {
  return { host: 'localhost', port, user: 'eram', password: 'password', database: 'eram' }
}

/** @param {import('../../scripts/postgres.js').Postgres} server @param {string} parameters */
function urlTo({ port }, parameters) {
  return `postgres://eram:password@localhost:${port}/eram?${parameters}`
}

/** Whether pg, and whether the engine, connects. @param {any} settings */
async function connects(settings) {
  const client = new pg.Client(settings)
  const library = await client.connect().then(
    () => client.end().then(() => true),
    () => false,
  )
  const engine = await EramEngine.migrate({ driver: { type: 'pg', config: settings }, prefix: 'tls' }).then(
    () => true,
    (error) => {
      assert.equal(error.code, 'ERAM_UNAVAILABLE', error.message)
      return false
    },
  )
  return { library, engine }
}

describe('a config of pg', () => {
  test('is read as pg reads it, or more strictly', async () => {
    const ca = read('ca.crt')
    const both = (/** @type {boolean} */ connected) => ({ library: connected, engine: connected })
    for (const [settings, expected] of /** @type {[any, { library: boolean, engine: boolean }][]} */ ([
      [{ ...config(right), ssl: true }, both(false)],
      [{ ...config(right), ssl: { rejectUnauthorized: false } }, both(true)],
      [{ ...config(right), ssl: { ca } }, both(true)],
      [{ ...config(right), ssl: { ca: Buffer.from(ca) } }, both(true)],
      [{ ...config(right), ssl: { ca: [Buffer.from(read('stranger.crt')), ca] } }, both(true)],
      [{ ...config(right), ssl: { ca: [read('stranger.crt')] } }, both(false)],
      [{ ...config(right), ssl: { ca, rejectUnauthorized: true } }, both(true)],
      [{ ...config(right), ssl: {} }, both(false)],
      [{ ...config(wrong), ssl: { ca } }, both(false)],
      [{ ...config(wrong), ssl: { ca, servername: 'elsewhere' } }, both(false)],
      [{ ...config(wrong), host: '127.0.0.1', ssl: { ca, servername: 'elsewhere' } }, both(true)],
      [{ ...config(wrong), host: '127.0.0.1', ssl: { ca } }, both(false)],
      [{ ...config(wrong), ssl: { ca, rejectUnauthorized: false } }, both(true)],
      [{ connectionString: urlTo(right, 'sslmode=require') }, both(false)],
      [{ connectionString: urlTo(right, 'sslmode=prefer') }, both(false)],
      [{ connectionString: urlTo(right, 'sslmode=require'), ssl: { rejectUnauthorized: true } }, both(false)],
      [{ connectionString: urlTo(right, 'sslmode=require'), ssl: { rejectUnauthorized: false } }, both(false)],
      [{ connectionString: urlTo(right, 'ssl=true') }, both(false)],
      [{ connectionString: urlTo(right, 'sslmode=no-verify') }, both(true)],
      [{ connectionString: urlTo(right, `sslmode=verify-full&sslrootcert=${at('ca.crt')}`) }, both(true)],
      [{ connectionString: urlTo(right, `sslrootcert=${at('ca.crt')}`) }, both(true)],
      [{ connectionString: urlTo(wrong, `sslmode=verify-ca&sslrootcert=${at('ca.crt')}`) }, both(false)],
      [{ connectionString: urlTo(right, 'uselibpqcompat=true&sslmode=require') }, both(true)],
      [{ connectionString: urlTo(right, ''), ssl: { ca } }, both(true)],
    ])) {
      assert.deepEqual(await connects(settings), expected, JSON.stringify(settings))
    }
  })

  test('may bring a certificate of the client', async () => {
    const { password: _, ...rest } = { ...config(right), database: 'certified' }
    const [ca, cert, key] = ['ca.crt', 'client.crt', 'client.key'].map(read)
    for (const ssl of [
      { ca, cert, key },
      { ca, cert: Buffer.from(/** @type {string} */ (cert)), key: Buffer.from(/** @type {string} */ (key)) },
      { ca, cert, key: read('locked.key'), passphrase: 'open' },
      { rejectUnauthorized: false, cert, key },
    ]) {
      assert.deepEqual(await connects({ ...rest, ssl }), { library: true, engine: true })
    }
    const pool = new pg.Pool({ ...rest, ssl: { ca, cert, key } })
    await EramEngine.migrate({ driver: pool, prefix: 'tls' })
    await pool.end()
    const locked = {
      type: /** @type {const} */ ('pg'),
      config: { ...rest, ssl: { ca, cert, key: read('locked.key'), passphrase: 'shut' } },
    }
    await assert.rejects(EramEngine.migrate({ driver: locked, prefix: 'tls' }), {
      code: 'ERAM_CONFIG',
      message: /expected a key that passphrase opens/,
    })
  })
})
