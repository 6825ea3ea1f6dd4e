// What a test needs of the system, and whether it is skipped without.

/**
 * The reason to skip a test whose tools are missing; false if it runs. In CI it runs, and fails: .ci/run installs the tools.
 *
 * @param {boolean} areThere
 * @param {string} names  of the tools
 */
export const skipWithout = (areThere, names) => (areThere || process.env.CI ? false : `needs ${names}`)
