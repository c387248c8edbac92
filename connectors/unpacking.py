"""Answers that came packed, unpacked as they come, so that a small one cannot grow past a cap. Pure."""

from __future__ import annotations

import zlib

from connectors.base import Retry

_PACKED = frozenset({"gzip", "x-gzip", "deflate"})


class Unpacker:
    """One answer's body, chunk by chunk; raises `Retry` `unknown_encoding`, `bad_encoding`, `answer_too_large`."""

    def __init__(self, coding: str, limit: int) -> None:
        """`coding` is the value of Content-Encoding; `limit` the bytes that the body may have."""
        self._limit = limit
        self._body = bytearray()
        self._unpack = None
        coding = coding.strip().lower()
        if coding in _PACKED:
            self._unpack = zlib.decompressobj(wbits=47)
        elif coding not in ("", "identity"):
            raise Retry("unknown_encoding")
        self._bare_possible = coding == "deflate"

    def feed(self, chunk: bytes) -> None:
        if not chunk:
            return
        self._body += chunk if self._unpack is None else self._unpacked(chunk)
        if len(self._body) > self._limit:
            raise Retry("answer_too_large")

    def _unpacked(self, chunk: bytes) -> bytes:
        assert self._unpack is not None
        room = self._limit + 1 - len(self._body)
        try:
            plain = self._unpack.decompress(chunk, room)
        except zlib.error:
            if not self._bare_possible:
                raise Retry("bad_encoding") from None
            # Some servers send deflate without the wrapping that the standard asks for.
            self._unpack = zlib.decompressobj(wbits=-15)
            try:
                plain = self._unpack.decompress(chunk, room)
            except zlib.error:
                raise Retry("bad_encoding") from None
        self._bare_possible = False
        return plain

    def end(self) -> bytes:
        """The whole body; raises `Retry` `cut_short` for one that stopped in the middle."""
        if self._unpack is not None and not self._unpack.eof:
            raise Retry("cut_short")
        return bytes(self._body)
