import { Result } from "effect"
import { describe, expect, it } from "@effect/vitest"

import { Settings, SettingsSources } from "@foreman/core"

const gathered = (...sources: ReadonlyArray<Readonly<Record<string, string | undefined>>>) =>
  SettingsSources.environmentOf(
    SettingsSources.gather(sources.map((values, index) => ({ from: `source ${index}`, values })))
  )

describe("sources of settings", () => {
  it("are asked in their order, and an empty word says nothing", () => {
    expect(
      gathered({ FOREMAN_NODE: "a", FOREMAN_AUTH: "" }, { FOREMAN_NODE: "b", FOREMAN_AUTH: "open" })
    ).toEqual({ FOREMAN_NODE: "a", FOREMAN_AUTH: "open" })
  })

  it("overrule what says the same by another name", () => {
    expect(gathered({ DATABASE_URL: "sqlite:/x" }, { FOREMAN_DB_PATH: "y" })).toEqual({
      DATABASE_URL: "sqlite:/x"
    })
    expect(gathered({ FOREMAN_TOKEN: "t" }, { FOREMAN_RUN_TOKEN: "r" })).toEqual({
      FOREMAN_TOKEN: "t"
    })
    expect(gathered({ FOREMAN_API_URL: "http://a" }, { OPENCLAW_API_URL: "http://b" })).toEqual({
      FOREMAN_API_URL: "http://a"
    })
  })

  it("leave what one of them says twice to be refused", () => {
    const both = gathered({ DATABASE_URL: "postgres://h/f", FOREMAN_DB_PATH: "y" })
    expect(Result.isFailure(Settings.read(both))).toBe(true)
  })

  it("leave what is no setting alone", () => {
    expect(gathered({ PATH: "/bin", FOREMAN_TASK_ID: "4" })).toEqual({})
  })
})

describe("a file of settings", () => {
  const read = (text: string) =>
    Result.match(SettingsSources.fromFile("f.json", text), {
      onSuccess: ({ values }) => values,
      onFailure: ({ message }) => message
    })

  it("has the names of settings without their beginning", () => {
    const text = '{"http_addr":"127.0.0.1:0","allowed_hosts":["a","b"],"slow_command_ms":5}'
    expect(read(text)).toEqual({
      FOREMAN_HTTP_ADDR: "127.0.0.1:0",
      FOREMAN_ALLOWED_HOSTS: "a,b",
      FOREMAN_SLOW_COMMAND_MS: "5"
    })
  })

  it.each([
    ["[]", "should hold one JSON object"],
    ["{", "should hold one JSON object"],
    ['{"http_adr":"x"}', "has http_adr, which is not one of http_addr"],
    ['{"node":{}}', "has node, which should be text or a number"]
  ])("is refused as %s", (text, words) => {
    expect(read(text)).toContain(`f.json ${words}`)
  })
})

describe("settings as they are shown", () => {
  it.each([
    ["FOREMAN_WEBHOOK_URL", "https://hooks.example:8443/services/T0/B0/abc", "/***"],
    ["FOREMAN_WEBHOOK_URL", "https://me:pass@hooks.example:8443/abc?k=abc#abc", "/***?***"],
    ["FOREMAN_OPENCLAW_URL", "https://abc@hooks.example:8443/hooks/agent", "/hooks/agent"],
    ["FOREMAN_OPENCLAW_URL", "https://hooks.example:8443/hooks/wake?k=abc", "/hooks/wake?***"]
  ])("say of %s %s where it leads alone", (name, url, rest) => {
    const gathered = SettingsSources.gather([{ from: "flags", values: { [name]: url } }])
    const value = SettingsSources.describe(gathered).find((one) => one.name === name)?.value
    const user = url.includes("@") ? "***@" : ""
    expect(value).toBe(`https://${user}hooks.example:8443${rest}`)
  })

  it("say where they come from, and no secret", () => {
    const shown = SettingsSources.describe(
      SettingsSources.gather([
        { from: "flags", values: { FOREMAN_TOKEN: "fmn_opr_secret" } },
        { from: "f.json", values: { DATABASE_URL: "postgres://u:p@ss@h/f?password=p2&x=1" } }
      ])
    )
    const found = Object.fromEntries(shown.map(({ from, name, value }) => [name, [value, from]]))
    expect(found).toMatchObject({
      FOREMAN_TOKEN: ["***", "flags"],
      DATABASE_URL: ["postgres://u:***@h/f?password=***&x=1", "f.json"],
      FOREMAN_HTTP_ADDR: ["127.0.0.1:8080", "default"],
      FOREMAN_NODE: [undefined, "not set"]
    })
  })

  it("follow the runtime root where nobody names them", () => {
    const shown = (values: Readonly<Record<string, string>>) =>
      SettingsSources.describe(SettingsSources.gather([{ from: "flags", values }])).find(
        ({ name }) => name === "FOREMAN_DB_PATH"
      )?.value
    expect(shown({ FOREMAN_RUNTIME_ROOT: "/r" })).toBe("/r/foreman.db")
    expect(shown({ DATABASE_URL: "postgres://h/f" })).toBeUndefined()
  })

  it("have the defaults that hold, all that their meanings name", () => {
    expect(Settings.read(SettingsSources.defaults)).toEqual(Settings.read({}))
    const named = Object.entries(SettingsSources.meanings).flatMap(([name, meaning]) => {
      const found = /(?<![.:])\b(\d+) unless set/.exec(meaning)?.[1]
      return found === undefined ? [] : [[name, found] as const]
    })
    expect(SettingsSources.defaults).toMatchObject(Object.fromEntries(named))
  })
})
