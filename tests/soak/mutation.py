"""Mutation testing of decide, merge, ignore and the journal: at least 90 % killed and every survivor explained.

    .venv/bin/python -m tests.soak.mutation [--only decide|merge|ignore|journal ...] [--workers 2]

mutmut changes functions (installed in .cache/soak-mutation/env, never in .venv); table_mutants.py changes the tables and other
data that mutmut leaves alone. Both work on copies of the tree below .cache/soak-mutation. What mutmut calls survived or
untested is asked once more in a fresh process, because code that runs at import is already loaded in its forked workers. Exit
code 1: below the bar, not finished in time, or a survivor that survivors.toml does not explain.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.soak.table_mutants import TableMutant, table_mutants

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".cache" / "soak-mutation"
PINS = ROOT / "packaging" / "requirements"
EXPLAINED = Path(__file__).with_name("survivors.toml")
BAR = 0.90
EXAMPLES = "10"
SECONDS_OF_A_SUITE = 1200
SECONDS_OF_A_MUTANT = 90
PYTEST = ("-x", "-q", "-p", "no:xdist", "-p", "no:randomly", "--hypothesis-seed=0")


@dataclass(frozen=True, slots=True)
class Suite:
    """Modules and the tests (paths or patterns) that have to notice their mutants; the quick ones are asked first."""

    name: str
    modules: tuple[str, ...]
    tests: tuple[str, ...]
    quick: tuple[str, ...]


SUITES = (
    Suite(
        "sync",
        ("daemon/sync/decide.py", "daemon/sync/merge.py", "daemon/sync/ignore.py"),
        ("tests/daemon/sync", "tests/properties/test_planner_*.py"),
        tuple(f"tests/daemon/sync/test_{name}.py" for name in ("table_notation", "overlays", "merge", "ignore")),
    ),
    Suite(
        "journal",
        ("daemon/runs/journal.py",),
        (
            "tests/daemon/runs/test_journal*.py",
            "tests/daemon/runs/test_lost_creates.py",
            "tests/daemon/runs/test_lost_sight.py",
        ),
        ("tests/daemon/runs/test_journal*.py",),
    ),
)


@dataclass(frozen=True, slots=True)
class Survivor:
    """A mutant no test noticed: the function or table, the line as it is and as it would be."""

    module: str
    where: str
    old: str
    new: str


@dataclass(slots=True)
class Score:
    """What became of the mutants of one module."""

    killed: int
    unfinished: int
    survivors: list[Survivor]

    @property
    def total(self) -> int:
        return self.killed + self.unfinished + len(self.survivors)

    @property
    def share(self) -> float:
        return self.killed / self.total if self.total else 0.0


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.soak.mutation")
    stems = [Path(module).stem for suite in SUITES for module in suite.modules]
    parser.add_argument("--only", action="append", choices=stems, help="one module; again for more")
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args(arguments)
    wanted = options.only or stems
    began = time.monotonic()
    python = environment()
    scores: dict[str, Score] = {}
    for suite in SUITES:
        modules = tuple(module for module in suite.modules if Path(module).stem in wanted)
        if modules:
            scores |= Judge(suite, modules, python, options.workers).scores()
    good = report(scores, explanations())
    print(f"{time.monotonic() - began:.0f} s")
    return 0 if good else 1


def environment() -> Path:
    """The interpreter of an environment with the run, dev and mutation pins; made anew when a pin changed."""
    home = CACHE / "env"
    python = home / "bin" / "python"
    pins = [PINS / "dev.txt", PINS / "mutation.txt"]
    mark = hashlib.sha256(b"".join(path.read_bytes() for path in pins)).hexdigest()
    ready = home / "ready"
    if ready.exists() and ready.read_text() == mark:
        return python
    shutil.rmtree(home, ignore_errors=True)
    uv = str(Path(sys.executable).with_name("uv"))
    subprocess.run([uv, "venv", "-q", "--python", sys.executable, str(home)], check=True, timeout=300)
    for path in pins:
        install = [uv, "pip", "install", "-q", "--python", str(python), "--require-hashes", "-r", str(path)]
        subprocess.run(install, check=True, timeout=900)
    ready.write_text(mark)
    return python


class Judge:
    """Runs one suite: a copy of the tree, mutmut over it, fresh processes for the rest."""

    def __init__(self, suite: Suite, modules: tuple[str, ...], python: Path, workers: int) -> None:
        self._modules, self._python, self._workers = modules, python, workers
        self._home = CACHE / f"tree-{suite.name}"
        self._tests, self._quick = _paths(suite.tests), _paths(suite.quick)
        self._environment = {**os.environ, "DAYBRIDGE_EXAMPLES": EXAMPLES, "PYTHONDONTWRITEBYTECODE": "1"}
        self._deadline = time.monotonic() + SECONDS_OF_A_SUITE

    def scores(self) -> dict[str, Score]:
        copy_tree(self._home)
        self._configure()
        if self._pytest(self._home, self._tests) != 0:
            raise SystemExit(f"The tests fail before anything is changed: {' '.join(self._tests)}")
        self._run(str(self._python.with_name("mutmut")), "run", "--max-children", str(self._workers))
        found = {module: self._of_functions(module) for module in self._modules}
        for module, score in found.items():
            print(f"{module}: the functions are done, its tables follow", flush=True)
            self._of_tables(module, score)
        return found

    def _configure(self) -> None:
        values = {
            "source_paths": ["daemon"],
            "only_mutate": list(self._modules),
            "also_copy": ["shared"],
            "pytest_add_cli_args": list(PYTEST),
            "pytest_add_cli_args_test_selection": self._tests,
        }
        lines = [f"{name} = {json.dumps(value)}" for name, value in values.items()]
        with (self._home / "pyproject.toml").open("a") as file:
            file.write("\n".join(["", "[tool.mutmut]", *lines, ""]))

    def _run(self, *command: str) -> None:
        """To its end or to the deadline; its children end with it."""
        log = self._home / "mutmut.log"
        with log.open("w") as output:
            running = subprocess.Popen(
                command,
                cwd=self._home,
                env=self._environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            try:
                code = running.wait(timeout=max(1.0, self._deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                os.killpg(running.pid, signal.SIGKILL)
                running.wait()
                return
        if code != 0:
            raise SystemExit(f"mutmut ended with {code}; see {log}")

    def _judged(self, folder: Path, mutant: str = "") -> int:
        """The exit code of the first tests that object in ``folder``: the quick ones, then all."""
        return self._pytest(folder, self._quick, mutant) or self._pytest(folder, self._tests, mutant)

    def _pytest(self, folder: Path, tests: list[str], mutant: str = "") -> int:
        """The exit code of ``tests`` in ``folder`` with one mutant; negative when they did not end in time."""
        environment = {**self._environment, "MUTANT_UNDER_TEST": mutant} if mutant else self._environment
        try:
            return subprocess.run(
                [str(self._python), "-m", "pytest", *PYTEST, *tests],
                cwd=folder,
                env=environment,
                capture_output=True,
                timeout=SECONDS_OF_A_MUTANT,
                check=False,
            ).returncode
        except subprocess.TimeoutExpired:
            return -signal.SIGALRM

    def _of_functions(self, module: str) -> Score:
        meta = json.loads((self._home / "mutants" / f"{module}.meta").read_text())
        score = Score(0, 0, [])
        for name, code in meta["exit_code_by_key"].items():
            if code is None:
                score.unfinished += 1
            elif code not in _DOUBTED or self._judged(self._home / "mutants", name) != 0:
                score.killed += 1
            else:
                score.survivors.append(self._shown(module, name))
        return score

    def _shown(self, module: str, name: str) -> Survivor:
        shown = subprocess.run(
            [str(self._python.with_name("mutmut")), "show", name],
            cwd=self._home,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=SECONDS_OF_A_MUTANT,
            check=True,
        ).stdout.splitlines()
        changed = {
            sign: " ".join(line[1:].strip() for line in shown if line.startswith(f"{sign} ")) for sign in ("-", "+")
        }
        where = re.sub(r"^x_|__mutmut_\d+$", "", name.rpartition(".")[2]).strip("ǁ")
        return Survivor(module, where.removeprefix("xǁ").replace("ǁ", "."), changed["-"], changed["+"])

    def _of_tables(self, module: str, score: Score) -> None:
        mutants = list(table_mutants((self._home / module).read_text()))
        folders = [self._home / f"tables-{number}" for number in range(self._workers)]
        for folder in folders:
            copy_tree(folder)

        def judged(share: tuple[Path, list[TableMutant]]) -> list[int]:
            folder, part = share
            return [self._of_table(folder / module, folder, one) for one in part]

        parts = [mutants[number :: self._workers] for number in range(self._workers)]
        with ThreadPoolExecutor(self._workers) as pool:
            answers = list(pool.map(judged, zip(folders, parts, strict=True)))
        for part, codes in zip(parts, answers, strict=True):
            for mutant, code in zip(part, codes, strict=True):
                if code == _UNFINISHED:
                    score.unfinished += 1
                elif code == 0:
                    score.survivors.append(Survivor(module, mutant.where, mutant.old, mutant.new))
                else:
                    score.killed += 1

    def _of_table(self, path: Path, folder: Path, mutant: TableMutant) -> int:
        if time.monotonic() > self._deadline:
            return _UNFINISHED
        path.write_text(mutant.source)
        return self._judged(folder)


_DOUBTED = frozenset({0, 5, 33})
"""mutmut's exit codes for survived and for no test found."""
_UNFINISHED = -1000


