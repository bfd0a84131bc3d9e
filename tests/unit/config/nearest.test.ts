import { expect, test } from "bun:test";
import { didYouMean, nearest } from "../../../cli/config/nearest.ts";

const keys = ["cpus", "memory", "disk", "swap", "apt", "apt_packages", "inherits", "ssh_public_key"];

test("the word that was meant", () => {
  const meant = {
    cpu: "cpus",
    CPUs: "cpus",
    memroy: "memory",
    mem: "memory",
    siwk: "disk",
    inherit: "inherits",
    public_key: "ssh_public_key",
    apt_package: "apt_packages",
  };
  for (const [word, candidate] of Object.entries(meant)) expect([word, nearest(word, keys)]).toEqual([word, candidate]);
});

test("no word when none is near", () => {
  for (const word of ["", "x", "zzzz", "network", "a-quite-different-name"])
    expect([word, nearest(word, keys)]).toEqual([word, undefined]);
});

test("in an error's words", () => {
  expect([didYouMean("cpu", keys), didYouMean("zzzz", keys)]).toEqual([', did you mean "cpus"?', ""]);
});
