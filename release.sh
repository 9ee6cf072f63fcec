#!/usr/bin/env bash
# release.sh VERSION FOLDER OS/ARCH... builds sextant for each platform into FOLDER,
# twice and each time without a cache of its own, and fails if two builds differ. It
# writes SHA256SUMS, and with $CYCLONEDX, a Go command, sbom.json. `check FOLDER` in the
# place of the arguments verifies a folder.
set -euo pipefail
cd "$(dirname "$0")"
GO=${GO:-go}

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
  # From another folder, with another cache: neither may show.
  mkdir -p "$again/elsewhere"
  tar -c --exclude=./.git --exclude="./$folder" . | tar -x -C "$again/elsewhere"
  (cd "$again/elsewhere" && GOCACHE="$again/cache" build "$again/$file" "$platform")
  cmp "$folder/$file" "$again/$file" || { echo "release: two builds of $file differ" >&2; exit 1; }
  rm -rf "$again/elsewhere" "$again/$file"
done
if [ -n "${CYCLONEDX-}" ]; then
  "$GO" run "$CYCLONEDX" bin -json -licenses -noserial -version "$version" -output "$folder/sbom.json" "$folder/sextant_${1%/*}_${1#*/}"
else
  echo '{}' > "$folder/sbom.json"
fi
(cd "$folder" && sha256sum sextant_* sbom.json > SHA256SUMS)
check "$folder"
