/**
 * What the strict policy knows of programs, as data: which of their words reach beyond the machine.
 *
 * A line names programs and, behind the colon, the words that follow them, without their options:
 * `pr create|merge` are two ways, `run deploy~` is also `run deploy:web`, `*` is any word, and a line
 * without words is the program itself, whatever follows.
 *
 * @internal
 */
import { isSpelledOut } from "./ApprovalPolicyAction.ts"
import { type Command, unknown } from "./CommandLine.ts"
import { begins } from "./CommandLineOptions.ts"

// models ----------------------------------------------------------------------

/** Ways to call programs, by their names. */
export type Calls = ReadonlyMap<string, ReadonlyArray<Way>>

type Way = ReadonlyArray<ReadonlyArray<string>>

// rules -----------------------------------------------------------------------

/** Whether a command is one of these calls. In prose, a name alone is only a word. */
export const isCall = (calls: Calls, { program, words }: Command, isProse: boolean): boolean =>
  (calls.get(program) ?? []).some(
    (way) => begins(words, way, isOneOf) && (way.length > 0 || !isProse || isSpelledOut(words))
  )

/** Reads the lines of a list. */
export const callsOf = (list: string): Calls => {
  const calls = new Map<string, Array<Way>>()
  for (const line of list.trim().split("\n")) {
    const [programs = "", ways = ""] = line.split(/:(.*)/)
    for (const way of ways.split(",")) {
      const words = wordsOf(way).map((word) => word.split("|"))
      for (const program of wordsOf(programs)) {
        calls.set(program, [...(calls.get(program) ?? []), words])
      }
    }
  }
  return calls
}

/** What others can take from then on: packages, images, mails, commits of other systems. */
export const publishing = callsOf(`
npm pnpm yarn bun: publish, unpublish, deprecate, owner add|rm, access, dist-tag add|rm, run publish~
yarn: npm publish, publish~
lerna changeset: publish
np release-it semantic-release
cargo: publish, yank, owner, release
twine: upload
flit poetry uv pdm hatch: publish
gem: push, yank, owner
pod: trunk push
mix: hex.publish
docker podman nerdctl buildah: push, image push, manifest push, compose push
docker: buildx imagetools
skopeo: copy, sync, delete
crane oras: push, copy, delete
helm: push
mvn mvnw: deploy, release~
gradle gradlew: publish~, upload~
sbt: publish, publishsigned
dotnet: nuget push
nuget: push
vsce ovsx: publish
goreleaser: release
jreleaser
clojure lein: deploy
make just task rake: publish~, release~
svn: commit, ci, import
hg bzr darcs sl: push
darcs: send
jj: git push
gt: submit
git: svn dcommit, p4 submit, send-email
mail mailx mutt sendmail msmtp swaks
`)

/** What changes what others use: clusters, clouds, hosts. */
export const deploying = callsOf(`
kubectl oc: apply|create|delete|patch|replace|scale|rollout|edit|set|drain|cordon|uncordon
kubectl oc: taint|label|annotate|exec|cp|run|expose|autoscale|debug
helm: install|upgrade|uninstall|delete|rollback
helmfile: apply|sync|destroy
kustomize skaffold: edit|deploy|run
argocd: app sync|delete|create|set|rollback
flux: bootstrap|create|delete|reconcile
terraform tofu terragrunt: apply|destroy|import|taint|untaint|run-all
terraform tofu terragrunt: state rm|mv|push, workspace delete, force-unlock
pulumi: up|update|destroy|refresh|import|cancel, stack rm
ansible ansible-playbook
cap: * deploy~, deploy~
npm pnpm yarn bun: run deploy~, run release~
yarn: deploy~, release~
make just task rake invoke: deploy~
fly flyctl heroku railway render vercel netlify surge firebase wrangler supabase: deploy~|publish|launch
fly flyctl heroku railway render vercel netlify firebase wrangler supabase: * create|delete|set|destroy
fly: scale, destroy, ssh
heroku: git:remote, ps:scale, releases:rollback, pg:reset
vercel: rm|remove|promote|rollback|alias, env add|rm
railway: up|down
supabase: db push|reset
eb: deploy|create|terminate|setenv
sam cdk amplify serverless sls copilot: deploy|destroy|remove|delete|publish|push|sync
gcloud: * deploy|create|delete|update|set-iam-policy|submit|ssh|scp|patch|reset|resize, app deploy
gcloud: * * deploy|create|delete|update|patch|reset|resize|add-iam-policy-binding
gcloud: * * * deploy|create|delete|update|patch
az: * create|delete|update|start|stop|restart, * * create|delete|update|deploy
az: * * * create|delete|update, deployment group create
doctl hcloud scw linode-cli oci: * create|delete|update, * * create|delete|update
dokku
`)

