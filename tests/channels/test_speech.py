"""Voice messages: heard by a real, tiny Whisper, or refused with a reason; nothing of them is kept."""

from __future__ import annotations

import importlib.util
import logging
import socket
import struct
import subprocess
import sys
import threading
import time
import unicodedata
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import av
import numpy
import pytest
from ctranslate2.specs import WhisperSpec
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, decoders, models, pre_tokenizers

from bot.channels import speech
from bot.channels.speech import MODEL_FILES, MOST_BYTES, RATE, LocalWhisper, SpeechError, SpeechReason, decoded
from bot.settings import HOME, SettingError, load

WIDTH = 16
AFTER_LANGUAGES = "<|translate|> <|transcribe|> <|startoflm|> <|startofprev|> <|nospeech|> <|notimestamps|>".split()
SOUNDS = [("wav", "pcm_s16le", 16_000), ("ogg", "libopus", 48_000), ("adts", "aac", 44_100), ("ipod", "aac", 44_100)]
EACH_SOUND = pytest.mark.parametrize(("container", "codec", "rate"), SOUNDS, ids=[kind[0] for kind in SOUNDS])


def tiny_whisper(folder: Path, *says: str, sure: float = 10, language: str = "<|vi|>", **kind: Any) -> Path:
    """A Whisper with all its layers that says these words to any sound; the less sure, the smaller the number.

    What it hears is multiplied by random weights and, in the decoder, by zero. What it says stands in the decoder's
    encodings of positions: the n-th points to the embedding of the n-th word. Of its ``kind`` it knows ``many``
    languages or English alone, and hears so many ``bands``.
    """
    level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    words = [level.pre_tokenize_str(word)[0][0] for word in says]
    tokens = dict.fromkeys([*sorted(level.alphabet()), *words, *([""] if kind.get("many", True) else [])])
    tokenizer = Tokenizer(models.BPE({token: place for place, token in enumerate(tokens)}, []))
    tokenizer.pre_tokenizer, tokenizer.decoder = level, decoders.ByteLevel()
    tokenizer.add_special_tokens(["<|endoftext|>", "<|startoftranscript|>", language, *AFTER_LANGUAGES])
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    names = [tokenizer.id_to_token(place) for place in range(tokenizer.get_vocab_size())]

    spec = WhisperSpec(1, 1, 1, 1)  # one layer with one head on each side
    spec.register_vocabulary(names)
    embeddings = numpy.zeros((len(names), WIDTH), numpy.float32)
    positions = numpy.zeros((448, WIDTH), numpy.float32)
    for place, word in enumerate([*words, "<|endoftext|>"]):
        embeddings[names.index(word), place] = sure
        positions[3 + place, place] = 1000  # behind start, language, task
    spec.decoder.embeddings.weight = spec.decoder.projection.weight = embeddings
    spec.decoder.position_encodings.encodings = positions
    spec.encoder.position_encodings.encodings = _random(1500, WIDTH)
    for part, taken in ((spec.encoder.conv1, kind.get("bands", 80)), (spec.encoder.conv2, WIDTH)):
        part.weight, part.bias = _random(WIDTH, taken, 3), _random(WIDTH)
    _fill(spec.encoder.layer[0], [spec.encoder.layer[0].self_attention], told=1)
    _fill(spec.decoder.layer[0], [spec.decoder.layer[0].self_attention, spec.decoder.layer[0].attention], told=0)
    for side in (spec.encoder, spec.decoder):
        _norm(side)
    spec.validate()
    spec.optimize(quantization="int8")
    spec.save(str(folder))
    return folder


def _random(*shape: int) -> Any:
    return numpy.random.default_rng(7).normal(0, 0.1, shape).astype(numpy.float32)


def _norm(part: Any) -> None:
    part.layer_norm.gamma, part.layer_norm.beta = numpy.ones(WIDTH, numpy.float32), numpy.zeros(WIDTH, numpy.float32)


def _fill(layer: Any, attentions: list[Any], told: int) -> None:
    """Random weights; ``told`` 0 keeps what the layer finds from going on."""
    linears = [(layer.ffn.linear_0, 4 * WIDTH, WIDTH, 1), (layer.ffn.linear_1, WIDTH, 4 * WIDTH, told)]
    for attention in attentions:
        widths = [3 * WIDTH, WIDTH] if len(attention.linear) == 2 else [WIDTH, 2 * WIDTH, WIDTH]
        linears += [(part, width, WIDTH, 1) for part, width in zip(attention.linear, widths, strict=True)]
        linears[-1] = (*linears[-1][:3], told)
    for part, gives, takes, factor in linears:
        part.weight, part.bias = _random(gives, takes) * factor, numpy.zeros(gives, numpy.float32)
    for part in (layer.ffn, *attentions):
        _norm(part)


