import FrameDecoding
import Machine
import TargetMemory

/// The last resort: looks through an image's data for words that lead to interpreters, when no name says
/// where they are. What it finds has still to be decoded before it is believed.
struct RootSearch {
    let image: MappedImage
    let memory: SearchMemory

    /// A word that could be the head of the list of interpreters.
    struct Head {
        var sign: RootSign
        /// Where the word is.
        var place: Address
        /// Addresses of thread states.
        var threads: Set<Address>
        var interpreters: Int
    }

    private static let mostInterpreters = 64
    private static let mostThreads = 4096
    private static let mostHeads = 64
    /// The bytes around `interp_head` in which `_PyThreadState_Current` is likely: both come from
    /// Python/pystate.c.
    private static let neighbourhood: Address = 512
    /// Code refers to it from some eighty places; to a variable that only looks like it from a few.
    private static let fewestOperands = 8

    /// Best first.
    func heads(_ signs: [RootSign]) -> [Head] {
        var found: [Head] = []
        eachWord { place, word in
            for sign in signs {
                if let head = head(at: place, word, sign) { found.append(head) }
            }
            return found.count < Self.mostHeads
        }
        guard found.count > 1 else { return found }
        // Other variables point to interpreters as well, but seldom to the newest one, from which all are
        // reached, and less of the code uses them.
        let operands = dataRange.flatMap { OperandCount(of: $0, in: image, memory) }
        return found.sorted {
            ($0.interpreters, operands?[$0.place] ?? 0) > ($1.interpreters, operands?[$1.place] ?? 0)
        }
    }

    /// The names that a decoder asks for, with where they must be; nil when they cannot be told.
    func roots(of head: Head) -> [String: Address]? {
        if let offset = head.sign.headInRuntime {
            return ["_PyRuntime": head.place &- Address(offset)]
        }
        var roots = ["interp_head": head.place]
        roots["_PyThreadState_Current"] = currentThread(head)
        return roots
    }

    /// A head's list must be whole: each thread state leads back to its interpreter, and some thread
    /// is one that the C library knows.
    private func head(at place: Address, _ word: Address, _ sign: RootSign) -> Head? {
        var head = Head(sign: sign, place: place, threads: [], interpreters: 0)
        var interpreters: [Address] = []
        var hasThread = false
        var next = word
        while next != 0 {
            guard interpreters.count < Self.mostInterpreters, !interpreters.contains(next),
                collectThreads(of: next, sign.threads, &head.threads, &hasThread),
                let following = memory.word(next &+ Address(sign.threads.interpreterNext))
            else { return nil }
            interpreters.append(next)
            next = following
        }
        guard hasThread, let last = interpreters.last else { return nil }
        // `interpreters.main`: the first that was made, so the last of the list.
        if sign.headInRuntime != nil, memory.word(place &+ 8) != last { return nil }
        head.interpreters = interpreters.count
        return head
    }

    private func collectThreads(
        of interpreter: Address, _ layout: ThreadLayout, _ threads: inout Set<Address>,
        _ hasThread: inout Bool
    ) -> Bool {
        guard memory.canHold(interpreter),
            var thread = memory.word(interpreter &+ Address(layout.interpreterThreads))
        else { return false }
        while thread != 0 {
            guard threads.count < Self.mostThreads, !threads.contains(thread),
                memory.word(thread &+ Address(layout.interpreter)) == interpreter,
                let id = memory.word(thread &+ Address(layout.threadID)),
                let next = memory.word(thread &+ Address(layout.next))
            else { return false }
            threads.insert(thread)
            if isThreadPointer(id) { hasThread = true }
            thread = next
        }
        return true
    }

    /// Whether `id` is a pthread_self(). Where that does not point to itself it is enough that there is memory.
    private func isThreadPointer(_ id: UInt64) -> Bool {
        guard let first = memory.word(id) else { return false }
        let machine = architecture(ofElf: image.header.machine)
        let pointsToItself = machine.map { $0.selfIsThreadPointer && $0.threadPointsToItself } ?? false
        return !pointsToItself || first == id
    }

    /// `_PyThreadState_Current`: 0 or one of the threads, and used all over the code.
    private func currentThread(_ head: Head) -> Address? {
        guard let data = dataRange, let operands = OperandCount(of: data, in: image, memory) else {
            return nil
        }
        func best(_ candidates: [Address]) -> Address? {
            candidates.max { operands[$0] < operands[$1] }
                .flatMap { operands[$0] >= Self.fewestOperands ? $0 : nil }
        }
        func isLikely(_ place: Address) -> Bool {
            memory.word(place).map { $0 == 0 || head.threads.contains($0) } ?? false
        }
        if let place = best(SwapFunction.variables(in: image, memory).filter(isLikely)) { return place }
        let start = max(data.lowerBound, head.place - min(head.place, Self.neighbourhood))
        let end = head.place + min(.max - head.place, Self.neighbourhood)
        let near = stride(from: start, to: min(data.upperBound, end), by: 8)
            .filter(isLikely)
        if let place = best(near) { return place }
        // Link-time optimization may have moved it away; it shows while a thread runs Python.
        var running: [Address] = []
        eachWord { place, word in
            if head.threads.contains(word) { running.append(place) }
            return true
        }
        return best(running)
    }

    private var dataMappings: [Mapping] {
        image.mappings.filter { $0.readable && $0.writable }
    }

    private var dataRange: Range<Address>? {
        guard let first = dataMappings.first, let last = dataMappings.last else { return nil }
        return first.start..<min(last.end, max(image.range.upperBound, first.start))
    }

    /// Each word of the data that could be a pointer to an object, until `body` says false.
    private func eachWord(_ body: (_ place: Address, _ word: UInt64) -> Bool) {
        for mapping in dataMappings {
            var at = max(mapping.start, image.range.lowerBound)
            let end = min(mapping.end, image.range.upperBound)
            while at < end, let bytes = memory.piece(at, count: Int(min(256 << 10, end - at))) {
                for offset in stride(from: 0, through: bytes.count - 8, by: 8) {
                    guard let word: UInt64 = bytes.load(offset), memory.canHold(word) else { continue }
                    guard body(at &+ UInt64(offset), word) else { return }
                }
                at += UInt64(bytes.count)
            }
        }
    }
}
