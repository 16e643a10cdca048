#!/bin/sh
# Waits for Temporal and its namespace, then adds our search attributes; those
# that are there already are left.
set -eu
until temporal operator namespace describe default >/dev/null 2>&1; do sleep 2; done
for name in DiscoveryStatus Mode UserID SessionID ErrorType ParentDiscovery; do
    temporal operator search-attribute list | grep -q "$name" || temporal operator search-attribute create --name "$name" --type Keyword
done
