"""A voice message becomes text, on this machine and in memory: the sound is neither written, logged nor sent anywhere.

The model is a Whisper in CTranslate2's form that the operator puts into a folder (docs/speech.md); nothing is fetched.
Messengers' bytes are hostile until proven otherwise, so four containers and a few codecs are all that FFmpeg may open,
and a message is given up while it decodes, as soon as it is longer than a minute.
"""

from __future__ import annotations

import importlib.util
import logging
import struct
import threading
import unicodedata
import wave
from collections.abc import Iterator
from enum import StrEnum
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from bot.settings import SettingError

if TYPE_CHECKING:  # the extra "speech" need not be installed
    import numpy
    from av import AudioFrame
    from av.container import InputContainer
    from faster_whisper import WhisperModel
    from faster_whisper.transcribe import Segment
    from numpy.typing import NDArray

    Samples = NDArray[numpy.float32]

MOST_SECONDS = 60
MOST_BYTES = 5 * 1024 * 1024
RATE = 16_000
"""Samples a second, as Whisper hears."""
LEAST_SECONDS = 0.3
LEAST_PEAK = 0.003
"""Of full scale, about -50 dB. Below it is silence, out of which Whisper invents polite sentences."""
LEAST_LOG_PROBABILITY = -1.0
MOST_COMPRESSION = 2.4
"""Where Whisper itself calls a passage failed: unsure words, words that go round in circles."""

CONTAINERS = "ogg,aac,mov"
CODECS = ("opus", "libopus", "aac", "pcm_s16le")
"""Telegram's voice is Opus in OGG, Zalo's is bare AAC; M4A and WAV are what phones and browsers save."""
CLOSED = {
    "format_whitelist": CONTAINERS,
    "codec_whitelist": ",".join(CODECS),
    "protocol_whitelist": "none",
    "probesize": "65536",
}
"""For FFmpeg. Without the lists a playlist in place of the sound would have it open files and addresses of its choice;
by itself it looks at 5 MB before it knows the sound, and that is all we take."""
MOST_RATE = 192_000
"""Samples a second that come in. To slow down a rate beyond belief takes half a minute and 2 GB."""
MOST_DAMAGED = 50
"""Packets passed over in one message; a file made of nothing else would keep us busy for a quarter of a minute."""

MODEL_FILES = ("model.bin", "config.json", "tokenizer.json")
LANGUAGE = "vi"


class SpeechReason(StrEnum):
    """Why there is no text."""

    NOT_CONFIGURED = "not_configured"  # the model in the folder cannot be used; the error's text says why
    NOT_AUDIO = "not_audio"
    TOO_LONG = "too_long"
    TOO_LARGE = "too_large"
    NOTHING_HEARD = "nothing_heard"  # silence, or nothing understood well enough to act on


class SpeechError(Exception):
    """No text from a voice message. The words are for operators and hold nothing of the message."""

    def __init__(self, reason: SpeechReason, words: str = "") -> None:
        super().__init__(words or reason.value)
        self.reason = reason


class Transcriber(Protocol):
    """Whatever turns a voice message into text."""

    def transcribe(self, audio: bytes) -> str:
        """The words of a whole file, in NFC, never empty. Raises SpeechError."""
        ...


def transcriber_of(model_dir: Path | None) -> Transcriber | None:
    """The transcriber of ``MOTCUA_SPEECH_MODEL``; None where it is empty. Raises SettingError."""
    return LocalWhisper(model_dir) if model_dir else None


class LocalWhisper:
    """A Whisper model of a folder, on the processor in 8-bit numbers. It loads with the first message, once.

    One message at a time, whatever the number of threads: two would only slow each other and take twice the memory.
    """

    def __init__(self, model_dir: Path) -> None:
        """Loads nothing yet. Raises SettingError where the packages or files of the model are not there."""
        if importlib.util.find_spec("faster_whisper") is None:
            raise SettingError('MOTCUA_SPEECH_MODEL is set, but the packages of the extra "speech" are not installed')
        if missing := [name for name in MODEL_FILES if not (model_dir / name).is_file()]:
            raise SettingError(f"MOTCUA_SPEECH_MODEL={str(model_dir)!r} lacks {', '.join(missing)}; see docs/speech.md")
        self._folder = model_dir
        self._model: WhisperModel | None = None
        self._one_at_a_time = threading.Lock()

    def transcribe(self, audio: bytes) -> str:
        """See ``Transcriber``. Waits while another message is being heard."""
        with self._one_at_a_time:
            samples = decoded(audio)
            if samples.size < LEAST_SECONDS * RATE or abs(samples).max() < LEAST_PEAK:
                raise SpeechError(SpeechReason.NOTHING_HEARD)
            if self._model is None:
                self._model = _loaded(self._folder)
            return _heard(self._model, samples)


