# The set-up behind ./ringrl: apt packages, pinned wheels, configure, build. Sourced by ./ringrl, which
# defines `root`, `deps` and the checks of what is already there.
#
# Every step looks first whether its result exists and leaves its mark last, so an interrupted set-up
# continues where it stopped and a finished one does nothing. Messages go to stderr: stdout is the
# program's.
site=$deps/site

say() { printf 'ringrl: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

# run_logged NAME COMMAND...: keeps the output in .deps/log/NAME.log and shows its end if it fails.
run_logged() {
  local log=$deps/log/$1.log
  shift
  mkdir -p "$deps/log"
  "$@" >"$log" 2>&1 </dev/null && return
  tail -n 15 "$log" >&2
  if grep -q 'No space left on device' "$log"; then
    fail "the disk is full: free some space for $root and call again (the set-up continues where it stopped)"
  fi
  fail "failed: $* (all of its output: $log)"
}

require_disk_space() {  # GIB
  local free_kib
  free_kib=$(df -Pk "$root" | awk 'NR == 2 {print $4}')
  [ "$free_kib" -ge $(($1 * 1024 * 1024)) ] ||
    fail "the set-up needs $1 GiB of disk under $root, which has $((free_kib / 1024)) MiB: free some space and call again"
}

# --- apt ---------------------------------------------------------------------------------------------

install_packages() {  # LIST...
  local missing as_root=()
  missing=$(missing_packages "$@")
  [ "$missing" ] || return 0
  command -v apt-get >/dev/null || fail "no apt-get here: install these packages by other means: $missing"
  if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null ||
      fail "packages are missing and this user is neither root nor has sudo; as root: apt-get install --no-install-recommends $missing"
    as_root=(sudo)
    sudo -v || fail "sudo was refused; as root: apt-get install --no-install-recommends $missing"
  fi
  say "apt installs $missing"
  local apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300)
  run_logged dpkg "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive dpkg --configure -a  # an interrupted install
  run_logged apt-update "${apt[@]}" update
  # shellcheck disable=SC2086  # one word per package
  run_logged apt-install "${apt[@]}" install --no-install-recommends $missing
}

# --- wheels ------------------------------------------------------------------------------------------

# Prints "NAME VERSION SHA256 MEMBERS..." for each pin of a list file.
pins() {
  awk '/^#unpack / { members = members " " substr($0, 9) }
       /^[a-z]/ { split($1, pin, "=="); sub(/.*sha256:/, "", $2); print pin[1], pin[2], $2 members; members = "" }' "$1"
}

# The manylinux tags under which pip may accept a wheel; it takes none that is not named.
platforms() {
  local minor
  for minor in 5 12 17 18 24 25 26 27 28 31 34; do printf -- '--platform manylinux_2_%s_x86_64 ' "$minor"; done
  printf -- '--platform manylinux2014_x86_64'
}

