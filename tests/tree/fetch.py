#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""fetch.py ROOT: subprojects/fetch.sh before mirrors of all kinds.

Each case is a copy of fetch.sh with wraps of its own that name small archives, an apt configuration of its own, and
servers on loopback; nothing outside is asked, nothing of this machine's apt is read."""
import functools
import gzip
import hashlib
import http.server
import io
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
import unittest

ROOT = pathlib.Path(sys.argv.pop(1))
sha256 = lambda data: hashlib.sha256(data).hexdigest()


def archive(folder, text="x"):
    """As `git archive --prefix=FOLDER/ | gzip -cn` makes it: a file, a folder, one longer than a block, one empty."""
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name, data in (("README", text.encode()), ("src/long.c", b"y" * 1500), ("src/none.c", b"")):
            info = tarfile.TarInfo(f"{folder}/{name}")
            info.size, info.mtime = len(data), 1700000000
            tar.addfile(info, io.BytesIO(data))
    # git writes the sum as seven digits and a NUL, tarfile as six, a NUL and a blank
    bytes_ = bytearray(plain.getvalue())
    for at in range(0, len(bytes_), 512):
        if bytes_[at + 257:at + 262] == b"ustar":
            bytes_[at + 148:at + 156] = b"%07o\0" % int(bytes_[at + 148:at + 154], 8)
    return subprocess.run(["gzip", "-cn"], input=bytes(bytes_), stdout=subprocess.PIPE, check=True).stdout


# wrap: directory, the archive's name, its path in the pool
WRAPS = {
    "cjson": ("cJSON-1.7.18", "cjson-1.7.18.tar.gz", "c/cjson/cjson_1.7.18.orig.tar.gz"),
    "curl": ("curl-8.14.1", "curl-8.14.1.tar.gz", "c/curl/curl_8.14.1.orig.tar.gz"),
    "libuv": ("libuv-1.50.0", "libuv-1.50.0.tar.gz", "libu/libuv1/libuv1_1.50.0.orig.tar.gz"),
    "llhttp": ("nghttp2-1.64.0", "nghttp2-1.64.0.tar.gz", "n/nghttp2/nghttp2_1.64.0.orig.tar.gz"),
    "mbedtls": ("mbedtls-3.6.7", "mbedtls-3.6.7.tar.bz2", "m/mbedtls/mbedtls_3.6.7.orig.tar.bz2"),
    "mbedtls-3.6.6": ("mbedtls-3.6.6", "mbedtls-3.6.6.tar.bz2", "m/mbedtls/mbedtls_3.6.6.orig.tar.bz2"),
}
UPSTREAM = {name: archive(folder) for name, (folder, _, _) in WRAPS.items()}
DEBIAN = dict(UPSTREAM, libuv=archive("libuv1-1.50.0"))
FIRST = [name for name in WRAPS if name != "mbedtls-3.6.6"]
POOL = {f"/debian/pool/main/{path}": DEBIAN[name] for name, (_, _, path) in WRAPS.items()}


class Server:
    """On loopback: {path: bytes}, or a function of (handler, path) that may answer; all else is 404."""

    def __init__(self, files, odd=None):
        asked = self.asked = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                asked.append(self.path)
                if odd and odd(self, self.path):
                    return
                data = files.get(self.path)
                self.send_response(200 if data is not None else 404)
                self.send_header("Content-Length", str(len(data or b"")))
                self.end_headers()
                self.wfile.write(data or b"")

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=functools.partial(self.server.serve_forever, 0.05), daemon=True).start()


held = []


def nobody_there():
    """An address that refuses: its port is held, so that nobody else on this machine listens there meanwhile."""
    held.append(socket.socket())
    held[-1].bind(("127.0.0.1", 0))
    return f"http://127.0.0.1:{held[-1].getsockname()[1]}"


