// eramjs crons …: the list of its commands. Each is a file here and a line in the list.

import * as list from './list.js'
import * as next from './next.js'
import * as pause from './pause.js'
import * as resume from './resume.js'
import * as run from './run.js'

export const summary = 'Lists cron entries, and pauses, resumes and runs them'

export const commands = { list, next, run, pause, resume }
