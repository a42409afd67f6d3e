import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { Schema } from "@tipring/client";
import i18next from "i18next";
import { en } from "../src/i18n/en";
import { zhCN } from "../src/i18n/zh-CN";
import { eventText } from "../src/pages/call/words";

type Shape = {
  $ref?: string;
  type?: string | string[];
  enum?: string[];
  oneOf?: Shape[];
  properties?: Record<string, Shape>;
};
type Document = { components: { schemas: Record<string, Shape> } };

// The tests run in web/app.
const { schemas } = (JSON.parse(readFileSync("../api/openapi.json", "utf8")) as Document).components;
const kinds = schemas.EventKind?.oneOf ?? [];

/** Some value of this shape: the first of several. */
function example(shape: Shape): unknown {
  if (shape.$ref) return example(schemas[shape.$ref.split("/").at(-1) ?? ""] ?? {});
  if (shape.oneOf) return example(shape.oneOf[0] ?? {});
  if (shape.enum) return shape.enum[0];
  const type = Array.isArray(shape.type) ? shape.type[0] : shape.type;
  return type === "integer" ? 7 : type === "boolean" ? true : "8001";
}

for (const [language, texts] of Object.entries({ "zh-CN": zhCN, en })) {
  test(`every kind of event is a sentence in ${language}`, async () => {
    const one = i18next.createInstance();
    const resources = { [language]: { translation: texts } };
    await one.init({ lng: language, resources, interpolation: { escapeValue: false } });
    assert.ok(kinds.length >= 50, "the API's description lists the kinds");
    for (const kind of kinds) {
      const fields = Object.entries(kind.properties ?? {}).map(([name, shape]) => [
        name,
        example(shape),
      ]);
      const event = Object.fromEntries(fields) as Schema<"LoggedEvent">;
      const names = { agents: [], queues: new Map([[7, "gas"]]) };
      const text = eventText(one.t, event, names);
      assert.notEqual(text, event.event, `${event.event} has no words in ${language}`);
      assert.doesNotMatch(text, /\{\{|undefined|eventWord|\[object/, `${event.event}: ${text}`);
      assert.doesNotMatch(text, /\b[a-z]+\.[a-zA-Z]+/, `${event.event}: ${text}`);
      if (language === "zh-CN") assert.match(text, /[\u4e00-\u9fff]/, `${event.event}: ${text}`);
    }
  });
}
