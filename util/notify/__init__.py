"""The daemon that mails users when their jobs are done."""
