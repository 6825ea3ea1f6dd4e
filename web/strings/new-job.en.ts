// A new job.

export const newJob = {
  newJob: 'New job',
  clone: 'Clone',
  cloneTitle: 'A new job with the same class, args and options',
  cloneOf: (id: string) => `Clone of job #${id}`,
  clonedFrom: 'Clone of',
  whatToRun: 'What to run',
  unknownWorker: 'No job has this class so far. It waits until a node has the class.',
  formatJson: 'Format',
  whenDue: 'Due',
  whens: { now: 'now', in: 'in', at: 'at', hold: 'not yet: suspended' },
  dueIn: 'In: 30 s, 5 minutes, 2 h',
  tagsByComma: 'Tags, with commas between them',
  timeoutOf: 'Timeout, if any: 30 s',
  uniqueJob: 'Unique: not if an equal job waits or runs',
  enqueue: 'Enqueue',
  enqueued: (id: number) => `Enqueued job #${id}.`,
  sameJob: 'Nothing was enqueued: there is an equal job,',
}
