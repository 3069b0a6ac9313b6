#!/bin/sh
# A very small coding agent: reads what it is asked on stdin, changes the repository, says what it did.
# Any program that does so can be a Foreman agent.
set -eu

asked=$(cat)
name=$(printf '%s' "$FOREMAN_TASK_TITLE" | tr 'A-Z ' 'a-z-' | tr -cd 'a-z0-9-')

echo "asked: $(printf '%s' "$asked" | head -n 1)"
mkdir -p site
printf '<section id="%s">%s</section>\n' "$name" "$FOREMAN_TASK_TITLE" > "site/$name.html"

# Thinking takes a moment.
sleep "${DEMO_SECONDS:-1}"

# Odd tasks commit by themselves; of the others Foreman takes in what is left uncommitted.
if [ $((FOREMAN_TASK_ID % 2)) -eq 1 ]; then
  git add site
  git commit --quiet --message "$FOREMAN_TASK_TITLE"
  echo "committed site/$name.html"
else
  echo "wrote site/$name.html"
fi
