"""Imported once by the server that job processes are forked from, so that each starts with what takes long to make."""

from ann import run

run.results()
