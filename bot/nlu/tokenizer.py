"""Words of accented text as underthesea sees them, syllables of any other text."""

from __future__ import annotations

from typing import Any

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.nlu.tokenizers.tokenizer import Token, Tokenizer
from rasa.shared.nlu.training_data.message import Message

from bot.language.unicode import has_marks
from bot.nlu.normaliser import Normaliser, normalised


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER, is_trainable=False)
class VietnameseTokenizer(Tokenizer):
    """Tokens of the repaired text. Without diacritics underthesea tears words apart, so syllables serve there."""

    @classmethod
    def required_components(cls) -> list[type]:
        return [Normaliser]

    @staticmethod
    def supported_languages() -> list[str]:
        return ["vi"]

    @staticmethod
    def required_packages() -> list[str]:
        return ["underthesea"]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"intent_tokenization_flag": False, "intent_split_symbol": "_", "token_pattern": None}

    def tokenize(self, message: Message, attribute: str) -> list[Token]:
        repaired = normalised(message)
        text = repaired.text if repaired and attribute == "text" else message.get(attribute) or ""
        tokens = [Token(word, 0) for word in words(text)]
        position = 0
        for token in tokens:
            token.start = max(text.find(token.text, position), position)
            token.end = position = token.start + len(token.text)
        return tokens or [Token("…", 0)]


def words(text: str) -> list[str]:
    """The words of a text, several syllables each where the text has diacritics."""
    if not has_marks(text):
        return text.split()
    from underthesea import word_tokenize  # takes 0.6 s to import: only where it is used

    return list(word_tokenize(text))
