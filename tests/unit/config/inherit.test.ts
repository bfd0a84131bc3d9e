import { describe, expect, test } from "bun:test";
import { findTemplate } from "../../../cli/config/find-template.ts";
import { lineage, mergeLayers } from "../../../cli/config/inherit.ts";
import { load, OPERATOR, usageError } from "./fixture.ts";

const configOf = (text: string) => load(OPERATOR + text).config;
const vm = (text: string, name: string) => findTemplate(configOf(text), "vm", name);

describe("merging", () => {
  test("a parent that is silent does not reset what another one set", () => {
    const template = vm(
      '[vm_templates.a]\ncpus = 16\nmemory = 64\n[vm_templates.b]\ndisk = 100\n[vm_templates.x]\ninherits = ["a", "b"]',
      "x",
    );
    expect(template).toMatchObject({ cpus: 16, memory: 64, disk: 100, swap: 4 });
  });

  test("the last parent that sets a value wins, the template itself over all", () => {
    const text =
      '[vm_templates.a]\ncpus = 1\nswap = 1\n[vm_templates.b]\ncpus = 2\nswap = 2\n[vm_templates.x]\ninherits = ["a", "b"]\nswap = 0';
    expect(vm(text, "x")).toMatchObject({ cpus: 2, swap: 0 });
  });

  test("a value equal to the built-in one is set all the same", () => {
    const text = '[vm_templates.a]\ncpus = 16\nmise = false\n[vm_templates.x]\ninherits = ["a"]\ncpus = 4\nmise = true';
    expect(vm(text, "x")).toMatchObject({ cpus: 4, mise: true });
  });

  test("in a diamond the ancestor applies once, before both that inherit from it", () => {
    const text = `
[vm_templates.base]
cpus = 1
apt = ["base"]
[vm_templates.left]
inherits = ["base"]
cpus = 8
apt = ["left"]
[vm_templates.right]
inherits = ["base"]
apt = ["right"]
[vm_templates.x]
inherits = ["left", "right"]
apt = ["own"]`;
    expect(vm(text, "x")).toMatchObject({ cpus: 8, apt: ["base", "left", "right", "own"] });
  });

  test("a parent is not overridden by its own ancestor that is named after it", () => {
    const text =
      '[vm_templates.base]\ncpus = 1\n[vm_templates.a]\ninherits = ["base"]\ncpus = 8\n[vm_templates.x]\ninherits = ["a", "base"]';
    expect(vm(text, "x").cpus).toBe(8);
  });

  test("lists grow without duplicates, in order", () => {
    const text = '[vm_templates.a]\napt = ["x", "y", "x"]\n[vm_templates.b]\ninherits = ["a"]\napt = ["z", "y", "w"]';
    expect(vm(text, "b").apt).toEqual(["x", "y", "z", "w"]);
  });

  test("an empty list clears what was inherited, and can be added to again", () => {
    const text =
      '[vm_templates.a]\napt = ["x"]\n[vm_templates.b]\ninherits = ["a"]\napt = []\n[vm_templates.c]\ninherits = ["b"]\napt = ["z"]';
    expect([vm(text, "b").apt, vm(text, "c").apt]).toEqual([[], ["z"]]);
  });

  test("maps merge, the child's entry replacing the whole of the parent's", () => {
    const text = `secrets = { s = {} }
[agent_templates.a]
env = { A = "1", B = { secret = "s" } }
[agent_templates.b]
inherits = ["a"]
env = { B = "2", C = { secret = "s" } }`;
    expect(findTemplate(configOf(text), "agent", "b").env).toEqual({ A: "1", B: "2", C: { secret: "s" } });
  });

  test("nerf_addl_manifests is replaced", () => {
    const text =
      '[vm_templates.a]\nnerf_addl_manifests = ["x"]\n[vm_templates.b]\ninherits = ["a"]\nnerf_addl_manifests = ["y"]';
    expect(vm(text, "b").nerfAddlManifests).toEqual(["y"]);
  });

  test("an empty command is a value", () => {
    const text = '[session_templates.a]\ncommand = "top"\n[session_templates.b]\ninherits = ["a"]\ncommand = ""';
    expect(findTemplate(configOf(text), "session", "b").command).toBe("");
  });
});

describe("the default template", () => {
  test("is built in, and may be named as a parent", () => {
    expect(vm('[vm_templates.x]\ninherits = ["default"]\ncpus = 2', "x")).toMatchObject({ cpus: 2, memory: 8 });
  });

  test("is no template's parent unless named", () => {
    const text = '[vm_templates.default]\ncpus = 16\n[vm_templates.x]\n[vm_templates.y]\ninherits = ["default"]';
    expect([vm(text, "x").cpus, vm(text, "y").cpus]).toEqual([4, 16]);
  });

  test("is found without a name", () => {
    expect(findTemplate(configOf("[vm_templates.default]\ncpus = 3"), "vm", undefined)).toMatchObject({
      name: "default",
      cpus: 3,
    });
  });
});

test("an unknown template is an error with the nearest and all known names", () => {
  const config = configOf("[workspace_templates.website]\n[workspace_templates.api]");
  const error = usageError(() => findTemplate(config, "workspace", "webiste"));
  expect(error.message).toBe('unknown workspace template "webiste", did you mean "website"?');
  expect(error.next).toBe("use --template with one of: api, default, website");
});

// Every graph without circles over five templates in which each inherits from some of the earlier ones, in either order.
test("whatever inherits from whatever, each applies once and after its own ancestors", () => {
  const names = ["a", "b", "c", "d", "e"];
  for (let graph = 0; graph < 2 ** 11; graph++) {
    const parents = (name: string): readonly string[] => {
      const place = names.indexOf(name);
      const chosen = names.slice(0, place).filter((_, earlier) => (graph >> ((place * (place - 1)) / 2 + earlier)) & 1);
      return (graph >> 10) & 1 ? chosen.toReversed() : chosen;
    };
    for (const name of names) {
      const order = lineage(name, parents);
      expect(new Set(order).size).toBe(order.length);
      expect(order.at(-1)).toBe(name);
      const late = order.filter((template, index) =>
        parents(template).some((parent) => !order.slice(0, index).includes(parent)),
      );
      expect(late).toEqual([]);
    }
  }
});

test("merging in two goes is merging in one", () => {
  const layers = [
    { a: 1, l: ["x"], m: { k: "1" } },
    { l: ["y", "x"], m: { k: "2", j: "3" } },
    { a: 2, l: ["z"] },
  ];
  const [first = {}, ...rest] = layers;
  expect(mergeLayers([mergeLayers([first, ...rest.slice(0, 1)]), ...rest.slice(1)])).toEqual(mergeLayers(layers));
  expect(mergeLayers(layers)).toEqual({ a: 2, l: ["x", "y", "z"], m: { k: "2", j: "3" } });
});
