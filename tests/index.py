"""Whether the search index says what the rows say."""

from dure.core.action import writing
from dure.members import indexing
from dure.members.models import Member, SearchTerm


def disagreements() -> list[str]:
    """Return what the index has too much or too little, and whose own columns are not as their rows say."""
    found: list[str] = []
    wanted: set[tuple[int, str, int]] = set()
    rows = list(Member.objects.values_list(*indexing.COLUMNS))
    facts = indexing._wanted(rows)
    for row in rows:
        if row[5:] != facts[row[0]]:
            found.append(f"member {row[0]}: {row[5:]} is not {facts[row[0]]}")
        wanted |= indexing.terms_of(row[0], row[1], facts[row[0]][-1])
    stand = set(SearchTerm.objects.values_list("workspace_id", "term", "member_id"))
    found += [f"too little: {term}" for term in sorted(wanted - stand)]
    return found + [f"too much: {term}" for term in sorted(stand - wanted)]


def renew(*accounts: int) -> None:
    """Bring the index up to what a test wrote by itself about these accounts."""
    with writing():
        indexing.refresh_accounts(accounts)


def refresh(*members: Member) -> None:
    """Write what these members are found by, after a test changed their rows by itself."""
    with writing():
        indexing.refresh([member.pk for member in members])
