import FrameDecoding
import Glibc
import Live
import TestSupport
import Testing

@testable import Host

/// What `--top` keeps: the stacks that it has seen, and the output of the command under its screen.
struct TopPartsTests {
    private final class Recorder: SampleSink {
        var samples: [Sample] = []
        func record(_ sample: Sample) { samples.append(sample) }
        func finish(_ run: RunSummary, into output: ProfileOutput) throws {}
    }

    /// An hour at 1 kHz is millions of samples, but few stacks.
    @Test func replaysEachStackOnce() throws {
        let scene = Scene()
        let seen = SeenStacks(table: scene.frames)
        for tick in 0..<5000 {
            seen.record(scene.sample(tick % 2 == 0 ? "a.py:f:1" : "a.py:f:1;a.py:g:2"))
            if tick % 5 == 0 { seen.record(Sample(time: 0, pid: 1, outcome: .idle)) }
        }
        let recorder = Recorder()
        _ = seen.replay(counting: .gil) { _ in recorder }
        #expect(recorder.samples.map(\.count).sorted() == [1000, 2500, 2500])
    }

    /// A terminal that takes little at a time gets everything in the end.
    @Test func heldOutputSurvivesShortWrites() throws {
        let held = HeldOutput()
        held.whileStarting {}
        let text = [UInt8]((0..<60_000).map { UInt8(truncatingIfNeeded: $0 % 251) })
        #expect(write(held.file, text, text.count) == text.count)
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        let (reading, writing) = (ends[0], ends[1])
        // Almost full, and it does not wait.
        let filler = [UInt8](repeating: 1, count: 60_000)
        #expect(write(writing, filler, filler.count) == filler.count)
        _ = fcntl(writing, F_SETFL, O_NONBLOCK)
        let reader = Reader(reading)
        held.show(on: writing)
        close(writing)
        #expect(reader.all().dropFirst(filler.count).elementsEqual(text))
        close(reading)
    }

    /// Reads a pipe to its end in a thread of its own.
    private final class Reader: @unchecked Sendable {
        private var bytes: [UInt8] = []
        private var thread = pthread_t()
        private let descriptor: Int32

        init(_ descriptor: Int32) {
            self.descriptor = descriptor
            let me = Unmanaged.passRetained(self).toOpaque()
            pthread_create(&thread, nil, { pointer in
                let reader = Unmanaged<Reader>.fromOpaque(pointer!).takeRetainedValue()
                var buffer = [UInt8](repeating: 0, count: 4096)
                while case let count = read(reader.descriptor, &buffer, buffer.count), count > 0 {
                    reader.bytes += buffer[..<count]
                }
                return nil
            }, me)
        }

        func all() -> [UInt8] {
            pthread_join(thread, nil)
            return bytes
        }
    }
}
