#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""sbom.py BINARY…: an SPDX 3.0.1 document (JSON-LD) on stdout: the binaries, and what is linked into them.

Names and versions are those that each binary tells by `runlet version --verbose`; addresses, hashes and licences of the
sources are those of subprojects/.  The same binaries of the same commit give the same document (SOURCE_DATE_EPOCH, else
the time of git's last commit)."""
import datetime
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
SUBPROJECTS = ROOT / "subprojects"
WRAPS = {"libuv": "libuv", "llhttp": "llhttp", "cJSON": "cjson", "libcurl": "curl", "mbedTLS": "mbedtls"}
INFO = re.compile(rb"commit [^\n\0]+\ntarget [^\n\0]+\n(?:[^\s\0]+ [^\n\0]+\n)+")
LICENCE = re.compile(r"\blicense: '([^']+)'")


def build_info(binary):
    """What the binary tells of itself: {name: version}."""
    found = INFO.search(binary.read_bytes())
    if not found:
        sys.exit(f"sbom.py: {binary} does not tell what it is made of")
    return dict(line.split(" ", 1) for line in found[0].decode().splitlines())


def wrap_of(name, version):
    """The fields of the wrap that has this version, and the licence."""
    stem = WRAPS[name]
    licence = LICENCE.search((SUBPROJECTS / "packagefiles" / stem / "meson.build").read_text())[1]
    for path in sorted(SUBPROJECTS.glob(f"{stem}*.wrap")):
        fields = dict(re.findall(r"^(\w+) = (.*)$", path.read_text(), re.M))
        if name == "llhttp" or fields["directory"].endswith(f"-{version}"):
            return fields, licence
    sys.exit(f"sbom.py: no wrap has {name} {version}")


def created():
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    if not epoch:
        git = subprocess.run(["git", "-C", ROOT, "show", "-s", "--format=%ct"], capture_output=True, text=True)
        epoch = git.stdout.strip() if (ROOT / ".git").exists() and git.returncode == 0 else None
    when = datetime.datetime.fromtimestamp(int(epoch), datetime.timezone.utc) if epoch else datetime.datetime.now(datetime.timezone.utc)
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")


def sha256(value):
    return [{"type": "Hash", "algorithm": "sha256", "hashValue": value}]


class Document:
    def __init__(self, version, seed):
        self.base = f"https://spdx.org/spdxdocs/runlet-{version}-{seed[:16]}"
        self.graph = [{"type": "CreationInfo", "@id": "_:made", "specVersion": "3.0.1", "created": created(),
                       "createdBy": [self.id("authors")], "createdUsing": [self.id("tool")]}]
        self.add("Organization", "authors", name="The runlet authors")
        self.add("Tool", "tool", name="container/sbom.py")
        self.licences = {}

    def id(self, name):
        return f"{self.base}#{name}"

    def add(self, kind, key, **fields):
        self.graph.append({"type": kind, "spdxId": self.id(key), "creationInfo": "_:made", **fields})
        return self.id(key)

    def relate(self, name, source, kind, *to):
        self.add("Relationship", name, relationshipType=kind, to=list(to), **{"from": source})

    def package(self, name, version, licence, url=None, digest=None, **fields):
        more = {"software_downloadLocation": url} if url else {}
        if digest:
            more["verifiedUsing"] = sha256(digest)
        this = self.add("software_Package", f"package-{name}", name=name, software_packageVersion=version, **more, **fields)
        if licence not in self.licences:
            self.licences[licence] = self.add("simplelicensing_LicenseExpression", f"licence-{len(self.licences) + 1}",
                                              simplelicensing_licenseExpression=licence)
        self.relate(f"licence-of-{name}", this, "hasDeclaredLicense", self.licences[licence])
        return this


def main():
    binaries = [pathlib.Path(name) for name in sys.argv[1:]]
    if not binaries:
        sys.exit("usage: sbom.py BINARY…")
    infos = [build_info(path) for path in binaries]
    digests = [hashlib.sha256(path.read_bytes()).hexdigest() for path in binaries]
    version = re.search(r"^project\(.*\bversion: '([^']+)'", (ROOT / "meson.build").read_text(), re.M)[1]
    doc = Document(version, hashlib.sha256("".join(digests).encode()).hexdigest())
    runlet = doc.package("runlet", version, "MIT", software_primaryPurpose="application",
                         software_sourceInfo=f"commit {infos[0]['commit']}")
    parts = {}
    for info in infos:
        for name, release in info.items():
            if name in WRAPS and (name, release) not in parts:
                fields, licence = wrap_of(name, release)
                parts[name, release] = doc.package(name, release, licence, fields["source_url"], fields["source_hash"],
                                                   software_primaryPurpose="library")
            elif name == "musl" and (name, release) not in parts:
                parts[name, release] = doc.package("musl", release, "MIT", software_primaryPurpose="library")
            elif name == "gcc" and ("libgcc", release) not in parts:
                parts["libgcc", release] = doc.package("libgcc", release, "GPL-3.0-or-later WITH GCC-exception-3.1",
                                                       software_primaryPurpose="library")
    doc.relate("links", runlet, "hasStaticLink", *parts.values())
    files = []
    for path, info, digest in zip(binaries, infos, digests):
        files.append(doc.add("software_File", f"file-{path.name}", name=path.name, verifiedUsing=sha256(digest),
                             software_primaryPurpose="executable", comment=f"target {info['target']}"))
    doc.relate("files", runlet, "hasDistributionArtifact", *files)
    inside = [e["spdxId"] for e in doc.graph[1:]]
    profiles = ["core", "software", "simpleLicensing"]
    bom = doc.add("software_Sbom", "sbom", software_sbomType=["build"], profileConformance=profiles, rootElement=[runlet],
                  element=inside)
    doc.add("SpdxDocument", "document", name=f"runlet {version}", profileConformance=profiles, rootElement=[bom],
            element=[*inside, bom])
    print(json.dumps({"@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld", "@graph": doc.graph}, indent=1))


main()
