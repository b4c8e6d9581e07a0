#!/bin/sh
# The first process of a machine of the lab, started inside new network, mount and UTS namespaces.
# It gives the machine its own /etc, /var, /run and /opt at their standard paths, programs in /usr,
# and its name; then it says "ready" and holds the namespaces open. It configures no network.
#
# usage: root.sh NAME STATE USR KEPT...
#   STATE  the machine's folder: STATE/etc and STATE/var become its /etc and /var
#   USR    a folder of programs laid over /usr
#   KEPT   folders that must stay visible at their paths even where the above would hide them
set -eu
name=$1 state=$2 usr=$3
shift 3

# Nothing that is mounted from here on reaches this machine's own namespace (unshare made all private).
staging=/mnt
mount -t tmpfs -o mode=755 lab "$staging"
count=0
for kept in "$@"; do
  mkdir "$staging/$count"
  mount --bind "$kept" "$staging/$count"
  count=$((count + 1))
done

mkdir -p "$state/etc" "$state/var"
cp -a /etc/. "$state/etc"
for folder in lib log cache spool tmp; do mkdir -p "$state/var/$folder"; done
chmod 1777 "$state/var/tmp"
ln -sfn /run "$state/var/run"
ln -sfn /run/lock "$state/var/lock"
echo "$name" >"$state/etc/hostname"
printf '127.0.0.1 localhost\n::1 localhost\n' >"$state/etc/hosts"
# /etc/resolv.conf may be a symlink into the host's /run.
rm -f "$state/etc/resolv.conf"
printf 'nameserver 172.30.0.1\n' >"$state/etc/resolv.conf"

mount -t overlay -o "lowerdir=$usr:/usr" lab-usr /usr
mount --bind "$state/etc" /etc
mount --bind "$state/var" /var
mount -t tmpfs -o mode=755 lab-run /run
mkdir -p /run/lock /run/bird /run/sealane
mount -t tmpfs -o mode=755 lab-opt /opt
mkdir -p /opt/cni
ln -s /usr/lib/cni /opt/cni/bin

count=0
for kept in "$@"; do
  case $kept in
  /usr/* | /etc/* | /var/* | /run/* | /opt/* | /mnt/*)
    mkdir -p "$kept"
    mount --bind "$staging/$count" "$kept"
    ;;
  esac
  umount "$staging/$count"
  count=$((count + 1))
done
umount "$staging"

# The kubelet and containers pass mounts on to each other: shared within this machine alone.
mount --make-rshared /
hostname "$name"
echo ready
exec sleep infinity </dev/null >/dev/null 2>&1
