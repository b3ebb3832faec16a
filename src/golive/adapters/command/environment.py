"""The clean environment of foreign commands: what is let through, and the tools in front of the path."""

import os
import re
import secrets
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

# Language, certificates, proxies, package indexes and caches; everything else stays out.
ALLOWED = re.compile(
    r"LANG|LANGUAGE|LC_\w+|TZ|TERM|SSL_CERT_(FILE|DIR)|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|GIT_SSL_CAINFO"
    r"|NODE_EXTRA_CA_CERTS|(?i:https?_proxy|no_proxy|all_proxy)"
    r"|PIP_\w+|UV_(INDEX\w*|DEFAULT_INDEX|EXTRA_INDEX_URL|FIND_LINKS|CACHE_DIR|CONFIG_FILE|NATIVE_TLS|SYSTEM_CERTS)"
    r"|(?i:npm_config_(registry|cache|userconfig|cafile))|PYENV_ROOT|NVM_DIR|XDG_CACHE_HOME"
)
_HOME_FILES = {
    "PIP_CONFIG_FILE": ".config/pip/pip.conf",
    "UV_CONFIG_FILE": ".config/uv/uv.toml",
    "NPM_CONFIG_USERCONFIG": ".npmrc",
}
_OWN = re.compile(r"PYENV_ROOT|NVM_DIR|\w*_CACHE_(DIR|HOME)|(?i:npm_config_cache)")
_CACHES = {"UV_CACHE_DIR": ".cache/uv", "PIP_CACHE_DIR": ".cache/pip", "NPM_CONFIG_CACHE": ".npm"}


def clean(inherited: Mapping[str, str], *, home: Path, tools: Path, real: Path | None = None) -> dict[str, str]:
    """Return the environment of commands; `home` is their scratch HOME, `tools` the folder made by `lay_tools`.

    Caches and package index settings of the person's real home stay in use, credentials of golive do not. With a `real`
    home of another user that one's are in use, also where golive's environment names caches and tools of its own.
    """
    env = {key: value for key, value in inherited.items() if ALLOWED.fullmatch(key)}
    if real is not None:
        env = {key: value for key, value in env.items() if not _OWN.fullmatch(key)}
    else:
        real = Path(inherited.get("HOME", "/nonexistent"))
    for name, place in _CACHES.items():
        if name.lower() not in {key.lower() for key in env}:
            env[name] = str(real / place)
    for name, place in _HOME_FILES.items():
        if name.lower() not in {key.lower() for key in env} and (real / place).is_file():
            env[name] = str(real / place)
    own = {str(Path(sys.prefix) / "bin"), str(tools)}
    rest = [part for part in inherited.get("PATH", os.defpath).split(":") if part and part not in own]
    env["PATH"] = ":".join([str(tools), *dict.fromkeys(rest)])
    if any(key.lower() in {"http_proxy", "https_proxy", "all_proxy"} for key in env):
        # golive, its store and the app's neighbours are on this machine.
        known = inherited.get("no_proxy") or inherited.get("NO_PROXY") or ""
        env["no_proxy"] = env["NO_PROXY"] = ",".join(filter(None, (known, "127.0.0.1", "localhost")))
    env.setdefault("LANG", "C.UTF-8")
    env.update(HOME=str(home), PYTHONUNBUFFERED="1")
    return env


def lay_tools(folder: Path) -> Path:
    """Link `python`, `python3` and `uv` into `folder`, so that builds have them whatever the machine's PATH says.

    Links, since golive's own environment must not be on the path of other people's code.
    """
    folder.mkdir(parents=True, exist_ok=True)
    python = Path(getattr(sys, "_base_executable", None) or sys.executable).resolve()
    beside = Path(sys.prefix) / "bin" / "uv"
    uv = str(beside) if beside.exists() else shutil.which("uv")
    wanted = {"python": str(python), "python3": str(python)} | ({"uv": uv} if uv else {})
    for name, target in wanted.items():
        link = folder / name
        if not link.is_symlink() or str(link.readlink()) != target:
            draft = folder / f".{name}.{secrets.token_hex(6)}"
            draft.symlink_to(target)
            draft.replace(link)
    return folder
