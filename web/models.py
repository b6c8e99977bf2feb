"""The accounts database: one table, one row per user."""

import datetime

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import CheckConstraint, DateTime, Text, func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from util.profiles import FREE_USER, PREMIUM_USER
from web.config import web_settings

ROLES = (FREE_USER, PREMIUM_USER)


class Base(DeclarativeBase):
    """The root of the models."""


db = SQLAlchemy(model_class=Base)


class Profile(Base):
    """A user. The role decides what they may do, and nothing but this table says what it is."""

    # An installation may name its table, and a mapped class needs the name when it is made.
    __tablename__ = web_settings().accounts.table
    __table_args__ = (CheckConstraint(f"role IN ('{FREE_USER}', '{PREMIUM_USER}')", name=f"{__tablename__}_role"),)

    id: Mapped[str] = mapped_column(Text, primary_key=True)  # the UUID of the Globus identity
    name: Mapped[str] = mapped_column(Text)
    email: Mapped[str] = mapped_column(Text)
    institution: Mapped[str] = mapped_column(Text, server_default="")
    role: Mapped[str] = mapped_column(Text, server_default=FREE_USER)
    created: Mapped[datetime.datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    updated: Mapped[datetime.datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now(), onupdate=func.now()
    )

    @property
    def is_premium(self) -> bool:
        """Whether the user pays."""
        return self.role == PREMIUM_USER


def get_profile(identity_id: str) -> Profile | None:
    """Return the profile as it is in the database now."""
    return db.session.get(Profile, identity_id)


def create_profile(identity_id: str, *, name: str, email: str, institution: str) -> bool:
    """Make a Free user's profile; False: there is one already."""
    # Two log-ins at once may both find no profile; the database lets one of them win.
    statement = (
        insert(Profile)
        .values(id=identity_id, name=name, email=email, institution=institution)
        .on_conflict_do_nothing()
        .returning(Profile.id)
    )
    is_new = db.session.execute(statement).first() is not None
    db.session.commit()
    return is_new
