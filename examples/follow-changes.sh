#!/bin/sh
# Prints what has changed since the last run, page by page. Where the feed ended is kept in a file.
set -eu
url=${VXDATA_URL:-http://127.0.0.1:8787}
state=${VXDATA_FEED_STATE:-.vxdata-feed}

token=$(curl -fsS "$url/auth/jwt/login" --data-urlencode "username=$VXDATA_EMAIL" \
  --data-urlencode "password=$VXDATA_PASSWORD" | sed 's/.*"access_token":"//; s/".*//')
after=$(cat "$state" 2>/dev/null || echo "")

while :; do
  page=$(curl -fsS -G -H "authorization: Bearer $token" "$url/changes" \
    ${after:+--data-urlencode "after=$after"} --data-urlencode limit=100)
  printf '%s\n' "$page"
  next=$(printf '%s' "$page" | sed 's/.*"next":"\{0,1\}//; s/["},].*//')
  printf '%s' "$next" > "$state"
  case $page in *'"more":true'*) after=$next ;; *) break ;; esac
done
