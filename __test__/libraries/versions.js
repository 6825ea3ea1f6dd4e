// The versions of the database libraries that `npm run test:matrix` tests, each with the packages it needs: those of package.json,
// and older and newer ones.

/**
 * @typedef {object} Set
 * @property {string} name
 * @property {string} library of __test__/libraries/adapters/index.js
 * @property {Record<string, string>} packages
 * @property {boolean} [newest] needs the newest Node
 */

const pg = { pg: '8.23.1' }
const knex = { ...pg, knex: '3.3.0' }

/** @param {string} library @param {string} name @param {string[]} versions @param {Record<string, string>} [packages] @returns {Set[]} */
const each = (library, name, versions, packages = {}) =>
  versions.map((version) => ({ name: `${name} ${version}`, library, packages: { ...packages, [name]: version } }))

/** @type {Set[]} */
export const VERSIONS = [
  ...each('pg', 'pg', ['8.23.1', '8.11.6', '8.3.3']),
  ...each('postgres.js', 'postgres', ['3.4.9', '3.3.5', '3.0.6']),
  ...each('typeorm', 'typeorm', ['1.1.1', '1.0.0', '0.3.31'], { ...pg, 'reflect-metadata': '0.2.2' }),
  ...each('typeorm-transactional', 'typeorm-transactional', ['0.5.0'], { ...pg, typeorm: '0.3.31', 'reflect-metadata': '0.2.2' }),
  ...['7.10.0', '7.0.0'].map((version) => ({
    name: `prisma ${version}`,
    library: 'prisma',
    packages: { ...pg, prisma: version, '@prisma/client': version, '@prisma/adapter-pg': version },
  })),
  {
    name: 'prisma 6.19.3',
    library: 'prisma 6',
    packages: {
      ...pg,
      'prisma-6': 'npm:prisma@6.19.3',
      'prisma-client-6': 'npm:@prisma/client@6.19.3',
      'prisma-adapter-pg-6': 'npm:@prisma/adapter-pg@6.19.3',
    },
  },
  ...each('knex', 'knex', ['3.3.0', '2.5.1', '0.95.15', '0.21.21'], pg),
  ...each('objection', 'objection', ['3.1.5'], knex),
  ...each('objection', 'objection', ['2.2.18'], { ...pg, knex: '0.21.21' }),
  ...each('bookshelf', 'bookshelf', ['1.2.0'], knex),
  ...each('sequelize', 'sequelize', ['6.37.8', '5.22.5'], pg),
  ...each('sequelize with CLS', 'sequelize', ['6.37.8', '5.22.5'], { ...pg, 'cls-hooked': '4.2.2' }).map((set) => ({
    ...set,
    name: `${set.name} with CLS`,
  })),
  {
    name: '@sequelize/core 7.0.0-alpha.48',
    library: 'sequelize 7',
    packages: { '@sequelize/core': '7.0.0-alpha.48', '@sequelize/postgres': '7.0.0-alpha.48' },
  },
  ...each('drizzle', 'drizzle-orm', ['0.45.4', '0.36.4', '0.29.5', '1.0.0-rc.5'], { ...pg, postgres: '3.4.9' }),
  ...each('kysely', 'kysely', ['0.28.18', '0.26.3'], pg),
  ...each('kysely', 'kysely', ['0.29.9'], pg).map((set) => ({ ...set, newest: true })),
  mikroOrm('6.6.16'),
  { ...mikroOrm('7.2.1'), newest: true },
  ...each('slonik', 'slonik', ['47.3.2', '37.6.0'], { zod: '3.25.76' }),
  ...each('slonik', 'slonik', ['49.10.9'], { zod: '4.1.12' }).map((set) => ({ ...set, newest: true })),
  ...each('pg-promise', 'pg-promise', ['12.7.1']),
]

/** @param {string} version @returns {Set} */
function mikroOrm(version) {
  const packages = { '@mikro-orm/core': version, '@mikro-orm/postgresql': version }
  return { name: `mikro-orm ${version}`, library: 'mikro-orm 6', packages }
}