def sound(seconds: float, container: str = "wav", codec: str = "pcm_s16le", rate: int = RATE, **more: Any) -> bytes:
    """A sine tone of 440 Hz as a file. ``loudness`` is of full scale, ``layout`` FFmpeg's name."""
    layout = more.get("layout", "mono")
    tone = numpy.sin(2 * numpy.pi * 440 * numpy.arange(int(seconds * rate)) / rate) * more.get("loudness", 0.3)
    samples = numpy.repeat((tone * 32767).astype(numpy.int16), 2 if layout == "stereo" else 1)
    file = BytesIO()
    with av.open(file, "w", format=container) as out:
        stream = out.add_stream(codec, rate=rate, layout=layout)
        frame = av.AudioFrame.from_ndarray(samples[None], format="s16", layout=layout)
        frame.sample_rate = rate
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            out.mux(packet)
    return file.getvalue()


def wav(rate: int, channels: int, data: bytes) -> bytes:
    """A WAV whose header says anything."""
    head = struct.pack("<IHHIIHH", 16, 1, channels, rate, rate * channels * 2 % 2**32, channels * 2, 16)
    return (
        b"RIFF" + struct.pack("<I", 36 + len(data)) + b"WAVEfmt " + head + b"data" + struct.pack("<I", len(data)) + data
    )


def reason_of(audio: bytes) -> SpeechReason:
    with pytest.raises(SpeechError) as caught:
        decoded(audio)
    return caught.value.reason


@pytest.fixture(scope="module")
def whisper(tmp_path_factory: pytest.TempPathFactory) -> LocalWhisper:
    return LocalWhisper(tiny_whisper(tmp_path_factory.mktemp("whisper"), " xin", " chào"))


@EACH_SOUND
def test_a_voice_message_becomes_text(whisper: LocalWhisper, container: str, codec: str, rate: int) -> None:
    assert whisper.transcribe(sound(2, container, codec, rate)) == "xin chào"


def test_what_is_said_in_both_halves_of_a_minute_is_one_text(whisper: LocalWhisper) -> None:
    assert whisper.transcribe(sound(45, "ogg", "libopus", 48_000)) == "xin chào xin chào"


def test_the_text_is_in_composed_letters(tmp_path: Path) -> None:
    says = unicodedata.normalize("NFD", " chào")
    assert LocalWhisper(tiny_whisper(tmp_path, says)).transcribe(sound(1)) == "chào"


@pytest.mark.parametrize("layout", ["mono", "stereo"])
@EACH_SOUND
def test_the_tone_comes_out_as_it_went_in(container: str, codec: str, rate: int, layout: str) -> None:
    samples = decoded(sound(2, container, codec, rate, layout=layout))
    assert samples.dtype == numpy.float32
    assert samples.size / RATE == pytest.approx(2, abs=0.1)
    middle = samples[RATE // 2 : RATE + RATE // 2]  # a second, so that the place in the spectrum is the frequency
    assert numpy.abs(numpy.fft.rfft(middle)).argmax() == 440
    assert 0.2 < numpy.abs(middle).max() < 0.4


@EACH_SOUND
def test_more_than_a_minute_is_too_long(container: str, codec: str, rate: int) -> None:
    assert reason_of(sound(61, container, codec, rate)) is SpeechReason.TOO_LONG
    assert decoded(sound(59, container, codec, rate)).size / RATE == pytest.approx(59, abs=0.1)


def test_more_than_five_megabytes_are_refused_unopened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(av, "open", lambda *_, **__: pytest.fail("opened"))
    assert reason_of(bytes(MOST_BYTES + 1)) is SpeechReason.TOO_LARGE


NO_FRAME = b"\xff\xf1\x50\x80\x00\xff\xfc"  # the header of an AAC packet that holds nothing
BOMBS = {
    "hours of silence": sound(1, "adts", "aac", 8000, loudness=0) * 8000,
    "a sample a second": wav(1, 1, bytes(MOST_BYTES - 100)),
    "no sound, only packets": NO_FRAME * 700_000,
    "a title without end": wav(RATE, 1, b"").replace(b"data", b"LIST\0\0\0\x70INFOISFT\0\0\0\x60") + bytes(9000),
    "a rate beyond belief": wav(1_744_846_464, 1, bytes(MOST_BYTES - 100)),
}


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS)
def test_a_bomb_takes_neither_memory_nor_time(bomb: bytes) -> None:
    assert len(bomb) <= MOST_BYTES
    program = (
        "import resource, sys; from bot.channels.speech import SpeechError, decoded\n"
        "def hear(audio):\n"
        "    try: decoded(audio)\n"
        "    except SpeechError: pass\n"
        "    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024\n"
        "bomb = sys.stdin.buffer.read()\n"
        "before = hear(bytes(1000))\n"
        "print(hear(bomb) - before, 'MB')"
    )
    started = time.monotonic()
    done = subprocess.run([sys.executable, "-c", program], input=bomb, cwd=HOME, capture_output=True, check=True)
    assert int(done.stdout.split()[0]) < 100
    assert time.monotonic() - started < 8


