"""Tables of people and of the ways they are let in. Tokens and links are kept as hashes only."""

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models

from golive.kernel.access.roles import Actor, Role


class People(BaseUserManager["Person"]):
    """The people of this golive."""

    def get_by_natural_key(self, username: str | None) -> "Person":
        return self.get(email__iexact=username)


class Person(AbstractBaseUser):
    """Someone who may log in; `email` is the login name."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=80)
    role = models.PositiveSmallIntegerField(choices=[(role.value, role.word) for role in Role])
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    objects = People()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.email

    @property
    def actor(self) -> Actor:
        return Actor("person", str(self.pk), self.name, Role(self.role), self.email)


class Token(models.Model):
    """A credential of the API; the secret itself is shown once and never stored."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=80)
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.name} of {self.person}"


class LoginLink(models.Model):
    """A link that logs one person in, once, within minutes."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    digest = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"link of {self.person}"


class LoginFailure(models.Model):
    """A refused login, counted to slow down guessing."""

    email = models.CharField(max_length=254, db_index=True)
    address = models.CharField(max_length=64, db_index=True)
    at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.email} from {self.address}"
