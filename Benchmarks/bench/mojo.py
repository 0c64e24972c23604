"""Reads Austin's binary output (MOJO) into stacks: {((file, function, line), ...): count}."""


class Reader:
    def __init__(self, data):
        self.data = data
        self.place = 0

    def byte(self):
        self.place += 1
        return self.data[self.place - 1]

    def number(self):
        """Six bits and a sign first, then seven bits at a time, the low ones first."""
        byte = self.byte()
        value, shift, negative = byte & 0x3F, 6, byte & 0x40
        while byte & 0x80:
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            shift += 7
        return -value if negative else value

    def text(self):
        end = self.data.index(0, self.place)
        text = self.data[self.place:end].decode("utf-8", "replace")
        self.place = end + 1
        return text


def stacks(path):
    with open(path, "rb") as file:
        reader = Reader(file.read())
    if reader.data[:3] != b"MOJ":
        raise ValueError("no MOJO file: %r" % reader.data[:8])
    reader.place = 3
    version = reader.number()
    strings, frames, counts = {1: "<unknown>"}, {}, {}
    current = None

    def finish():
        if current:
            key = tuple(current)
            counts[key] = counts.get(key, 0) + 1

    while reader.place < len(reader.data):
        event = reader.byte()
        if event == 1:  # metadata
            reader.text()
            reader.text()
        elif event == 2:  # a stack begins: process, interpreter, thread
            finish()
            reader.number()
            if version >= 3:
                reader.number()
            reader.text()
            current = []
        elif event == 3:  # a frame is described
            key, file, function, line = (reader.number() for _ in range(4))
            if version >= 2:
                for _ in range(3):
                    reader.number()
            frames[key] = (strings.get(file, "?"), strings.get(function, "?"), line)
        elif event == 4:  # a frame that could not be read
            current.append(("?", "INVALID", 0))
        elif event == 5:
            current.append(frames.get(reader.number(), ("?", "?", 0)))
        elif event == 6:
            reader.text()
        elif event in (7, 8, 0):
            pass
        elif event in (9, 10):  # time, memory
            reader.number()
        elif event == 11:
            key = reader.number()
            strings[key] = reader.text()
        elif event == 12:
            reader.number()
        else:
            raise ValueError("event %d at %d" % (event, reader.place))
    finish()
    return counts
