/**
 * Who outside is told what happens: OpenClaw and a webhook, as the settings say.
 */
import { Notifier, type NotifierSettings } from "@foreman/core"
import { OpenClawNotifier, WebhookNotifier } from "@foreman/gateway-openclaw"
import { Layer } from "effect"

/** The notifiers that are set. */
export const layer = ({
  openClaw,
  secret,
  webhook
}: NotifierSettings.NotifierSettings): Layer.Layer<Notifier.Notifiers> =>
  Layer.succeed(Notifier.Notifiers, [
    ...(openClaw === undefined ? [] : [OpenClawNotifier.make({ ...openClaw, secret })]),
    ...(webhook === undefined ? [] : [WebhookNotifier.make({ ...webhook, secret })])
  ])
