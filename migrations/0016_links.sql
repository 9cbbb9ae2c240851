-- What a transaction did to links, and what grants a resource had: both are asked for by what they
-- concern, and were only to be found by going through all edges and through all versions of grants.

CREATE INDEX edges_opened ON edges (tx_from) WHERE kind <> 'derived_from';
CREATE INDEX edges_closed ON edges (tx_to) WHERE kind <> 'derived_from' AND tx_to IS NOT NULL;
CREATE INDEX history_grant ON history (payload ->> '$.resource_identifier', tx_to)
  WHERE payload_type = 'grant';
