"""``dure members``: rights, suspension, removal and the search index from the command line."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from dure.accounts.actors import Operator
from dure.core.errors import DomainError
from dure.core.permissions import Permission
from dure.management.lookup import member_with_id, workspace_named
from dure.members import indexing
from dure.members.actions import administering, leaving, suspending

STEPS = {
    "suspend": suspending.suspend,
    "resume": suspending.resume,
    "remove": leaving.remove,
    "restore": leaving.restore,
}


class Command(BaseCommand):
    """Grant, suspend, resume, remove, restore and reindex."""

    help = "Give admin rights; suspend, resume, remove and restore members; make the search index anew."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the sub-commands."""
        commands = parser.add_subparsers(dest="command", required=True)
        grant = commands.add_parser("grant", help="give a member exactly these permissions; none takes all away")
        suspend = commands.add_parser("suspend", help="close the workspace to a member until resumed")
        resume = commands.add_parser("resume", help="open the workspace again")
        remove = commands.add_parser("remove", help="remove a member, who can be restored for some days")
        restore = commands.add_parser("restore", help="bring a removed member back with everything as it was")
        commands.add_parser("reindex", help="make the search index of all workspaces anew, while everybody works on")
        for command in (grant, suspend, resume, remove, restore):
            command.add_argument("id", help="the member's ID (e-mail address)")
            command.add_argument("--workspace", default="", help="uid or name, when there are several")
        codes = ", ".join(Permission)
        grant.add_argument("permissions", nargs="*", metavar="PERMISSION", help=f"any of {codes}")

    def handle(self, *_arguments: Any, **options: Any) -> None:
        """Run one of them."""
        if options["command"] == "reindex":
            self.stdout.write(f"{indexing.rebuild():,} members can be found.")
            return
        workspace = workspace_named(options["workspace"])
        member = member_with_id(workspace, options["id"])
        actor = Operator(workspace_id=workspace.pk)
        try:
            if options["command"] == "grant":
                wanted = _permissions(options["permissions"])
                administering.grant(actor, member_uid=member.uid, permissions=wanted)
            else:
                STEPS[options["command"]](actor, member_uid=member.uid)
        except DomainError as error:
            raise CommandError(error.sentence()) from None
        self.stdout.write("Done. It holds from the next request on.")


def _permissions(codes: list[str]) -> list[Permission]:
    unknown = sorted(set(codes) - set(Permission))
    if unknown:
        raise CommandError(f"Unknown: {', '.join(unknown)}. There are: {', '.join(Permission)}.")
    return [Permission(code) for code in codes]
