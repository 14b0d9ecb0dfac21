// Stands in for Prettier in the worker, which is never asked to format.

export const format = (text) => text;
export default { format };
