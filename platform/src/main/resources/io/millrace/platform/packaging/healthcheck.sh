#!/bin/bash
# Asks the process on this machine how it is: exit code 0 if it answers 200.
# usage: healthcheck [PATH [PORT]]
path=${1:-/readyz}
port=${2:-${HTTP_PORT:-8090}}
exec 3<>"/dev/tcp/127.0.0.1/$port" || exit 1
printf 'GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n' "$path" >&3
IFS= read -r -t 3 status <&3
[[ $status == *' 200 '* ]]
