"""``dure workspace create``: a workspace and its super admin (N0)."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from dure.accounts.actors import Operator
from dure.core import links
from dure.core.errors import DomainError
from dure.joining.actions.founding import found_workspace
from dure.workspaces.models import Workspace


class Command(BaseCommand):
    """Make and list workspaces."""

    help = "Create or list workspaces."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the sub-commands."""
        commands = parser.add_subparsers(dest="command", required=True)
        create = commands.add_parser("create", help="create a workspace and its super admin")
        create.add_argument("name", help="usually the company's name")
        create.add_argument("--admin", required=True, metavar="ADDRESS", help="the super admin's ID (e-mail address)")
        create.add_argument("--family-name", default="", help="the super admin's family name")
        create.add_argument("--given-name", default="", help="the super admin's given name")
        create.add_argument("--languages", default="en", help="ko, en, ja, separated by commas; the main one first")
        create.add_argument("--time-zone", default="UTC", help="such as Asia/Seoul")
        commands.add_parser("list", help="list the workspaces")

    def handle(self, *_arguments: Any, **options: Any) -> None:
        """Run one of them."""
        {"create": self.create, "list": self.list}[options["command"]](options)

    def create(self, options: dict[str, Any]) -> None:
        """Create a workspace; the super admin sets a password from a mail, or from the link printed here."""
        local_part = options["admin"].partition("@")[0]
        named = options["family_name"] or options["given_name"]
        try:
            founded = found_workspace(
                Operator(),
                name=options["name"],
                languages=[code.strip() for code in options["languages"].split(",") if code.strip()],
                time_zone=options["time_zone"],
                admin={
                    "id": options["admin"],
                    "family_name": options["family_name"],
                    "given_name": options["given_name"] if named else local_part,
                },
            )
        except DomainError as error:
            raise CommandError(error.sentence()) from None
        self.stdout.write(f"{founded.workspace.uid}  {founded.workspace.name}")
        if founded.link:
            self.stdout.write("No mail server is set. Open this within 7 days to set the super admin's password:")
            self.stdout.write(links.mailed(founded.link))
        else:
            self.stdout.write(f"A mail to set the password is on its way to {options['admin']}.")

    def list(self, _options: dict[str, Any]) -> None:
        """Print uid and name of each workspace."""
        for workspace in Workspace.objects.order_by("id").iterator():
            self.stdout.write(f"{workspace.uid}  {workspace.name}")
