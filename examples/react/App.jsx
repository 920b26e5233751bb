import { useState } from 'react';
import { LivePlayer } from './LivePlayer.jsx';

export function App({ source }) {
  const [shown, setShown] = useState(true);
  return (
    <main>
      <h1>live-torrent in React</h1>
      <button type="button" onClick={() => setShown(!shown)}>
        {shown ? 'Leave' : 'Watch'}
      </button>
      {shown && <LivePlayer source={source} />}
    </main>
  );
}
