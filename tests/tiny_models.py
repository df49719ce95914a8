"""Models of other families, made on the spot: real files and real code, a thousandth of the size, untrained weights.

torch is imported where it is called: every process that collects tests imports this file, and torch takes seconds.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer
from tokenizers.processors import TemplateProcessing

from tests.small_book import PAGES

if TYPE_CHECKING:
    from transformers import BertForSequenceClassification, BertModel, PreTrainedTokenizerFast

DIMENSIONS = 32
TOKENS = 128
_SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


def write_embedding_model(folder: Path, *, tokens: int = TOKENS, token_types: bool = True) -> Path:
    """A sentence-transformers model of 32 dimensions that reads 128 tokens; a family is told by the folder's name.

    Without `token_types` it is a model, DistilBERT, that takes no `token_type_ids`.
    """
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from transformers import BertModel

    if token_types:
        _write_bert(folder / "bert", BertModel, tokens)
    else:
        _write_distilbert(folder / "bert", tokens)
    transformer = Transformer(str(folder / "bert"), max_seq_length=tokens)
    SentenceTransformer(modules=[transformer, Pooling(DIMENSIONS)], device="cpu").save(str(folder))
    return folder


def write_cross_encoder(folder: Path) -> Path:
    """A cross-encoder that gives a question and a passage one score."""
    from sentence_transformers import CrossEncoder
    from transformers import BertForSequenceClassification

    _write_bert(folder / "bert", BertForSequenceClassification)
    CrossEncoder(str(folder / "bert"), num_labels=1, max_length=TOKENS, device="cpu").save_pretrained(str(folder))
    return folder


def _write_bert(
    folder: Path, kind: "type[BertModel] | type[BertForSequenceClassification]", tokens: int = TOKENS
) -> None:
    import torch
    from transformers import BertConfig

    tokenizer = _tokenizer()
    torch.manual_seed(7)
    config = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=DIMENSIONS,
        intermediate_size=2 * DIMENSIONS,
        num_hidden_layers=1,
        num_attention_heads=2,
        max_position_embeddings=tokens,
        initializer_range=0.5,  # so that untrained weights tell texts apart
    )
    config.num_labels = 1
    kind(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def _write_distilbert(folder: Path, tokens: int) -> None:
    import torch
    from transformers import DistilBertConfig, DistilBertModel

    tokenizer = _tokenizer()
    tokenizer.model_input_names = ["input_ids", "attention_mask"]
    torch.manual_seed(7)
    config = DistilBertConfig(
        vocab_size=len(tokenizer),
        dim=DIMENSIONS,
        hidden_dim=2 * DIMENSIONS,
        n_layers=1,
        n_heads=2,
        max_position_embeddings=tokens,
        initializer_range=0.5,
    )
    DistilBertModel(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def _tokenizer() -> "PreTrainedTokenizerFast":
    from transformers import PreTrainedTokenizerFast

    cutting, normal = BertPreTokenizer(), BertNormalizer()
    words = {word for page in PAGES.values() for word, _ in cutting.pre_tokenize_str(normal.normalize_str(page))}
    vocabulary = {token: number for number, token in enumerate([*_SPECIAL, *sorted(words)])}
    tokenizer = Tokenizer(WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer, tokenizer.pre_tokenizer = normal, cutting
    marks = [(token, vocabulary[token]) for token in ("[CLS]", "[SEP]")]
    tokenizer.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=marks
    )
    names = dict(zip(("pad_token", "unk_token", "cls_token", "sep_token", "mask_token"), _SPECIAL, strict=True))
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, **names)
