"""``dure rescue``: a super admin's way back in, on the host (K8)."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from dure.accounts.actors import Operator
from dure.accounts.queries import id_of
from dure.core import links
from dure.core.errors import DomainError
from dure.management.lookup import member_with_id, workspace_named
from dure.members import queries, rules
from dure.members.actions import rescuing, suspending
from dure.members.names import display_name


class Command(BaseCommand):
    """List super admins, or open the way for one of them."""

    help = "Print a link with which a super admin sets a new password; without an ID, list the super admins."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("id", nargs="?", default="", help="the super admin's ID (e-mail address)")
        parser.add_argument("--workspace", default="", help="uid or name, when there are several")
        parser.add_argument("--resume", action="store_true", help="resume a suspended super admin as well")
        parser.add_argument(
            "--without-factor", action="store_true", help="take the second factor away as well: app and codes are lost"
        )
        parser.add_argument(
            "--appoint", action="store_true", help="make this active member a super admin, when none can sign in"
        )

    def handle(self, *_arguments: Any, **options: Any) -> None:
        """Do it, and say what to do next."""
        workspace = workspace_named(options["workspace"])
        if not options["id"]:
            self._list(workspace)
            return
        member, actor = member_with_id(workspace, options["id"]), Operator(workspace_id=workspace.pk)
        try:
            if options["appoint"]:
                rescuing.appoint_when_none_is_able(actor, member_uid=member.uid)
            if options["resume"] and member.suspended_at:
                suspending.resume(actor, member_uid=member.uid)
            if options["without_factor"]:
                rescuing.take_lost_factor_away(actor, member_uid=member.uid)
            if not options["appoint"]:
                secret = rescuing.make_rescue_link(actor, member_uid=member.uid)
                self.stdout.write("Open this link within an hour; it works once and sets a new password:")
                self.stdout.write(links.mailed(secret))
        except DomainError as error:
            reason = {"not_found": "This member is no super admin.", "not_allowed": "A super admin can still sign in."}
            raise CommandError(reason.get(error.code, error.sentence())) from None
        if options["appoint"]:
            self.stdout.write(f"{options['id']} is a super admin of {workspace.name} now.")

    def _list(self, workspace: Any) -> None:
        for member in queries.of(workspace).filter(is_super_admin=True).select_related("account").order_by("id"):
            name = display_name(member.family_name, member.given_name, member.name_language)
            able = "can sign in" if rules.can_sign_in(member) else "cannot sign in"
            self.stdout.write(f"{id_of(member.account_id).canonical}  {name}  {able}")
