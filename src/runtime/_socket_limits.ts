/** Limits of WebSockets. @module */

/** The bytes that may wait for a client before the next message to it has to wait, too. */
export const HIGH_WATER = 1 << 20;

/** How long a client may take to answer that its WebSocket is closed, in milliseconds. */
export const CLOSE_MS = 500;