class Case(unittest.TestCase):
    def setUp(self):
        self.box = pathlib.Path(tempfile.mkdtemp(prefix="runlet fetch-"))  # with a blank
        self.addCleanup(shutil.rmtree, self.box)
        self.subprojects = self.box / "subprojects"
        (self.subprojects / "packagefiles/overlay").mkdir(parents=True)
        for name in ("fetch.sh", "rename-folder.pl"):
            shutil.copy(ROOT / "subprojects" / name, self.subprojects)
        self.upstream = nobody_there()
        self.wraps()
        (self.box / "parts").mkdir()
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(self.box), "TMPDIR": str(self.box),
                            "APT_CONFIG": str(self.box / "apt.conf"), "RUNLET_FETCH_PATIENCE": "2", "no_proxy": "*"}
        (self.box / "apt.conf").write_text(
            f'Dir::Etc::sourcelist "/dev/null";\nDir::Etc::sourceparts "{self.box}/parts/";\n'
            'Acquire::http::Proxy "DIRECT";\nAcquire::AllowInsecureRepositories "true";\n'
            'APT::Get::AllowUnauthenticated "true";\n')

    def wraps(self):
        for name, (folder, file, pool) in WRAPS.items():
            real = (ROOT / f"subprojects/{name}.wrap").read_text()
            renamed = f"# debian_hash = {sha256(DEBIAN[name])}\n" if "debian_hash" in real else ""
            (self.subprojects / f"{name}.wrap").write_text(
                f"[wrap-file]\ndirectory = {folder}\nsource_url = {self.upstream}/{file}\nsource_filename = {file}\n"
                f"source_hash = {sha256(UPSTREAM[name])}\n# debian_pool = {pool}\n"
                f"# debian_suite = {'sid' if name == 'mbedtls' else 'trixie'}\n{renamed}patch_directory = overlay\n")

    def sources(self, *urls, name="a.list"):
        (self.box / "parts" / name).write_text("".join(f"deb {url} trixie main\n" for url in urls))

    def fetch(self, *words, **environment):
        begun = time.monotonic()
        done = subprocess.run([str(self.subprojects / "fetch.sh"), *words], env=self.environment | environment, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        self.took, self.said = time.monotonic() - begun, done.stdout
        left = [p.name for p in (self.subprojects / "packagecache").glob(".fetch*")] if words != ("--nonsense",) else []
        self.assertEqual(left, [], "what it needed on the way is gone")
        return done.returncode

    def assert_all(self, names=FIRST):
        for name in names:
            file = self.subprojects / "packagecache" / WRAPS[name][1]
            self.assertTrue(file.exists() and sha256(file.read_bytes()) == sha256(UPSTREAM[name]), f"{name}: {self.said}")

    def assert_comes(self, *words, **environment):
        self.assertEqual(self.fetch(*words, **environment), 0, self.said)
        self.assert_all()

    def only(self, *programs):
        """A PATH with these and what fetch.sh itself needs, so that others are missing."""
        folder = self.box / "bin"
        folder.mkdir()
        for name in ("sh", "awk", "basename", "cat", "chmod", "cmp", "cp", "cut", "df", "dirname", "find", "grep", "gzip", "head",
                     "mkdir", "mktemp", "mv", "perl", "rm", "sed", "sha256sum", "sort", "timeout", "env", *programs):
            (folder / name).symlink_to(shutil.which(name))
        return str(folder)


class Pool(Case):
    def test_all_from_the_plain_pool_path(self):
        mirror = Server(POOL)
        self.sources(f"{mirror.url}/debian")
        self.assert_comes()
        self.assertEqual(mirror.asked, [f"/debian/pool/main/{WRAPS[n][2]}" for n in FIRST], "and nothing else is asked")
        self.assertEqual((self.subprojects / "packagecache/mbedtls.pin").read_text(), "mbedtls\n")
        mirror.asked.clear()
        self.assert_comes()
        self.assertEqual(mirror.asked, [], "what is there is not fetched again")

    def test_without_python3_curl_and_wget(self):
        self.sources(f"{Server(POOL).url}/debian")
        self.assert_comes(PATH=self.only("apt-get"))

    def test_a_path_of_another_name_and_with_options(self):
        mirror = Server({path.replace("/debian/", "/some/where/"): data for path, data in POOL.items()})
        (self.box / "parts/a.list").write_text(
            f"# deb {nobody_there()}/debian trixie main\n"
            f"deb [ arch=amd64,arm64 signed-by=/no/such ] {mirror.url}/some/where/ trixie main # the nearest\n")
        self.assert_comes()

    def test_deb822_with_many_uris_and_a_disabled_one(self):
        mirror, disabled = Server(POOL), Server(POOL)
        (self.box / "parts/a.sources").write_text(
            f"Enabled: no\nTypes: deb\nURIs: {disabled.url}/debian\nSuites: trixie\nComponents: main\n\n"
            f"Types: deb deb-src\nURIs: {nobody_there()}/debian\n {mirror.url}/debian\nSuites: trixie trixie-updates\nComponents: main\n")
        self.assert_comes()
        self.assertEqual(disabled.asked, [])

    def test_a_list_of_mirrors_in_a_file(self):
        mirror = Server(POOL)
        folder = pathlib.Path(tempfile.mkdtemp())  # apt takes no blank in a source
        self.addCleanup(shutil.rmtree, folder)
        (folder / "list").write_text(f"{nobody_there()}/debian/\tpriority:1\n{mirror.url}/debian/\tpriority:2\n")
        self.sources(f"mirror+file:{folder}/list")
        self.assert_comes()

    def test_a_list_of_mirrors_on_a_server(self):
        mirror = Server(POOL)
        lists = Server({"/list": f"{mirror.url}/debian/\n".encode()})
        self.sources(f"mirror+{lists.url}/list")
        self.assert_comes()

    def test_a_mirror_that_is_a_folder(self):
        folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, folder)
        for path, data in POOL.items():
            (folder / path[1:]).parent.mkdir(parents=True, exist_ok=True)
            (folder / path[1:]).write_bytes(data)
        self.sources(f"file:{folder}/debian")
        self.assert_comes()

    def test_404_for_one_archive_and_another_mirror_has_it(self):
        some = {path: data for path, data in POOL.items() if "curl" not in path}
        self.sources(f"{Server(some).url}/debian", f"{Server(POOL).url}/debian")
        self.assert_comes()

    def test_404_for_an_archive_is_said(self):
        mirror = Server({path: data for path, data in POOL.items() if "curl" not in path})
        self.sources(f"{mirror.url}/debian")
        self.assertEqual(self.fetch(), 1)
        self.assertIn("not to be had: curl", self.said)
        self.assertRegex(self.said, rf"curl: {mirror.url}/debian: .*404")
        self.assertRegex(self.said, rf"curl: {self.upstream}/curl-8.14.1.tar.gz: .*(refused|connect)")
        self.assert_all([name for name in FIRST if name != "curl"])

    def test_wrong_bytes_are_not_taken(self):
        wrong = {path: data if "nghttp2" not in path else archive("evil") for path, data in POOL.items()}
        mirror = Server(wrong)
        self.sources(f"{mirror.url}/debian")
        self.assertEqual(self.fetch(), 1)
        self.assertRegex(self.said, rf"llhttp: {mirror.url}/debian: .*(Hash Sum mismatch|another hash)")
        self.assertFalse((self.subprojects / "packagecache/nghttp2-1.64.0.tar.gz").exists())

    def test_nothing_listens(self):
        url = nobody_there()
        self.sources(f"{url}/debian")
        self.assertEqual(self.fetch(), 1)
        self.assertRegex(self.said, rf"{url}/debian: .*(refused|connect)")
        self.assertEqual(self.said.count(f"{url}/debian: "), 1, "asked once, not for each archive")
        self.sources(f"{url}/debian", f"{Server(POOL).url}/debian")
        self.assert_comes()

    def test_slow_but_it_comes(self):
        self.sources(f"{Server(POOL, lambda *_: time.sleep(0.5)).url}/debian")
        self.assert_comes()

    def test_silence_has_an_end(self):
        def stall(handler, path):
            handler.send_response(200)
            handler.send_header("Content-Length", "1000")
            handler.end_headers()
            handler.wfile.write(b"begun")
            handler.wfile.flush()
            time.sleep(30)
            return True
        mirror = Server({}, stall)
        self.sources(f"{mirror.url}/debian", f"{Server(POOL).url}/debian")
        self.assert_comes(RUNLET_FETCH_PATIENCE="1")
        self.assertLess(self.took, 15)

    def test_the_password_of_a_mirror_is_not_told(self):
        self.sources(nobody_there().replace("//", "//somebody:sesame@") + "/debian")
        self.assertEqual(self.fetch(), 1)
        self.assertNotIn("sesame", self.said)

    def test_sources_that_apt_cannot_read_are_said(self):
        (self.box / "parts/a.list").write_text("deb nonsense\n")
        self.assertEqual(self.fetch(), 1)
        self.assertRegex(self.said, r"apt's sources: .*a\.list")

    def test_no_mirror_at_all_is_said(self):
        self.assertEqual(self.fetch(), 1)
        self.assertIn("no Debian mirror in this machine's apt sources", self.said)