# Leaves the wheel in .deps/wheels and its path in `wheel`. pip checks the hash while it downloads; it is
# checked again here because the file may have lain there for months.
fetch_wheel() {  # NAME VERSION SHA256
  local download=$deps/download
  wheel=$(find "$deps/wheels" -name "${1//-/_}-$2-*.whl" -print -quit)
  if [ -z "$wheel" ]; then
    say "fetching $1 $2"
    rm -rf "$download" && mkdir -p "$download/tmp"
    printf '%s==%s --hash=sha256:%s\n' "$1" "$2" "$3" >"$download/pin.txt"
    # shellcheck disable=SC2046  # one word per option
    TMPDIR=$download/tmp run_logged "pip-$1" python3 -m pip download --no-deps --no-cache-dir --only-binary=:all: \
      --disable-pip-version-check --timeout 60 --implementation cp --python-version 3.11 $(platforms) \
      --require-hashes --requirement "$download/pin.txt" --dest "$download"
    mv "$download"/*.whl "$deps/wheels/"
    rm -rf "$download"
    wheel=$(find "$deps/wheels" -name "${1//-/_}-$2-*.whl" -print -quit)
  fi
  if ! sha256sum --check --status <<<"$3  $wheel"; then
    rm -f "$wheel"
    fail "$wheel did not have the pinned sha256 and was deleted: call again to fetch it anew"
  fi
}

# Unpacks the members of every pin in LIST into .deps/site. A mark with hash and members per wheel is
# written after its last file; a mark that says something else means the pins moved, and all starts anew.
unpack_wheels() {  # LIST
  local list=$1 name version hash members mark marks=$site/.unpacked
  wheels_unpacked "$list" && return
  [ -f "$marks/wheels-cpu-torch" ] || require_disk_space 4
  mkdir -p "$deps/wheels" "$marks"
  while read -r name version hash members; do
    mark=$marks/${list%.txt}-$name
    if [ -f "$mark" ] && [ "$(cat "$mark")" != "$hash $members" ]; then
      say "the pins have changed: unpacking every wheel anew"
      rm -rf "$site" && mkdir -p "$marks"
    fi
  done < <(pins "$root/cmake/$list")
  while read -r name version hash members; do
    mark=$marks/${list%.txt}-$name
    [ -f "$mark" ] && continue
    fetch_wheel "$name" "$version" "$hash"
    say "unpacking $name $version"
    # The members' own dates would be older than objects built from the version before.
    (set -f && run_logged "unzip-$name" unzip -q -o -DD "$wheel" $members -d "$site")
    printf '%s\n' "$hash $members" >"$mark.partial" && mv "$mark.partial" "$mark"
  done < <(pins "$root/cmake/$list")
  cp "$root/cmake/$list" "$marks/$list.partial" && mv "$marks/$list.partial" "$marks/$list"
}

# --- build -------------------------------------------------------------------------------------------

# One compiler per core, but no more than memory carries: a file that includes LibTorch takes 1.5 GiB.
compile_jobs() {
  awk -v cores="$(nproc)" '/^MemAvailable/ { fit = int($2 / 1572864); print fit < 1 ? 1 : fit < cores ? fit : cores }' /proc/meminfo
}

build() {  # PRESET TARGET
  local preset=$1 target=$2 folder=$root/build/$1 arguments=${RINGRL_CMAKE_ARGS-}
  if [ ! -f "$folder/build.ninja" ] || [ ! -f "$folder/.configured" ] || [ "$(cat "$folder/.configured")" != "$arguments" ]; then
    say "configuring build/$preset"
    # shellcheck disable=SC2086  # RINGRL_CMAKE_ARGS holds several words
    run_logged "configure-$preset" env -C "$root" cmake --preset "$preset" $arguments
    printf '%s\n' "$arguments" >"$folder/.configured"
  fi
  printf '%s\n' "$arguments" >"$folder/.building-$target"  # its date is before the first file is read
  say "building build/$preset ($target)"
  ninja -C "$folder" -j "$(compile_jobs)" "$target" >&2 || fail "the build failed: the first error is above"
  mv "$folder/.building-$target" "$folder/.built-$target"
}

# prepare PRESET TARGET: everything from nothing to TARGET of PRESET, one process at a time.
prepare() {
  mkdir -p "$deps"
  exec 9>"$deps/lock"
  flock -n 9 || { say "waiting for another ./ringrl in this checkout to finish its set-up"; flock 9; }
  install_packages "$root/cmake/apt-packages.txt"
  unpack_wheels wheels-cpu.txt
  if [ "$1" = cuda ]; then unpack_wheels wheels-cuda.txt; fi
  build "$1" "$2"
  exec 9>&-
}

# The Python programs that the interop tests hold ours against, in .deps/venv.
prepare_interop() {
  local pins=$root/cmake/python-tests.txt venv=$deps/venv
  cmp -s "$pins" "$venv/.installed" && return
  install_packages "$root/cmake/apt-packages-ci.txt"
  say "installing the Python packages of the interop tests"
  [ -x "$venv/bin/python" ] || run_logged venv python3 -m venv "$venv"
  run_logged venv-pip "$venv/bin/python" -m pip install --no-deps --no-cache-dir --disable-pip-version-check --requirement "$pins"
  cp "$pins" "$venv/.installed"
}

# --- doctor ------------------------------------------------------------------------------------------

# What is there and what is not, for when there is no program yet to ask.
report_missing() {
  local missing list name version rest state
  missing=$(missing_packages "$root/cmake/apt-packages.txt")
  printf '%-28s %s\n' 'apt packages' "${missing:+missing: }${missing:-complete}"
  while read -r name version rest; do
    state='missing: fetched by the next ./ringrl'
    if [ -f "$site/.unpacked/wheels-cpu-$name" ]; then state=unpacked
    elif [ "$(find "$deps/wheels" -name "${name//-/_}-$version-*.whl" 2>/dev/null)" ]; then state='fetched, not unpacked'; fi
    printf '%-28s %s\n' "$name $version" "$state"
  done < <(pins "$root/cmake/wheels-cpu.txt")
  printf '%-28s %s\n' 'program' "$([ -x "$program" ] && echo 'built' || echo 'not built')"
  printf '%-28s %s\n' 'disk, free' "$(df -Ph "$root" | awk 'NR == 2 {print $4}')" \
    'cores, memory' "$(nproc), $(awk '/^MemTotal/ {printf "%.0f GiB", $2 / 1048576}' /proc/meminfo)"
}
