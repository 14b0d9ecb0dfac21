// A Prettier language that formats JSON with comments, in place of a whole JavaScript parser.

import { applyEdits, format } from "jsonc-parser";

const options = { insertSpaces: true, tabSize: 2 };

export const parsers = {
  jsonc: {
    astFormat: "jsonc-text",
    parse: (text) => ({ text: applyEdits(text, format(text, undefined, options)) }),
    locStart: () => 0,
    locEnd: (node) => node.text.length,
  },
};

export const printers = { "jsonc-text": { print: (path) => path.node.text } };
