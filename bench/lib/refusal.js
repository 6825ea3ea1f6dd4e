// What is wrong with the call, told without a stack.
export class Refusal extends Error {}
