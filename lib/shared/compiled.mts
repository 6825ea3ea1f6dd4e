// Tells whether TypeScript is compiled when it is imported: Node.js itself only strips types, and rejects an enum.

export enum Compiled {
  Yes = 'yes',
}
