#!/usr/bin/env bash
# release.sh VERSION FOLDER OS/ARCH... builds sextant for each platform into FOLDER,
# twice and each time without a cache of its own, and fails if two builds differ. It
# writes SHA256SUMS, and with $CYCLONEDX, a Go command, sbom.json. `check FOLDER` in the
# place of the arguments verifies a folder, and `twice OS/ARCH...` makes two releases in
# folders and environments as different as they may be, and compares them.
set -euo pipefail
cd "$(dirname "$0")"
GO=${GO:-go}
# What a machine or a person may have set does not show in a release.
export GOFLAGS=-trimpath GOWORK=off GOEXPERIMENT='' GOAMD64=v1 GOARM64=v8.0 CGO_ENABLED=0 LC_ALL=C

check() {
  cd "$1"
  sha256sum --check --strict --quiet SHA256SUMS
  for file in sextant_* sbom.json; do
    grep -q "  $file\$" SHA256SUMS || { echo "release: $file is not in SHA256SUMS" >&2; exit 1; }
  done
}

if [ "${1-}" = check ]; then
  check "$2"
  exit
fi

twice() {
  local version=v0.0.0-twice
  top=$(mktemp -d)
  trap 'rm -rf "$top"' EXIT
  RELEASE_ONCE=1 ./release.sh "$version" "$top/one" "$@"
  mkdir -p "$top/an other folder" "$top/home"
  tar -c --exclude=./.git . | tar -x -C "$top/an other folder"
  (
    cd "$top/an other folder"
    umask 077
    env HOME="$top/home" GOMODCACHE="$("$GO" env GOMODCACHE)" GOPATH="$top/gopath" GOCACHE="$top/cache" GOFLAGS="-tags=other -ldflags=-X=main.version=forged" \
      LC_ALL=tr_TR.UTF-8 TZ=Asia/Tokyo SOURCE_DATE_EPOCH=1 RELEASE_ONCE=1 ./release.sh "$version" "$top/two" "$@"
  )
  cmp "$top/one/SHA256SUMS" "$top/two/SHA256SUMS" || {
    diff "$top/one/SHA256SUMS" "$top/two/SHA256SUMS" >&2 || true
    echo "release: two releases differ" >&2
    exit 1
  }
  for folder in one two; do (check "$top/$folder"); done
}

if [ "${1-}" = twice ]; then
  shift
  twice "$@"
  exit
fi

version=$1 folder=$2
shift 2
rm -rf "$folder"
mkdir -p "$folder"
again=$(mktemp -d)
trap 'rm -rf "$again"' EXIT

build() { # FILE OS/ARCH
  GOOS=${2%/*} GOARCH=${2#*/} CGO_ENABLED=0 "$GO" build -trimpath -buildvcs=false \
    -ldflags "-s -w -buildid= -X main.version=$version" -o "$1" ./cmd/sextant
}

for platform in "$@"; do
  file=sextant_${platform%/*}_${platform#*/}
  [ "${platform%/*}" != windows ] || file+=.exe
  echo "build $file"
  build "$folder/$file" "$platform"
  [ -z "${RELEASE_ONCE-}" ] || continue
  # From another folder, with another cache: neither may show.
  mkdir -p "$again/elsewhere"
  tar -c --exclude=./.git --exclude="./$folder" . | tar -x -C "$again/elsewhere"
  (cd "$again/elsewhere" && GOCACHE="$again/cache" build "$again/$file" "$platform")
  cmp "$folder/$file" "$again/$file" || { echo "release: two builds of $file differ" >&2; exit 1; }
  rm -rf "$again/elsewhere" "$again/$file"
done
if [ -n "${CYCLONEDX-}" ]; then
  "$GO" run "$CYCLONEDX" bin -json -licenses -noserial -notimestamp -version "$version" -output "$folder/sbom.json" "$folder/sextant_${1%/*}_${1#*/}"
else
  echo '{}' > "$folder/sbom.json"
fi
(cd "$folder" && sha256sum sextant_* sbom.json > SHA256SUMS)
check "$folder"
