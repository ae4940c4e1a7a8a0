#!/usr/bin/env python3
"""An apt root of our own: fetches foreign i386 packages without touching the host's dpkg and apt.

Called by tools/make/host.mk and by tests.  Never writes outside its own directory, never needs root.

    aptroot.py ROOT PACKAGE...      fetch (if not cached) and unpack each package into ROOT/tree
    aptroot.py --source ROOT PACKAGE...     fetch the source packages and unpack each, patched, into ROOT/source/PACKAGE

fetch_set, used by the host tool's --with, fetches packages with all they depend on and unpacks nothing.
Mirrors, proxy, credentials and keys are taken from the host's apt configuration.  What was fetched is
remembered with its version in ROOT/have.json; with everything there, no network is used.
"""

import contextlib
import fcntl
import glob
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time

ARCH = "i386"

# Needed for installing only, which happens on no node: apt takes them for installed and leaves them out.
NOT_NEEDED = "\n".join(f"Package: {name}\nStatus: install ok installed\nArchitecture: {arch}\nMulti-Arch: foreign\n"
                       f"Version: {version}\nMaintainer: none <none@localhost>\nDescription: only for installing\n"
                       for name, arch, version in (("dpkg", ARCH, "1.21.1"), ("debconf", "all", "1.5.80")))
LISTS_FRESH_S = 86400  # package lists younger than this are not fetched again


class AptRootError(Exception):
    """One line that says what failed and what to do."""


def host_config(keys):
    """Ask the host's apt for configuration lines below the given scopes, as apt.conf text."""
    out = subprocess.run(["apt-config", "dump"], check=True, capture_output=True, text=True).stdout
    lines = []
    for line in out.splitlines():
        if line.startswith(keys) and not line.startswith("Acquire::IndexTargets"):
            if not line.endswith(' "";'):
                lines.append(line)
    return lines


def host_dir(what, kind="d"):
    """A path from the host's apt configuration (kind d: directory, f: file), made absolute."""
    var = subprocess.run(["apt-config", "shell", "X", f"{what}/{kind}"], check=True,
                         capture_output=True, text=True).stdout.strip()
    match = re.match(r"X='?([^']*)'?$", var)
    return match.group(1) if match else ""


def os_codename(path="/etc/os-release"):
    """Debian's code name of this host, or an empty string."""
    try:
        with open(path, encoding="utf-8") as f:
            for line in f:
                if line.startswith("VERSION_CODENAME="):
                    return line.split("=", 1)[1].strip().strip('"')
    except OSError:
        pass
    return ""


def convert_list(text, codename):
    """One-line sources: keep Debian's own binary lines, without an architecture filter."""
    out = []
    for line in text.splitlines():
        match = re.match(r"\s*deb\s+(\[[^\]]*\]\s+)?(\S+)\s+(\S+)\s*(.*)$", line)
        if not match or match.group(2).startswith("cdrom:"):
            continue
        options, uri, suite, parts = match.groups()
        if codename and not suite.startswith((codename, "stable", "oldstable")):
            continue
        if "main" not in parts.split():
            continue
        words = [w for w in (options or "").strip().strip("[]").split()
                 if not w.startswith(("arch=", "arch+=", "arch-="))]
        opt = "[" + " ".join(words) + "] " if words else ""
        out.append(f"deb {opt}{uri} {suite} {parts}")
    return "\n".join(out) + ("\n" if out else "")


def stanza_fields(stanza):
    """Fields of a deb822 stanza as a list of [name, raw text with continuation lines]."""
    fields = []
    for line in stanza.splitlines():
        if line.startswith("#") or not line.strip():
            continue
        if line[0] in " \t" and fields:
            fields[-1][1] += "\n" + line
        elif ":" in line:
            name, value = line.split(":", 1)
            fields.append([name.strip(), value.strip()])
    return fields