def _loaded(folder: Path) -> WhisperModel:
    import numpy
    from faster_whisper import WhisperModel

    logging.getLogger("faster_whisper").setLevel(logging.ERROR)  # it logs the length of what it hears
    try:
        model = WhisperModel(str(folder), device="cpu", compute_type="int8", local_files_only=True)
        _segments(model, numpy.zeros(RATE, numpy.float32))  # some files that do not fit together show only now
    except Exception as error:  # broad: two foreign libraries, which share no class; one raises Exception itself
        raise SpeechError(SpeechReason.NOT_CONFIGURED, f"the speech model does not load: {error}") from error
    if not model.model.is_multilingual or model.hf_tokenizer.token_to_id(f"<|{LANGUAGE}|>") is None:
        raise SpeechError(SpeechReason.NOT_CONFIGURED, "the speech model knows no Vietnamese")
    return model


def _segments(model: WhisperModel, samples: Samples) -> list[Segment]:
    """Every window of 30 seconds once: no second tries and no seeking, so that nobody can make it take long."""
    segments, _ = model.transcribe(
        samples,
        language=LANGUAGE,
        temperature=0.0,
        without_timestamps=True,
        condition_on_previous_text=False,
        vad_filter=False,
    )
    return list(segments)


def _heard(model: WhisperModel, samples: Samples) -> str:
    understood = [
        segment.text.strip()
        for segment in _segments(model, samples)
        if segment.avg_logprob >= LEAST_LOG_PROBABILITY and segment.compression_ratio <= MOST_COMPRESSION
    ]
    text = unicodedata.normalize("NFC", " ".join(filter(None, understood)))
    if not text:
        raise SpeechError(SpeechReason.NOTHING_HEARD)
    return text


def decoded(audio: bytes) -> Samples:
    """The first sound track at 16 kHz, one channel, between -1 and 1; at most a minute, so at most 4 MB.

    Raises SpeechError: TOO_LARGE, NOT_AUDIO, TOO_LONG.
    """
    import av
    import numpy

    if len(audio) > MOST_BYTES:
        raise SpeechError(SpeechReason.TOO_LARGE)
    resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
    try:
        file, closed = BytesIO(audio), CLOSED
        if audio.startswith(b"RIFF"):
            file, closed = _bare_wav(file), CLOSED | {"format_whitelist": "wav"}
        with av.open(file, mode="r", metadata_errors="ignore", container_options=closed) as container:
            parts = [part.to_ndarray()[0] for frame in _frames(container) for part in resampler.resample(frame)]
    except (av.FFmpegError, ValueError, ArithmeticError) as error:
        raise SpeechError(SpeechReason.NOT_AUDIO) from error
    if not parts:
        raise SpeechError(SpeechReason.NOT_AUDIO)
    samples: Samples = numpy.concatenate(parts).astype(numpy.float32) / 32768
    return samples


def _bare_wav(file: BytesIO) -> BytesIO:
    """The same sound without anything else that stood in the file: FFmpeg takes 2 GB for a title that says it is long.

    Raises SpeechError.
    """
    bare = BytesIO()
    try:
        with wave.open(file) as given, wave.open(bare, "wb") as written:
            written.setparams(given.getparams())
            written.writeframes(given.readframes(given.getnframes()))
    except (wave.Error, EOFError, RuntimeError, struct.error) as error:  # the last two for chunks that reach too far
        raise SpeechError(SpeechReason.NOT_AUDIO) from error
    bare.seek(0)
    return bare


def _frames(container: InputContainer) -> Iterator[AudioFrame]:
    """The frames of the first sound track; a damaged one in the midst is passed over.

    Its length is added up from what really comes out, for the header may say anything. Raises SpeechError.
    """
    import av

    tracks = container.streams.audio
    if not tracks or getattr(tracks[0].codec_context, "name", None) not in CODECS:  # None where FFmpeg knows no codec
        raise SpeechError(SpeechReason.NOT_AUDIO)
    seconds = 0.0
    damaged = 0
    for packet in container.demux(tracks[0]):
        try:
            frames = packet.decode()
        except av.InvalidDataError as error:
            damaged += 1
            if damaged > MOST_DAMAGED:
                raise SpeechError(SpeechReason.NOT_AUDIO) from error
            continue
        for frame in frames:
            if not 0 < frame.sample_rate <= MOST_RATE:
                raise SpeechError(SpeechReason.NOT_AUDIO)
            seconds += frame.samples / frame.sample_rate
            if seconds > MOST_SECONDS:
                raise SpeechError(SpeechReason.TOO_LONG)
            yield frame