@pytest.mark.parametrize(
    "audio",
    [b"", b"xin chao", b"%PDF-1.7", b"OggS", b"RIFF\0\0\0\0WAVE", b"\xff\xf1", b"\0\0\0\x20ftypM4A ", bytes(100_000)],
)
def test_what_is_no_sound_is_told_so(audio: bytes) -> None:
    assert reason_of(audio) is SpeechReason.NOT_AUDIO


@pytest.mark.parametrize(("container", "codec"), [("matroska", "aac"), ("mp3", "libmp3lame"), ("mp4", "libmp3lame")])
def test_another_kind_of_sound_is_not_opened(container: str, codec: str) -> None:
    assert reason_of(sound(1, container, codec, 44_100)) is SpeechReason.NOT_AUDIO


def test_a_playlist_opens_no_file_of_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "other.wav").write_bytes(sound(1))
    monkeypatch.chdir(tmp_path)
    playlist = b"ffconcat version 1.0\nfile 'other.wav'\n"
    assert reason_of(playlist) is SpeechReason.NOT_AUDIO
    monkeypatch.setattr(speech, "CLOSED", {})
    assert decoded(playlist).size == RATE, "this is how it would be without the lists"


def test_a_damaged_packet_in_the_midst_is_passed_over() -> None:
    audio = sound(3, "adts", "aac", 44_100)
    place = 0
    while place < len(audio) // 2:  # the packet's length is in bits 30 to 42 of its header
        place += int.from_bytes(audio[place + 3 : place + 6]) >> 5 & 0x1FFF
    assert decoded(audio[:place] + NO_FRAME * 3 + audio[place:]).size / RATE == pytest.approx(3, abs=0.15)
    assert reason_of(audio[:place] + NO_FRAME * 100 + audio[place:]) is SpeechReason.NOT_AUDIO


