// The peers stand here, apart from what the product needs, and so they are imported from here.

/**
 * What a peer exports. It has no type: a checkout need not have the peers.
 * @param {string} name of the package
 * @returns {Promise<any>}
 */
export const peer = (name) => import(name)
