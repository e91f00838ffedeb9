// The action icons: an arrow says towards which side, the sign what happens there; the words always stand beside or in the label.

import { drawing } from "./dom.js";

const LEFT = "M20 12H5m5-5-5 5 5 5";
const RIGHT = "M4 12h15m-5-5 5 5-5 5";
const PLUS = { left: "M18 3v6m-3-3h6", right: "M6 3v6M3 6h6" };
const PENCIL = { left: "m15 8 5-5 1.5 1.5-5 5L14.500 9z", right: "m3 8 5-5 1.500 1.500-5 5L2.500 9z" };
const CROSS = { left: "m15.500 3.500 5 5m0-5-5 5", right: "m3.500 3.500 5 5m0-5-5 5" };
const LOCK = { left: "M15 6h6v4h-6zM16.500 6V4.500a1.500 1.500 0 0 1 3 0V6", right: "M3 6h6v4H3zM4.500 6V4.500a1.500 1.500 0 0 1 3 0V6" };
const DOWN_LEFT = "M20 15H5m4-4-4 4 4 4";
const DOWN_RIGHT = "M4 15h15m-4-4 4 4-4 4";

const DRAWINGS = {
  "add-left": [DOWN_LEFT, PLUS.left], "add-right": [DOWN_RIGHT, PLUS.right],
  "update-left": [DOWN_LEFT, PENCIL.left], "update-right": [DOWN_RIGHT, PENCIL.right],
  "update-both": ["M4 12h16M8 8l-4 4 4 4m8-8 4 4-4 4"],
  "delete-left": [DOWN_LEFT, CROSS.left], "delete-right": [DOWN_RIGHT, CROSS.right],
  "private-left": [DOWN_LEFT, LOCK.left], "private-right": [DOWN_RIGHT, LOCK.right],
  "both-sides": [LEFT, RIGHT],
  link: ["M10 14a4 4 0 0 0 5.700 0l3-3a4 4 0 0 0-5.700-5.700l-1 1m2 3.700a4 4 0 0 0-5.700 0l-3 3A4 4 0 0 0 11 18.700l1-1"],
  conflict: ["M13 3 6 13.500h5L10 21l7.500-10.500h-5z"],
  "edit-delete": ["M4 20v-3l7-7 3 3-7 7z", "m15 4 5 5m0-5-5 5"],
  question: ["M8.500 9a3.500 3.500 0 1 1 5 3.200c-1 .5-1.500 1-1.500 2.300m0 3.500v.5"],
  cannot: ["M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16zM6.500 6.500l11 11"],
  nothing: ["M6 12h12"],
  "ignore-once": ["M9 6v12m6-12v12"],
  "ignore-forever": ["M4 12s3-5.500 8-5.500S20 12 20 12s-3 5.500-8 5.500S4 12 4 12zM5 5l14 14"],
  check: ["m5 13 4.500 4.500L19 7"],
  open: ["M12 5a7 7 0 1 0 0 14 7 7 0 0 0 0-14z"],
  failed: ["M12 5v9m0 4v.5"],
  stale: ["M19 12a7 7 0 1 1-2-5m2-3v4h-4"],
  closed: ["m9 6 6 6-6 6"], opened: ["m6 9 6 6 6-6"],
  private: ["M6 11h12v8H6zM9 11V8a3 3 0 0 1 6 0v3"],
};

export const icon = (name, className) => drawing(DRAWINGS[name] || DRAWINGS.question, className);
