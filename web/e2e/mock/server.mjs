// A mock of the box's HTTP API, for working on the page without a box: `npm run mock`, then open
// the address it prints. It serves the built page too. Options: --port N, --speed N (how many
// times faster than life), --empty (a box without calls, agents or past).

import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { detailOf, MockBox } from "./box.mjs";
import { pastCalls } from "./past.mjs";
import { Technician } from "./technician.mjs";
import { makeWav } from "./wav.mjs";

const DIST = fileURLToPath(new URL("../../app/dist", import.meta.url));
const TYPES = {
  ".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml",
};
const HEALTH = {
  status: "degraded",
  notes: [{
    what: "fxo-4 has no line voltage",
    what_zh: "fxo-4 没有线路电压",
    advice: "check that the cable is plugged in at both ends",
    advice_zh: "请检查电话线两端是否插好",
  }],
};
const CONFIG = `# 示例配置
[[extensions]]
range = "8001-8004"
secret = "change-me"

[[agents]]
work_number = "1001"
name = "王芳"
password = "1001"

[[queues]]
name = "燃气报修"
ring_s = 20
wrap_up_s = 10
agents = ["1001", "1002"]
`;

/** Serves a mock box; resolves to its address and how to stop it. */
export async function serveMock({ port = 0, speed = 1, empty = false, password = "first-start" } = {}) {
  const box = new MockBox({ speed, past: empty ? [] : pastCalls(130, Date.now()) });
  if (empty) Object.assign(box, { agents: [], queues: [], lines: () => [] });
  else box.start();
  const mock = { box, account: { password, must_change_password: true }, config: CONFIG, cookies: new Set(),
    technician: new Technician(empty ? [] : ["fxo-1", "fxo-2", "fxo-3", "fxo-4"]) };
  const server = createServer((request, response) => {
    answer(mock, request, response).catch((error) => {
      problem(response, 500, "internal", String(error));
    });
  });
  await new Promise((ready) => server.listen(port, "127.0.0.1", ready));
  const stop = () => {
    server.closeAllConnections?.();
    server.close();
  };
  return { url: `http://127.0.0.1:${server.address().port}`, stop, box };
}

async function answer(mock, request, response) {
  const url = new URL(request.url, "http://box");
  response.setHeader("content-security-policy", "default-src 'self'; frame-ancestors 'none'");
  if (url.pathname === "/healthz") return json(response, 200, HEALTH);
  if (!url.pathname.startsWith("/api/")) return file(response, url.pathname);
  const route = `${request.method} ${url.pathname.replace(/\/\d+(?=\/|$)/, "/:id")}`;
  const id = Number(/\/(\d+)(?:\/|$)/.exec(url.pathname)?.[1]);
  const body = await read(request);
  if (route === "POST /api/login") return logIn(mock, response, JSON.parse(body));
  const cookie = /session=(\w+)/.exec(request.headers.cookie ?? "")?.[1];
  if (!mock.cookies.has(cookie)) return problem(response, 401, "not-logged-in", "Log in first.");
  const done = mock.technician.answer(request.method, url.pathname, mock.box.snapshot().state.lines);
  if (done?.[0] >= 400) return problem(response, done[0], done[0] === 404 ? "no-such-line" : "line-at-work", "");
  if (done) return json(response, done[0], done[1]);
  const handler = ROUTES[route];
  if (!handler) return problem(response, 404, "no-such-route", route);
  return handler({ mock, box: mock.box, request, response, url, id, body, cookie });
}

const ROUTES = {
  "POST /api/logout": ({ mock, response, cookie }) => {
    mock.cookies.delete(cookie);
    json(response, 204);
  },
  "GET /api/me": ({ mock, response }) => json(response, 200, me(mock)),
  "POST /api/password": ({ mock, response, body }) => {
    const asked = JSON.parse(body);
    if (asked.old !== mock.account.password) {
      return problem(response, 422, "wrong-password", "The old password is wrong.");
    }
    mock.account = { password: asked.new, must_change_password: false };
    json(response, 204);
  },
  "GET /api/today": ({ box, response }) => json(response, 200, today(box)),
  "GET /api/live": ({ box, response }) => json(response, 200, box.snapshot()),
  "GET /api/events": ({ box, request, response }) => stream(box, request, response),
  "GET /api/calls": ({ box, response, url }) => json(response, 200, page(box, url.searchParams)),
  "GET /api/calls/:id": ({ box, response, id }) => {
    const call = findCall(box, id);
    if (call) json(response, 200, call);
    else problem(response, 404, "no-such-call", `There is no call ${id}.`);
  },
  "GET /api/calls/:id/recording": recording,
  "POST /api/calls/:id/hangup": ({ box, response, id }) => {
    const call = box.calls.get(id);
    if (!call) return problem(response, 404, "no-such-call", `There is no call ${id}.`);
    box.end(call, call.answered ? "answered" : "abandoned", "box");
    json(response, 204);
  },
  "POST /api/agents/:id/ready": (asked) => changeAgent(asked, "ready"),
  "POST /api/agents/:id/not-ready": (asked) =>
    changeAgent(asked, "not-ready", { reason: JSON.parse(asked.body).reason }),
  "POST /api/agents/:id/logout": (asked) => changeAgent(asked, "logged-out", { extension: null }),
  "POST /api/agents/login": ({ box, response, body }) => {
    const asked = JSON.parse(body);
    const agent = box.agents.find((one) => one.work_number === asked.work_number);
    if (!agent || asked.password !== asked.work_number) {
      return problem(response, 403, "wrong-agent-credentials", "the work number or its password is wrong");
    }
    box.change(agent, "ready", { extension: asked.extension });
    json(response, 204);
  },
  "GET /api/config": ({ mock, response }) => {
    response.writeHead(200, { "content-type": "application/toml" }).end(mock.config);
  },
  "PUT /api/config": ({ mock, response, body }) => {
    const line = body.split("\n").findIndex((text) => /^\s*ring_sec\b/.test(text)) + 1;
    if (line > 0) {
      const detail = `unknown key \`ring_sec\`; did you mean \`ring_s\`?`;
      return problem(response, 422, "bad-configuration", detail, { line, column: 1 });
    }
    mock.config = body;
    json(response, 204);
  },
};