class Packages(Case):
    """Debian's source packages, by an index; the plain path has nothing."""

    def index(self, suites, **more):
        files = dict(more)
        for suite, packages in suites.items():
            text = ""
            for wrap, version in packages:
                pool = WRAPS[wrap][2]
                data, name = DEBIAN[wrap], pool.split("/")[-1]
                if version:
                    name, data = re.sub(r"_[\d.]+\.orig", f"_{version}.orig", name), archive(f"mbedtls-{version}")
                package, version = pool.split("/")[1], version or re.search(r"_([\d.]+)\.orig", name)[1]
                other = [(f"{package}_{version}-1.dsc", b"dsc"), (f"{package}_{version}-1.debian.tar.xz", b"xz")]
                lines = "".join(f"\n {sha256(d)} {len(d)} {n}" for n, d in [(name, data), *other])
                text += (f"Package: {package}\nBinary: {package}\nVersion: {version}-1\nFormat: 3.0 (quilt)\n"
                         f"Directory: elsewhere\nChecksums-Sha256:{lines}\n\n")
                files[f"/debian/elsewhere/{name}"] = data
            data = gzip.compress(text.encode())
            files[f"/debian/dists/{suite}/main/source/Sources.gz"] = data
            files[f"/debian/dists/{suite}/Release"] = (
                f"Suite: {suite}\nCodename: {suite}\nComponents: main\nArchitectures: amd64 arm64\nDate: Sat, 01 Aug 2026 00:00:00 UTC\n"
                f"SHA256:\n {sha256(data)} {len(data)} main/source/Sources.gz\n"
                f" {sha256(text.encode())} {len(text)} main/source/Sources\n").encode()
        return Server(files)

    def test_an_archive_that_came_is_kept_though_the_packaging_files_are_404(self):
        mirror = self.index({"trixie": [(n, None) for n in FIRST if n != "mbedtls"], "sid": [("mbedtls", None)]})
        self.sources(f"{mirror.url}/debian")
        self.assert_comes()
        self.assertIn("curl: from Debian's source package", self.said)
        self.assertTrue(any(path.endswith(".dsc") for path in mirror.asked), "it was asked, and is 404")

    def test_a_newer_mbedtls_is_named_and_taken_when_told_so(self):
        rest = {path: data for path, data in POOL.items() if "mbedtls" not in path}
        mirror = self.index({"trixie": [], "sid": [("mbedtls", "3.6.8")]}, **rest)
        self.sources(f"{mirror.url}/debian")
        self.assertEqual(self.fetch(), 1)
        hash_ = sha256(archive("mbedtls-3.6.8"))
        self.assertRegex(self.said, rf"mbedTLS 3\.6\.7 is gone; Debian has 3\.6\.8.*{hash_}")
        self.assertEqual(self.fetch("--take-newer-mbedtls"), 0, self.said)
        wrap = (self.subprojects / "mbedtls.wrap").read_text()
        self.assertIn(hash_, wrap)
        self.assertIn("m/mbedtls/mbedtls_3.6.8.orig.tar.bz2", wrap)
        self.assertNotIn("3.6.7", wrap)
        self.assertEqual(self.fetch(), 0, self.said)


