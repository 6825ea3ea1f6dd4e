// How the scripts speak: one line per event, with the seconds since the command was given.

const IS_COLOURED = process.stdout.isTTY && !process.env.NO_COLOR
// The output of `npm pack` is the name of the file, for other programs to read.
const tell = process.env.npm_lifecycle_event === 'prepack' ? console.error : console.log

/** @param {number} since as of performance.now() */
export const seconds = (since) => `${((performance.now() - since) / 1000).toFixed(1)} s`

/**
 * @param {string} topic
 * @param {string} text
 */
export function say(topic, text) {
  tell(`${dim(`[${seconds(0).padStart(7)}]`)} ${topic}: ${text}`)
}

/** @param {string} title */
export function heading(title) {
  console.log(`\n${bold(`━━━ ${title} ${'━'.repeat(Math.max(3, 72 - title.length))}`)}`)
}

/** @param {string} text */
export const bold = (text) => (IS_COLOURED ? `\x1b[1m${text}\x1b[0m` : text)

/** @param {string} text */
const dim = (text) => (IS_COLOURED ? `\x1b[2m${text}\x1b[0m` : text)
