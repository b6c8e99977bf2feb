"""What an operator does with the accounts database.

    python web/manage.py db upgrade                              bring the database to the newest schema
    python web/manage.py set-role ada@example.org premium_user   change a user's plan

`db` has Flask-Migrate's other commands too; see `python web/manage.py db --help`.
"""

import sys

import click
from flask.cli import FlaskGroup, with_appcontext
from sqlalchemy import func, or_, select
from sqlalchemy.exc import OperationalError

from util.cloud import BotoCoreError, ClientError
from util.errors import SettingsError

try:
    from web.app import create_app
    from web.models import ROLES, Profile, db
except SettingsError as error:
    # The models know the name of their table, which is a setting: a bad one shows when they are imported.
    sys.exit(f"manage.py: {error}")

cli = FlaskGroup(create_app=create_app, add_default_commands=False, load_dotenv=False, help="Manage the accounts.")


@cli.command("set-role")
@click.argument("user")
@click.argument("role", type=click.Choice(ROLES))
@with_appcontext
def set_role(user: str, role: str) -> None:
    """Give USER, an ID or an email address, the ROLE."""
    matches = db.session.scalars(
        select(Profile).where(or_(Profile.id == user, func.lower(Profile.email) == user.lower()))
    ).all()
    if len(matches) != 1:
        found = ", ".join(profile.id for profile in matches) or "nobody"
        raise click.ClickException(f"{user!r} has to name one user; it names {found}")
    matches[0].role = role
    db.session.commit()
    click.echo(f"{matches[0].id} is {role}")


def main() -> None:
    """Run a command from the shell."""
    try:
        cli()
    except (SettingsError, BotoCoreError, ClientError, OperationalError) as error:
        sys.exit(f"manage.py: {error}")


if __name__ == "__main__":
    main()
