"""Each rule of the gate has a text in each language, and no text is of a rule that is gone."""

from b3_contracts.governance.expectations import suite
from b3_contracts.models.tables import AUDIT
from b3_contracts.rule_texts import LANGUAGES, RULE_TEXTS
from b3_contracts.vocabulary import OPEN_VOCABULARIES

OF_THE_RUN = {"imports of a session agree", "a second source agrees", "contract"}
KEYS = {"reference_date", "payload_sha256"}


def test_every_rule_has_its_texts() -> None:
    columns = {rule.column for rule in suite(AUDIT) if rule.column}
    assert columns - KEYS == RULE_TEXTS.keys() - OF_THE_RUN


def test_every_text_is_a_sentence_in_each_language() -> None:
    for texts in RULE_TEXTS.values():
        assert tuple(texts) == LANGUAGES
        assert all(text.endswith(".") and text[0].isupper() for text in texts.values())


def test_every_open_vocabulary_has_a_rule() -> None:
    assert {each.audit_column for each in OPEN_VOCABULARIES} <= RULE_TEXTS.keys()
