"""A new password by a link in a mail."""

from django.contrib import messages
from django.contrib.auth.views import PasswordResetConfirmView, PasswordResetView
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse_lazy

from farmersmarket.answers.limits import address, count
from farmersmarket.answers.problems import TooMany, answer
from farmersmarket.people import operations
from farmersmarket.people.forms import NewPasswordForm


class Reset(PasswordResetView):
    """Sends a link; says the same for an address that nobody has."""

    form_class = NewPasswordForm
    template_name = "market/password_reset.html"
    email_template_name = "mail/password.txt"
    subject_template_name = "mail/password_subject.txt"
    success_url = reverse_lazy("login")

    def post(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if not count("new-password", address(request), most=10, seconds=3600):
            return answer(TooMany("Please wait an hour."))
        return super().post(request, *args, **kwargs)

    def form_valid(self, form: BaseForm) -> HttpResponse:
        messages.success(self.request, "If we know this address, a link is on its way.")
        return super().form_valid(form)


class NewPassword(PasswordResetConfirmView):
    """Takes the link once and sets the password."""

    template_name = "market/password_set.html"
    success_url = reverse_lazy("login")

    def form_valid(self, form: BaseForm) -> HttpResponse:
        operations.forgive(self.user)
        return super().form_valid(form)

    def dispatch(self, *args: object, **kwargs: object) -> HttpResponseBase:
        response = super().dispatch(*args, **kwargs)
        response.headers["Referrer-Policy"] = "no-referrer"
        return response
