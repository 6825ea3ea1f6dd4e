// eramjs crons …: the list of its commands. Each is a file here and a line in the list.

import * as list from './list.js'
import * as next from './next.js'
import * as pause from './pause.js'
import * as resume from './resume.js'
import * as run from './run.js'
import * as show from './show.js'

export const summary = 'Lists and shows cron entries, and pauses, resumes and runs them'

export const commands = { list, show, next, run, pause, resume }
