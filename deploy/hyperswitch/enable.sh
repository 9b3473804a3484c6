#!/usr/bin/env bash
# Switches delegation to the bridge on. Set ADMIN_API_KEY; HYPERSWITCH_URL where it is not the default.
set -euo pipefail
: "${ADMIN_API_KEY:?set ADMIN_API_KEY to the admin API key of Hyperswitch}"
url="${HYPERSWITCH_URL:-http://localhost:8080}"
headers=(-H 'Content-Type: application/json' -H "api-key: $ADMIN_API_KEY")
body='{"key": "ucs_enabled", "value": "true"}'

# A key that exists is updated under its own path.
curl -fsS -X POST "$url/configs/" "${headers[@]}" -d "$body" ||
  curl -fsS -X POST "$url/configs/ucs_enabled" "${headers[@]}" -d "$body"
echo
