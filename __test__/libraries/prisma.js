// Generates Prisma's client without a network: the generator needs none of the engines that the command line would fetch.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { finished } from '../support/snippets.js'

const MODULES = fileURLToPath(new URL('node_modules', import.meta.url))

/** What stands in for engines that are never started. */
export const OFFLINE = {
  PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
  PRISMA_QUERY_ENGINE_LIBRARY: process.execPath,
  PRISMA_HIDE_UPDATE_MESSAGE: 'true',
  CHECKPOINT_DISABLE: '1',
}

/** Which of the installed packages a project of each major version has. */
const PACKAGES = {
  6: { prisma: 'prisma-6', '@prisma/client': 'prisma-client-6', '@prisma/adapter-pg': 'prisma-adapter-pg-6' },
  7: Object.fromEntries(['prisma', '@prisma/client', '@prisma/client-runtime-utils', '@prisma/adapter-pg'].map((name) => [name, name])),
}

/** Version 6 has its URL in the schema, and another engine unless told. */
const SCHEMA = {
  6: ['engineType = "client"', 'url = env("DATABASE_URL")'],
  7: ['', ''],
}

/**
 * @param {6 | 7} major
 * @returns {Promise<string>} the folder of a project whose `generated` has a PrismaClient with a model `user`
 */
export async function generate(major) {
  const folder = mkdtempSync(path.join(tmpdir(), `eram-prisma-${major}-`))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  for (const [name, installed] of Object.entries(PACKAGES[major])) {
    const at = path.join(folder, 'node_modules', name)
    await mkdir(path.dirname(at), { recursive: true })
    await symlink(path.join(MODULES, installed), at)
  }
  const [engine, url] = SCHEMA[major]
  // Without a manifest the command line takes the nearest folder above that has one, and installs itself there.
  await writeFile(path.join(folder, 'package.json'), '{ "name": "project", "type": "module" }')
  await writeFile(
    path.join(folder, 'schema.prisma'),
    `generator client {
      provider = "prisma-client-js"
      output   = "./generated"
      ${engine}
    }
    datasource db {
      provider = "postgresql"
      ${url}
    }
    model User {
      id    Int    @id @default(autoincrement())
      email String
      @@map("users")
    }`,
  )
  const cli = path.join(folder, 'node_modules', 'prisma', 'build', 'index.js')
  const { code, out } = await finished(process.execPath, [cli, 'generate', '--schema=schema.prisma'], {
    cwd: folder,
    env: { DATABASE_URL: 'postgres://localhost', ...OFFLINE },
  })
  assert.equal(code, 0, out)
  return folder
}

/**
 * @param {6 | 7} major
 * @returns {Promise<(url: string, schema: string, connections?: number) => any>} makes a PrismaClient with a model `user`
 */
export async function generated(major) {
  const folder = await generate(major)
  const { PrismaClient } = await import(pathToFileURL(path.join(folder, 'generated', 'index.js')).href)
  const { PrismaPg } = await import(PACKAGES[major]['@prisma/adapter-pg'])
  return (connectionString, schema, max = 4) => new PrismaClient({ adapter: new PrismaPg({ connectionString, max }, { schema }) })
}
