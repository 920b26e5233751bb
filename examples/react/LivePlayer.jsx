import { useEffect, useRef, useState } from 'react';
import { playLive } from './play-live.js';

/** A player whose segments come from other viewers, too, for as long as it is mounted. */
export function LivePlayer({ source }) {
  const video = useRef(null);
  const [stats, setStats] = useState();
  useEffect(() => playLive(video.current, source, setStats), [source]);
  const all = stats ? stats.peerBytes + stats.helperBytes + stats.originBytes : 0;
  return (
    <figure>
      <video ref={video} muted autoPlay playsInline controls />
      <figcaption>
        {all === 0
          ? 'Starting …'
          : `${stats.links} links, ${Math.round((100 * stats.peerBytes) / all)} % from other viewers`}
      </figcaption>
    </figure>
  );
}
