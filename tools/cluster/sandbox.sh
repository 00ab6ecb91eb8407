#!/bin/sh
# Runs as first process in the namespaces of a node: makes everything that the node's programs write part of the
# namespace, so that it goes when the namespace goes. Then becomes the program that holds the namespaces.
# $1: folder for the logs of pods, $2: program to become
set -e
logs=$1
program=$2
# By path, since /run of the machine is hidden from here on.
mount -t tmpfs -o mode=0755 tmpfs /run
mkdir -p /run/netns /run/naas/logs /run/naas/var/upper /run/naas/var/work
mount --bind "$logs" /run/naas/logs
# Paths that kubelet, containerd and CNI plugins have built in, such as /var/lib/cni and /var/log/containers.
mount -t overlay -o lowerdir=/var,upperdir=/run/naas/var/upper,workdir=/run/naas/var/work overlay /var
# Settings of the kernel belong to the machine, those of the network to the namespace.
mount --bind /proc/sys /proc/sys
mount -o remount,bind,ro /proc/sys
mount --bind /proc/sys/net /proc/sys/net
mount -o remount,bind,rw /proc/sys/net
ip link set lo up
echo ready
exec "$program"
