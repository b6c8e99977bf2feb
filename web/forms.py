"""Forms, and what their fields allow."""

from flask_wtf import FlaskForm
from wtforms import EmailField, StringField
from wtforms.validators import InputRequired, Length, Regexp

NAME_LENGTH = 100
EMAIL_LENGTH = 254
# One address that SES sends to: ASCII, nothing that needs quotes, a domain with a dot.
_ATOM, _LABEL = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+", r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?"
EMAIL = rf"^(?=[^@]{{1,64}}@){_ATOM}(\.{_ATOM})*@({_LABEL}\.)+{_LABEL}\Z"
# Characters that end a line, or turn the direction of what follows them.
NO_CONTROL_CHARACTERS = r"^[^\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]*\Z"


def _stripped(value: str | None) -> str | None:
    return value.strip() if value else value


class ProfileForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF ships no types
    """What a user says about themselves."""

    name = StringField(
        "Name",
        filters=[_stripped],
        validators=[
            InputRequired("Enter your name."),
            Length(max=NAME_LENGTH, message=f"The name may have up to {NAME_LENGTH} characters."),
            Regexp(NO_CONTROL_CHARACTERS, message="The name may not contain control characters."),
        ],
    )
    email = EmailField(
        "Email",
        filters=[_stripped],
        validators=[
            InputRequired("Enter your email address."),
            Length(max=EMAIL_LENGTH, message=f"The address may have up to {EMAIL_LENGTH} characters."),
            Regexp(EMAIL, message="Enter one email address in plain Latin letters, such as name@example.org."),
        ],
    )
    institution = StringField(
        "Institution",
        filters=[_stripped],
        validators=[
            Length(max=NAME_LENGTH, message=f"The institution may have up to {NAME_LENGTH} characters."),
            Regexp(NO_CONTROL_CHARACTERS, message="The institution may not contain control characters."),
        ],
    )
