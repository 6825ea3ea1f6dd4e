export { type EntityManager, EntitySchema, MikroORM } from '@mikro-orm/postgresql'
