// The native addon, loaded when this module is.

import { load } from './load.js'

export const native = load()
