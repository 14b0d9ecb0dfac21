#!/bin/sh
# Makes the secrets that docker-compose.yml names, each of its own, in a folder that its owner alone can enter. What is
# there stays: run it again after an upgrade that needs another one.
#
#   sh scripts/make-secrets.sh [FOLDER]      default: secrets
set -eu

folder=${1:-secrets}
umask 077
mkdir -p "$folder"
chmod 700 "$folder"

fresh() { head -c 64 /dev/urandom | od -An -v -tx1 | tr -d ' \n' | cut -c1-"$1"; }
secret() {
  [ -s "$folder/$1" ] && return
  printf '%s\n' "$2" > "$folder/$1.new"
  # Readable in the container by its user, who is not the owner; the folder is what keeps others out.
  chmod 444 "$folder/$1.new"
  mv "$folder/$1.new" "$folder/$1"
  echo "made $folder/$1"
}

secret master "$(fresh 64)"
secret graph_password "$(fresh 48)"
secret graph_auth "neo4j/$(cat "$folder/graph_password")"
secret vectors_password "$(fresh 48)"
secret vectors_token "root:$(cat "$folder/vectors_password")"
secret s3_access_key "$(fresh 20)"
secret s3_secret_key "$(fresh 64)"
secret redis_password "$(fresh 48)"
secret redis_url "redis://:$(cat "$folder/redis_password")@redis:6379/0"
secret metrics_token "$(fresh 48)"
