// Sends mail with nodemailer, over SMTP.
import nodemailer from 'nodemailer'

const post = nodemailer.createTransport({ url: process.env.SMTP_URL, pool: true, maxConnections: 10 })

/**
 * A job whose process dies may have sent its mail already, and will send it again. The job's id in the Message-ID lets the
 * receiver recognize duplicates.
 *
 * @param {string} email
 * @param {number} job
 */
export function sendWelcome(email, job) {
  return post.sendMail({
    from: 'Sign-up <welcome@example.org>',
    to: email,
    subject: 'Welcome',
    text: `Hello ${email}, good to have you here.`,
    messageId: `<welcome-${job}@example.org>`,
  })
}
