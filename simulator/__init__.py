"""Plays Midbound: made-up people visit a made-up site, and their signed webhooks go out.

A visit's way through the files: `people` and `companies` say who comes, `browsers`, `places` and
`website` with what, from where and what they look at, `visits` tells it as events in time order,
`delivery` signs them, `play` sends them. Nobody in it is real: names come from Faker, domains lie
under `.example` (RFC 2606), addresses and networks are those set aside for documentation.
"""
