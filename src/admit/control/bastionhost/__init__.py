"""A bastion host: its users, hosts, accounts and policies, as operations write and its door reads them."""
