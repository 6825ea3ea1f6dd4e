// MikroORM 7, under a name of its own.
export { EntitySchema, MikroORM } from '@mikro-orm/postgresql'
