create index journey_gone on journey (number) where state = 'gone';
comment on index journey_gone is 'Orders that are gone at the auction house, as each scrape counts them';
