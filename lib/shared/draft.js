// What drafts have in common, wherever they are made: X.new() checks one when it is made, and keeps its JSON text.

/** The member of a draft that has its text. */
export const DRAFT = Symbol.for('eram.draft')
/** The member that has its text up to the arguments. */
export const HEAD = Symbol.for('eram.draft.head')

/**
 * Whether the text of a draft has a version rule, which needs the application's version beside it.
 * @param {string} text
 * @returns {boolean}
 */
export function hasVersionRule(text) {
  // Arguments may contain the same characters.
  return /"version_rule":"(?:pinned|min)"/.test(text) && Boolean(JSON.parse(text).version_rule)
}
