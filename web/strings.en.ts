// All texts of the dashboard, in English. Another language is another file of this shape.
import { cluster } from './strings/cluster.en.ts'
import { help } from './strings/help.en.ts'
import { jobs } from './strings/jobs.en.ts'
import { newJob } from './strings/new-job.en.ts'
import { overview } from './strings/overview.en.ts'
import { profile } from './strings/profile.en.ts'
import { shell } from './strings/shell.en.ts'

export const t = { ...shell, ...jobs, ...cluster, ...newJob, ...overview, ...profile, ...help }
