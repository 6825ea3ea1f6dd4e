// eramjs jobs …: the list of its commands. Each is a file here and a line in the list.

import * as cancel from './cancel.js'
import * as remove from './delete.js'
import * as enqueue from './enqueue.js'
import * as failures from './failures.js'
import * as list from './list.js'
import * as profile from './profile.js'
import * as retry from './retry.js'
import * as search from './search.js'
import * as show from './show.js'
import * as wait from './wait.js'
import * as why from './why.js'

export const summary = 'Lists, searches, shows, enqueues, awaits and changes jobs'

export const commands = { list, search, failures, show, why, wait, enqueue, profile, retry, cancel, delete: remove }
