"""The content and the form of mails."""
