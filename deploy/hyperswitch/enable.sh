#!/usr/bin/env bash
# Switches delegation to the bridge on. Set HYPERSWITCH_URL and ADMIN_API_KEY.
set -euo pipefail
: "${HYPERSWITCH_URL:?set HYPERSWITCH_URL to the address of Hyperswitch: http://localhost:8080, unless the bridge has that port}"
: "${ADMIN_API_KEY:?set ADMIN_API_KEY to the admin API key of Hyperswitch}"
url=${HYPERSWITCH_URL%/}

# call <method> <path> [<body>]: sets status and answer.
call() {
  local said
  said=$(curl -sS -w '\n%{http_code}' -X "$1" "$url$2" -H 'Content-Type: application/json' \
    -H "api-key: $ADMIN_API_KEY" ${3:+-d "$3"}) || exit 1
  status=${said##*$'\n'} answer=${said%$'\n'*}
}

refuse() {
  echo "✗ $1" >&2
  exit 1
}

# Nobody but Hyperswitch is shown the key.
[[ $(curl -sS "$url/health") == 'health is good' ]] ||
  refuse "no Hyperswitch answers at $url: look at HYPERSWITCH_URL; the bridge's own HTTP port is 8080, too"

# A key that exists is updated under its own path; Hyperswitch would call it an error to make it again.
call GET /configs/ucs_enabled
case "$status $answer" in
  200*) path=/configs/ucs_enabled did='was there, and is set now' ;;
  404*HE_02*) path=/configs/ did='is set now' ;;
  401* | 403*) refuse "Hyperswitch refused ADMIN_API_KEY (HTTP $status): $answer" ;;
  *) refuse "Hyperswitch did not say whether ucs_enabled is set (HTTP $status): $answer" ;;
esac
call POST "$path" '{"key": "ucs_enabled", "value": "true"}'
[[ $status == 200 ]] || refuse "Hyperswitch did not set ucs_enabled (HTTP $status): $answer"
echo "✓ ucs_enabled $did: $answer"
