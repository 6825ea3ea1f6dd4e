// eramjs jobs …: the list of its commands. Each is a file here and a line in the list.

import * as cancel from './cancel.js'
import * as remove from './delete.js'
import * as enqueue from './enqueue.js'
import * as list from './list.js'
import * as retry from './retry.js'
import * as show from './show.js'

export const summary = 'Lists, shows, enqueues and changes jobs'

export const commands = { list, show, enqueue, retry, cancel, delete: remove }
