"""Models of other families, made on the spot: real files and real code, a thousandth of the size, untrained weights."""

from pathlib import Path

import torch
from sentence_transformers import CrossEncoder, SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer
from tokenizers.processors import TemplateProcessing
from tokenizers.trainers import WordPieceTrainer
from transformers import BertConfig, BertForSequenceClassification, BertModel, PreTrainedTokenizerFast

from tests.small_book import PAGES

DIMENSIONS = 32
TOKENS = 128
_SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


def write_embedding_model(folder: Path) -> Path:
    """A sentence-transformers model of 32 dimensions that reads 128 tokens; a family is told by the folder's name."""
    _write_bert(folder / "bert", BertModel)
    transformer = Transformer(str(folder / "bert"), max_seq_length=TOKENS)
    SentenceTransformer(modules=[transformer, Pooling(DIMENSIONS)], device="cpu").save(str(folder))
    return folder


def write_cross_encoder(folder: Path) -> Path:
    """A cross-encoder that gives a question and a passage one score."""
    _write_bert(folder / "bert", BertForSequenceClassification)
    CrossEncoder(str(folder / "bert"), num_labels=1, max_length=TOKENS, device="cpu").save_pretrained(str(folder))
    return folder


def _write_bert(folder: Path, kind: type[BertModel] | type[BertForSequenceClassification]) -> None:
    tokenizer = _tokenizer()
    torch.manual_seed(7)
    config = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=DIMENSIONS,
        intermediate_size=2 * DIMENSIONS,
        num_hidden_layers=1,
        num_attention_heads=2,
        max_position_embeddings=TOKENS,
        initializer_range=0.5,  # so that untrained weights tell texts apart
    )
    config.num_labels = 1
    kind(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def _tokenizer() -> PreTrainedTokenizerFast:
    trained = Tokenizer(WordPiece(unk_token="[UNK]"))
    trained.normalizer, trained.pre_tokenizer = BertNormalizer(), BertPreTokenizer()
    trained.train_from_iterator(PAGES.values(), WordPieceTrainer(vocab_size=600, special_tokens=_SPECIAL))
    marks = [(token, trained.token_to_id(token)) for token in ("[CLS]", "[SEP]")]
    trained.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=marks
    )
    names = dict(zip(("pad_token", "unk_token", "cls_token", "sep_token", "mask_token"), _SPECIAL, strict=True))
    return PreTrainedTokenizerFast(tokenizer_object=trained, **names)  # type: ignore[no-untyped-call]