@pytest.mark.parametrize("audio", [sound(2, loudness=0), sound(2, loudness=0.002), sound(0.2)])
def test_silence_and_a_click_are_nothing_heard_without_asking_the_model(
    whisper: LocalWhisper, audio: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(speech, "_segments", lambda *_: pytest.fail("asked"))
    with pytest.raises(SpeechError) as caught:
        whisper.transcribe(audio)
    assert caught.value.reason is SpeechReason.NOTHING_HEARD


@pytest.mark.parametrize(("says", "sure"), [((), 10), ((" ",), 10), ((" xin", " chào"), 0.5), ((" la" * 60,), 10)])
def test_no_words_unsure_words_and_words_in_circles_are_nothing_heard(
    tmp_path: Path, says: tuple[str, ...], sure: float
) -> None:
    with pytest.raises(SpeechError) as caught:
        LocalWhisper(tiny_whisper(tmp_path, *says, sure=sure)).transcribe(sound(1))
    assert caught.value.reason is SpeechReason.NOTHING_HEARD


FILES = [sound(0.5, *kind) for kind in SOUNDS]
CHANGES = st.lists(st.tuples(st.integers(0, 10**6), st.binary(min_size=1, max_size=8)), min_size=1, max_size=8)


@st.composite
def damaged_sounds(draw: st.DrawFn) -> bytes:
    """A file of each kind with some bytes written over, or cut off somewhere."""
    file = bytearray(draw(st.sampled_from(FILES)))
    for place, written in draw(CHANGES):
        file[place % len(file) : place % len(file) + len(written)] = written
    return bytes(file[: draw(st.none() | st.integers(0, len(file)))])


@settings(deadline=None, max_examples=300)
@given(damaged_sounds() | st.binary(max_size=2000) | st.binary(max_size=500).map(lambda soup: b"OggS\0\2" + soup))
def test_any_bytes_and_a_sound_damaged_anywhere_give_at_most_a_minute_or_a_reason(audio: bytes) -> None:
    try:
        samples = decoded(audio)
    except SpeechError as error:
        assert error.reason in (SpeechReason.NOT_AUDIO, SpeechReason.TOO_LONG)  # noqa: PT017 - either is right
    else:
        assert 0 < samples.size <= (speech.MOST_SECONDS + 1) * RATE
        assert numpy.abs(samples).max() <= 1


@settings(deadline=None, max_examples=25)
@given(damaged_sounds())
def test_a_damaged_sound_gives_text_or_a_reason(whisper: LocalWhisper, audio: bytes) -> None:
    try:
        assert set(whisper.transcribe(audio).split()) == {"xin", "chào"}
    except SpeechError as error:
        assert error.reason is not SpeechReason.NOT_CONFIGURED  # noqa: PT017 - every other one is right


def test_without_a_model_nobody_transcribes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MOTCUA_SPEECH_MODEL", " ")
    assert load().speech_model is None
    assert speech.transcriber_of(None) is None
    monkeypatch.setenv("MOTCUA_SPEECH_MODEL", str(tiny_whisper(tmp_path, " dạ")))
    transcriber = speech.transcriber_of(load().speech_model)
    assert transcriber is not None
    assert transcriber.transcribe(sound(1)) == "dạ"


@pytest.mark.parametrize("missing", MODEL_FILES)
def test_a_folder_that_lacks_a_file_is_refused_by_name_at_the_start(tmp_path: Path, missing: str) -> None:
    (tiny_whisper(tmp_path, " dạ") / missing).unlink()
    with pytest.raises(SettingError, match=rf"MOTCUA_SPEECH_MODEL=.* lacks {missing}; see docs/speech.md"):
        speech.transcriber_of(tmp_path)


def test_the_extra_that_is_not_installed_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(SettingError, match='extra "speech"'):
        speech.transcriber_of(tiny_whisper(tmp_path, " dạ"))


@pytest.mark.parametrize("broken", [*MODEL_FILES, "vocabulary.json"])
def test_a_broken_model_is_told_and_once_mended_works(tmp_path: Path, broken: str) -> None:
    file = tiny_whisper(tmp_path, " dạ") / broken
    whole = file.read_bytes()
    file.write_bytes(b"rubbish")
    whisper = LocalWhisper(tmp_path)
    with pytest.raises(SpeechError, match="does not load") as caught:
        whisper.transcribe(sound(1))
    assert caught.value.reason is SpeechReason.NOT_CONFIGURED
    file.write_bytes(whole)
    assert whisper.transcribe(sound(1)) == "dạ"


@pytest.mark.parametrize("kind", [{"language": "<|en|>"}, {"many": False}, {"bands": 128}], ids=str)
def test_a_model_without_vietnamese_or_with_a_wrong_ear_is_refused(tmp_path: Path, kind: dict[str, Any]) -> None:
    with pytest.raises(SpeechError) as caught:
        LocalWhisper(tiny_whisper(tmp_path, " dạ", **kind)).transcribe(sound(1))
    assert caught.value.reason is SpeechReason.NOT_CONFIGURED


def test_the_model_loads_once_and_hears_one_message_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loads, inside, most, really_load, really_hear = [], [], [], speech._loaded, speech._heard

    def heard(*arguments: Any) -> str:
        inside.append(1)
        most.append(len(inside))
        time.sleep(0.02)
        inside.pop()
        return really_hear(*arguments)

    monkeypatch.setattr(speech, "_loaded", lambda folder: loads.append(folder) or really_load(folder))
    monkeypatch.setattr(speech, "_heard", heard)
    whisper = LocalWhisper(tiny_whisper(tmp_path, " dạ"))
    assert loads == []
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(whisper.transcribe, [sound(1)] * 4)) == ["dạ"] * 4
    assert loads == [tmp_path]
    assert most == [1, 1, 1, 1]


EVENTS: list[str] = []
WATCHING = threading.Event()


def watch(event: str, arguments: tuple[Any, ...]) -> None:
    writes = event == "open" and bool(set(str(arguments[1])) & set("wax+"))
    if WATCHING.is_set() and (writes or event.startswith(("socket.connect", "socket.getaddrinfo", "os.rename"))):
        EVENTS.append(f"{event} {arguments[0]}")


sys.addaudithook(watch)


@contextmanager
def watched() -> Iterator[list[str]]:
    """What Python writes to and connects to meanwhile."""
    EVENTS.clear()
    WATCHING.set()
    yield EVENTS
    WATCHING.clear()


def test_the_sound_is_written_sent_and_logged_nowhere(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    whisper, audio = LocalWhisper(tiny_whisper(tmp_path, " dạ")), sound(1, "ogg", "libopus", 48_000)
    with caplog.at_level(logging.DEBUG), watched() as events:
        assert whisper.transcribe(audio) == "dạ"
        with pytest.raises(SpeechError):
            whisper.transcribe(audio[:200])
    assert events == []
    assert caplog.records == []
    assert capfd.readouterr() == ("", "")


def test_the_watch_sees_a_file_that_is_written_and_a_call_out(tmp_path: Path) -> None:
    with watched() as events:
        (tmp_path / "written").write_bytes(b"")
        with socket.socket() as call:
            call.connect_ex(("127.0.0.1", 9))
    assert [event.split()[0] for event in events] == ["open", "socket.connect"]


def test_without_a_model_none_of_its_packages_is_imported() -> None:
    program = (
        "import sys, bot.channels.speech; print({'av', 'faster_whisper', 'ctranslate2', 'numpy'} & {*sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=HOME, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