def convert_deb822(text, codename):
    """deb822 sources: keep Debian's own enabled stanzas, without an architecture filter."""
    out = []
    for stanza in re.split(r"\n\s*\n", text):
        fields = stanza_fields(stanza)
        low = {name.lower(): value for name, value in fields}
        if "deb" not in low.get("types", "").split() or low.get("enabled", "yes").lower() in ("no", "false", "0"):
            continue
        suites = low.get("suites", "").split()
        if codename:
            suites = [s for s in suites if s.startswith((codename, "stable", "oldstable"))]
        if not suites or "main" not in low.get("components", "").split():
            continue
        lines = []
        for name, value in fields:
            key = name.lower()
            if key in ("architectures", "architectures-add", "architectures-remove"):
                continue
            if key == "types":
                value = "deb"
            elif key == "suites":
                value = " ".join(suites)
            lines.append(f"{name}: {value}")
        out.append("\n".join(lines) + "\n")
    return "\n".join(out)


def write_sources(etc):
    """Copy the host's sources into etc; returns how many files have something in them."""
    codename = os_codename()
    os.makedirs(f"{etc}/sources.list.d", exist_ok=True)
    for old in glob.glob(f"{etc}/sources.list.d/*"):
        os.unlink(old)
    parts = host_dir("Dir::Etc::sourceparts")
    found = 0
    for path in [host_dir("Dir::Etc::sourcelist", "f"), *sorted(glob.glob(f"{parts}/*"))]:
        if not path.endswith((".list", ".sources")) or not os.path.isfile(path):
            continue
        with open(path, encoding="utf-8", errors="replace") as f:
            text = f.read()
        deb822 = path.endswith(".sources")
        text = convert_deb822(text, codename) if deb822 else convert_list(text, codename)
        if text:
            name = f"host{found}." + ("sources" if deb822 else "list")
            with open(f"{etc}/sources.list.d/{name}", "w", encoding="utf-8") as f:
                f.write(text)
            found += 1
    return found


def write_config(root):
    """Lay out the apt root and write its apt.conf; returns the path of that file."""
    etc = f"{root}/etc"
    for d in ("state/lists/partial", "cache/archives/partial", "etc/empty", "etc/trusted.gpg.d", "debs", "tree"):
        os.makedirs(f"{root}/{d}", exist_ok=True)
    with open(f"{root}/state/status", "w", encoding="utf-8") as f:
        f.write(NOT_NEEDED)
    if write_sources(etc) == 0:
        raise AptRootError("no Debian source with component main in the host's apt configuration: "
                           "add one to /etc/apt/sources.list")
    for src in [host_dir("Dir::Etc::trusted", "f"), *glob.glob(host_dir("Dir::Etc::trustedparts") + "/*")]:
        if os.path.isfile(src) and os.access(src, os.R_OK):
            shutil.copy(src, f"{etc}/trusted.gpg.d/")
    lines = [
        f'APT::Architecture "{ARCH}";', f'APT::Architectures {{ "{ARCH}"; }};',
        'APT::Sandbox::User "";', 'APT::Install-Recommends "false";',
        f'Dir::State "{root}/state";', f'Dir::State::status "{root}/state/status";',
        f'Dir::Cache "{root}/cache";', 'Dir::Cache::pkgcache "";', 'Dir::Cache::srcpkgcache "";',
        f'Dir::Etc::sourcelist "{etc}/empty/none";', f'Dir::Etc::sourceparts "{etc}/sources.list.d";',
        f'Dir::Etc::trusted "{etc}/empty/none";', f'Dir::Etc::trustedparts "{etc}/trusted.gpg.d";',
        f'Dir::Etc::parts "{etc}/empty";', f'Dir::Etc::main "{etc}/empty/none";',
        f'Dir::Etc::netrc "{host_dir("Dir::Etc::netrc", "f")}";',
        f'Dir::Etc::netrcparts "{host_dir("Dir::Etc::netrcparts")}";',
        f'Dir::Etc::preferences "{host_dir("Dir::Etc::preferences", "f")}";',
        f'Dir::Etc::preferencesparts "{host_dir("Dir::Etc::preferencesparts")}";',
        'Acquire::Languages "none";',
    ] + [line for line in host_config(("Acquire::",)) if not line.startswith("Acquire::Languages")]
    path = f"{root}/apt.conf"
    with open(path, "w", encoding="utf-8") as f:
        f.write("\n".join(lines) + "\n")
    return path


