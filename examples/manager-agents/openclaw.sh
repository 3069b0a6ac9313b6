#!/bin/sh
# Gives OpenClaw the tools of a Foreman, wherever that runs, over HTTP.
openclaw mcp add foreman --url http://127.0.0.1:8080/mcp --transport streamable-http \
  --header "Authorization: Bearer $(cat /srv/foreman/.foreman/manager-token)"
