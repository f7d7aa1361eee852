"""Access that people agree on: requests, offers, emergencies, reviews, and the mail about them."""
