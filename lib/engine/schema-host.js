// Operations on a schema without a running engine: migrations, and the environment stamp. Reads the options like those of start().

import { native } from '../addon/index.js'
import { translated } from '../shared/errors.js'
import { whileWatched } from './migration-wait.js'
import { readOptions } from './options.js'
import { withAddressHint } from './unset-address.js'

/** @import { SchemaHost } from '../operations/operation.js' */

/** @type {SchemaHost['call']} */
export async function callOnSchema(method, options) {
  const { config, driver, unset } = await readOptions(options)
  try {
    const { name: _, node: __, ...rest } = JSON.parse(config)
    const call = () => translated(native()[method](JSON.stringify(method === 'environment' ? { ...rest, force: options.force } : rest)))
    if (method !== 'migrate' || rest.sql || rest.status) return JSON.parse(await call())
    const { to: _to, from: _from, search_indexes: _indexes, testing: _testing, sql: _sql, status: _status, ...connection } = rest
    return JSON.parse(await whileWatched(connection, call))
  } catch (error) {
    throw withAddressHint(error, unset)
  } finally {
    await driver?.close()
  }
}
