// The job class of `eramjs dev` in a folder without a config.
import { EramJob } from '../../../index.js'

export class HelloJob extends EramJob {
  static {
    HelloJob.register({ filename: import.meta.filename })
  }

  /** @param {{ name?: string }} args @param {import('../../../index.js').JobContext} ctx */
  async perform({ name = 'world' }, ctx) {
    ctx.log.info(`hello, ${name}`)
    return { hello: name }
  }
}
