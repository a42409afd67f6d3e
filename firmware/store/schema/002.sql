-- How surely the called party answered: calls on lines without polarity service are estimates.
ALTER TABLE call ADD COLUMN answer_certainty TEXT;
