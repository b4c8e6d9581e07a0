// Cuts a stream of bytes into lines without copying what lies in one chunk. Refuses lines without an end.

/** Takes chunks, gives complete lines. */
export interface LineSplitter {
  /**
   * Hands every line that this chunk completes to `onLine`, in order, without its newline.
   * @throws Error when a line grows beyond the bound.
   */
  push(chunk: Buffer, onLine: (line: string) => void): void;
}

const newline = 0x0a;

/** A splitter for lines of at most `lineBytesMax` bytes. */
export function createLineSplitter(lineBytesMax: number): LineSplitter {
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  return {
    push: (chunk, onLine) => {
      let start = 0;
      for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, start)) {
        if (pendingBytes === 0) {
          onLine(chunk.toString("utf8", start, end));
        } else {
          pending.push(chunk.subarray(start, end));
          const line = Buffer.concat(pending).toString("utf8");
          pending = [];
          pendingBytes = 0;
          onLine(line);
        }
        start = end + 1;
      }
      if (start === chunk.length) return;
      pending.push(chunk.subarray(start));
      pendingBytes += chunk.length - start;
      if (pendingBytes > lineBytesMax) {
        throw new Error(`A line of the watch is longer than ${lineBytesMax} bytes and has not ended`);
      }
    },
  };
}
