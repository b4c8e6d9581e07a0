// The token survives the way through a person's hands, and says what is wrong when it did not.

import { expect, it } from "vitest";
import { formatJoinToken, parseJoinToken } from "./join-token.ts";

const token = {
  cluster: "ams-1",
  id: "0123456789ab",
  secret: "s".repeat(43),
  authorityHash: "A-_0".repeat(10) + "abc",
};

it("reads back what it wrote, with space around it", () => {
  expect(parseJoinToken(formatJoinToken(token))).toEqual(token);
  expect(parseJoinToken(`\n ${formatJoinToken(token)}\r\n`)).toEqual(token);
});

it.each([
  ["empty", ""],
  ["cut off", formatJoinToken(token).slice(0, -1)],
  ["of a later version", formatJoinToken(token).replace(".v1.", ".v2.")],
  ["for a name that is no label", formatJoinToken({ ...token, cluster: "Ams" })],
  ["broken over two lines", `${formatJoinToken(token).slice(0, 40)}\n${formatJoinToken(token).slice(40)}`],
])("refuses a token that is %s without repeating it", (_, text) => {
  let message = "";
  try {
    parseJoinToken(text);
  } catch (error) {
    message = String(error);
  }
  expect(message).toMatch(/Cannot read the join token/);
  expect(message).not.toContain("sss");
});