def _paths(patterns: Sequence[str]) -> list[str]:
    return [str(path.relative_to(ROOT)) for pattern in patterns for path in sorted(ROOT.glob(pattern))]


def copy_tree(target: Path) -> None:
    """What the tests need, without anything that was built."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for name in ("daemon", "shared", "tests"):
        shutil.copytree(ROOT / name, target / name, ignore=shutil.ignore_patterns("__pycache__", ".hypothesis"))
    shutil.copy(ROOT / "pyproject.toml", target)


def explanations() -> dict[Survivor, str]:
    """What survivors.toml says of each mutant that may live."""
    listed = tomllib.loads(EXPLAINED.read_text())["survivor"]
    return {Survivor(one["module"], one["where"], one["old"], one["new"]): one["why"] for one in listed}


def report(scores: dict[str, Score], explained: dict[Survivor, str]) -> bool:
    """Print the figures and what is wrong with them; True where nothing is."""
    good = True
    print(f"{'module':<26}{'killed':>8}{'survived':>10}{'unfinished':>12}{'total':>7}{'percent':>9}")
    for module, score in scores.items():
        figures = (
            f"{score.killed:>8}{len(score.survivors):>10}{score.unfinished:>12}{score.total:>7}{score.share:>9.1%}"
        )
        print(f"{module:<26}{figures}")
        if score.share < BAR or score.unfinished:
            print(f"  below {BAR:.0%} or not finished")
            good = False
    living = {one for score in scores.values() for one in score.survivors}
    for one in sorted(living - set(explained), key=lambda one: (one.module, one.where, one.new)):
        print(f"not explained in {EXPLAINED.name}: {one.module} {one.where}\n  - {one.old}\n  + {one.new}")
        good = False
    for one in explained:
        if one.module in scores and one not in living:
            print(f"explained, but it was killed: {one.module} {one.where}: {one.new}")
    return good


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
