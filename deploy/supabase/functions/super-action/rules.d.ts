/** Types of `rules.js`: those of the sources that it is made from. Only checkers read this. */
export * from '../../../../packages/core/src/provisioned/edge.ts';
