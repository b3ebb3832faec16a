"""Forms of people."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.forms import PasswordResetForm
from django.contrib.auth.password_validation import validate_password
from django.template.loader import render_to_string
from django.utils import timezone

from farmersmarket.outbox import operations as outbox
from farmersmarket.people.models import Person


class LoginForm(forms.Form):
    email = forms.EmailField(
        max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "username"})
    )
    password = forms.CharField(
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class SignUpForm(forms.Form):
    name = forms.CharField(
        max_length=100, label="Your name", widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    email = forms.EmailField(
        max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "username"})
    )
    password = forms.CharField(
        max_length=200,
        strip=False,
        label="Password, 10 characters or more",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    stall = forms.CharField(max_length=80, required=False, label="Name of your stall, if you sell")
    town = forms.CharField(max_length=60, required=False, label="Its town")

    def clean(self) -> dict[str, str]:
        facts = super().clean() or {}
        if "password" in facts:
            try:
                validate_password(
                    facts["password"],
                    Person(email=facts.get("email", ""), name=facts.get("name", "")),
                )
            except forms.ValidationError as error:
                self.add_error("password", error)
        return facts


class NewPasswordForm(PasswordResetForm):
    """Asks for an address; the mail with the link goes through the outbox like every other."""

    def send_mail(
        self,
        subject_template_name: str,
        email_template_name: str,
        context: dict[str, Any],
        from_email: str | None,
        to_email: str,
        html_email_template_name: str | None = None,
    ) -> None:
        # Not the host that was asked: it is whatever the request names, and the link is as good as the password.
        words = {**context, "address": settings.PUBLIC_URL}
        subject = render_to_string(subject_template_name, words).strip()
        outbox.owe(
            kind="new_password",
            to=to_email,
            subject=subject,
            body=render_to_string(email_template_name, words),
            now=timezone.now(),
        )
