"""What holds for the whole house: layers, sizes, guards, erasure, translations, settings, migrations."""

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.template.loader import get_template
from django.urls import URLPattern, URLResolver, get_resolver

from dure import catalogs, conf, erasure
from dure.core import links
from dure.core.permissions import LABELS, MEANINGS, Permission
from dure.mail import kinds

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "dure"
SOURCES = sorted(path for path in PACKAGE.rglob("*.py") if "migrations" not in path.parts)
pytestmark = pytest.mark.once
NOT_LAYERED = {"apps", "catalogs", "conf", "models", "settings", "urls", "migrations", "__init__", "__main__", "locale"}


def routes(patterns: list[URLPattern | URLResolver] | None = None, prefix: str = "") -> list[tuple[str, URLPattern]]:
    """Return every address with its pattern."""
    found = []
    for entry in get_resolver().url_patterns if patterns is None else patterns:
        route = prefix + str(entry.pattern)
        found += routes(entry.url_patterns, route) if isinstance(entry, URLResolver) else [(route, entry)]
    return found


def test_imports_go_down_only() -> None:
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"]
    result = subprocess.run([*command, "--no-cache"], cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout


def test_the_contract_covers_every_package() -> None:
    contract = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"][0]
    named = {
        name.strip().strip("()").removeprefix("dure.") for layer in contract["layers"] for name in layer.split("|")
    }
    built = {path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    assert built - NOT_LAYERED <= named


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_files_and_functions_stay_small(path: Path) -> None:
    source = path.read_text()
    assert len(source.splitlines()) <= 300
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert (node.end_lineno or 0) - node.lineno < 40, node.name


def test_every_address_declares_who_may_open_it() -> None:
    undeclared = [route for route, pattern in routes() if not getattr(pattern.callback, "opens", None)]
    assert undeclared == []
    assert len(routes()) > 25


def test_every_workspace_address_is_guarded_by_membership() -> None:
    open_ones = [
        route for route, pattern in routes() if "<uid:workspace>" in route and pattern.callback.opens == "public"
    ]
    assert open_ones == []


def test_every_model_has_an_erasure_rule() -> None:
    assert {model.__name__ for model in apps.get_app_config("dure").get_models()} == set(erasure.RULES)


def test_every_letter_exists_in_three_languages() -> None:
    for kind in kinds.Kind:
        assert kind in kinds.LABELS
        for part in ("subject.txt", "body.txt", "body.html"):
            get_template(f"letters/{kind}/{part}")
    assert {code for code, _name in settings.LANGUAGES} == {"en", *catalogs.LANGUAGES}


def test_translations_are_complete() -> None:
    assert len(list(catalogs.extract())) > 200
    assert catalogs.missing() == []


def test_every_permission_is_labelled_and_documented() -> None:
    documented = (ROOT / "docs" / "permissions.md").read_text()
    for permission in Permission:
        assert LABELS[permission] and MEANINGS[permission]
        assert f"`{permission}`" in documented


def test_every_setting_is_documented() -> None:
    from dure.management.commands.docs import settings_page

    assert (ROOT / "docs" / "settings.md").read_text() == settings_page()
    assert all(setting.meaning.endswith(".") for setting in conf.SETTINGS)


def test_the_permissions_page_is_the_catalogue() -> None:
    from dure.management.commands.docs import permissions_page

    assert (ROOT / "docs" / "permissions.md").read_text() == permissions_page()


def test_mailed_links_lead_to_the_page_that_opens_them() -> None:
    assert any(route == f"{links.MAILED.strip('/')}/<str:secret>" for route, _pattern in routes())


def test_pages_have_no_inline_style_or_script() -> None:
    for page in (PACKAGE / "web" / "templates").rglob("*.html"):
        text = page.read_text()
        assert "style=" not in text and "<style" not in text, page
        assert "onclick" not in text and "<script>" not in text, page


def test_scripts_stay_short() -> None:
    for script in (PACKAGE / "web" / "static" / "js").glob("*.js"):
        assert len(script.read_text().splitlines()) <= 60, script


def test_every_promise_of_the_issue_has_its_story() -> None:
    told = {path.name.split("_")[1].upper() for path in (ROOT / "tests" / "stories").glob("test_*.py")}
    told |= {path.name.split("_")[2].upper() for path in (ROOT / "tests" / "stories").glob("test_n1_n2_*.py")}
    assert {"N0", "K4", "K5", "K9", "K10", "N1", "N2", "N5"} <= told
    specifications = (ROOT / "docs" / "specifications.md").read_text()
    for promise in [*(f"K{number}" for number in range(1, 14)), *(f"N{number}" for number in range(16))]:
        assert f"| {promise} |" in specifications


@pytest.mark.django_db
def test_no_migration_is_missing() -> None:
    from django.core.management import call_command

    call_command("makemigrations", check=True, dry_run=True, verbosity=0)
