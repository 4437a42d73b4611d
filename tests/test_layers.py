"""Imports go one way, and what runs on a hypervisor needs nothing but Python."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src" / "guestabi"

LAYERS = (
    {"errors"},
    {"uapi"},
    {"registers"},
    {"profile", "kvm"},
    {"compat", "model", "atlas", "policies"},
    {"probe", "vmm"},
    {"fleet"},
    {"report", "lab"},
    {"serve"},
    {"cli"},
)
"""From the bottom up: a module imports from its own package and from lower layers."""

BESIDE = {
    ("kvm", "profile"): False,
    ("profile", "kvm"): False,
    ("compat", "policies"): True,
    ("policies", "compat"): False,
    ("compat", "atlas"): False,
    ("atlas", "compat"): False,
    ("model", "atlas"): True,
    ("atlas", "model"): False,
    ("report", "lab"): False,
    ("lab", "report"): False,
    ("probe", "vmm"): True,
    ("vmm", "probe"): False,
}
"""Between packages of one layer: which may import which."""

PURE = {
    "errors",
    "uapi",
    "registers",
    "profile",
    "model",
    "atlas",
    "policies",
    "compat",
    "fleet",
    "report",
}
IMPURE_MODULES = {"fcntl", "mmap", "socket", "subprocess", "ctypes"}

MODULES = sorted(PACKAGE.rglob("*.py"))


def package_of(module: Path) -> str:
    return module.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(module: Path) -> set[str]:
    """Every absolute name that a module imports, anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}: relative imports hide the layer"
            found.add(node.module or "")
            if node.module == "guestabi":
                found |= {f"guestabi.{alias.name}" for alias in node.names}
    return found


def level(package: str) -> int:
    return next(number for number, layer in enumerate(LAYERS) if package in layer)


def allowed(importer: str, imported: str) -> bool:
    if importer == imported:
        return True
    if level(importer) == level(imported):
        return BESIDE.get((importer, imported), False)
    return level(imported) < level(importer)


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_go_down(module):
    """A module imports from lower layers alone."""
    importer = package_of(module)
    if importer == "__init__":
        return
    inner = {name.split(".")[1] for name in imports(module) if name.startswith("guestabi.")}
    packages = {name for name in inner if (PACKAGE / name).is_dir() or name == "errors"}
    assert {name for name in packages if not allowed(importer, name)} == set()


def test_the_rule_can_fail():
    """The rule refuses what it should: compat on lab, kvm on compat, errors on anything."""
    assert not allowed("compat", "lab")
    assert not allowed("kvm", "compat")
    assert not allowed("errors", "uapi")
    assert allowed("probe", "kvm")


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_pure_parts_touch_no_system(module):
    """Pure packages reach neither ioctls nor processes nor the network."""
    if package_of(module) in PURE:
        assert imports(module) & IMPURE_MODULES == set()


def test_one_door_to_kvm():
    """Only kvm/device.py calls ioctls, and only lab starts processes."""
    calling = {
        str(module.relative_to(PACKAGE))
        for module in MODULES
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and ast.unparse(node) == "fcntl.ioctl"
    }
    assert calling == {"kvm/device.py"}
    starting = {package_of(module) for module in MODULES if "subprocess" in imports(module)}
    assert starting == {"lab"}


def test_only_cli_prints():
    """Results are printed in one place; host tools print their own notes."""
    printing = {
        str(module.relative_to(PACKAGE))
        for module in MODULES
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "print"
    }
    outside = {name for name in printing if not name.startswith("cli/")}
    assert outside == {"probe/standalone.py"}


def host_modules() -> list[Path]:
    sys.path.insert(0, str(ROOT / "src"))
    from guestabi.probe.bundle import PARTS

    return sorted({path for part in PARTS for path in PACKAGE.glob(part)})


def test_host_code_is_standard_library_alone():
    """What goes into guestabi-capture.pyz imports the standard library and itself."""
    modules = host_modules()
    assert len(modules) > 20
    inside = {
        "guestabi." + ".".join(m.relative_to(PACKAGE).with_suffix("").parts) for m in modules
    } | {"guestabi"}
    inside |= {name.removesuffix(".__init__") for name in inside}
    foreign = {
        (str(module.relative_to(PACKAGE)), name)
        for module in modules
        for name in imports(module)
        if not known(name, inside)
    }
    assert foreign == set()


def known(name: str, inside: set[str]) -> bool:
    top = name.split(".")[0]
    if top != "guestabi":
        return top in sys.stdlib_module_names
    return name in inside or name.rsplit(".", 1)[0] in inside


def test_no_name_is_both_a_test_s_and_a_benchmark_s():
    """Both folders are on the path of a test run, where one name would hide the other."""
    here = {path.stem for path in (ROOT / "tests").iterdir()}
    beside = {path.stem for path in (ROOT / "benchmarks").iterdir() if path.suffix == ".py"}
    assert beside
    assert not here & beside