function me(mock) {
  const { must_change_password } = mock.account;
  const nobody = { queues: [], agent: null, extension: null };
  return { name: "admin", role: "administrator", ...nobody, must_change_password };
}

function logIn(mock, response, asked) {
  if (asked.name !== "admin" || asked.password !== mock.account.password) {
    return problem(response, 401, "wrong-credentials", "Wrong name or password.");
  }
  const cookie = randomBytes(16).toString("hex");
  mock.cookies.add(cookie);
  response.setHeader("set-cookie", `session=${cookie}; HttpOnly; SameSite=Strict; Path=/`);
  json(response, 200, me(mock));
}

function stream(box, request, response) {
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
  const send = (name, data) => {
    response.write(`event: ${name}\nid: 1-${data.sequence}\ndata: ${JSON.stringify(data)}\n\n`);
  };
  send("snapshot", box.snapshot());
  const heard = ["event", "snapshot"].map((name) => [name, (data) => send(name, data)]);
  for (const [name, hear] of heard) box.on(name, hear);
  request.on("close", () => heard.forEach(([name, hear]) => box.off(name, hear)));
}

function findCall(box, id) {
  const open = box.calls.get(id);
  return open ? detailOf(open) : box.past.find((call) => call.call === id);
}

function today(box) {
  const from_ms = new Date().setHours(0, 0, 0, 0);
  const calls = box.past.filter((call) => call.began_ms >= from_ms);
  const visits = calls.flatMap((call) => call.visits);
  const count = (...outcomes) => visits.filter((visit) => outcomes.includes(visit.outcome)).length;
  const waits = visits.map((visit) => visit.wait_ms ?? 0);
  const answered = visits.filter((visit) => visit.outcome === "answered");
  return {
    from_ms, calls: calls.length, inbound: calls.length, interrupted: 0, visits: visits.length,
    talked: calls.filter((call) => call.talk_ms > 0).length, visits_answered: count("answered"),
    visits_abandoned: count("abandoned"), visits_short_abandoned: 0,
    visits_other: count("timed-out"), wait_max_ms: Math.max(0, ...waits),
    wait_answered_ms: answered.reduce((sum, visit) => sum + visit.wait_ms, 0),
  };
}

function page(box, query) {
  const limit = Number(query.get("limit") ?? 50);
  const after = Number(query.get("after") ?? Number.MAX_SAFE_INTEGER);
  const number = query.get("number") ?? "";
  const found = box.past.filter(
    (call) =>
      call.call < after &&
      (call.caller ?? "").startsWith(number) &&
      (query.get("agent") ?? call.agent) === call.agent &&
      (query.get("disposition") ?? call.disposition) === call.disposition &&
      call.began_ms >= Number(query.get("from_ms") ?? 0) &&
      call.began_ms < Number(query.get("to_ms") ?? Number.MAX_SAFE_INTEGER),
  );
  const calls = found.slice(0, limit);
  const next = found.length > limit ? String(calls.at(-1).call) : null;
  return { calls, next };
}

function recording({ box, request, response, id }) {
  const call = box.past.find((one) => one.call === id);
  const [kept] = call?.recordings ?? [];
  if (!kept) return problem(response, 404, "no-such-recording", "It was not recorded.");
  const wav = makeWav(kept.duration_ms / 1000);
  const headers = { "content-type": "audio/wav", "accept-ranges": "bytes" };
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "");
  if (!range) return void response.writeHead(200, { ...headers, "content-length": wav.length }).end(wav);
  const first = Number(range[1]);
  const last = Math.min(range[2] === "" ? wav.length - 1 : Number(range[2]), wav.length - 1);
  const part = wav.subarray(first, last + 1);
  response
    .writeHead(206, {
      ...headers,
      "content-length": part.length,
      "content-range": `bytes ${first}-${last}/${wav.length}`,
    })
    .end(part);
}

function changeAgent({ box, response, id }, state, fields) {
  const agent = box.agents.find((one) => one.agent === id);
  if (!agent) return problem(response, 404, "no-such-agent", `There is no agent ${id}.`);
  box.change(agent, state, fields);
  json(response, 204);
}

async function read(request) {
  const parts = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts).toString("utf8");
}

function json(response, status, body) {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(body === undefined ? undefined : JSON.stringify(body));
}

function problem(response, status, kind, detail, more = {}) {
  response.writeHead(status, { "content-type": "application/problem+json" });
  response.end(JSON.stringify({ type: `/problems/${kind}`, title: kind, status, detail, ...more }));
}

async function file(response, path) {
  const inside = normalize(path === "/" ? "/index.html" : path);
  try {
    const body = await readFile(join(DIST, inside));
    response.writeHead(200, { "content-type": TYPES[extname(inside)] ?? "application/octet-stream" });
    response.end(body);
  } catch {
    problem(response, 404, "no-such-file", inside);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const option = (name, fallback) => {
    const at = process.argv.indexOf(`--${name}`);
    return at < 0 ? fallback : Number(process.argv[at + 1]);
  };
  const { url } = await serveMock({
    port: option("port", 0),
    speed: option("speed", 1),
    empty: process.argv.includes("--empty"),
  });
  console.log(`mock box at ${url}, user admin, password first-start`);
}
