import { write } from './totals.js';

/** How long the copy button says that it did, ms. */
const SHOWN = 2_000;

/** The link to a second viewer and the address to copy; a second viewer gets this one's options. */
export function setUpInvite() {
  const { href } = location;
  const address = document.getElementById('address');
  document.getElementById('second').href = href;
  address.value = href;
  address.addEventListener('focus', () => address.select());
  const copy = document.getElementById('copy');
  copy.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(href);
      write('copy', 'Copied ✓');
      setTimeout(() => write('copy', 'Copy'), SHOWN);
    } catch {
      // No clipboard outside secure contexts, or not allowed.
      address.focus();
      address.select();
      write('copied', 'Press Ctrl+C (⌘C) to copy the selected address.');
    }
  });
}
