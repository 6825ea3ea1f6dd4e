// Job classes by name: the options that their jobs have, without the class.

import { DRAFT, HEAD } from '../shared/draft.js'
import { invalid, isRecord } from '../shared/validate.js'
import { checkedName, classOptions, draftText } from './draft.js'

/**
 * @param {unknown} name
 * @param {unknown} [options]
 */
export function defineJob(name, options = {}) {
  if (typeof name !== 'string') throw invalid('ERAM_JOB', 'defineJob', 'the name of a job class', name)
  checkedName(name)
  if (!isRecord(options)) throw invalid('ERAM_JOB', `defineJob: ${name}`, 'an object of options', options)
  const base = classOptions(name, options)
  return Object.freeze({
    name,
    /** @param {unknown} [args] @param {unknown} [given] */
    new(args, given = {}) {
      if (!isRecord(given)) throw invalid('ERAM_JOB', `${name}.new`, 'an object of options', given)
      const { text, head } = draftText(name, args, given, { base })
      const draft = { worker: name, args, options: given }
      return Object.freeze(Object.defineProperties(draft, { [DRAFT]: { value: text }, [HEAD]: { value: head } }))
    },
  })
}
