"""Forms: what was typed stays, and errors stand beside their field."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.conf import settings
from django.forms.renderers import TemplatesSetting
from django.utils.translation import gettext_lazy as _

from dure.core import keys
from dure.core.errors import ChangedMeanwhile, DomainError
from dure.workspaces.models import Workspace


class PaperRenderer(TemplatesSetting):
    """Draws each field with our own template."""

    field_template_name = "parts/field.html"


class PaperForm(forms.Form):
    """The base of every form of Dure; HTML attributes of inputs are set here, once."""

    required_css_class = ""
    use_required_attribute = False

    def __init__(self, *arguments: Any, **names: Any) -> None:
        super().__init__(*arguments, **names)
        for field in self.fields.values():
            field.error_messages["required"] = _("Fill this in.")
            if not isinstance(field.widget, forms.RadioSelect | forms.CheckboxInput | forms.CheckboxSelectMultiple):
                field.widget.attrs.setdefault("class", "input")

    def add_error(self, field: str | None, error: Any) -> None:
        """Put the focus on the first field with an error, without scripts too."""
        super().add_error(field, error)
        wrong = [name for name in self.fields if name in self.errors and not self.fields[name].widget.is_hidden]
        for name, one in self.fields.items():
            one.widget.attrs.pop("autofocus", None)
            if name in wrong[:1]:
                one.widget.attrs["autofocus"] = True

    def refuse(self, error: DomainError) -> None:
        """Put a refusal beside the field it is about, or above the form, and others that came with it likewise."""
        for one in (error, *error.others):
            field = one.field if one.field in self.fields else None
            self.add_error(field, forms.ValidationError(one.sentence(), code=one.code))


class SealedForm(PaperForm):
    """A form that carries the values it was opened with, so that another tab is told of and not overwritten."""

    sealed_as = "form"
    was = forms.CharField(widget=forms.HiddenInput)

    @classmethod
    def sealed(cls, values: Mapping[str, Any]) -> str:
        """Return values as the form carries them."""
        return keys.seal(cls.sealed_as, dict(values)).decode()

    def clean_was(self) -> dict[str, Any]:
        """Return the values the form was opened with."""
        try:
            return dict(keys.unseal(self.sealed_as, self.cleaned_data["was"].encode()))
        except keys.Unreadable:
            raise forms.ValidationError(_("The page was open for too long. Open it again.")) from None

    def know(self, refused: DomainError) -> None:
        """Take note of what fields are by now; saving again changes them, and leaves the others as they are by then."""
        told = [one for one in (refused, *refused.others) if isinstance(one, ChangedMeanwhile)]
        if told:
            data: Any = self.data
            data = data.copy()
            data["was"] = self.sealed({**self.cleaned_data["was"], **{one.field: one.now for one in told}})
            self.data = data


class CodeForm(PaperForm):
    """The six digits from the mail."""

    code = forms.CharField(
        label=_("Code"),
        max_length=20,
        widget=forms.TextInput(
            {"inputmode": "numeric", "autocomplete": "one-time-code", "spellcheck": "false", "autofocus": True}
        ),
    )


def id_field(label: Any, **names: Any) -> forms.CharField:
    """Return the field of an e-mail address; the rules are ``dure.accounts.addresses``, not Django's."""
    attributes = {"inputmode": "email", "autocapitalize": "none", "spellcheck": "false", "autocomplete": "username"}
    attributes |= names.pop("attrs", {})
    return forms.CharField(label=label, max_length=400, strip=True, widget=forms.TextInput(attributes), **names)


def password_field(label: Any, autocomplete: str, **names: Any) -> forms.CharField:
    """Return a password field; nothing is stripped and nothing is shown again."""
    widget = forms.PasswordInput({"autocomplete": autocomplete})
    return forms.CharField(label=label, max_length=512, strip=False, widget=widget, **names)


def name_fields() -> tuple[forms.CharField, forms.CharField]:
    """Return family and given name of the reader; one of them may be empty, which the rules of names decide."""
    return _name_field(_("Family name"), "family-name"), _name_field(_("Given name"), "given-name")


def _name_field(label: Any, autocomplete: str) -> forms.CharField:
    widget = forms.TextInput({"autocomplete": autocomplete})
    return forms.CharField(label=label, max_length=200, required=False, strip=False, widget=widget)


def languages_of(workspace: Workspace) -> list[tuple[str, str]]:
    """Return every language, those of the workspace first."""
    order = [*workspace.languages, *(code for code, _name in settings.LANGUAGES)]
    return sorted(settings.LANGUAGES, key=lambda pair: order.index(pair[0]))
