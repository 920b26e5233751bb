/** How long a tab is behind another one, minutes. */
export const HIDDEN_MINUTES = Number(process.env.HIDDEN_MINUTES ?? 10);

export const hiddenRow = {
  fault: `A tab is behind another one for ${HIDDEN_MINUTES} minutes`,
  promised: 'it comes back whole, the others miss nothing',
};
