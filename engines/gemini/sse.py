"""Server-sent events out of bytes, as far as Gemini uses them: the data of each event, however the bytes were cut."""

import codecs

_LONGEST_LINE = 8 * 1024 * 1024  # bytes; Gemini's own are some hundred


class EventReader:
    """Takes the bytes of a stream in any pieces and gives the data of the events that are complete."""

    def __init__(self) -> None:
        self._rest = b""
        self._data: list[bytes] = []
        self._begun = False

    def feed(self, received: bytes) -> list[bytes]:
        """The data of the events that these bytes complete; raises ValueError for a line without an end."""
        *lines, self._rest = (self._rest + received).split(b"\n")
        if len(self._rest) > _LONGEST_LINE:
            raise ValueError(f"a line of more than {_LONGEST_LINE} bytes")
        complete: list[bytes] = []
        for line in lines:
            self._take(line.rstrip(b"\r"), complete)
        return complete

    def end(self) -> list[bytes]:
        """The data of an event that the end of the stream left without its blank line."""
        complete: list[bytes] = []
        self._take(self._rest.rstrip(b"\r"), complete)
        self._take(b"", complete)
        self._rest = b""
        return complete

    def _take(self, line: bytes, complete: list[bytes]) -> None:
        if not self._begun:
            self._begun = True
            line = line.removeprefix(codecs.BOM_UTF8)
        if line.startswith(b"data:"):
            self._data.append(line[5:].lstrip(b" "))
        elif not line:
            if self._data:
                complete.append(b"\n".join(self._data))
                self._data = []
        elif line[:1] in b'{}[]," \t':
            # Bare JSON over several lines: some errors in mid-stream, and the array of a proxy that drops `alt=sse`.
            self._data.append(line)
