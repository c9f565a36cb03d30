#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""shell.py RUNLET DIR: a man page and the completion of three shells, made of what RUNLET --help says.

DIR gets runlet.1, runlet.bash, _runlet (zsh) and runlet.fish.  They are no part of the program, which has no room for
them; its table of options is the one source: `--help=markdown` tells the options, `--help` the commands.
"""
import pathlib
import re
import subprocess
import sys


def ask(*words):
    return subprocess.run([sys.argv[1], *words], check=True, capture_output=True, text=True).stdout


def read_commands():
    """[(name, arguments, summary, exit status)]"""
    found = []
    for name, arguments, summary in re.findall(r"^runlet (\S+) \[OPTION…\] ?(.*)\n((?:    .*\n)+)", ask("--help"), re.M):
        status = ask(name, "--help").partition("\nExit status: ")[2]
        found.append((name, arguments, " ".join(summary.split()), " ".join(status.split())))
    return found


def read_options():
    """[(name, value, variable, commands, default, help)]"""
    found = []
    for row in ask("--help=markdown").splitlines()[2:]:
        option, variable, commands, default, text = (c.strip() for c in re.split(r"(?<!\\)\|", row)[1:-1])
        name, _, value = option.strip("`").replace(r"\|", "|").partition(" ")
        found.append((name, value, variable.strip("`"), commands.split(), default, text))
    return found


def man(commands, options, version):
    def plain(text):
        return text.replace("\\", r"\e").replace("-", r"\-").replace(".", r"\&.").replace("'", r"\&'")

    lines = [f'.TH RUNLET 1 "" "{plain(version)}"', ".SH NAME"]
    lines += [r"runlet \- runs agent CLIs in a sandbox and streams what they do as AG\-UI events", ".SH SYNOPSIS"]
    lines += [r"\fBrunlet\fR COMMAND [OPTION…] [ARGUMENT…]", ".SH COMMANDS"]
    for name, arguments, summary, status in commands:
        lines += [".TP", rf"\fBrunlet {plain(name)}\fR [OPTION…] {plain(arguments)}".rstrip(), plain(summary) + "."]
        lines += [".br", "Exit status: " + plain(status)] if status else []
    lines += [".SH OPTIONS", "Each is also a variable; the flag wins."]
    for name, value, variable, of, default, text in options:
        lines += [".TP", rf"\fB{plain(name)}\fR" + (rf" \fI{plain(value)}\fR" if value else "")]
        lines += [plain(text) + (f"; default {plain(default)}" if default else "") + "."]
        lines += [".br", f"Of {plain(' '.join(of))}; variable {variable}."]
    lines += [".SH ENVIRONMENT", ".TP", r"\fBRUNLET_TOKEN\fR", "The token that callers of the service must send."]
    lines += ["It has no flag: everybody can read a command line."]
    return "\n".join(lines) + "\n"


def bash(commands, options):
    out = "_runlet() {\n  local words=\n  case $COMP_CWORD:${COMP_WORDS[1]} in\n"
    out += f"  1:*) words='--help --version {' '.join(c[0] for c in commands)}' ;;\n"
    for command in commands:
        names = " ".join(o[0] for o in options if command[0] in o[3])
        out += f"  *:{command[0]}) words='--help {names}' ;;\n"
    out += "  esac\n  case ${COMP_WORDS[COMP_CWORD-1]} in\n"
    for name, value, *_ in options:
        if value:  # none of our words: then files
            out += f"  {name}) words='{value.replace('|', ' ') if '|' in value else ''}' ;;\n"
    out += '  esac\n  COMPREPLY=($(compgen -W "$words" -- "${COMP_WORDS[COMP_CWORD]}"))\n}\n'
    return out + "complete -o default -F _runlet runlet\n"


def quoted(text, special, quote):
    return "'" + re.sub(f"([{re.escape(special)}])", r"\\\1", text).replace("'", quote) + "'"


def zsh(commands, options):
    def spec(name, value, text):
        text = re.sub(r"([][\\])", r"\\\1", text)
        if not value:
            return quoted(f"{name}[{text}]", "\0", r"'\''")
        action = {"FILE": "_files", "DIR": "_files -/"}.get(value, " ")
        if "|" in value:
            action = f"({value.replace('|', ' ')})"
        return quoted(f"{name}=[{text}]:" + value.replace(":", r"\:") + f":{action}", "\0", r"'\''")

    out = "#compdef runlet\n_runlet() {\n  if (( CURRENT == 2 )); then\n    local -a commands\n    commands=("
    for name, _, summary, _ in commands:
        out += "\n      " + quoted(f"{name}:{summary}", "\\", r"'\''")
    out += ")\n    _describe command commands\n    return\n  fi\n  shift words\n  (( CURRENT-- ))\n  case $words[1] in\n"
    for name, arguments, *_ in commands:
        out += f"  {name}) _arguments '--help'"
        for o in options:
            if name in o[3]:
                out += " \\\n    " + spec(o[0], o[1], o[5])
        out += (" '*:file:_files'" if "FILE" in arguments else "") + " ;;\n"
    out += '  esac\n}\nif [ "$funcstack[1]" = _runlet ]; then _runlet "$@"; else compdef _runlet runlet; fi\n'
    return out


def fish(commands, options):
    out = ""
    for name, _, summary, _ in commands:
        out += f"complete -c runlet -f -n __fish_use_subcommand -a {name} -d {quoted(summary, chr(92), chr(92) + chr(39))}\n"
    for name, value, _, of, _, text in options:
        kind = "" if not value else " -r" if value in ("FILE", "DIR") else " -x"
        kind += f" -a '{value.replace('|', ' ')}'" if "|" in value else ""
        out += f"complete -c runlet -n '__fish_seen_subcommand_from {' '.join(of)}' -l {name[2:]}{kind} -d "
        out += quoted(text, "\\", "\\'") + "\n"
    return out


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: shell.py RUNLET DIR")
    folder = pathlib.Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    commands, options = read_commands(), read_options()
    for name, text in (
        ("runlet.1", man(commands, options, ask("--version").strip())),
        ("runlet.bash", bash(commands, options)),
        ("_runlet", zsh(commands, options)),
        ("runlet.fish", fish(commands, options)),
    ):
        (folder / name).write_text(text, encoding="utf-8")


main()
