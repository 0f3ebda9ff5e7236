"""What docs/production.md says exists: settings, commands, options, numbers and addresses."""

import re
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class

from dure import conf
from dure.web import metrics
from tests.architecture.test_house import routes

pytestmark = pytest.mark.once
ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "production.md").read_text()


def test_every_setting_it_names_exists() -> None:
    known = {f"DURE_{setting.name}" for setting in conf.SETTINGS}
    known |= {f"DURE_{setting.name}_FILE" for setting in conf.SETTINGS if setting.secret}
    named = set(re.findall(r"DURE_[A-Z_]+", TEXT))
    assert named <= known and len(named) > 8


def test_the_settings_it_gives_are_well_formed() -> None:
    block = re.search(r"```sh\n(DURE_SECRET.*?)```", TEXT, re.S)
    assert block
    given = dict(line.split("=", 1) for line in block[1].splitlines())
    given.pop("DURE_SECRET_KEY_FILE")
    assert conf.read_settings(given)["PUBLIC_URL"] == "https://gate.example.com"


def test_every_command_and_option_it_names_exists() -> None:
    ours = {name for name, app in get_commands().items() if app == "dure"}
    used = re.findall(r"(?:bin/|`|\$ )dure ([a-z]+)([^\n`>)]*)", TEXT)
    assert {name for name, _rest in used} <= ours and len(used) > 8
    for name, rest in used:
        parser = load_command_class("dure", name).create_parser("dure", name)
        for option in re.findall(r"--[a-z-]+", rest):
            assert option == "--new-key" or option in parser.format_help(), f"{name} {option}"
    for option in ("--replace", "--yes"):
        assert option in load_command_class("dure", "restore").create_parser("dure", "restore").format_help()


@pytest.mark.django_db
def test_every_number_and_address_it_names_exists() -> None:
    shown = metrics.text().decode()
    for name in re.findall(r"dure_[a-z_]+", TEXT):
        assert name in shown, name
    known = {route for route, _pattern in routes()}
    assert {"healthz", "readyz", "metrics", "l/<str:secret>"} <= known
