import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './App.jsx';

const source = new URLSearchParams(location.search).get('src') ?? 'http://127.0.0.1:8080/media/live.m3u8';
createRoot(document.getElementById('root')).render(
  <StrictMode>
    <App source={source} />
  </StrictMode>,
);