def apt(root, args, cwd=None):
    """Run apt-get in the root; the output goes to ROOT/apt.log.  Returns the exit status."""
    env = dict(os.environ, APT_CONFIG=f"{root}/apt.conf", LC_ALL="C")
    with open(f"{root}/apt.log", "ab") as log:
        log.write(f"\n$ apt-get {' '.join(args)}\n".encode())
        log.flush()
        return subprocess.run(["apt-get", "-q", *args], env=env, cwd=cwd, stdout=log,
                              stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL).returncode


def download(root, package):
    """Download one package; returns the path of its .deb under ROOT/debs."""
    for old in glob.glob(f"{root}/cache/{package}_*.deb"):
        os.unlink(old)
    if apt(root, ["download", f"{package}:{ARCH}"], cwd=f"{root}/cache") != 0:
        raise AptRootError(f"cannot fetch {package}:{ARCH}: check the network and {root}/apt.log")
    found = glob.glob(f"{root}/cache/{package}_*.deb")
    if not found:
        raise AptRootError(f"apt-get fetched no file for {package}:{ARCH}: see {root}/apt.log")
    target = f"{root}/debs/{os.path.basename(found[0])}"
    os.replace(found[0], target)
    return target


def fetch_source(root, package):
    """The unpacked source of a package, fetched if it is not there; returns its directory.

    Its lists lie in a root of their own, ROOT/source: binary packages need none of them.  Needs dpkg-dev."""
    target = f"{os.path.abspath(root)}/source/{package}"
    if os.path.isdir(target):
        return target
    own = f"{os.path.abspath(root)}/source/apt"
    write_config(own)
    for path in glob.glob(f"{own}/etc/sources.list.d/*"):
        with open(path, encoding="utf-8") as f:
            text = f.read()
        with open(path, "w", encoding="utf-8") as f:
            f.write(re.sub(r"^(Types: )?deb(?=\s)", r"\1deb-src", text, flags=re.M))
    print(f"  apt root: fetching the source of {package}", flush=True)
    if apt(own, ["update"]) != 0 or apt(own, ["--download-only", "source", package], cwd=f"{own}/cache") != 0:
        raise AptRootError(f"cannot fetch the source of {package}: check the network and {own}/apt.log")
    found = glob.glob(f"{own}/cache/{package}_*.dsc")
    if not found:
        raise AptRootError(f"apt-get fetched no source of {package}: see {own}/apt.log")
    shutil.rmtree(target + ".new", ignore_errors=True)
    done = subprocess.run(["dpkg-source", "--no-check", "-x", found[0], target + ".new"], check=False, capture_output=True, text=True)
    if done.returncode != 0:
        raise AptRootError(f"dpkg-source cannot unpack {found[0]}: {done.stderr.strip()[-200:]}")
    os.replace(target + ".new", target)
    return target


def deb_version(path):
    return subprocess.run(["dpkg-deb", "-f", path, "Version"], check=True, capture_output=True,
                          text=True).stdout.strip()


def fetch(root, packages):
    """Make every package present and unpacked; returns {package: version}."""
    root = os.path.abspath(root)
    os.makedirs(root, exist_ok=True)
    have_path = f"{root}/have.json"
    have = {}
    if os.path.exists(have_path):
        with open(have_path, encoding="utf-8") as f:
            have = json.load(f)
    missing = [p for p in packages
               if p not in have or not os.path.exists(f"{root}/debs/{have[p]['file']}")]
    if missing:
        write_config(root)
        print(f"  apt root: fetching {' '.join(missing)} ({ARCH})", flush=True)
        if apt(root, ["update"]) != 0:
            print(f"  warning: apt-get update failed in {root} (see apt.log); going on with what is there",
                  file=sys.stderr)
    for package in missing:
        deb = download(root, package)
        subprocess.run(["dpkg-deb", "-x", deb, f"{root}/tree"], check=True)
        have[package] = {"version": deb_version(deb), "file": os.path.basename(deb)}
        with open(have_path + ".new", "w", encoding="utf-8") as f:
            json.dump(have, f, indent=1)
        os.replace(have_path + ".new", have_path)
    return {p: have[p]["version"] for p in packages}


