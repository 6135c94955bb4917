"""Plays Midbound: made-up people visit a made-up site, and their signed webhooks go out.

How a visit passes through the modules: `people` and `companies` decide who comes, `purposes` why,
`browsers`, `places` and `website` with what, from where and to which pages; `visits` turns it into
events in time order, `sessions` and `profiles` write these as Midbound does, `delivery` signs them
and `play` sends them. Nobody is real: names come from Faker, domains end in `.example` (RFC 2606),
and addresses and networks are the ones reserved for documentation.
"""
