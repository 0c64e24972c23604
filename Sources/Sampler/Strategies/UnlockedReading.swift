import FrameDecoding

/// Reads all threads while nobody holds the lock. Nobody may change Python's state then, so nobody has to be stopped; but
/// someone may take the lock at any moment. Two readings that agree, with the lock free and unswitched, were undisturbed.
final class UnlockedReading: SamplingStrategy {
    private let reader: SampleReader

    init(reader: SampleReader) { self.reader = reader }

    /// Expects that the reader's memory was just read.
    func attempt(_ holders: [ThreadState], isGuess: Bool) -> AttemptResult {
        guard holders.isEmpty, reader.options.allThreads else { return .notAvailable }
        return (try? attemptTwice()) ?? .moved
    }

    private func attemptTwice() throws(DecodeError) -> AttemptResult {
        let before = try reader.decoder.lockState(in: reader.memory)
        let first = try reader.stacks(holders: [])
        guard let second = try readAgain(before), agree(first, second) else { return .moved }
        reader.memory.confirm()
        if reader.details?.read(of: second) ?? false {
            guard let third = try readAgain(before), agree(second, third) else { return .moved }
        }
        return .sampled(second, holder: nil)
    }

    private func readAgain(_ before: LockState) throws(DecodeError) -> [ThreadSample]? {
        reader.memory.refresh()
        guard try reader.decoder.lockState(in: reader.memory) == before else { return nil }
        return try reader.stacks(holders: [])
    }

    private func agree(_ first: [ThreadSample], _ second: [ThreadSample]) -> Bool {
        first.elementsEqual(second) { $0.thread == $1.thread && $0.frames == $1.frames }
    }
}