@contextlib.contextmanager
def locked(root):
    """Only one process at a time changes the apt root."""
    os.makedirs(root, exist_ok=True)
    with open(f"{root}/lock", "w", encoding="utf-8") as f:
        fcntl.flock(f, fcntl.LOCK_EX)
        yield


def resolve(root, packages):
    """What an install of the packages would bring: [name, version, file] each, recommends left out."""
    env = dict(os.environ, APT_CONFIG=f"{root}/apt.conf", LC_ALL="C")
    done = subprocess.run(["apt-get", "-q", "-s", "--no-install-recommends", "install", *packages], env=env, check=False,
                          capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        said = [line for line in done.stdout.splitlines() + done.stderr.splitlines() if line.startswith(("E:", " "))]
        raise AptRootError("; ".join(line.strip() for line in said[:3]) or f"apt-get cannot install {' '.join(packages)}")
    debs = []
    for name, version, arch in re.findall(r"^Inst (\S+) (?:\[\S+\] )?\((\S+) .*\[(\S+)\]\)", done.stdout, re.M):
        debs.append([name.split(":")[0], version, f"{name.split(':')[0]}_{version.replace(':', '%3a')}_{arch}.deb"])
    return debs


def fresh(root):
    """Whether the package lists are young enough."""
    lists = glob.glob(f"{root}/state/lists/*_Packages*")
    return bool(lists) and time.time() - max(os.path.getmtime(f) for f in [*lists, f"{root}/state/lists"]) < LISTS_FRESH_S


def set_key(packages):
    """A short name for a set of packages, whatever their order."""
    return hashlib.sha256(" ".join(sorted(set(packages))).encode()).hexdigest()[:16]


def fetch_set(root, packages, say=print):
    """Fetch packages and their dependencies; returns [name, version, path of the .deb] each.

    What a set consists of is remembered in ROOT/sets: the second time no network is used.
    Call with the lock held."""
    root = os.path.abspath(root)
    record = f"{root}/sets/{set_key(packages)}.json"
    archives = f"{root}/cache/archives"
    if os.path.exists(record):
        with open(record, encoding="utf-8") as f:
            debs = json.load(f)["debs"]
        if all(os.path.exists(f"{archives}/{file}") for _, _, file in debs):
            return [[name, version, f"{archives}/{file}"] for name, version, file in debs]
    write_config(root)
    os.makedirs(f"{root}/sets", exist_ok=True)
    say(f"fetching {' '.join(packages)} ({ARCH}) with what they depend on")
    if not fresh(root) and apt(root, ["update"]) != 0:
        say(f"warning: apt-get update failed (see {root}/apt.log); going on with what is there")
    debs = resolve(root, packages)
    if apt(root, ["-y", "--no-install-recommends", "--download-only", "install", *packages]) != 0:
        raise AptRootError(f"cannot fetch {' '.join(packages)}: check the network and {root}/apt.log")
    for name, _, file in debs:
        if not os.path.exists(f"{archives}/{file}"):
            raise AptRootError(f"apt-get fetched no file for {name}: see {root}/apt.log")
    with open(record + ".new", "w", encoding="utf-8") as f:
        json.dump({"packages": sorted(set(packages)), "debs": debs}, f, indent=1)
    os.replace(record + ".new", record)
    return [[name, version, f"{archives}/{file}"] for name, version, file in debs]


def main(argv):
    source = argv[1:2] == ["--source"]
    del argv[1:1 + source]
    if len(argv) < 3:
        print("usage: aptroot.py [--source] ROOT PACKAGE...", file=sys.stderr)
        return 2
    try:
        if source:
            for package in argv[2:]:
                fetch_source(argv[1], package)
            return 0
        versions = fetch(argv[1], argv[2:])
    except AptRootError as e:
        print(f"aptroot: {e}", file=sys.stderr)
        return 1
    print("  apt root: " + ", ".join(f"{p} {v}" for p, v in versions.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
