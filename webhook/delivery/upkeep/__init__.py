"""What the delivery process does between mails: removing old rows, and mails about problems."""
