/** Two ends of an RTCDataChannel in memory: ordered, reliable, delivered in later turns. */
export class FakeChannel {
  binaryType: BinaryType = 'blob';
  bufferedAmountLowThreshold = 0;
  bufferedAmount = 0;
  readyState: RTCDataChannelState = 'connecting';
  onmessage: ((event: { data: string | ArrayBuffer }) => void) | null = null;
  onopen: (() => void) | null = null;
  onclose: (() => void) | null = null;
  onbufferedamountlow: (() => void) | null = null;
  /** Every frame sent by this end: text, or the length of a binary one. */
  readonly log: (string | number)[] = [];
  /** While true, what this end sends is kept on the way. */
  held = false;
  #other: FakeChannel | undefined;
  #underway: (() => void)[] = [];

  static pair(): [FakeChannel, FakeChannel] {
    const a = new FakeChannel();
    const b = new FakeChannel();
    a.#other = b;
    b.#other = a;
    return [a, b];
  }

  get asRtc(): RTCDataChannel {
    return this as unknown as RTCDataChannel;
  }

  open(): void {
    for (const end of [this, this.#other as FakeChannel]) {
      if (end.readyState !== 'connecting') continue;
      end.readyState = 'open';
      end.onopen?.();
    }
  }

  send(data: string | Uint8Array): void {
    if (this.readyState !== 'open') throw new DOMException('not open', 'InvalidStateError');
    this.log.push(typeof data === 'string' ? data : data.byteLength);
    const copy = typeof data === 'string' ? data : new Uint8Array(data).buffer;
    const other = this.#other as FakeChannel;
    this.#underway.push(() => {
      if (other.readyState === 'open') other.onmessage?.({ data: copy });
    });
    if (!this.held) setImmediate(() => this.#underway.shift()?.());
  }

  /** Delivers what was held. */
  flush(): void {
    this.held = false;
    for (const deliver of this.#underway.splice(0)) deliver();
  }

  close(): void {
    for (const end of [this, this.#other as FakeChannel]) {
      if (end.readyState === 'closed') continue;
      end.readyState = 'closed';
      setImmediate(() => end.onclose?.());
    }
  }
}
