"""What delivery processes do with the outbox: claim mails, settle them, and show that they live."""
