// Operations on a schema without a running engine: migrations, and the environment stamp. Reads the options like those of start().

import { native } from '../addon/index.js'
import { translated } from '../shared/errors.js'
import { readOptions } from './options.js'
import { withAddressHint } from './unset-address.js'

/** @import { SchemaHost } from '../operations/operation.js' */

/** @type {SchemaHost['call']} */
export async function callOnSchema(method, options) {
  const { config, driver, unset } = await readOptions(options)
  try {
    const { name: _, node: __, ...rest } = JSON.parse(config)
    return JSON.parse(await translated(native()[method](JSON.stringify(rest))))
  } catch (error) {
    throw withAddressHint(error, unset)
  } finally {
    await driver?.close()
  }
}