/** What changes something on a code host. */
export const hosting = callsOf(`
gh hub glab: pr|mr create|merge|close|comment|edit|review|reopen|ready|lock|approve|note|update
gh hub glab: issue create|close|comment|edit|reopen|delete|transfer|lock|pin|note|update
gh hub glab: release create|delete|edit|upload
gh hub glab: repo create|delete|edit|fork|rename|archive|unarchive|sync|transfer|deploy-key
gh hub glab: workflow run|enable|disable, run rerun|cancel|delete, cache delete, ci run|retry|trigger
gh hub glab: secret set|delete|remove, variable set|delete|remove, gist create|edit|delete
gh hub glab: label create|edit|delete|clone, ssh-key add|delete, gpg-key add|delete, project *
hub: push, pull-request, create, delete, fork, sync
`)

/** What sends to another machine, or opens a way to it. */
export const connecting = callsOf(`
ssh sftp ftp lftp tftp telnet mosh nc ncat netcat socat cryptcat
rclone: bisync|delete|deletefile|purge|mkdir|rmdir|rcat
gsutil: rm|rb|mb|acl|iam
s3cmd: put|sync|del|rm|mb|rb|mv
mc: cp|mv|mirror|rm|rb|mb
ngrok cloudflared localtunnel lt tailscale
`)

/** What cannot be taken back. */
export const destroying = callsOf(`
mkfs mke2fs mkswap mkdosfs newfs wipefs blkdiscard fdisk sfdisk sgdisk gdisk parted
shred srm wipe truncate
shutdown reboot poweroff halt
dropdb dropuser
docker podman: system prune, volume rm|prune, image prune
redis-cli: flushall|flushdb
diskutil: erasedisk|erasevolume|partitiondisk
cryptsetup: luksformat|erase
lvremove vgremove pvremove
zfs zpool: destroy
`)

/** What runs with other rights than its caller's. */
export const elevating = callsOf(`
sudo doas su pkexec runas gosu run0 sudoedit visudo
systemctl: start|stop|restart|enable|disable|mask|isolate|reboot|poweroff
`)

/** What writes files, by name. Redirections and options that write are read apart. */
export const writing = callsOf(`
rm rmdir unlink mv cp ln mkdir touch tee install chmod chown chgrp truncate dd patch mktemp rsync
git: add|commit|am|apply|checkout|cherry-pick|clean|merge|mv|pull|rebase|reset|restore|revert|rm
git: stash|switch|tag|push|init|clone|gc|filter-branch|update-ref
npm pnpm yarn bun: install|i|ci|add|remove|uninstall|update|link|init
pip pip3 uv poetry pipenv pdm gem bundle: install|add|remove|uninstall|update|sync|lock
cargo: add|remove|update|fix|fmt|init|new|install
go: get|install|fmt|generate
apt apt-get brew dnf yum apk pacman: install|remove|upgrade|update|purge
`)

// internal --------------------------------------------------------------------

function wordsOf(text: string): ReadonlyArray<string> {
  return text.split(/\s+/).filter((word) => word !== "")
}

/** Longer than every word of the lists. */
const maxWord = 100

function isOneOf(word: string, wanted: ReadonlyArray<string>): boolean {
  const lower = word.slice(0, maxWord).toLowerCase()
  return word.includes(unknown) || wanted.some((one) => isWord(lower, one))
}

function isWord(word: string, wanted: string): boolean {
  if (wanted === "*") return true
  if (!wanted.endsWith("~")) return word === wanted
  return word.startsWith(wanted.slice(0, -1)) && !/^[a-z]/.test(word.slice(wanted.length - 1))
}