class Others(Case):
    def test_without_apt_by_curl_from_upstream(self):
        server = Server({f"/{file}": UPSTREAM[name] for name, (_, file, _) in WRAPS.items()})
        self.upstream = server.url
        self.wraps()
        self.assert_comes(PATH=self.only("curl"))

    def test_upstream_with_other_bytes(self):
        self.upstream = Server({f"/{file}": b"other" for _, file, _ in WRAPS.values()}).url
        self.wraps()
        self.assertEqual(self.fetch(PATH=self.only("curl")), 1)
        self.assertRegex(self.said, r"cjson: http.*(another hash|Hash Sum mismatch)")

    def test_the_folder_of_runlet_sources(self):
        folder = self.box / "my sources"
        folder.mkdir()
        for name in FIRST[:-1]:
            (folder / WRAPS[name][1]).write_bytes(UPSTREAM[name])
        (folder / WRAPS["mbedtls-3.6.6"][1]).write_bytes(UPSTREAM["mbedtls-3.6.6"])
        (folder / WRAPS["mbedtls"][1]).write_bytes(b"another")
        self.assertEqual(self.fetch(RUNLET_SOURCES=str(folder)), 0, self.said)
        self.assert_all([*FIRST[:-1], "mbedtls-3.6.6"])

    def test_a_small_TMPDIR_is_as_good(self):
        self.sources(f"{Server(POOL).url}/debian")
        self.assert_comes(TMPDIR="/dev/full")

    def test_usage(self):
        self.assertEqual(self.fetch("--nonsense"), 2)
        self.assertIn("usage: fetch.sh", self.said)


