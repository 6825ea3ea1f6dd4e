// A mistake in the command or its surroundings, reported without a stack.
export class UsageError extends Error {}
