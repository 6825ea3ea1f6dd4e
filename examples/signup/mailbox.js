// The receiving side: an SMTP server that keeps the mails it receives. It is slow, as real ones are.
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { SMTPServer } from 'smtp-server'

/**
 * A mail that was accepted, and the job that sent it.
 * @typedef {{ to: string, job: number }} Mail
 */

/** @typedef {Awaited<ReturnType<typeof openMailbox>>} Mailbox */

/** Two pauses per mail, 50 to 150 ms together. */
const pause = () => sleep(25 + Math.random() * 50)

export async function openMailbox() {
  /** @type {Mail[]} */
  const mails = []
  let pending = 0

  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['AUTH', 'STARTTLS'],
    closeTimeout: 1000,
    async onRcptTo(_address, _session, done) {
      await pause()
      done()
    },
    async onData(stream, { envelope }, done) {
      try {
        const job = /^Message-ID: <welcome-(\d+)@/im.exec(await text(stream))?.[1]
        pending++
        await pause()
        pending--
        for (const { address } of envelope.rcptTo) mails.push({ to: address, job: Number(job) })
        done()
      } catch (error) {
        done(/** @type {Error} */ (error)) // the sender ended before the mail was complete
      }
    },
  })
  server.on('error', () => {}) // of one connection; its sender gets the error or has ended
  server.listen(0, '127.0.0.1')
  await once(server.server, 'listening')
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.server.address())

  return {
    url: `smtp://127.0.0.1:${port}`,
    mails,
    /** Mails that are complete but not yet accepted; their jobs are running. */
    get pending() {
      return pending
    },
    close: () => new Promise((resolve) => server.close(() => resolve(undefined))),
  }
}