class Pins(Case):
    def test_the_second_pin_stands_in(self):
        self.sources(f"{Server({p: d for p, d in POOL.items() if '3.6.7' not in p}).url}/debian")
        self.assertEqual(self.fetch(), 0, self.said)
        self.assert_all([*FIRST[:-1], "mbedtls-3.6.6"])
        self.assertIn("mbedTLS 3.6.7 is not to be had; trying 3.6.6", self.said)
        self.assertIn("mbedTLS is 3.6.6, which lacks what 3.6.7 mended", self.said)
        self.assertEqual((self.subprojects / "packagecache/mbedtls.pin").read_text(), "mbedtls-3.6.6\n")

    def test_neither_pin_and_both_are_told(self):
        self.sources(f"{Server({p: d for p, d in POOL.items() if 'mbedtls' not in p}).url}/debian")
        self.assertEqual(self.fetch(), 1)
        self.assertIn("not to be had: mbedtls", self.said)
        for name in ("mbedtls", "mbedtls-3.6.6"):
            self.assertRegex(self.said, rf"  {name}: http")

    def test_the_real_wraps_hold_together(self):
        for wrap in sorted((ROOT / "subprojects").glob("*.wrap")):
            text = wrap.read_text()
            version = re.search(r"^directory = .*-([\d.]+)$", text, re.M)[1]
            for line in ("source_url", "source_filename", "# debian_pool"):
                self.assertRegex(text, rf"(?m)^{line} = .*{re.escape(version)}", wrap.name)
            if wrap.stem.startswith("mbedtls-"):
                self.assertEqual(wrap.stem, f"mbedtls-{version}")
                self.assertNotIn("[provide]", text, "only the first pin provides it")


unittest.main(verbosity=2)
