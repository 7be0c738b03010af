#!/bin/sh
# Builds a real Kubernetes API server and its etcd from source through the Go module proxy, for
# test/slow/kubernetes.test.ts: no container, no download of binaries. Needs Go 1.24 or newer, 4 GB of disk
# and some minutes the first time; later calls return at once. Prints the folder of the two programs.
#
# Kubernetes cannot be installed with `go install`: its go.mod replaces the k8s.io modules by folders of its own
# repository. scripts/kube/go.mod replaces them by their released versions instead.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
version=$(sed -n 's/^.*k8s.io\/kubernetes \(v[0-9.]*\).*/\1/p' "$here/kube/go.mod" | head -n 1)
out="${MLO_TOOLS_DIR:-$here/../.tools}/kube-$version"
if [ -x "$out/kube-apiserver" ] && [ -x "$out/etcd" ]; then
  (cd "$out" && pwd)
  exit 0
fi
if ! command -v go >/dev/null 2>&1; then
  echo "Go is not installed: the Kubernetes API server cannot be built" >&2
  exit 18
fi
mkdir -p "$out"
cd "$here/kube"
export CGO_ENABLED=0 GOTOOLCHAIN=local GOFLAGS="-mod=readonly -trimpath -buildvcs=false"
minor=$(echo "$version" | cut -d. -f2)
stamp="k8s.io/component-base/version"
nice -n 19 go build -p 2 -ldflags "-s -w" -o "$out/etcd.part" go.etcd.io/etcd/server/v3 >&2
nice -n 19 go build -p 2 -ldflags "-s -w -X $stamp.gitVersion=$version -X $stamp.gitMajor=1 -X $stamp.gitMinor=$minor" \
  -o "$out/kube-apiserver.part" k8s.io/kubernetes/cmd/kube-apiserver >&2
mv "$out/etcd.part" "$out/etcd"
mv "$out/kube-apiserver.part" "$out/kube-apiserver"
(cd "$out" && pwd)
